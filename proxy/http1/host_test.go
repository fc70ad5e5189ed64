package http1

import (
	"net/netip"
	"strings"
	"testing"
)

// hostAddrs are hosts as the WHATWG URL Standard reads them; "" is no address, and "!"
// one that is meant as an address and is none.
var hostAddrs = map[string]string{
	"1.2.3.4": "1.2.3.4", "127.1": "127.0.0.1", "127.0.1": "127.0.0.1", "2130706433": "127.0.0.1",
	"0x7f.1": "127.0.0.1", "0X7F.0.0.0x1": "127.0.0.1", "0x7f000001": "127.0.0.1", "0x7F000001.": "127.0.0.1",
	"0177.0.0.1": "127.0.0.1", "017700000001": "127.0.0.1", "01.2.3.4": "1.2.3.4", "1.2.3.4.": "1.2.3.4", "127.1.": "127.0.0.1",
	"0": "0.0.0.0", "0x": "0.0.0.0", "0.0": "0.0.0.0", "00": "0.0.0.0", "1.0x.3": "1.0.0.3", "256": "0.0.1.0", "1.65536": "1.1.0.0",
	"4294967295": "255.255.255.255", "1.16777215": "1.255.255.255", "1.2.65535": "1.2.255.255",
	"00000000000000000000000000000001.1": "1.0.0.1",

	"1.2.3.256": "!", "256.1": "!", "1.256.1": "!", "08.1": "!", "1.08": "!", "1.2.3.4.5": "!", "4294967296": "!", "1.16777216": "!",
	"1.2.65536":               "!",
	"99999999999999999999999": "!", "1..2": "!", ".1": "!", "a.1": "!", "a.0x1": "!", "1.2.3.0x100": "!", "example.09": "!",
	"0xfffffffffffffffffffff": "!",

	"": "", ".": "", "...": "", "1.2.3.4..": "", "example.com": "", "1.2.3.4.test": "", "0xzz": "", "0x7g": "", "1a": "", "1.2.3.4a": "",
	"a.0x": "!", "x0": "", "-1": "", "1.-1": "", "+1": "", "%31": "", "localhost": "", "١": "",

	"::1": "::1", "2001:DB8::1": "2001:db8::1", "0:0::1": "::1", "::ffff:1.2.3.4": "1.2.3.4", "::ffff:127.1": "",
	"fe80::1%25eth0": "fe80::1%eth0", "fe80::1%eth0": "fe80::1%eth0", ":": "", "a:b": "",
}

func TestHostAddr(t *testing.T) {
	for host, want := range hostAddrs {
		for kind, read := range map[string]func() (netip.Addr, bool){
			"string": func() (netip.Addr, bool) { return HostAddr(host) },
			"bytes":  func() (netip.Addr, bool) { return HostAddr([]byte(host)) },
		} {
			addr, meant := read()
			got := ""
			switch {
			case addr.IsValid() && meant:
				got = addr.String()
			case meant:
				got = "!"
			case addr.IsValid():
				got = "valid and not meant"
			}
			if got != want {
				t.Errorf("%q as %s: %q, want %q", host, kind, got, want)
			}
		}
	}
	for _, host := range []string{"www.example.com", "127.1", "1.2.3.4", "0x7f.1"} {
		b := []byte(host)
		if n := testing.AllocsPerRun(100, func() { HostAddr(b) }); n != 0 {
			t.Errorf("%s: %v allocations", host, n)
		}
	}
}

// Whatever netip takes, but for numbers in octal digits, is the same here.
func FuzzHostAddr(f *testing.F) {
	for host := range hostAddrs {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		addr, meant := HostAddr(host)
		if addr.IsValid() && !meant {
			t.Errorf("%q is %v and not meant as it", host, addr)
		}
		if strict, err := netip.ParseAddr(host); err == nil && strict.Unmap() != addr && !strings.Contains(host, "%25") {
			t.Errorf("%q is %v, want %v", host, addr, strict)
		}
		if !addr.IsValid() {
			return
		}
		if again, ok := HostAddr(addr.String()); !ok || again != addr {
			t.Errorf("%q is %v, and that is %v", host, addr, again)
		}
	})
}
