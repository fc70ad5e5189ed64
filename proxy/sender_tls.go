package proxy

import (
	"net/netip"
	"slices"
	"strconv"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/clienthello"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
)

// enter makes of the connection what a client's is once it is inside an opened tunnel,
// where the message goes through one.
func (s *sender) enter(c *conn) {
	c.watch.state.Store(stateBusy)
	plain := s.m.AsClient && s.m.Protocol == outgoing.HTTP1 && !http1.IsAbsolute(s.m.Head)
	if s.m.Scheme != "https" && !plain {
		return
	}
	x := c.newHTTP1Exchange()
	defer x.leave()
	x.start = time.Now()
	in := s.tunnel(opening{x})
	if s.m.Scheme != "https" {
		in.plain = true
		in.authority.Text = withoutPort(in.text, in.authority.Port, 80)
	} else {
		s.secure(c, x, in)
	}
	c.watch.mu.Lock()
	c.inside = in
	c.watch.mu.Unlock()
	c.served = true
}

// tunnel is the way to the origin that CONNECT of a client would have taken.
func (s *sender) tunnel(x opening) *interception {
	target := string(s.authority.Host)
	if s.authority.Literal {
		target = "[" + target + "]"
	}
	target += ":" + strconv.Itoa(int(s.authority.Port))
	raw := []byte("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n")
	var fail *reply
	var err error
	if x.req, err = http1.WholeRequest(raw, &x.limits); err != nil {
		fail = badMessageReply(err)
	}
	if fail == nil {
		plan := x.routeConnect()
		x.follow(&plan)
		if fail = plan.reply; fail == nil && plan.needsHead {
			x.out = x.rewriteClients()
		}
	}
	if fail != nil {
		x.auth = s.authority
	}
	in := newInterception(x.config.Decrypt, x.http1Exchange)
	in.fail, in.shared = fail, s.m.Protocol == outgoing.HTTP1 && !s.m.NewConn
	return in
}

// secure says what is spoken inside the tunnel; over HTTP/2 the connection to the origin
// is made here, since nothing is read from the sender before it stands.
func (s *sender) secure(c *conn, x *http1Exchange, in *interception) {
	if in.policy == nil {
		in.policy = x.config.originTLS()
	}
	host := string(s.authority.Host)
	sni := host
	if _, err := netip.ParseAddr(host); err == nil {
		sni = "" // RFC 6066 section 3
	}
	if s.m.ServerName != "" {
		sni = s.m.ServerName
	}
	in.protocol = decrypt.HTTP1
	offer := decrypt.Offer{SNI: sni, H1: true}
	if s.m.Protocol == outgoing.HTTP2 {
		in.protocol, offer.H2 = decrypt.HTTP2, true
	}
	if in.mirror = s.hello(x.config.Hellos, sni, in.protocol); in.mirror != nil {
		protocols, _ := in.mirror.Protocols()
		offer, _ = decrypt.OfferOf(sni, protocols)
		offer.Hello = s.m.JA4.String()
	}
	in.target = in.policy.Target(host, s.authority.Port, offer)
	in.secure.Outcome = flow.TLSDecrypted
	in.hello = flow.TLS{Seen: true, SNI: sni}
	in.tls = flow.TLS{Seen: true, SNI: sni, ALPN: in.protocol, Outcome: flow.TLSDecrypted}
	if s.m.Protocol == outgoing.HTTP2 {
		s.connect(c, x, in)
	}
}

// hello is the ClientHello to be mirrored; nil for Posthouse's own.
func (s *sender) hello(kept *clienthello.Kept, sni, protocol string) *clienthello.Hello {
	if s.m.Hello == outgoing.HelloOwn || s.m.JA4 == (flow.JA4{}) {
		return nil
	}
	hello := kept.Find(s.m.JA4.String())
	if hello == nil {
		s.remark = reason.SendOwnHello.With()
		return nil
	}
	if protocols, ok := hello.Protocols(); (ok || protocol == decrypt.HTTP2) && !slices.Contains(protocols, protocol) {
		s.remark = reason.SendOwnHello.With()
		return nil
	}
	return hello.For(sni)
}

// connect makes the connection to the origin, and the row before it.
func (s *sender) connect(c *conn, x *http1Exchange, in *interception) {
	s.begin(c, x, in)
	x.rec = s.rec
	r := in.fail
	if r == nil {
		r = x.reach(in.target.Host, in.target.Port, true)
	}
	if r == nil {
		r = opening{x}.secureOrigin(in)
	}
	in.recordTLS(s.rec, x.origin)
	o := x.origin
	x.origin, x.rec = nil, nil
	if o != nil && !c.watch.release() {
		_ = o.Close()
		o = nil
	}
	switch {
	case r != nil && r.why.Code == reason.NotSpoken:
		r = errorReply(502, flow.FailureTLS, reason.SendNotSpoken.With(portText(in.target)))
	case r == nil && o == nil:
		r = c.cutReply()
	}
	if r != nil {
		in.fail = r.close()
		if in.secure.Outcome == flow.TLSDecrypted {
			in.secure.Outcome = flow.TLSFailed
		}
	}
	in.mirror = nil
	c.opened = newHTTP2Conn(c, in, o, x.limits)
}

// begin makes the row of a request over HTTP/2.
func (s *sender) begin(c *conn, x *http1Exchange, in *interception) {
	head := outgoing.FieldsText(s.m.Fields)
	b := capture.Begin{Kind: flow.KindHTTP, Start: x.start, Process: c.process, Head: head, Scheme: "https",
		HostName: in.authority.Text, ProtoName: "HTTP/2.0", TLS: in.tls, Secure: &in.secure, Sent: &s.sent,
		MetadataOnly: x.private(in.authority.Host)}
	b.HTTP2 = flow.HTTP2{Stream: s.m.StreamNumber(), Opening: s.m.Stream.Opening, Priority: s.m.Stream.Priority,
		NeverIndexed: outgoing.NeverIndexed(s.m.Fields)}
	at := uint32(0)
	for _, f := range s.m.Fields {
		value := capture.Span{Off: at + uint32(len(f.Name)) + 2, Len: uint32(len(f.Value))}
		switch f.Name {
		case ":method":
			b.Method = value
		case ":path":
			b.Path = value
		}
		at = value.Off + value.Len + 2
	}
	if in.via != nil {
		b.Upstream = in.via.String()
	}
	s.rec, s.early = c.srv.store.Begin(&b), true
}
