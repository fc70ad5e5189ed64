package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// -allow lets in whom it names, and the log names who was refused. 127.0.0.7 and
// 127.0.0.8 play other devices.
func TestAllow(t *testing.T) {
	d := start(t, 1, "-listen", "127.0.0.20:0", "-allow", "192.0.2.0/24, 127.0.0.7", "-events", "none")
	ask := func(from string) error {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: deadline}
		transport := &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}
		r, err := (&http.Client{Transport: transport, Timeout: deadline}).Get("http://" + d.addrs[0] + "/")
		if err == nil {
			_ = r.Body.Close()
		}
		return err
	}
	if err := ask("127.0.0.7"); err != nil {
		t.Errorf("127.0.0.7 is refused: %v", err)
	}
	if ask("127.0.0.8") == nil {
		t.Error("127.0.0.8 gets in")
	}
	line, err := d.stderr.ReadString('\n')
	if err != nil || !strings.Contains(line, "another device was refused") || !strings.Contains(line, "127.0.0.8") {
		t.Errorf("the log says %q, %v", line, err)
	}
}

// -allow is never without effect in silence: it guards what is listened on,
// whoever named that, or it is an error that says what to do.
func TestAllowIsNeverSilent(t *testing.T) {
	settings := func(text string) string {
		path := filepath.Join(t.TempDir(), "settings.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const lan = "[lan]\nenabled = true\nlisten = ['192.0.2.7']\n"
	for name, c := range map[string]struct {
		args   []string
		file   string
		failed bool
		open   int // addresses that are open to everybody
	}{
		"alone": {args: []string{"-allow", "192.0.2.0/24"}, failed: true},
		"with a loopback listen": {args: []string{"-allow", "192.0.2.0/24", "-listen", "127.0.0.1:0", "-listen", "[::1]:0",
			"-listen", "localhost:0", "-listen", "[::ffff:127.0.0.1]:0"}, failed: true},
		"of loopback itself":         {args: []string{"-allow", "192.0.2.0/24", "-allow", "127.0.0.7", "-listen", "127.0.0.1:0"}},
		"of all":                     {args: []string{"-allow", "0.0.0.0/0", "-listen", "127.0.0.1:0"}},
		"with all addresses":         {args: []string{"-allow", "192.0.2.0/24", "-listen", "0.0.0.0:0"}},
		"with all, without a host":   {args: []string{"-allow", "192.0.2.0/24", "-listen", ":0"}},
		"with one beyond":            {args: []string{"-allow", "192.0.2.0/24", "-listen", "127.0.0.1:0", "-listen", "192.0.2.7:0"}},
		"the file listens to all":    {args: []string{"-allow", "192.0.2.0/24"}, file: "[proxy]\nlisten = ['0.0.0.0']\n"},
		"the file opens the network": {args: []string{"-allow", "192.0.2.0/24"}, file: lan},
		"the lan table is not used":  {args: []string{"-allow", "192.0.2.0/24", "-listen", "127.0.0.1:0"}, file: lan, failed: true},
		"none, on loopback":          {},
		"none, the lan table":        {file: lan},
		"none, all addresses": {args: []string{"-listen", "0.0.0.0:0", "-listen", "[::]:0", "-listen", "127.0.0.1:0",
			"-listen", ":0"}, open: 3},
		"none, the file listens": {file: "[proxy]\nlisten = ['127.0.0.1', '192.0.2.7']\n", open: 1},
	} {
		o, err := parse(append(c.args, "-config", settings(c.file)), io.Discard)
		if err != nil {
			t.Fatal(name, err)
		}
		s, err := o.settings()
		if failed := err != nil; failed != c.failed || failed && !strings.Contains(err.Error(), "-listen 192.168.1.20:9876") {
			t.Errorf("%s: %v", name, err)
		}
		if open := o.openToAll(&s); len(open) != c.open {
			t.Errorf("%s: open to everybody are %v", name, open)
		}
	}
	for _, bad := range [][]string{{"-allow", ""}, {"-allow", "192.0.2.1,"}, {"-allow", "phone"}, {"-allow", "192.0.2.1", "-allow", "x"}} {
		if _, err := parse(bad, io.Discard); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// What -allow says holds for the addresses of the settings too.
func TestAllowGuardsTheSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.toml")
	if err := os.WriteFile(path, []byte("[proxy]\nlisten = ['127.0.0.20']\nport = 0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := start(t, 1, "-config", path, "-allow", "127.0.0.7", "-events", "none")
	for from, allowed := range map[string]bool{"127.0.0.7": true, "127.0.0.8": false} {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: deadline}
		transport := &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}
		r, err := (&http.Client{Transport: transport, Timeout: deadline}).Get("http://" + d.addrs[0] + "/")
		if err == nil {
			_ = r.Body.Close()
		}
		if (err == nil) != allowed {
			t.Errorf("%s: %v", from, err)
		}
	}
}
