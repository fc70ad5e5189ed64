package proxy

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// allowed are the methods that a local answer lists; everything is forwarded.
const allowed = "GET, HEAD, OPTIONS, TRACE, POST, PUT, DELETE, PATCH, CONNECT"

// MagicHost is the host that stands for the proxy itself in requests that go
// through it: http://posthouse/, and https://posthouse/ where there is a Config.Check.
const MagicHost = "posthouse"

// maxLocal bounds an answer of Config.Local, in bytes.
const maxLocal = 1 << 20

const localText = `This is Posthouse, a proxy. You have reached the proxy itself, not an origin.
Point a program at it, and its requests show up in the Posthouse window:

    curl -x http://HOST http://example.com/
    export http_proxy=http://HOST https_proxy=http://HOST
`

// isMagic reports whether an absolute-form target is for the proxy itself.
func isMagic(t *http1.Target) bool {
	return http1.EqualFold(t.Host, MagicHost) && (t.Port == 0 || t.Port == 80)
}

// localReply answers a request for the proxy itself: in origin-form or
// asterisk-form, whatever its Host says, or for the magic host. It is never
// forwarded.
func (x *exchange) localReply(client netip.AddrPort, here net.Addr) *reply {
	req := &x.req
	switch {
	case req.Is("TRACE"):
		return traceReply(req)
	case req.Is("OPTIONS"):
		return optionsReply()
	case !req.Is("GET") && !req.Is("HEAD"):
		r := errorReply(405, flow.FailureNone, reason.LocalMethod.With())
		r.allow = "GET, HEAD, OPTIONS, TRACE"
		r.closes = req.HasBody()
		return r
	}
	target := string(req.Target)
	host := string(req.Find(http1.Host))
	if len(x.target.Host) > 0 {
		target, host = string(x.target.Path), string(x.target.Text)
	}
	target, _, _ = strings.Cut(target, "#")
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	local := x.config.Local
	if x.inside != nil {
		local = x.inside.check
	}
	if local == nil {
		return localDefault(target, host)
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return errorReply(400, flow.FailureNone, reason.LocalPath.With())
	}
	r := &http.Request{Method: string(req.Method), URL: u, RequestURI: target, Host: host, Header: make(http.Header),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody, RemoteAddr: client.String()}
	for i := range req.Fields {
		r.Header.Add(string(req.Fields[i].Name), string(req.Fields[i].Value))
	}
	return askLocal(local, r.WithContext(context.WithValue(x.srv.base, http.LocalAddrContextKey, here)))
}

// askLocal has a handler of Posthouse's own answer.
func askLocal(h http.Handler, r *http.Request) *reply {
	answer := &localAnswer{header: make(http.Header)}
	h.ServeHTTP(answer, r)
	return answer.reply()
}

// localDefault is for a proxy that was given no page.
func localDefault(target, host string) *reply {
	if path, _, _ := strings.Cut(target, "?"); path != "/" {
		return errorReply(404, flow.FailureNone, reason.LocalMissing.With())
	}
	if host == "" {
		host = "127.0.0.1:9876"
	}
	return &reply{status: 200, kind: plainText, body: strings.ReplaceAll(localText, "HOST", host)}
}

// localAnswer collects what Config.Local answers, up to maxLocal.
type localAnswer struct {
	status int
	header http.Header
	body   []byte
	over   bool
}

var _ http.ResponseWriter = (*localAnswer)(nil)

func (a *localAnswer) Header() http.Header { return a.header }

func (a *localAnswer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *localAnswer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.over = a.over || len(a.body)+len(b) > maxLocal; a.over {
		return 0, errors.New("the answer is too large")
	}
	a.body = append(a.body, b...)
	return len(b), nil
}

// ownFields are those that the engine writes itself.
var ownFields = map[string]bool{"Content-Type": true, "Allow": true, "Date": true, "Content-Length": true, "Connection": true,
	"Transfer-Encoding": true,
	"Cache-Control":     true, "Content-Security-Policy": true, "X-Content-Type-Options": true}

func (a *localAnswer) reply() *reply {
	a.WriteHeader(http.StatusOK)
	if a.over || a.status < 200 || a.status > 599 {
		return errorReply(500, flow.FailureNone, reason.LocalFailed.With())
	}
	r := &reply{status: a.status, kind: a.header.Get("Content-Type"), allow: a.header.Get("Allow"), body: string(a.body)}
	if policy := a.header.Get("Content-Security-Policy"); !strings.ContainsAny(policy, "\r\n") {
		r.policy = policy
	}
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		for _, value := range a.header[name] {
			if !ownFields[name] && !strings.ContainsAny(name+value, "\r\n") {
				r.fields = append(r.fields, ownField{name, value})
			}
		}
	}
	return r
}

func optionsReply() *reply { return &reply{status: 200, allow: allowed} }

// secretFields are left out of a TRACE answer (RFC 9110 section 9.3.8).
var secretFields = []string{"authorization", "cookie", "proxy-authorization"}

// traceReply sends the request back as it came, without its secrets.
func traceReply(req *http1.Request) *reply {
	var b strings.Builder
	b.Write(req.Method)
	b.WriteByte(' ')
	b.Write(req.Target)
	b.WriteByte(' ')
	b.Write(req.Version)
	b.WriteString("\r\n")
next:
	for i := range req.Fields {
		for _, secret := range secretFields {
			if http1.EqualFold(req.Fields[i].Name, secret) {
				continue next
			}
		}
		b.Write(req.Fields[i].Line)
	}
	b.WriteString("\r\n")
	return &reply{status: 200, kind: "message/http", body: b.String()}
}
