package app_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
)

// In these tests 127.0.0.20 is this computer's address in the LAN, and
// 127.0.0.7 and the like are other devices.

func lanSettings(allow ...string) settings.Settings {
	s := anyPort()
	s.LAN = settings.LAN{Enabled: true, Listen: []string{"127.0.0.20"}, Allow: allow}
	return s
}

// reach asks for the page as another device would.
func reach(from, addr string) error {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: deadline}
	conn, err := dialer.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(deadline))
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", addr); err != nil {
		return err
	}
	answer := make([]byte, 12)
	if _, err := conn.Read(answer); err != nil {
		return err
	}
	if string(answer) != "HTTP/1.1 200" {
		return fmt.Errorf("answer %q", answer)
	}
	return nil
}

func mustReach(t *testing.T, from, addr string) {
	t.Helper()
	if err := reach(from, addr); err != nil {
		t.Errorf("%s does not reach %s: %v", from, addr, err)
	}
}

func mustNotReach(t *testing.T, from, addr string) {
	t.Helper()
	if err := reach(from, addr); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s reaches %s, or waits: %v", from, addr, err)
	}
}

// Off by default; switched on, changed and off again while the proxy runs, and
// what listens on loopback stays as it is.
func TestOtherDevicesAreLetIn(t *testing.T) {
	c := newController(t, app.Options{})
	c.Start()
	status := await(t, c, app.Running)
	if len(status.Addrs) != 1 || len(status.LAN) != 0 {
		t.Fatalf("at first it listens on %v and %v", status.Addrs, status.LAN)
	}
	if err := c.Apply(lanSettings()); err != nil {
		t.Fatal(err)
	}
	open := c.Status()
	if !slices.Equal(open.Addrs, status.Addrs) || len(open.LAN) != 1 || !strings.HasPrefix(open.LAN[0], "127.0.0.20:") ||
		open.LANErr != nil {
		t.Fatalf("opened, it listens on %v and %v, error %v", open.Addrs, open.LAN, open.LANErr)
	}
	lan := open.LAN[0]
	mustServe(t, open.Addrs[0])
	mustNotReach(t, "127.0.0.7", lan)
	mustReach(t, "127.0.0.20", lan) // this computer itself

	if err := c.Apply(lanSettings("127.0.0.7")); err != nil {
		t.Fatal(err)
	}
	mustReach(t, "127.0.0.7", lan)
	mustNotReach(t, "127.0.0.8", lan)
	got := map[string]flow.Device{}
	for _, d := range c.Devices() {
		got[d.Addr.String()] = d
	}
	if d := got["127.0.0.7"]; len(got) != 2 || !d.Allowed || d.Requests != 1 || d.Refused != 1 {
		t.Errorf("devices: %+v", got)
	}
	if d := got["127.0.0.8"]; d.Allowed || d.Refused != 1 {
		t.Errorf("devices: %+v", got)
	}

	s := lanSettings("127.0.0.7")
	s.LAN.Enabled = false
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	if again := c.Status(); len(again.LAN) != 0 || !slices.Equal(again.Addrs, status.Addrs) {
		t.Errorf("closed, it listens on %v and %v", again.Addrs, again.LAN)
	}
	mustNotReach(t, "127.0.0.7", lan)
	mustServe(t, status.Addrs[0])
}

// An address that cannot be had is an error with a remedy, and nothing changes.
func TestALANAddressThatIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.20:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	s := lanSettings()
	s.Proxy.Port = taken.Addr().(*net.TCPAddr).Port
	off := s
	off.LAN.Enabled = false
	c := newController(t, app.Options{Settings: &off})
	c.Start()
	before := await(t, c, app.Running)
	var bind *app.BindError
	if err := c.Apply(s); !errors.As(err, &bind) || bind.Reason != app.BindInUse || bind.Suggest == 0 {
		t.Fatalf("error %v", err)
	}
	if c.Settings().LAN.Enabled || len(c.Status().LAN) != 0 {
		t.Error("it is said to be open")
	}
	mustServe(t, before.Addrs[0])
	for range 20 { // a port that is free there may be taken on loopback
		s.Proxy.Port = bind.Suggest
		if err = c.Apply(s); !errors.As(err, &bind) {
			break
		}
	}
	if err != nil {
		t.Fatalf("the port suggested does not do: %v", err)
	}
	mustReach(t, "127.0.0.20", c.Status().LAN[0])
}

