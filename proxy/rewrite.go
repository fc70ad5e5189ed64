package proxy

import (
	"bytes"
	"strconv"

	"posthouse/proxy/http1"
	"posthouse/proxy/upstream"
)

// rewriteRequest puts the head that goes to the origin into x.out: the target
// in origin-form, Host from the target (RFC 9112 section 3.2.2), without what
// is of the client's connection alone (RFC 9110 section 7.6.1). All else stays
// byte for byte and in order. An HTTP proxy upstream gets the target as it was
// sent, and its credentials.
func (x *http1Exchange) rewriteRequest() []byte {
	if x.sender.raw() {
		return sentExchange{x}.rewrite()
	}
	return x.rewriteClients()
}

// rewriteClients is rewriteRequest for what a client sent.
func (x *http1Exchange) rewriteClients() []byte {
	req := &x.req
	if x.passesWhole() {
		x.asksUpgrade = req.Minor >= 1 && req.HasUpgrade && req.ListsUpgrade
		return append(x.out[:0], req.Raw...)
	}
	tunnels := req.Is("CONNECT")
	x.asksUpgrade = !tunnels && req.Minor >= 1 && req.HasUpgrade && req.ListsUpgrade && !req.Lists(http1.Upgrade, "h2c")
	r := requestRewrite{w: x, out: appendRequestLine(x.out[:0], req, &x.target, x.via)}
	r.te = req.Minor >= 1 && req.HasTE && req.Lists(http1.TE, "trailers") // HTTP/1.0 has no TE
	r.trailers = r.te
	r.zoned = x.target.Literal && bytes.IndexByte(x.target.Host, '%') >= 0
	r.lowered = req.Is("TRACE") || req.Is("OPTIONS")
	r.inside = x.inside != nil
	if req.Find(http1.Host) == nil {
		r.host()
	}
	copied := copier{head: &req.Head}
	for i := range req.Fields {
		f := &req.Fields[i]
		if f.Known == http1.Other && !req.Named(f) {
			copied.keep(f)
			continue
		}
		r.field(f, &copied)
	}
	r.out = copied.flush(r.out)
	if !r.connected {
		r.connection()
	}
	if x.via != nil && x.via.Forwards() && x.via.Authorization() != "" {
		r.out = append(append(append(r.out, "Proxy-Authorization: "...), x.via.Authorization()...), "\r\n"...)
	}
	if x.config.Via || x.via != nil && (tunnels || x.srv.mayLoop(&x.exchange)) {
		r.out = append(append(append(r.out, "Via: 1."...), '0'+req.Minor, ' '), x.srv.token...)
		r.out = append(r.out, "\r\n"...)
	}
	return append(r.out, "\r\n"...)
}

// paired reports whether the client's connection and the origin's belong together, as
// they do inside TLS: what is of one connection alone is of the other one too.
func (x *exchange) paired() bool { return !x.inside.pools() }

// passesWhole reports whether the request's head is sent byte for byte.
func (x *exchange) passesWhole() bool {
	counts := x.req.Is("TRACE") || x.req.Is("OPTIONS") // Max-Forwards, down
	return x.paired() && !x.config.Via && !(counts && x.req.Find(http1.MaxForwards) != nil)
}

func appendRequestLine(out []byte, req *http1.Request, t *http1.Target, via *upstream.Proxy) []byte {
	out = append(append(out, req.Method...), ' ')
	switch {
	case via != nil && via.Forwards() && req.Is("CONNECT"):
		out = append(out, t.Text...)
	case via != nil && via.Forwards():
		// Absolute-form without userinfo and fragment (RFC 9112 section 3.2.2). The next
		// proxy may not be the last one, so an empty path stays empty (section 3.2.4).
		scheme := req.Target[:bytes.IndexByte(req.Target, ':')]
		out = append(append(append(append(out, scheme...), "://"...), t.Text...), t.Path...)
	case len(t.Path) == 0 && req.Is("OPTIONS"):
		out = append(out, '*')
	case len(t.Path) == 0:
		out = append(out, '/')
	case t.Path[0] == '?':
		out = append(append(out, '/'), t.Path...)
	default:
		out = append(out, t.Path...)
	}
	return append(out, " HTTP/1.1\r\n"...)
}

type requestRewrite struct {
	w         *http1Exchange
	out       []byte
	te        bool // TE: trailers goes on
	trailers  bool // it does and was not written yet
	zoned     bool // the target's IPv6 address has a zone
	lowered   bool // Max-Forwards counts down
	inside    bool // the request came through an opened tunnel, to no proxy: its Host is the client's affair
	connected bool // our Connection field stands
}

