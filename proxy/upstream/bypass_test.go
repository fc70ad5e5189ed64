package upstream

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func chainOf(t testing.TB, list ...string) *Chain {
	t.Helper()
	p, err := ParseProxy("http://proxy.test:1")
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewChain(p, list)
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

func TestBypass(t *testing.T) {
	list := []string{"Exact.test", "*.below.test", ".dotted.test", "port.test:8080", "10.0.0.0/8", "192.0.2.7", "2001:db8::/32",
		"[2001:db9::1]:81", "172.16.*", "<LOCAL>", "www.*.mid.test", " spaced.test "}
	c := chainOf(t, list...)
	for target, direct := range map[string]bool{
		"exact.test:80": true, "EXACT.TEST:1": true, "exact.test.:80": true, "www.exact.test:80": false, "inexact.test:80": false,
		"a.below.test:80": true, "a.b.below.test:80": true, "below.test:80": false, "xbelow.test:80": false, "a.dotted.test:80": true,
		"port.test:8080": true, "port.test:80": false, "spaced.test:1": true,
		"10.1.2.3:80": true, "11.1.2.3:80": false, "192.0.2.7:80": true, "192.0.2.8:80": false, "172.16.5.5:1": true, "172.17.5.5:1": false,
		"[2001:db8::5]:80": true, "[2001:dba::5]:80": false, "[2001:db9::1]:81": true, "[2001:db9::1]:80": false,
		"[::ffff:10.1.2.3]:80": true,
		"intranet:80":          true, "www.x.mid.test:80": true, "www.mid.test:80": false,
		"localhost:80": true, "a.LocalHost:80": true, "127.0.0.1:80": true, "127.9.9.9:80": true, "[::1]:80": true, "0.0.0.0:80": true,
		"[::]:1":              true,
		"[fe80::1%25eth0]:80": true, "[fe80::1%eth0]:80": true, "some.test:80": false, "1.2.3.4.test:80": false,
		"127.1:80": true, "2130706433:80": true, "0x7f.1.:80": true, "0177.0.0.1:80": true, "0:80": true, "10.1:80": true,
		"167772161:80": true, "11.1:80": false, "172.16.1:80": true,
	} {
		i := strings.LastIndexByte(target, ':')
		var port uint16
		for _, c := range target[i+1:] {
			port = port*10 + uint16(c-'0')
		}
		host := strings.Trim(target[:i], "[]")
		if got := c.For([]byte(host), port) == nil; got != direct {
			t.Errorf("%s: direct is %v", target, got)
		}
	}
}

func TestLoopbackGoesThroughWhereAskedFor(t *testing.T) {
	c := chainOf(t, "<-loopback>", "localhost")
	for host, direct := range map[string]bool{"127.0.0.1": false, "127.1": false, "::1": false, "a.localhost": false, "localhost": true} {
		if got := c.For([]byte(host), 80) == nil; got != direct {
			t.Errorf("%s: direct is %v", host, got)
		}
	}
}

func TestBadBypassEntries(t *testing.T) {
	for _, entry := range []string{"", "  ", "http://a.test", "a b", "10.0.0.0/33", "a/b", "<other>", "[::1", "[::1]x", "a.test:0",
		"a.test:x", "a,b", "a;b", strings.Repeat("a", 256)} {
		_, err := NewChain(nil, []string{"ok.test", entry})
		var bad *BypassError
		if !errors.As(err, &bad) || bad.Entry != entry || bad.Msg == "" {
			t.Errorf("%q: %v", entry, err)
		}
	}
	if _, err := NewChain(nil, make([]string, MaxBypass+1)); err == nil {
		t.Error("a list without end was taken")
	}
}

func TestZeroChainIsDirect(t *testing.T) {
	var c Chain
	if c.For([]byte("a.test"), 80) != nil || !c.Same(&Chain{}) || c.Same(chainOf(t)) || !chainOf(t).Same(chainOf(t)) {
		t.Error("it is not")
	}
}

func TestBypassAllocatesNothing(t *testing.T) {
	c := chainOf(t, "*.a.test", "10.0.0.0/8", "<local>", "b.test:81")
	host := []byte("www.some.test")
	if n := testing.AllocsPerRun(100, func() { c.For(host, 80) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzBypass(f *testing.F) {
	f.Add("*.a.test", "www.a.test")
	f.Add("10.0.0.0/8", "10.1.1.1")
	f.Add("[::1]:80", "::1")
	f.Add("a*b*c*", "aXbXc")
	f.Fuzz(func(t *testing.T, entry, host string) {
		c, err := NewChain(&Proxy{}, []string{entry})
		if err != nil {
			return
		}
		direct := c.For([]byte(host), 80) == nil
		if direct != (c.For([]byte(strings.ToUpper(host)), 80) == nil) && isASCII(host) {
			t.Fatalf("%q: the case of %q makes a difference", entry, host)
		}
		if a, err := netip.ParseAddr(host); err == nil && a.IsLoopback() &&
			!strings.EqualFold(strings.TrimSpace(entry), "<-loopback>") && !direct {
			t.Fatalf("%q lets %q through", entry, host)
		}
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
