package launch

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/ca"
)

func TestChromiumCommand(t *testing.T) {
	authority, err := ca.Open(t.TempDir(), ca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := Browser{Name: "Chromium", Path: "/usr/bin/chromium"}
	line := b.command("/profiles/posthouse-1/profile", Way{Proxy: "[::1]:9876", URL: "http://posthouse/"}, []string{"--headless"})
	for _, want := range []string{"--user-data-dir=/profiles/posthouse-1/profile", "--proxy-server=http://[::1]:9876",
		"--proxy-bypass-list=<-loopback>", "--no-first-run"} {
		if !slices.Contains(line, want) {
			t.Errorf("%s is missing in %q", want, line)
		}
	}
	if line[0] != b.Path || line[len(line)-1] != "http://posthouse/" || line[len(line)-2] != "--headless" {
		t.Errorf("the command is %q", line)
	}
	all := strings.Join(line, " ")
	if strings.Contains(all, "sandbox") || strings.Contains(all, "ignore-certificate") {
		t.Errorf("a flag that weakens the browser: %q", line)
	}
	line = b.command("/p", Way{Proxy: "127.0.0.1:1", Certificate: authority.Certificate()}, nil)
	if last := line[len(line)-1]; last != "--ignore-certificate-errors-spki-list="+spki(authority.Certificate()) ||
		len(spki(authority.Certificate())) != 44 {
		t.Errorf("the CA is named by %q", last)
	}
}

func TestFlatpakCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no flatpak on Windows")
	}
	b := Browser{Name: "Firefox", Family: Firefox, Path: "/var/lib/flatpak/exports/bin/org.mozilla.firefox", Flatpak: "org.mozilla.firefox"}
	line := b.command("/profiles/posthouse-1/profile", Way{Proxy: "127.0.0.1:1", URL: "http://a.test/"}, nil)
	want := []string{"flatpak", "run", "--filesystem=/profiles/posthouse-1", "org.mozilla.firefox", "--new-instance", "--no-remote",
		"--profile", "/profiles/posthouse-1/profile"}
	if !slices.Equal(line, append(want, "http://a.test/")) {
		t.Errorf("the command is %q", line)
	}
}

func TestFirefoxPreferences(t *testing.T) {
	text, err := userJS("[::1]:9876")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`user_pref("network.proxy.type", 1);`, `user_pref("network.proxy.http", "::1");`, `user_pref("network.proxy.http_port", 9876);`,
		`user_pref("network.proxy.ssl", "::1");`, `user_pref("network.proxy.ssl_port", 9876);`,
		`user_pref("network.proxy.no_proxies_on", "");`,
		`user_pref("network.proxy.allow_hijacking_localhost", true);`, `user_pref("network.proxy.failover_direct", false);`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
	for _, bad := range []string{"nonsense", "host:port", "host:99999"} {
		if _, err := userJS(bad); err == nil {
			t.Errorf("%s is taken for a proxy", bad)
		}
	}
}