// field handles a field that is known or named by Connection.
func (r *requestRewrite) field(f *http1.Field, copied *copier) {
	switch f.Known {
	case http1.Connection:
		r.out = copied.flush(r.out)
		if !r.connected {
			r.connection()
		}
		return
	case http1.KeepAlive, http1.ProxyConnection, http1.HTTP2Settings:
		r.out = copied.flush(r.out)
		return
	case http1.ProxyAuthorization:
		if !r.inside && (!r.w.via.LeavesLogin() || r.w.req.Named(f)) {
			r.out = copied.flush(r.out)
			return
		}
	case http1.TE:
		r.out = copied.flush(r.out)
		if r.trailers {
			r.out = append(append(r.out, f.Name...), ": trailers\r\n"...)
			r.trailers = false
		}
		return
	case http1.Upgrade:
		if !r.w.asksUpgrade {
			r.out = copied.flush(r.out)
			return
		}
	case http1.Host:
		if !r.inside && (r.zoned || string(f.Value) != string(r.w.target.Text)) {
			r.out = copied.flush(r.out)
			r.host()
			return
		}
	case http1.MaxForwards:
		if n, err := r.w.req.MaxForwards(); r.lowered && err == nil && n > 0 {
			r.out = append(append(copied.flush(r.out), f.Name...), ": "...)
			r.out = append(strconv.AppendInt(r.out, n-1, 10), "\r\n"...)
			return
		}
	default:
		if r.w.req.Named(f) {
			r.out = copied.flush(r.out)
			return
		}
	}
	copied.keep(f)
}

// rehosts reports whether the client's Host is another than the target's
// authority, which is sent in its place. Inside a tunnel it is the client's affair.
func (x *exchange) rehosts() bool {
	host := x.req.Find(http1.Host)
	return x.inside == nil && !x.sender.raw() && host != nil && string(host) != string(x.target.Text)
}

// host writes the target's authority. A zone says which way an address lies
// from this machine, and is for this machine alone (RFC 6874 section 4).
func (r *requestRewrite) host() {
	text := r.w.target.Text
	r.out = append(r.out, "Host: "...)
	if r.zoned {
		r.out = append(r.out, text[:bytes.IndexByte(text, '%')]...)
		text = text[bytes.IndexByte(text, ']'):]
	}
	r.out = append(append(r.out, text...), "\r\n"...)
}

// connection writes the options of our own connection to the origin, if any are needed.
func (r *requestRewrite) connection() {
	r.connected = true
	switch {
	case r.w.asksUpgrade && r.te:
		r.out = append(r.out, "Connection: Upgrade, TE\r\n"...)
	case r.w.asksUpgrade:
		r.out = append(r.out, "Connection: Upgrade\r\n"...)
	case r.te:
		r.out = append(r.out, "Connection: TE\r\n"...)
	}
}

// copier joins neighbouring lines that stay, so that they are copied together.
type copier struct {
	head  *http1.Head
	start int
	end   int
	any   bool
}

func (c *copier) keep(f *http1.Field) {
	at := cap(c.head.Raw) - cap(f.Line)
	if !c.any {
		c.start, c.any = at, true
	}
	c.end = at + len(f.Line)
}

// flush appends what was kept so far.
func (c *copier) flush(out []byte) []byte {
	if !c.any {
		return out
	}
	c.any = false
	return append(out, c.head.Raw[c.start:c.end]...)
}

// closesItself reports whether the client's connection ends behind this response although
// neither peer has said so.
func (x *http1Exchange) closesItself() bool {
	return !x.keep && x.resp.Status >= 200 && x.resp.Persistent() && !x.req.Close && !x.oldClient
}

// rewriteResponse puts a response head that goes to the client into x.respOut.
// dechunk drops Transfer-Encoding for a client that does not know it.
func (x *http1Exchange) rewriteResponse(dechunk bool) []byte {
	resp := &x.resp
	if x.paired() && !x.config.Via && resp.Mended == 0 && !dechunk && !x.closesItself() {
		return append(x.respOut[:0], resp.Sent...)
	}
	out := append(append(x.respOut[:0], "HTTP/1.1"...), resp.Line[8:]...)
	if len(resp.Reason) == 0 {
		out = append(out, ' ') // RFC 9112 section 4: the space is sent even without a reason phrase
	}
	out = append(out, "\r\n"...)
	switching := resp.Status == 101 || resp.Status == 426
	bodiless := resp.Status < 200 || resp.Status == 204
	copied := copier{head: &resp.Head}
	for i := range resp.Fields {
		f := &resp.Fields[i]
		drop := false
		switch f.Known {
		case http1.Connection, http1.KeepAlive, http1.ProxyConnection, http1.TE:
			drop = true
		case http1.Upgrade:
			drop = !switching
		case http1.TransferEncoding:
			drop = dechunk || bodiless
		case http1.Trailer:
			drop = dechunk
		case http1.ContentLength:
			drop = bodiless && resp.Length > 0 // RFC 9110 section 8.6
		default:
			drop = resp.Named(f)
		}
		if drop {
			out = copied.flush(out)
		} else {
			copied.keep(f)
		}
	}
	out = copied.flush(out)
	switch {
	case switching && resp.HasUpgrade && !x.keep && resp.Status != 101:
		out = append(out, "Connection: Upgrade, close\r\n"...)
	case switching && resp.HasUpgrade:
		out = append(out, "Connection: Upgrade\r\n"...)
	case !x.keep && resp.Status >= 200:
		out = append(out, "Connection: close\r\n"...)
	}
	if x.config.Via {
		out = append(append(append(out, "Via: 1."...), '0'+resp.Minor, ' '), x.srv.token...)
		out = append(out, "\r\n"...)
	}
	return append(out, "\r\n"...)
}
