package proxy

import (
	"net"
	"strconv"
	"strings"
	"sync"

	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
	"posthouse/proxy/upstream"
)

// way is where rules have a request, or a tunnel, go in place of where it is for. Each request may
// go another way, over HTTP/2 as a detour; in a tunnel that is not opened all go that of their
// connection.
type way struct {
	sent     *rules.Compiled // sends it to another origin; nil: none does
	resolved *rules.Compiled // has another address dialled; nil: none does
	from, to rules.Origin
	host     string // what is dialled: a name or an address without brackets
	port     uint16
}

// find finds the way, nil where rules say nothing of it.
func (r *ruling) find(from rules.Origin, tunnel bool) *way {
	w := &way{from: from, to: from}
	for _, c := range r.matched {
		if !c.Early() || tunnel && !c.MovesTunnel() {
			continue
		}
		switch {
		case !c.Sends():
		case w.sent == nil:
			w.sent, w.to = c, c.Target(from)
		default:
			r.lost = append(r.lost, c)
			r.tell(flow.EffectFailed, reason.RuleElse.With(c.Label()))
		}
		switch {
		case c.Resolve == "":
		case w.resolved == nil:
			w.resolved = c
		case w.resolved != c:
			r.tell(flow.EffectFailed, reason.RuleElse.With(c.Label()))
		}
	}
	if w.sent == nil && w.resolved == nil {
		return nil
	}
	w.host, w.port = w.to.Host, w.to.Port
	if w.resolved != nil {
		w.host, w.port = w.resolved.Address(w.to.Port)
	}
	return w
}

// leadsTo reports whether both are the same way.
func (w *way) leadsTo(o *way) bool { return w.to == o.to && w.host == o.host && w.port == o.port }

// dialled is what is dialled for an origin.
func (w *way) dialled(host string, port uint16) (string, uint16) {
	if w == nil {
		return host, port
	}
	return w.host, w.port
}

// leads is dialled for an origin whose host stands in a head.
func (w *way) leads(host []byte, port uint16) ([]byte, uint16) {
	if w == nil {
		return host, port
	}
	return []byte(w.host), w.port
}

// named reports whether the person has named what is dialled. That is then reached for other
// devices too, on this computer as well.
func (w *way) named() bool {
	return w != nil && (w.resolved != nil || w.sent != nil && w.sent.Send.Host != "")
}

// unresolve is the way without what has another address dialled.
func (w *way) unresolve() *way {
	if w.resolved = nil; w.sent == nil {
		return nil
	}
	w.host, w.port = w.to.Host, w.to.Port
	return w
}

// rehost is what stands in Host, and "" where that stays.
func (w *way) rehost() string {
	if w == nil || w.sent == nil || w.sent.Send.KeepHost || w.to.Authority() == w.from.Authority() {
		return ""
	}
	return w.to.Authority()
}

// rescheme is the scheme that the origin is asked by, and "" where that stays.
func (w *way) rescheme() string {
	if w == nil || w.to.Scheme == w.from.Scheme {
		return ""
	}
	return w.to.Scheme
}

// sni is what TLS with the origin asks for; asked is what the client did.
func (w *way) sni(asked string) string {
	switch {
	case w.sent == nil || w.sent.Send.KeepSNI:
		return asked
	case strings.Contains(w.to.Host, ":"):
		return "" // an address is no name (RFC 6066 section 3)
	}
	if addr, _ := http1.HostAddr(w.to.Host); addr.IsValid() {
		return ""
	}
	return w.to.Host
}

// tell says where the request went.
func (w *way) tell(r *ruling) {
	if w.sent != nil {
		r.tell(flow.EffectRequest, reason.RuleSent.With(w.sent.Label(), w.to.String()))
	}
	if w.resolved != nil {
		r.tell(0, reason.RuleResolved.With(w.resolved.Label(), net.JoinHostPort(w.host, strconv.Itoa(int(w.port)))))
	}
}

// originOf is where a request is for.
func (x *exchange) originOf(p *plan) rules.Origin {
	switch {
	case p.kind == flow.KindTunnel:
		return rules.Origin{Scheme: "https", Host: string(p.auth.Host), Port: p.auth.Port}
	case x.inside == nil:
		return rules.Origin{Scheme: "http", Host: string(p.target.Host), Port: httpPort(p.target.Port)}
	case x.inside.plain:
		return rules.Origin{Scheme: "http", Host: string(x.inside.authority.Host), Port: x.inside.authority.Port}
	}
	return rules.Origin{Scheme: "https", Host: string(x.inside.authority.Host), Port: x.inside.authority.Port}
}

// direct has rules say where the exchange goes. What of that cannot be done is told, and it
// goes where it is for.
func (x *exchange) direct(p *plan, r *ruling) {
	w := r.find(x.originOf(p), p.kind == flow.KindTunnel)
	if w == nil && x.inside != nil && x.inside.way != nil {
		w = straight(x.originOf(p))
	}
	if w != nil {
		x.lead(p, r, w)
	}
}

