package outgoing

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Redirected is the message that an answer leads to (RFC 9110 section 15.4), made from m; ok
// is false where it leads nowhere. What is meant for one origin alone does not go to
// another one: Authorization, Cookie, Proxy-Authorization.
func (m Message) Redirected(answer *flow.Exchange) (next Message, ok bool, err error) {
	switch answer.Status {
	case 301, 302, 303, 307, 308:
	default:
		return Message{}, false, nil
	}
	if len(answer.ResponseHead) == 0 {
		return Message{}, false, reason.New(reason.SendUnkept)
	}
	location := responseField(answer.ResponseHead, "location")
	if location == "" {
		return Message{}, false, nil
	}
	base, err := url.Parse(m.URL())
	if err != nil {
		return Message{}, false, reason.New(reason.SendLocation, location)
	}
	to, err := base.Parse(location)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Hostname() == "" {
		return Message{}, false, reason.New(reason.SendLocation, location)
	}
	next = m.to(to, answer.Status)
	next.From, next.Follow = answer.ID, max(m.Follow-1, 0)
	if err := next.Check(); err != nil {
		return Message{}, false, reason.New(reason.SendLocation, location)
	}
	return next, true, nil
}

// responseField is the value of the first field of that name, in HTTP/1 or as rows show HTTP/2.
func responseField(head []byte, name string) string {
	for _, l := range fieldLines(append([]byte("\n"), head...)) {
		if l.is(name) {
			return string(l.value)
		}
	}
	return ""
}

// URL is the absolute form of what is asked for.
func (m *Message) URL() string {
	path := m.pseudo(":path")
	if m.Protocol == HTTP1 {
		_, rest, _ := bytes.Cut(firstLine(m.Head), []byte(" "))
		target, _, _ := bytes.Cut(rest, []byte(" "))
		path = string(originForm(target))
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return m.Scheme + "://" + m.Authority() + path
}

// to is the message for another URL, as a redirect of that status asks.
func (m Message) to(u *url.URL, status int) Message {
	old := m.Scheme + "://" + m.Authority()
	m.Scheme, m.Host, m.Port = u.Scheme, u.Hostname(), 0
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		m.Port = uint16(n)
	}
	var drops []string
	if m.AsClient { // for the proxy that it was sent to
		drops = append(drops, "proxy-connection", "proxy-authorization")
	}
	if m.Scheme+"://"+m.Authority() != old {
		drops = append(drops, "authorization", "cookie", "proxy-authorization")
		m.ServerName = ""
	}
	method := m.Method()
	if status == 303 && method != "HEAD" || method == "POST" && (status == 301 || status == 302) {
		method = "GET"
		m.Body, m.Trailer, m.RawBody = Body{}, nil, false
		drops = append(drops, "content-length", "content-type", "content-encoding", "transfer-encoding", "expect", "trailer")
	}
	path := u.RequestURI()
	if m.Protocol == HTTP2 && m.Scheme == "http" {
		m = m.AsHTTP1()
	}
	if m.Protocol == HTTP2 {
		m.Fields = redirectedFields(m.Fields, drops, method, m.Authority(), path)
		return m
	}
	m.Head, m.AsClient = redirectedHead(m.Head, drops, method, m.Authority(), path), false
	return m
}

func redirectedFields(fields []Field, drops []string, method, authority, path string) (out []Field) {
	for _, f := range fields {
		switch f.Name {
		case ":method":
			f.Value = method
		case ":authority":
			f.Value = authority
		case ":path":
			f.Value = path
		}
		if !contains(drops, f.Name) {
			out = append(out, f)
		}
	}
	return out
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// redirectedHead changes the first line and Host, and drops what is not for the new origin.
func redirectedHead(head []byte, drops []string, method, authority, path string) []byte {
	version := " HTTP/1.1"
	line := firstLine(head)
	if i := bytes.LastIndex(line, []byte(" HTTP/")); i >= 0 {
		version = string(line[i:])
	}
	out := []byte(method + " " + path + version + "\r\n")
	for _, l := range fieldLines(head) {
		switch {
		case l.is("host"):
			out = append(append(append(out, l.name...), ": "+authority...), "\r\n"...)
		case !contains(drops, string(bytes.TrimSpace(l.name))):
			out = append(out, l.whole...)
		}
	}
	return append(out, "\r\n"...)
}
