package main

import (
	"net"
	"net/http"
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
