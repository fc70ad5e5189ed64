package proxy

import (
	"net"
	"net/netip"
	"testing"
)

// Who came in by one address may stay while another door leads there.
func TestLetsIn(t *testing.T) {
	addr := netip.MustParseAddr
	for name, c := range map[string]struct {
		doors []door
		own   string
		stays bool
	}{
		"none":                        {own: "192.0.2.20"},
		"the address":                 {[]door{{addr: addr("192.0.2.20")}}, "192.0.2.20", true},
		"all addresses":               {[]door{{addr: addr("0.0.0.0")}}, "192.0.2.20", true},
		"all of both families":        {[]door{{addr: addr("::")}}, "192.0.2.20", true},
		"IPv6 by IPv4":                {[]door{{addr: addr("0.0.0.0")}}, "2001:db8::1", false},
		"narrowed to loopback":        {[]door{{addr: addr("127.0.0.1")}, {addr: addr("::1")}}, "192.0.2.20", false},
		"narrowed to another network": {[]door{{addr: addr("127.0.0.1")}, {addr: addr("198.51.100.1")}}, "192.0.2.20", false},
		"guarded, on the list":        {[]door{{addr: addr("192.0.2.20"), guarded: true}}, "192.0.2.20", true},
		"guarded, not on the list":    {[]door{{addr: addr("198.51.100.1"), guarded: true}}, "198.51.100.1", false},
		"retiring":                    {[]door{{addr: addr("0.0.0.0"), retiring: true}, {addr: addr("127.0.0.1")}}, "192.0.2.20", false},
	} {
		s := New(Config{Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}, nil, nil)
		for i := range c.doors {
			s.listeners[&fakeListener{n: i}] = &c.doors[i]
		}
		peer := "192.0.2.7:1"
		if c.own == "198.51.100.1" {
			peer = "198.51.100.7:1"
		}
		client := &conn{fromLAN: true, addr: netip.MustParseAddrPort(peer), own: addr(c.own)}
		if got := s.letsIn(client, s.config.Load()); got != c.stays {
			t.Errorf("%s: %v", name, got)
		}
	}
}

type fakeListener struct {
	net.Listener
	n int
}
