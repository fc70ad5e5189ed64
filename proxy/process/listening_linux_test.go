package process

import (
	"net/netip"
	"os"
	"testing"

	"posthouse/proxy/socket"
)

func TestWhoListensIsFound(t *testing.T) {
	for _, at := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		ln := listen(t, at)
		bound := socket.AddrPort(ln.Addr())
		addr := bound.Addr()
		if at == ":0" {
			addr = netip.MustParseAddr("127.0.0.1")
		}
		for _, wanted := range []netip.Addr{addr, {}, netip.IPv4Unspecified()} {
			if app := Listening(wanted, bound.Port()); app.PID != int32(os.Getpid()) || app.Name == "" {
				t.Errorf("%s, wanted at %s: %+v", at, wanted, app)
			}
		}
		if app := Listening(netip.MustParseAddr("192.0.2.1"), bound.Port()); at != ":0" && app.PID != 0 {
			t.Errorf("%s is not in the way of another address: %+v", at, app)
		}
		_ = ln.Close()
		if app := Listening(addr, bound.Port()); app.PID == int32(os.Getpid()) {
			t.Errorf("%s, closed: %+v", at, app)
		}
	}
}

func TestTableAddr(t *testing.T) {
	for text, want := range map[string]string{"0100007F:1F90": "127.0.0.1:8080", "00000000:0050": "0.0.0.0:80",
		"00000000000000000000000001000000:0001": "[::1]:1", "0000000000000000FFFF00000100007F:0001": "127.0.0.1:1",
		"00000000000000000000000000000000:FFFF": "[::]:65535"} {
		if got, ok := tableAddr(text); !ok || got.String() != want {
			t.Errorf("%s: %s %v, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", ":", "01:1", "0100007F", "0100007F:x", "zz00007F:0001", "0100007F:10000"} {
		if got, ok := tableAddr(text); ok {
			t.Errorf("%q: %s", text, got)
		}
	}
}
