package proxy

import (
	"bytes"
	"crypto/tls"
	"net/netip"
	"strconv"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/clienthello"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// interception is what a client's connection is once its tunnel was opened: the
// requests in it are for one origin, the target of CONNECT, whatever they say.
type interception struct {
	policy    *decrypt.Policy
	target    *decrypt.Target
	plain     bool               // plain HTTP is inside, and no TLS: target is nil then
	text      []byte             // the target of CONNECT
	authority http1.Authority    // the same, without the own port of the scheme inside
	via       *upstream.Proxy    // the upstream proxy that the tunnel goes through, nil for none
	way       *way               // where rules have the tunnel go, nil: to authority
	asks      *decrypt.Target    // asked in place of target there; nil: target itself
	rights    Rights             // what the client may use of this computer
	connect   []byte             // the CONNECT request that via is sent
	own       bool               // it has the client's own login at via: what it opened is the client's alone
	once      bool               // and that login is not to be sent again
	shared    bool               // connections to the origin go from one request of Posthouse's own to the next
	rec       *capture.Record    // of CONNECT; nil once it was handed on
	hello     flow.TLS           // as the client sent it
	mirror    *clienthello.Hello // the same, for the origin; nil where it cannot be sent
	how       decrypt.How        // in what the origin's differs from it
	protocol  string             // what was agreed on with the client, "" until then or for none
	tls       flow.TLS           // for the rows inside
	secure    flow.Secure        // the client's side, and what failed with the origin
	shown     time.Time          // when the client was shown the certificate
	fail      *reply             // the answer to whatever is asked, because the origin failed
	late      bool               // the origin is dialled when a request needs it
	check     Check              // what answers instead of an origin; nil for none

	used      bool           // a request came, or bytes
	undecided bool           // no protocol was agreed on: the first bytes tell
	silent    bool           // the client has said nothing, and the origin is not dialled
	spoken    bool           // the origin spoke first
	first     *upstream.Conn // the origin's connection while undecided
}

// newInterception takes what is needed from the exchange that opens the tunnel.
func newInterception(p *decrypt.Policy, x *http1Exchange) *interception {
	a := &x.auth
	text := bytes.Clone(a.Text)
	host := text[bytes.Index(text, a.Host):][:len(a.Host)]
	in := &interception{policy: p, text: text,
		authority: http1.Authority{Text: withoutPort(text, a.Port, 443), Host: host, Port: a.Port, Literal: a.Literal}}
	in.rights, in.way = x.rights, x.way
	if in.via = x.via; x.via != nil {
		in.connect = bytes.Clone(x.out)
		in.own, in.once = x.proxyLogin, x.proxyLogin && x.login
	}
	return in
}

// targetID is the number of the target that requests inside are for, 0 outside of TLS.
func (in *interception) targetID() uint64 {
	if in == nil || in.plain {
		return 0
	}
	return in.asked().ID()
}

// asked is whom TLS is spoken with.
func (in *interception) asked() *decrypt.Target {
	if in.asks != nil {
		return in.asks
	}
	return in.target
}

// lead has the target of a way asked in place of the client's own.
func (in *interception) lead(offer decrypt.Offer) {
	w := in.way
	if w == nil || w.sent == nil {
		return
	}
	if name := w.sni(offer.SNI); name != offer.SNI {
		offer.SNI, in.mirror = name, nil // the client's hello asks for another name
	}
	in.asks = in.policy.Target(w.to.Host, w.to.Port, offer)
}

// pools reports whether connections to the origin are shared between clients: inside
// TLS each client's connection has its own, with the TLS of that client.
func (in *interception) pools() bool { return in == nil || in.plain }

// shares reports whether a connection to the origin may have carried requests that came
// another way: those of other clients, or, inside TLS, of Posthouse's own.
func (in *interception) shares() bool { return in.pools() || in.shared }

// want is what connections that requests inside may use have in common: they took
// the same way to the same target, with the same TLS and for clients of the same rights.
func (in *interception) want(w *upstream.Want) *upstream.Want {
	host, port := in.way.leads(in.authority.Host, in.authority.Port)
	w.Origin(in.via, in.rights.outward() && !in.way.named(), in.targetID(), host, port)
	return w
}

// agreed notes what the client's side agreed on.
func (in *interception) agreed(conn *socket.Conn, protocol string) {
	in.secure.Client = decrypt.TLSStateOf(conn.TLS().(*tls.Conn))
	if in.mirror != nil {
		in.secure.Client.JA4 = flow.ParseJA4(in.mirror.JA4())
	}
	in.protocol = protocol
	if in.secure.Outcome == flow.TLSNone {
		in.secure.Outcome = flow.TLSDecrypted
	}
	in.tls = flow.TLS{Seen: true, SNI: in.hello.SNI, ALPN: protocol, Version: in.secure.Client.VersionName()}
}

// begin fills in what the head does not tell.
func (in *interception) begin(x *exchange, b *capture.Begin) {
	in.used = true
	b.HostName = in.authority.Text
	b.Path = span(x.req.Raw, x.req.Target)
	if !in.plain {
		b.Scheme, b.TLS, b.Secure = "https", in.tls, &in.secure
	}
}

// recordTLS writes both TLS connections to a record; o may be nil.
func (in *interception) recordTLS(rec *capture.Record, o *upstream.Conn) {
	if in == nil || in.plain {
		return
	}
	s := in.secure
	if o != nil && o.TLS != nil {
		s = *o.TLS
		s.Client = in.secure.Client
	}
	rec.SetSecure(&s)
}

// targetOf is where a request inside goes.
func (in *interception) targetOf(req *http1.Request) http1.Target {
	return http1.Target{Authority: in.authority, Path: req.Target}
}

// route is what becomes of a request inside: it goes to the target, with its
// Host as it was sent.
func (in *interception) route(x *exchange) plan {
	req := &x.req
	p := plan{kind: flow.KindHTTP, target: in.targetOf(req)}
	switch {
	case in.fail != nil:
		failed := *in.fail
		p.unreached, p.needsHead = !x.looped() && in.forwards(x) && lastHop(req) == nil, true
		return p.refuse(&failed)
	case in.check != nil:
		p.kind, p.local = flow.KindLocal, true
		return p
	case req.Is("CONNECT") && x.protocol == "":
		return p.refuse(errorReply(501, flow.FailureBadRequest, reason.ConnectInside.With()).close())
	case !in.forwards(x):
		return p.refuse(badMessageReply(http1.ErrTargetForm))
	case x.looped():
		return p.refuse(loopReply())
	}
	if r := lastHop(req); r != nil {
		return p.refuse(r)
	}
	p.needsHead = true
	return p
}

// forwards reports whether the form of a request is one that an origin is asked in.
func (in *interception) forwards(x *exchange) bool {
	req := &x.req
	return (!req.Is("CONNECT") || x.protocol != "") &&
		(req.Target[0] == '/' || string(req.Target) == "*" || bytes.Contains(req.Target, []byte("://")))
}

// awaitEither waits for the first bytes inside when either side may send them.
func (c *conn) awaitEither(staged int64) bool {
	in := c.inside
	if in.late {
		return in.awaitClient(c)
	}
	for {
		c.watch.eager.Store(in.first)
		err := c.socket.Fill()
		spoke := c.settleEager()
		if err == nil {
			break
		}
		if !spoke || !c.watch.sound() {
			return false
		}
		if !in.first.Quiet() { // more than TLS's own messages
			in.spoken = true
			break
		}
	}
	c.wake(staged)
	return true
}

// speaksHTTP looks at the first bytes inside, where no protocol was agreed on.
func (x opening) speaksHTTP() bool {
	in := x.conn.inside
	x.conn.watch.stage(x.config.Timeouts.ClientHead)
	for !in.spoken {
		known, is := looksHTTP(x.conn.socket.Buffered())
		if known && !is {
			return false
		}
		if known || x.fillMore(x.conn.socket) != nil {
			break // what is not whole is refused like any head that is not
		}
	}
	if in.spoken {
		return false
	}
	in.undecided = false
	if in.first != nil {
		x.conn.giveBack(in.first, false, time.Now())
		in.first = nil
	}
	return true
}

// looksHTTP tells a request line from another protocol's first bytes.
func looksHTTP(b []byte) (known, is bool) {
	b = bytes.TrimPrefix(b, []byte("\r\n"))
	if len(b) == 0 {
		return false, false
	}
	if http1.CheckStart(b) != nil {
		return true, false
	}
	if end := bytes.IndexByte(b, '\n'); end >= 0 {
		return true, bytes.Contains(b[:end], []byte(" HTTP/1.")) && !bytes.HasPrefix(b, []byte("CONNECT "))
	}
	space := bytes.IndexByte(b, ' ')
	if space < 0 {
		return len(b) > maxMethod, false
	}
	for _, c := range b[:space] {
		if http1.CheckStart([]byte{c}) != nil {
			return true, false
		}
	}
	return false, false
}

// maxMethod is how long a method may be where HTTP is only guessed at, in bytes.
const maxMethod = 32

// passInside makes a tunnel of two TLS connections whose inside is not HTTP.
func (x opening) passInside() bool {
	in := x.conn.inside
	if in.silent {
		return x.dialSilent()
	}
	x.rec, in.rec = in.rec, nil
	if in.first != nil {
		x.origin, in.first = in.first, nil
		if r := x.holdOrigin(); r != nil {
			return x.endOpening(r.failure, r.why)
		}
	} else if r := x.dial(in.target.Host, in.target.Port, true); r != nil {
		x.rec.Unusable(r.sent)
		return x.endOpening(r.failure, r.why)
	}
	x.startTunnel(false)
	return false
}

// endInterception ends the record of CONNECT when the connection has ended.
func (c *conn) endInterception() {
	in := c.inside
	if in.first != nil {
		_ = in.first.Close()
	}
	if in.rec == nil {
		return
	}
	failure, why := flow.FailureNone, flow.Reason{}
	switch {
	case in.fail != nil:
		failure, why = in.fail.failure, in.fail.why
		in.rec.Unusable(in.fail.sent)
	case in.plain:
	case in.used:
		c.srv.refusals.Accepted(in.target.Host)
	case c.watch.sound() && !c.srv.closing.Load():
		silent := decrypt.Silent(time.Since(in.shown))
		why = c.srv.countRefusal(in, silent)
	}
	in.rec.Finish(failure, why, 0, time.Now())
}

// portText is host:port for people.
func portText(t *decrypt.Target) string {
	if a, err := netip.ParseAddr(t.Host); err == nil && a.Is6() {
		return "[" + t.Host + "]:" + strconv.Itoa(int(t.Port))
	}
	return t.Host + ":" + strconv.Itoa(int(t.Port))
}
