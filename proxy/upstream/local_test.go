package upstream

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
)

// Every spelling of this computer's own addresses is one.
func TestNamesLocal(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "127.255.255.254", "::1", "::1%lo", "::ffff:127.0.0.1", "0.0.0.0", "0.0.0.1", "::", "::%lo",
		"::ffff:0.0.0.0",
		"169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%25eth0", "febf::1%2",
		"127.1", "127.0.1", "2130706433", "0177.0.0.1", "0x7f.1", "0x7f000001", "017700000001", "0", "127.0.0.1.", "0xA9FEA9FE",
		"0X7F00000B", "0x7f.0xb",
		"localhost", "LOCALHOST.", "a.localhost", "a.b.LocalHost."} {
		if !NamesLocal(host) {
			t.Errorf("%s is not local", host)
		}
	}
	for _, host := range []string{"", ".", "a.test", "localhost.test", "notlocalhost", "10.0.0.1", "192.168.1.20", "2001:db8::1", "fec0::1",
		"fc00::1", "128.0.0.1",
		"1.127.0.0", "16777216", "256.0.0.1", "127.0.0.0.1", "127.256.1.1", "0x7fg", "4294967296", "127.0.0.256", "1_2", "0b1", "-1",
		"+1", "127..1"} {
		if NamesLocal(host) {
			t.Errorf("%s is local", host)
		}
	}
}

// A name is judged by each of its addresses, and those that are denied are never dialed.
func TestDeniedAddressesAreNotDialed(t *testing.T) {
	var dialed []netip.AddrPort
	failed := errors.New("nothing there")
	d := Dialer{Denied: IsLocal,
		Resolver: nameServer(t, map[string][]string{"own.test": {"127.0.0.1", "::1", "169.254.1.1"},
			"both.test": {"127.0.0.1", "192.0.2.7", "fe80::1"}}),
		dialOne: func(_ context.Context, a netip.AddrPort) (net.Conn, error) {
			dialed = append(dialed, a)
			return nil, failed
		}}
	for _, host := range []string{"own.test", "127.0.0.1", "::ffff:127.0.0.1", "localhost", "a.localhost.", "0.0.0.0", "169.254.169.254",
		"fe80::1%25lo"} {
		_, err := d.Dial(t.Context(), host, 80)
		var dial *DialError
		if !errors.As(err, &dial) || dial.Stage != StageDenied || len(dialed) > 0 {
			t.Errorf("%s: %v, dialed %v", host, err, dialed)
		}
	}
	if _, err := d.Dial(t.Context(), "both.test", 80); !errors.Is(err, failed) || len(dialed) != 1 || dialed[0].String() != "192.0.2.7:80" {
		t.Errorf("both.test: %v, dialed %v", err, dialed)
	}
	d.Denied = nil
	dialed = nil
	if _, err := d.Dial(t.Context(), "127.0.0.1", 80); !errors.Is(err, failed) || len(dialed) != 1 {
		t.Errorf("without a rule: %v, dialed %v", err, dialed)
	}
}

// What is made without a login is never mixed with what was made with one.
func TestWithoutLogin(t *testing.T) {
	for _, scheme := range []string{"http://", "https://", "socks5://"} {
		with, err := ParseProxy(scheme + "user:pass@proxy.test:3128")
		if err != nil {
			t.Fatal(err)
		}
		bare := with.WithoutLogin()
		plain, _ := ParseProxy(scheme + "proxy.test:3128")
		if bare.hasUser || bare.Authorization() != "" || bare.user+bare.password != "" || bare.String() != with.String() ||
			bare.ID() == with.ID() || bare.ID() != plain.ID() || bare.LeavesLogin() || plain.LeavesLogin() != plain.Forwards() {
			t.Errorf("%s: %+v", scheme, bare)
		}
		if plain.WithoutLogin() != plain {
			t.Errorf("%s: a proxy without a login is another one", scheme)
		}
	}
}
