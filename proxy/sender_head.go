package proxy

import (
	"bytes"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
)

// sentExchange is an exchange of HTTP/1 whose request is Posthouse's own, byte for byte.
type sentExchange struct{ *http1Exchange }

// readHead waits for the bytes of the head, whatever they are.
func (x sentExchange) readHead() (int, error) {
	want := len(x.sender.m.Head)
	for len(x.conn.socket.Buffered()) < want {
		if err := x.fillMore(x.conn.socket); err != nil {
			return 0, headFault(err)
		}
	}
	return want, nil
}

// parse reads the head as far as it can be read. What a client would be refused for is
// sent, and then nothing else goes over the same connection.
func (x sentExchange) parse(raw []byte) {
	var err error
	if x.req, err = http1.WholeRequest(raw, &x.limits); err != nil {
		x.spoilt = true
		readOdd(&x.req, raw)
		x.sender.unread(x.config)
	}
}

// unread notes that the head cannot be read in one way, so that no rule can judge it.
func (s *sender) unread(config *Config) {
	s.odd = true
	if s.m.Rules && config.Rules != nil {
		s.remark = reason.SendUnruled.With()
	}
}

// readOdd finds in a head that is not HTTP what a row shows.
func readOdd(req *http1.Request, raw []byte) {
	line, rest, _ := bytes.Cut(raw, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	end := len(line)
	method := line[:max(bytes.IndexByte(line, ' '), 0)]
	if len(method) == 0 {
		method = line
	}
	target := bytes.TrimLeft(line[len(method):end], " ")
	version := line[end:end]
	if i := bytes.LastIndexByte(target, ' '); i >= 0 {
		target, version = target[:i], target[i+1:]
	}
	req.Begin(raw, method, target)
	req.Version = version
	for len(rest) > 0 {
		field := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			field = rest[:i+1]
		}
		rest = rest[len(field):]
		if i := bytes.IndexByte(field, ':'); i > 0 {
			req.Add(field[:i], bytes.TrimSpace(field[i+1:]), field)
		}
	}
}

// frame has the body end where the message's does, whatever the head says of it.
func (x sentExchange) frame() {
	m, req := x.sender.m, &x.req
	if m.Chunked() {
		x.spoilt = x.spoilt || !req.Chunked
		req.Chunked, req.Length = true, -1
		return
	}
	length := m.Body.Len()
	x.spoilt = x.spoilt || req.Chunked || max(req.Length, 0) != length
	req.Chunked, req.Length = false, length
}

// route is what becomes of a request whose bytes go out as they stand: it goes where the
// message says, whatever they say.
func (s *sender) route(x *exchange) plan {
	p := plan{kind: flow.KindHTTP, needsHead: true, target: http1.Target{Authority: s.authority, Path: x.req.Target}}
	if in := x.inside; in != nil {
		if in.fail != nil {
			failed := *in.fail
			return p.refuse(&failed)
		}
		return p
	}
	p.via = x.upstreamFor(s.authority.Host, s.authority.Port)
	p.guarded = p.via != nil
	return p
}

// rewrite is the head as it is sent. An upstream proxy that forwards needs to be told
// where to, and who asks: the target becomes absolute, and the login stands behind it.
func (x sentExchange) rewrite() []byte {
	req := &x.req
	x.asksUpgrade = req.Minor >= 1 && req.HasUpgrade && req.ListsUpgrade
	if x.inside != nil || x.via == nil || !x.via.Forwards() {
		return append(x.out[:0], req.Raw...)
	}
	line, rest, _ := bytes.Cut(req.Raw, []byte("\n"))
	out := x.out[:0]
	if i := bytes.IndexByte(line, ' '); i >= 0 && i+1 < len(line) && line[i+1] == '/' {
		out = append(append(append(out, line[:i+1]...), "http://"...), x.sender.authority.Text...)
		line = line[i+1:]
	}
	out = append(append(out, line...), '\n')
	if login := x.via.Authorization(); login != "" {
		out = append(append(append(out, "Proxy-Authorization: "...), login...), "\r\n"...)
	}
	return append(out, rest...)
}

// Editable is a message whose head is what the engine makes of one that a client sent, so
// that it can be changed and sent as it stands. What the engine refuses is left as it is.
func (s *Server) Editable(m outgoing.Message) outgoing.Message {
	if !m.AsClient || m.Protocol != outgoing.HTTP1 {
		return m
	}
	m.AsClient = false
	if m.Scheme == "https" {
		return m // inside TLS heads pass as they are
	}
	x := exchanges.Get().(*http1Exchange)
	x.srv, x.config = s, s.config.Load()
	defer x.leave()
	x.limits = x.config.Limits.heads()
	raw := bytes.Clone(m.Head)
	var err error
	if x.req, err = http1.WholeRequest(raw, &x.limits); err != nil {
		return m
	}
	if http1.ParseAbsolute(&x.target, x.req.Target) == nil {
		m.Head = bytes.Clone(x.rewriteClients())
	}
	return m
}