// A network that is not there keeps the proxy from nothing else, and is served
// once it is there.
func TestALANThatComesLater(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.20:0")
	if err != nil {
		t.Fatal(err)
	}
	s := lanSettings("127.0.0.7")
	s.Proxy.Port = taken.Addr().(*net.TCPAddr).Port
	c := newController(t, app.Options{Settings: &s, Poll: 5 * time.Millisecond})
	c.Start()
	status := await(t, c, app.Running, app.Failed)
	var bind *app.BindError
	if status.State != app.Running || len(status.LAN) != 0 || !errors.As(status.LANErr, &bind) {
		t.Fatalf("%+v", status)
	}
	mustServe(t, status.Addrs[0])
	s.Proxy.Via = true
	s.LAN.Allow = append(s.LAN.Allow, "127.0.0.8")
	if err := c.Apply(s); err != nil {
		t.Errorf("other settings are refused: %v", err)
	}
	_ = taken.Close()
	eventually.Holds(t, "listening in the LAN", func() bool { return len(c.Status().LAN) == 1 && c.Status().LANErr == nil })
	mustReach(t, "127.0.0.8", c.Status().LAN[0])
}

// An address that moves between the tables changes who may use it.
func TestAnAddressThatIsGuardedFromNowOn(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	s := lanSettings()
	s.LAN.Enabled = false
	s.Proxy.Listen, s.Proxy.Port = []string{"127.0.0.1", "127.0.0.20"}, port
	c := newController(t, app.Options{Settings: &s})
	c.Start()
	status := await(t, c, app.Running, app.Failed)
	if errors.Is(status.Err, syscall.EADDRINUSE) {
		t.Skip("another program took the port")
	}
	lan := status.Addrs[1]
	mustReach(t, "127.0.0.7", lan)
	s.LAN.Enabled = true
	var bad *settings.ValueError
	if err := c.Apply(s); !errors.As(err, &bad) || bad.Rule != settings.RuleOpen {
		t.Fatalf("error %v", err)
	}
	s.Proxy.Listen = []string{"127.0.0.1"}
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	mustNotReach(t, "127.0.0.7", lan)
	mustReach(t, "127.0.0.20", lan)
}

// What a command line listens on is guarded where it names who may come.
func TestGuardedAddresses(t *testing.T) {
	s := anyPort()
	s.LAN.Allow = []string{"127.0.0.0/29"}
	c := newController(t, app.Options{Settings: &s, Addrs: []string{"127.0.0.20:0"}, Guard: true})
	c.Start()
	addr := await(t, c, app.Running).Addrs[0]
	mustReach(t, "127.0.0.7", addr)
	mustNotReach(t, "127.0.0.8", addr)
	mustReach(t, "127.0.0.20", addr)
}

// Who came in by an address that is no longer listened on is disconnected, and so is who
// is taken off the list, whatever the connection does; this computer's own
// connections stay.
func TestNarrowingEndsConnections(t *testing.T) {
	for name, narrow := range map[string]func(s *settings.Settings){
		"the address is taken out": func(s *settings.Settings) { s.Proxy.Listen = []string{"127.0.0.1"} },
		"another address instead":  func(s *settings.Settings) { s.Proxy.Listen = []string{"127.0.0.1", "127.0.0.21"} },
		"the device is taken out":  func(s *settings.Settings) { s.LAN.Allow = []string{"127.0.0.8"} },
	} {
		t.Run(name, func(t *testing.T) {
			origin, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = origin.Close() }()
			s := anyPort()
			s.Proxy.Listen, s.LAN.Allow, s.LAN.Loopback = []string{"127.0.0.1", "127.0.0.20"}, []string{"127.0.0.7"}, true
			c := newController(t, app.Options{Settings: &s, Guard: true})
			c.Start()
			addrs := await(t, c, app.Running).Addrs
			tunnel := func(from, to string) net.Conn {
				dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: deadline}
				conn, err := dialer.Dial("tcp", to)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = conn.Close() })
				_ = conn.SetDeadline(time.Now().Add(deadline))
				_, _ = fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\n", origin.Addr())
				answer := make([]byte, len("HTTP/1.1 200 Connection Established\r\n\r\n"))
				if _, err := io.ReadFull(conn, answer); err != nil || string(answer[9:12]) != "200" {
					t.Fatalf("%s to %s: %q, %v", from, to, answer, err)
				}
				return conn
			}
			theirs, ours := tunnel("127.0.0.7", addrs[1]), tunnel("127.0.0.1", addrs[0])
			idle, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.7")}}).Dial("tcp", addrs[1])
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = idle.Close() }()
			_ = idle.SetDeadline(time.Now().Add(deadline))
			for range 2 {
				far, err := origin.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = far.Close() }()
			}
			narrow(&s)
			if err := c.Apply(s); err != nil {
				t.Fatal(err)
			}
			for _, conn := range []net.Conn{theirs, idle} {
				if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("a device's connection is still open: %v", err)
				}
			}
			if _, err := ours.Write([]byte("x")); err != nil {
				t.Error(err)
			}
			_ = ours.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("this computer's own connection: %v", err)
			}
			mustNotReach(t, "127.0.0.7", addrs[1])
		})
	}
}