// lead has the exchange go a way.
func (x *exchange) lead(p *plan, r *ruling, w *way) {
	switch {
	case p.kind == flow.KindTunnel:
		x.directTunnel(p, r, w)
	case x.inside != nil && x.inside.way != nil && w.leadsTo(x.inside.way):
		x.way = w
	case x.req.Version == nil && x.whatever(w, &r.row): // HTTP/2, and the connection is older than the rules
		p.reply = &reply{failure: flow.FailureOriginClosed, why: reason.RuleMoved.With(), closes: true, moves: true,
			code: http2.RefusedStream}
		return
	case x.req.Version == nil && (x.protocol != "" && x.protocol != websocketProtocol || x.sender.direct()):
		r.lose(w, reason.RuleOtherOrigin.With())
		return
	case x.req.Version == nil:
		p.detour = w
		return
	case w.to.Scheme == "https":
		x.directSecure(p, r, w)
	default:
		x.directPlain(p, r, w)
	}
	if x.way != nil {
		x.way.tell(r)
	}
}

// websocketProtocol is what an extended CONNECT asks for that wants a WebSocket (RFC 8441).
const websocketProtocol = "websocket"

// straight is the way to where a request is for.
func straight(from rules.Origin) *way {
	return &way{from: from, to: from, host: from.Host, port: from.Port}
}

// whatever reports whether all requests to a host go the same way.
func (x *exchange) whatever(w *way, row *flow.Row) bool {
	for _, c := range [...]*rules.Compiled{w.sent, w.resolved} {
		if c != nil && !(c.MovesTunnel() && c.WhateverIsAsked(row)) {
			return false
		}
	}
	return true
}

// lose gives up a way, and says why.
func (r *ruling) lose(w *way, why flow.Reason) {
	for _, c := range [...]*rules.Compiled{w.sent, w.resolved} {
		if c != nil {
			r.lost = append(r.lost, c)
			r.tell(flow.EffectFailed, reason.RuleFailed.With(c.Label(), why))
		}
	}
}

// throughOn is the upstream proxy on a way. A reply says that it is not for this client.
func (x *exchange) throughOn(w *way) (*upstream.Proxy, *reply) {
	via := x.upstreamFor([]byte(w.host), w.port)
	if w.named() {
		return via, nil
	}
	return via, x.denied(via, []byte(w.host))
}

// directTunnel has a tunnel dialled elsewhere.
func (x *exchange) directTunnel(p *plan, r *ruling, w *way) {
	x.way = w
	if p.via, p.reply = x.throughOn(w); p.reply != nil {
		return
	}
	p.target, p.needsHead = http1.Target{}, false
	if p.via != nil && p.via.Forwards() {
		_ = http1.ParseConnect(&p.target.Authority, []byte(net.JoinHostPort(w.host, strconv.Itoa(int(w.port)))))
		p.needsHead = true
	}
	x.target, x.via = p.target, p.via
}

// directPlain has a request go over a connection without TLS.
func (x *exchange) directPlain(p *plan, r *ruling, w *way) {
	if p.via, p.reply = x.throughOn(w); p.via != nil && p.via.Forwards() && w.resolved != nil {
		r.tell(flow.EffectFailed, reason.RuleFailed.With(w.resolved.Label(), reason.RuleProxyNames.With()))
		if w = w.unresolve(); w == nil {
			return
		}
		p.via, p.reply = x.throughOn(w)
	}
	x.onward, x.via, x.way = nil, p.via, w
	if p.via != nil && x.loopSlot == 0 {
		x.srv.enterLoopGuard(x)
	}
}

// directSecure has a request go over TLS to the origin of a way.
func (x *exchange) directSecure(p *plan, r *ruling, w *way) {
	via, refused := x.throughOn(w)
	if p.reply = refused; refused != nil {
		return
	}
	in := &interception{policy: x.config.Decrypt, way: w, via: via, rights: x.rights, protocol: decrypt.HTTP1}
	if in.policy == nil {
		in.policy = x.config.originTLS()
	}
	asked := w.from.Host
	if from := x.inside; from != nil && !from.plain {
		in.secure, asked = from.secure, from.hello.SNI
		if w.sni(asked) == asked {
			in.mirror, in.hello = from.mirror, from.hello
		}
		if from.late && from.protocol == decrypt.HTTP2 && in.mirror != nil {
			in.how.Only = decrypt.HTTP1
		}
	}
	if via != nil && via.Forwards() {
		in.connect = connectHead(w, via)
	}
	in.authority = http1.Authority{Text: []byte(w.to.Authority()), Host: []byte(w.to.Host), Port: w.to.Port}
	in.text = in.authority.Text
	in.target = in.policy.Target(w.to.Host, w.to.Port, decrypt.Offer{SNI: w.sni(asked), H1: true, Withhold: !x.rights.Credentials})
	x.onward, x.via, p.via, x.way = in, nil, nil, w
}

// ownPolicy is how TLS is spoken with origins where nothing is decrypted.
var ownPolicy = sync.OnceValue(func() *decrypt.Policy {
	p, _ := decrypt.New(decrypt.Options{}) // of what can be wrong nothing is there
	return p
})

// originTLS is how TLS is spoken with an origin where what a client sent is not decrypted.
func (c *Config) originTLS() *decrypt.Policy {
	if c.OwnTLS != nil {
		if p := c.OwnTLS(); p != nil {
			return p
		}
	}
	return ownPolicy()
}

// connectHead is a CONNECT request of our own.
func connectHead(w *way, via *upstream.Proxy) []byte {
	to := net.JoinHostPort(w.host, strconv.Itoa(int(w.port)))
	head := "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n"
	if login := via.Authorization(); login != "" {
		head += "Proxy-Authorization: " + login + "\r\n"
	}
	return []byte(head + "\r\n")
}
