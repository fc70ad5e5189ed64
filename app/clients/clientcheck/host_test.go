package clientcheck

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"posthouse/app/clients/internal/host"
	"posthouse/proxy/ca"
)

func TestWhichHostsAreTheChecks(t *testing.T) {
	h := NewHost(func() (*ca.Authority, error) { return nil, errors.New("none") })
	for host, want := range map[string]bool{
		"check.posthouse": true, "a.check.posthouse": true, "A.B.CHECK.POSTHOUSE": true, "check.posthouse.": true, Nowhere: true,
		"xcheck.posthouse": false, "posthouse": false, "check.posthouse.example": false, "": false, ".": false, "239.255.80.73": false,
	} {
		if got := h.Is([]byte(host)); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	host := []byte("0123456789abcdef0123.check.posthouse")
	if n := testing.AllocsPerRun(100, func() { h.Is(host) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func get(h http.Handler, path string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "https://x.check.posthouse"+path, nil))
	return w.Code, w.Body.String()
}

// Whoever asks is told their token, and nothing that they wrote beside it; and
// nothing is kept of those that no try waits for.
func TestOnlyTokensAreTold(t *testing.T) {
	h := NewHost(func() (*ca.Authority, error) { return nil, nil })
	token := newToken()
	if code, said := get(h, "/"+token); code != 200 || said != "posthouse-check-"+token+"\n" {
		t.Errorf("%d %q", code, said)
	}
	if _, said := get(h, "/"+token+"/info/refs"); !strings.HasSuffix(said, "\trefs/heads/posthouse-check-"+token+"\n") {
		t.Errorf("%q", said)
	}
	for _, path := range []string{"/", "/short", "/" + strings.ToUpper(token), "/" + token + "0", "/%3Cscript%3E00000000000000"} {
		if code, said := get(h, path); code != 404 || strings.Contains(said, "script") {
			t.Errorf("%s: %d %q", path, code, said)
		}
	}
	if len(h.tries) != 0 {
		t.Errorf("%d are kept", len(h.tries))
	}
}

func TestOneWhoWaitsIsTold(t *testing.T) {
	h := NewHost(func() (*ca.Authority, error) { return nil, nil })
	w := h.expect(newToken())
	if _, err := h.Open(w.token + ".check.posthouse"); !errors.Is(err, ErrNoAuthority) {
		t.Errorf("Open said %v", err)
	}
	get(h, "/"+w.token)
	if s := w.now(); !s.connected || !s.asked || !s.refused.IsZero() {
		t.Errorf("%+v", s)
	}
	w.forget()
	if len(h.tries) != 0 {
		t.Error("it is still held")
	}
}

func TestTheRowsProofs(t *testing.T) {
	for said, want := range map[string]string{
		"": "",
		"first\n  curl: (60) SSL certificate problem: x  \nMore details here: y\n": "curl: (60) SSL certificate problem: x",
		"one\n\ntwo\n":         "two",
		"\x1b[31mred\x00\nx\n": "x",
	} {
		if got := quoteOf(printable(said)); got != want {
			t.Errorf("%q: %q", said, got)
		}
	}
	if got := clipped(strings.Repeat("字", 200)); len(got) > maxSaid+len("…") || !strings.HasSuffix(got, "字…") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
	token := newToken()
	c := &Checkup{}
	said := "[12:34:1124/1.2:ERROR:net/x.cc:9] Get https://" + token + ".check.posthouse/" + token + ": x"
	if got := c.plain(said, token); got != "Get https://check.posthouse: x" {
		t.Errorf("%q", got)
	}
}

func TestSettingsFilesAreRead(t *testing.T) {
	all := options("# no\n\nproxy = \"http://a:1\"\n--CaCert /x y\ninsecure\nno_check-x: 5\n-k\n-x z\n= \n\"\nq=\"a\\\"b\\\\\" rest\n")
	for name, want := range map[string]string{"proxy": "http://a:1", "cacert": "/x y", "nocheckx": "5", "-x": "z", "q": `a"b\`,
		"missing": ""} {
		if got := value(all, name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if !has(all, "insecure") || !has(all, "-k") || has(all, "k") {
		t.Errorf("%+v", all)
	}
	prefs := readPrefs(`user_pref("network.proxy.type", 1);
user_pref("network.proxy.ssl", "h");
user_pref("network.proxy.type", 5);
// user_pref("x", 1);
`)
	if prefs["network.proxy.type"] != "5" || prefs["network.proxy.ssl"] != "h" || prefs["x"] != "" {
		t.Errorf("%v", prefs)
	}
}

func TestProxiesAreNamedWithoutSecrets(t *testing.T) {
	for in, want := range map[string]string{
		"http://u:p@h.example:3128/": "h.example:3128", "h.example": "h.example:80", "127.0.0.1:9876": "127.0.0.1:9876",
		"socks5h://h": "h:1080", "https://h": "h:443", "http://[::1]:1": "[::1]:1", "%%": "?", "http://": "?",
	} {
		if got := hostPort(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestVersionsOfNode(t *testing.T) {
	for version, want := range map[string]bool{"20.20.2": false, "22.20.0": false, "22.21.0": true, "23.9.0": false, "24.0.0": true,
		"25.1.0": true, "": false, "x": false} {
		if got := usesEnvProxy(version); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}

// A browser's copy of a store is the store's files and nothing else.
func TestAStoreIsCopied(t *testing.T) {
	b := newBench(t, ca.Options{})
	from, to := b.At("/usr/bin"), filepath.Join(t.TempDir(), "deep", "er")
	if copyStore(from, to) {
		t.Error("a folder without a store was copied")
	}
	b.Program("/usr/bin/cert9.db", "certificates")
	b.Program("/usr/bin/logins.json", "secrets")
	if !copyStore(from, to) || readFile(filepath.Join(to, "cert9.db")) != "certificates" || host.Exists(filepath.Join(to, "logins.json")) {
		t.Error("it was not copied as it should be")
	}
}

// Profiles are rows; there may be many.
func TestProfilesOfFirefoxAreBounded(t *testing.T) {
	b := newBench(t, ca.Options{})
	for i := range maxProfiles + 3 {
		b.Write("/home/u/.mozilla/firefox/"+string(rune('a'+i))+".profile/cert9.db", "")
	}
	if runtime.GOOS == "linux" {
		if got := len(b.checkup().firefoxes()); got != maxProfiles {
			t.Errorf("%d rows", got)
		}
	}
}

// The script of a browser leads the check's host to the proxy, and all else nowhere.
func TestTheScriptOfBrowsers(t *testing.T) {
	b := newBench(t, ca.Options{})
	if got := b.checkup().pac(); !strings.HasPrefix(got, "data:application/x-ns-proxy-autoconfig;base64,") {
		t.Errorf("%q", got)
	}
	prefs := b.checkup().userPrefs(map[string]string{enterpriseRoots: "true"})
	for _, want := range []string{`"network.proxy.type", 2`, `"` + enterpriseRoots + `", true`, `"network.dns.disabled", true`} {
		if !bytes.Contains([]byte(prefs), []byte(want)) {
			t.Errorf("no %s in\n%s", want, prefs)
		}
	}
}