// What the settings listen on is guarded too where the command line names who may come.
func TestGuardHoldsForTheSettingsAddresses(t *testing.T) {
	s := anyPort()
	s.Proxy.Listen, s.LAN.Allow = []string{"127.0.0.20"}, []string{"127.0.0.7"}
	c := newController(t, app.Options{Settings: &s, Guard: true})
	c.Start()
	addr := await(t, c, app.Running).Addrs[0]
	mustReach(t, "127.0.0.7", addr)
	mustNotReach(t, "127.0.0.8", addr)
	mustReach(t, "127.0.0.20", addr)
}

func TestLANSettings(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		key  string
		rule settings.ValueRule
	}{
		"nowhere":     {"enabled = true", "lan.enabled", settings.RuleNowhere},
		"a name":      {"listen = ['desk.local']", "lan.listen", settings.RuleAddress},
		"all":         {"listen = ['0.0.0.0']", "lan.listen", settings.RuleNamed},
		"all of IPv6": {"listen = ['::']", "lan.listen", settings.RuleNamed},
		"twice":       {"listen = ['10.0.0.1', '10.0.0.1']", "lan.listen", settings.RuleTwice},
		"too many":    {"listen = [" + strings.Repeat("'10.0.0.1', ", 17) + "]", "lan.listen", settings.RuleCount},
		"open already": {"enabled = true\nlisten = ['10.0.0.1']\n[proxy]\nlisten = ['127.0.0.1', '10.0.0.1']", "lan.listen",
			settings.RuleOpen},
		"all are open":   {"enabled = true\nlisten = ['10.0.0.1']\n[proxy]\nlisten = ['0.0.0.0']", "lan.listen", settings.RuleOpen},
		"off":            {"listen = ['10.0.0.1']\n[proxy]\nlisten = ['0.0.0.0']", "", ""},
		"allow a name":   {"allow = ['phone']", "lan.allow", settings.RuleAllow},
		"allow a zone":   {"allow = ['fe80::1%eth0']", "lan.allow", settings.RuleAllow},
		"allow a range":  {"allow = ['10.0.0.1-10.0.0.9']", "lan.allow", settings.RuleAllow},
		"allow too many": {"allow = [" + strings.Repeat("'10.0.0.1', ", 257) + "]", "lan.allow", settings.RuleAtMost},
		"allow what does": {"enabled = true\nlisten = ['192.168.1.20', 'fe80::2%eth0']\nallow = ['192.168.1.42', '10.1.2.3/8', " +
			"'fd00::/8', '::1', '0.0.0.0/0']", "", ""},
	} {
		_, err := settings.Parse("f.toml", []byte("[lan]\n"+c.text+"\n"))
		var file *settings.FileError
		if c.key == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.As(err, &file) || file.Problem != settings.FileValue {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		if bad := file.Args[0].(*settings.ValueError); bad.Key != c.key || bad.Rule != c.rule || bad.Remedy == "" || file.Line < 2 {
			t.Errorf("%s: line %d, %+v", name, file.Line, bad)
		}
	}
}

// The table is saved like the others.
func TestLANSettingsAreSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.toml")
	c := newController(t, app.Options{Path: path})
	s := c.Settings()
	s.LAN = settings.LAN{Enabled: true, Listen: []string{"192.0.2.7"}, Allow: []string{"192.0.2.0/24"}, Credentials: true}
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text),
		"[lan]\nenabled = true\nlisten = [\"192.0.2.7\"]\nallow = [\"192.0.2.0/24\"]\nloopback = false\ncredentials = true\n") {
		t.Errorf("%v\n%s", err, text)
	}
	again, err := settings.Load(path)
	if err != nil || !again.Equal(s) {
		t.Errorf("read again: %+v, %v", again.LAN, err)
	}
	s.LAN.Allow[0] = "10.0.0.0/8" // a caller's list is not the controller's
	if got := c.Settings().LAN.Allow[0]; got != "192.0.2.0/24" {
		t.Errorf("in force is %s", got)
	}
}
