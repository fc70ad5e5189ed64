package upstream

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/proxy/socket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long anything here may take; a test that passes does not wait for it.
const patience = 10 * time.Second

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// listen is an origin that accepts and does nothing more.
func listen(t testing.TB, addr string) netip.AddrPort {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return socket.AddrPort(ln.Addr())
}

// unused is an address where nothing listens.
func unused(t testing.TB) netip.AddrPort {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return socket.AddrPort(ln.Addr())
}

func TestDialAddress(t *testing.T) {
	origin := listen(t, "127.0.0.1:0")
	var d Dialer
	for _, host := range []string{"127.0.0.1", "::ffff:127.0.0.1"} {
		r, err := d.Dial(within(t, patience), host, origin.Port())
		if err != nil {
			t.Fatal(err)
		}
		if r.Conn.Remote != origin || !r.Resolved.IsZero() || r.Connected.IsZero() {
			t.Errorf("%s: %+v", host, r)
		}
		_ = r.Conn.Close()
	}
}

func TestDialRefused(t *testing.T) {
	a := unused(t)
	var d Dialer
	_, err := d.Dial(within(t, patience), "127.0.0.1", a.Port())
	var e *DialError
	if !errors.As(err, &e) || e.Stage != StageConnect || e.Host != a.String() || e.Timeout() || !socket.IsRefused(err) {
		t.Errorf("%v", err)
	}
	if !strings.HasPrefix(err.Error(), "no connection to "+a.String()+": ") {
		t.Errorf("%v", err)
	}
}

func TestDialFindsLoops(t *testing.T) {
	origin := listen(t, "127.0.0.1:0")
	asked := false
	d := Dialer{
		Own: func(a netip.AddrPort) bool { return a == origin },
		dialOne: func(context.Context, netip.AddrPort) (net.Conn, error) {
			asked = true
			return nil, errors.New("dialed")
		},
	}
	for _, host := range []string{"127.0.0.1", "::ffff:127.0.0.1", "localhost"} {
		_, err := d.Dial(within(t, patience), host, origin.Port())
		var e *DialError
		if !errors.As(err, &e) || e.Stage != StageLoop || asked || !strings.HasSuffix(err.Error(), "is this proxy itself") {
			t.Errorf("%s: %v, dialed %v", host, err, asked)
		}
	}
}

func TestAddressesWithoutAResolver(t *testing.T) {
	d := Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("the resolver was asked")
	}}}
	for host, want := range map[string]string{
		"1.2.3.4":        "1.2.3.4:80",
		"::1":            "[::1]:80",
		"::ffff:1.2.3.4": "1.2.3.4:80",
		"fe80::1%25eth0": "[fe80::1%eth0]:80",
		"fe80::1%eth0":   "[fe80::1%eth0]:80",
		"127.1":          "127.0.0.1:80", // as browsers and curl read it
		"2130706433":     "127.0.0.1:80",
		"0x7f.1.":        "127.0.0.1:80",
		"01.2.3.4":       "1.2.3.4:80",
		"1.2.3.4.5":      "", // RFC 1123 section 2.1: no names either
		"1.2.3.256":      "",
		"08.1":           "",
	} {
		addrs, names, err := d.addresses(within(t, patience), host, 80)
		if names != nil {
			t.Errorf("%s was looked up", host)
			names.end()
		}
		if want == "" {
			if err == nil || strings.Contains(err.Error(), "was asked") {
				t.Errorf("%s: %v %v", host, addrs, err)
			}
			continue
		}
		if err != nil || len(addrs) != 1 || addrs[0].String() != want {
			t.Errorf("%s: %v %v", host, addrs, err)
		}
	}
}

func TestInterleave(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"1.1.1.1", "1.1.1.1"},
		{"::1 ::2 1.1.1.1", "::1 1.1.1.1 ::2"},
		{"1.1.1.1 1.1.1.2 1.1.1.3 ::1", "1.1.1.1 ::1 1.1.1.2 1.1.1.3"},
		{"::1 1.1.1.1 ::2 1.1.1.2 1.1.1.3", "::1 1.1.1.1 ::2 1.1.1.2 1.1.1.3"},
		{"::ffff:1.1.1.1 ::1", "1.1.1.1 ::1"},
		{strings.Repeat("::1 ", 20) + strings.Repeat("1.1.1.1 ", 20), strings.Repeat("::1 1.1.1.1 ", maxAddresses/2)},
	} {
		var in []netip.Addr
		for s := range strings.FieldsSeq(c.in) {
			in = append(in, netip.MustParseAddr(s))
		}
		var out []string
		for _, a := range interleave(in, 7) {
			if a.Port() != 7 {
				t.Errorf("port %d", a.Port())
			}
			out = append(out, a.Addr().String())
		}
		if got := strings.Join(out, " "); got != strings.TrimSpace(c.want) {
			t.Errorf("%s: %s", c.in, got)
		}
	}
}

func TestFailuresThatTell(t *testing.T) {
	late := error(context.DeadlineExceeded)
	for _, c := range []struct{ a, b, want error }{
		{nil, route, route}, {route, refused, refused}, {refused, route, refused}, {late, route, late}, {late, refused, refused},
	} {
		if got := telling(c.a, c.b); got != c.want {
			t.Errorf("%v and %v: %v", c.a, c.b, got)
		}
	}
}
