package upstream

import "posthouse/proxy/flow"

// ProxyID tells upstream proxies apart, by kind, address and credentials. It tells
// no password. Zero is none.
type ProxyID [16]byte

// Key is where a connection leads, how it came about, and what it carries: the
// connection itself is told when it is dialed, and again when TLS was agreed on.
// A request may use a connection only where all of it is equal.
type Key struct {
	Proxy  ProxyID // the upstream proxy that it leads to or through, zero for none
	Target uint64  // the number of the decrypt.Target that TLS is spoken with, 0 for a plain connection
	Port   uint16
	Host   string // in lower case; "" for one to a proxy that forwards requests for any host

	Outward bool // no address was tried that Dialer.Denied reports
}

// Want is the key of the connections that a request may use. It has a buffer in
// place of a string, so that asking for one allocates nothing.
type Want struct {
	Proxy  ProxyID
	Target uint64
	Port   uint16
	Host   []byte // in lower case

	Outward bool
}

// Is reports whether k is what w asks for.
func (w *Want) Is(k Key) bool {
	return k.Proxy == w.Proxy && k.Target == w.Target && k.Port == w.Port && k.Outward == w.Outward && k.Host == string(w.Host)
}

// Origin fills w in for a request that goes to host and port themselves, through via as
// through a tunnel; host is of any case. target is 0 for a plain request. outward is for
// clients that do not reach what is this computer's alone; what a proxy resolves is not
// judged here.
func (w *Want) Origin(via *Proxy, outward bool, target uint64, host []byte, port uint16) {
	w.Proxy, w.Outward, w.Target, w.Port, w.Host = via.ID(), outward && via == nil, target, port, w.Host[:0]
	for _, b := range host {
		w.Host = append(w.Host, lower(b))
	}
}

// Hop fills w in for a plain request to a proxy that forwards those for any host.
func (w *Want) Hop(via *Proxy) { *w = Want{Proxy: via.ID(), Host: w.Host[:0]} }

func lowerHost(host string) string {
	b := []byte(host)
	for i := range b {
		b[i] = lower(b[i])
	}
	return string(b)
}

// Leads is the connection's key.
func (c *Conn) Leads() Key { return c.leads }

// Agreed notes that TLS was agreed on, for the requests of a decrypt.Target.
func (c *Conn) Agreed(target uint64, s *flow.Secure) { c.leads.Target, c.TLS = target, s }

// Fits reports whether c is what w asks for. It goes by what the connection is:
// what is meant for TLS never gets a plain one, whatever place it was kept in.
func (c *Conn) Fits(w *Want) bool {
	if !w.Is(c.leads) {
		return false
	}
	layered := c.Conn.TLS() != nil
	if w.Target != 0 {
		return layered && c.TLS != nil
	}
	// An upstream proxy may itself be spoken to in TLS.
	return c.TLS == nil && (!layered || w.Proxy != ProxyID{})
}
