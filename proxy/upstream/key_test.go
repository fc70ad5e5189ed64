package upstream

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/socket"
)

// ask is what a key is made of. opened is a plain request that went through CONNECT.
type ask struct {
	via     *Proxy
	outward bool
	target  uint64
	host    string
	port    uint16
	opened  bool
}

func (a *ask) fill(w *Want) {
	if a.via != nil && a.via.Forwards() && a.target == 0 && !a.opened {
		w.Hop(a.via)
		return
	}
	w.Origin(a.via, a.outward, a.target, []byte(a.host), a.port)
}

// What asks for the same has equal keys, and nothing else has: no text that a
// request holds makes one look like another.
func TestKeysDiffer(t *testing.T) {
	web, _ := ParseProxy("http://p:1")
	socks, _ := ParseProxy("socks5://p:1")
	seen := map[Key]ask{}
	for _, a := range []ask{
		{nil, false, 0, "h", 80, false}, {nil, false, 0, "h", 81, false}, {nil, false, 0, "h:80", 80, false},
		{nil, false, 0, "tls", 1, false}, {nil, false, 1, "h", 80, false}, {nil, false, 2, "h", 80, false},
		{nil, false, 1, "tls", 1, false}, {nil, false, 0, "", 80, false},
		{socks, false, 0, "h", 80, false}, {socks, false, 1, "h", 80, false}, {socks, false, 0, "tls", 1, false},
		{web, false, 0, "h", 80, false}, {web, false, 1, "h", 80, false},
		{nil, true, 0, "h", 80, false}, {nil, true, 1, "h", 80, false}, {web, false, 0, "h", 80, true}, {web, false, 0, "i", 80, true},
	} {
		var w Want
		a.fill(&w)
		key := Key{w.Proxy, w.Target, w.Port, string(w.Host), w.Outward}
		if other, found := seen[key]; found {
			t.Errorf("%+v and %+v share a key", a, other)
		}
		if !w.Is(key) {
			t.Errorf("%+v is not its own key", a)
		}
		seen[key] = a
	}
	// A proxy that forwards takes plain requests for any host; names have no case.
	for _, same := range []ask{{web, false, 0, "other", 443, false}, {socks, false, 0, "H", 80, false}, {nil, false, 0, "TLS", 1, false},
		{web, true, 0, "h", 80, false}, {socks, true, 1, "h", 80, false}} { // and what it resolves is not judged
		var w Want
		same.fill(&w)
		if _, found := seen[Key{w.Proxy, w.Target, w.Port, string(w.Host), w.Outward}]; !found {
			t.Errorf("%+v has another key", same)
		}
	}
}

// shaken is a TLS connection that reads as if its handshake were done.
type shaken struct {
	*tls.Conn
	under net.Conn
}

func (s shaken) Read(p []byte) (int, error) { return s.under.Read(p) }

// A connection is looked at when it is lent: what is not what the place it was
// kept in says is closed, and never sent anything.
func TestPoolLendsOnlyWhatFits(t *testing.T) {
	secure := func(c *Conn) *Conn {
		s := socket.Secure(c.Conn, func(n net.Conn) shaken { return shaken{tls.Client(n, &tls.Config{InsecureSkipVerify: true}), n} })
		s.Handshook() // never read but to see whether something is there
		return Secured(c, s)
	}
	via := ProxyID{1}
	for name, c := range map[string]struct {
		want Want
		make func(*Conn) *Conn
		fits bool
	}{
		"plain":          {Want{Host: []byte("h")}, func(c *Conn) *Conn { return c }, true},
		"plain, for TLS": {Want{Host: []byte("h"), Target: 1}, func(c *Conn) *Conn { c.leads.Target = 1; return c }, false},
		"said to be TLS, for TLS": {Want{Host: []byte("h"), Target: 1},
			func(c *Conn) *Conn { c.Agreed(1, &flow.Secure{}); return c }, false},
		"TLS, for plain": {Want{Host: []byte("h")}, secure, false},
		"agreed TLS, for plain": {Want{Host: []byte("h")},
			func(c *Conn) *Conn { s := secure(c); s.Agreed(0, &flow.Secure{}); return s }, false},
		"TLS not agreed": {Want{Host: []byte("h"), Target: 1},
			func(c *Conn) *Conn { s := secure(c); s.leads.Target = 1; return s }, false},
		"TLS of another target": {Want{Host: []byte("h"), Target: 1},
			func(c *Conn) *Conn { s := secure(c); s.Agreed(2, &flow.Secure{}); return s }, false},
		"TLS": {Want{Host: []byte("h"), Target: 1},
			func(c *Conn) *Conn { s := secure(c); s.Agreed(1, &flow.Secure{}); return s }, true},
		"another host":             {Want{Host: []byte("i")}, func(c *Conn) *Conn { return c }, false},
		"TLS to an upstream proxy": {Want{Proxy: via}, func(c *Conn) *Conn { c.leads = Key{Proxy: via}; return secure(c) }, true},
		"another proxy": {Want{Proxy: via, Host: []byte("h")},
			func(c *Conn) *Conn { c.leads.Proxy = ProxyID{2}; return c }, false},
		"decrypted, for the proxy's": {Want{Proxy: via},
			func(c *Conn) *Conn { c.leads = Key{Proxy: via}; s := secure(c); s.Agreed(0, &flow.Secure{}); return s }, false},
		"the proxy's own, for a target": {Want{Proxy: via, Target: 1},
			func(c *Conn) *Conn { c.leads = Key{Proxy: via}; return secure(c) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			key := Key{c.want.Proxy, c.want.Target, c.want.Port, string(c.want.Host), c.want.Outward}
			plain, peer := real(t, "h")
			conn := c.make(plain)
			place := &hostIdle{key: key} // where the request looks, whatever conn is
			p := Pool{hosts: map[Key]*hostIdle{key: place}}
			p.insert(place, conn)
			got := p.Get(&c.want, 1, true)
			if (got == conn) != c.fits || p.Len() != 0 {
				t.Errorf("lent %v, and %d are left", got != nil, p.Len())
			}
			if got != nil {
				return
			}
			_ = peer.SetReadDeadline(time.Now().Add(10 * time.Second))
			if n, err := peer.Read(make([]byte, 1)); n > 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the peer read %d bytes, %v", n, err)
			}
		})
	}
}
