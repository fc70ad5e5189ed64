package localpage

import (
	"bytes"
	"context"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/ca"
)

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func authority(t *testing.T) *ca.Authority {
	t.Helper()
	a, err := ca.Open(t.TempDir(), ca.Options{Name: "<desk>"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func handler(t *testing.T, a *ca.Authority) *Handler {
	t.Helper()
	return New(Options{Name: "Desk", CA: func() CA {
		if a == nil {
			return nil
		}
		return a
	}})
}

// ask sends GET with the fields given as name, value, name, value.
func ask(h http.Handler, method, target string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "127.0.0.1:9876"
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "Host" {
			r.Host = fields[i+1]
		}
		r.Header.Add(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestLanguageAndForm(t *testing.T) {
	h := handler(t, authority(t))
	for _, test := range []struct {
		name, target string
		fields       []string
		kind, lang   string
	}{
		{"curl", "/", []string{"Accept", "*/*"}, "text/plain", "en"},
		{"curl, Chinese", "/", []string{"Accept", "*/*", "Accept-Language", "zh-CN"}, "text/plain", "zh-Hans"},
		{"nothing said", "/", nil, "text/plain", "en"},
		{"browser", "/", []string{"Accept", browser}, "text/html", "en"},
		{"browser, Chinese", "/", []string{"Accept", browser, "Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8"}, "text/html", "zh-Hans"},
		{"browser, Taiwan", "/", []string{"Accept", browser, "Accept-Language", "zh-TW"}, "text/html", "zh-Hans"},
		{"browser, British", "/", []string{"Accept", browser, "Accept-Language", "en-GB,zh;q=0.5"}, "text/html", "en"},
		{"browser, German, then Chinese", "/", []string{"Accept", browser, "Accept-Language", "de,zh;q=0.5"}, "text/html", "zh-Hans"},
		{"browser, German", "/", []string{"Accept", browser, "Accept-Language", "de"}, "text/html", "en"},
		{"browser, rubbish", "/", []string{"Accept", browser, "Accept-Language", ";;;q=%" + strings.Repeat("zh,", 1000)},
			"text/html", "en"},
		{"asked for", "/?lang=zh-Hans", []string{"Accept", browser, "Accept-Language", "en"}, "text/html", "zh-Hans"},
		{"asked for what is not there", "/?lang=xx", []string{"Accept", browser}, "text/html", "en"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := ask(h, "GET", test.target, test.fields...)
			if w.Code != 200 || w.Header().Get("Content-Type") != test.kind+"; charset=utf-8" ||
				w.Header().Get("Content-Language") != test.lang {
				t.Errorf("%d, %s, %s", w.Code, w.Header().Get("Content-Type"), w.Header().Get("Content-Language"))
			}
			if test.kind == "text/html" && !strings.Contains(w.Body.String(), `<html lang="`+test.lang+`">`) {
				t.Errorf("%.200s", w.Body)
			}
			if test.kind == "text/plain" && w.Body.Len() > 1500 {
				t.Errorf("the short text has %d bytes", w.Body.Len())
			}
		})
	}
}

func TestCertificateInEachForm(t *testing.T) {
	a := authority(t)
	h := handler(t, a)
	for path, want := range map[string]struct {
		kind string
		body []byte
	}{
		"/cert.pem":          {"application/x-pem-file", a.PEM()},
		"/cert.der":          {"application/x-x509-ca-cert", a.DER()},
		"/cert.mobileconfig": {"application/x-apple-aspen-config", a.MobileConfig()},
	} {
		w := ask(h, "GET", path)
		if w.Code != 200 || w.Header().Get("Content-Type") != want.kind || !bytes.Equal(w.Body.Bytes(), want.body) {
			t.Errorf("%s: %d, %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		if w.Header().Get("Content-Disposition") == "" {
			t.Errorf("%s has no file name", path)
		}
		if w := ask(handler(t, nil), "GET", path); w.Code != 404 || !strings.Contains(w.Body.String(), "-decrypt") {
			t.Errorf("%s while decryption is off: %d %s", path, w.Code, w.Body)
		}
	}
}

// Nothing that is served holds a private key.
func TestNoPrivateKeyIsServed(t *testing.T) {
	h := handler(t, authority(t))
	for _, path := range []string{"/", "/cert.pem", "/cert.der", "/cert.mobileconfig", "/ca.pem", "/key.pem", "/../ca.pem",
		"/templates/en.html", "/cert.pem/", "/CERT.PEM"} {
		w := ask(h, "GET", path, "Accept", browser)
		if strings.Contains(w.Body.String(), "PRIVATE KEY") {
			t.Errorf("%s has a private key", path)
		}
		if block, rest := pem.Decode(w.Body.Bytes()); path == "/cert.pem" &&
			(block == nil || block.Type != "CERTIFICATE" || len(rest) > 0) {
			t.Errorf("%s is not one certificate", path)
		}
		if known := files[path].kind != "" || path == "/"; known != (w.Code == 200) {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// A page of somebody else cannot read this one: not across origins, not in a
// frame, not by a name that leads to this address.
func TestOtherPagesGetNothing(t *testing.T) {
	h := handler(t, authority(t))
	for host, ok := range map[string]bool{
		"127.0.0.1:9876": true, "[::1]:9876": true, "192.168.1.5:9876": true, "localhost:9876": true, "LOCALHOST": true, "": true,
		"posthouse": true, "Posthouse:80": true, "posthouse.": true, "desk:9876": true, "DESK.local:9876": true,
		"evil.example:9876": false, "evil.example": false, "localhost.evil.example": false, "127.0.0.1.evil.example:9876": false,
		"posthouse.example": false, "desk.evil.example": false, ".local": false,
	} {
		for _, path := range []string{"/", "/cert.pem", "/x"} {
			w := ask(h, "GET", path, "Host", host, "Accept", browser, "Origin", "http://evil.example")
			if refused := w.Code == http.StatusMisdirectedRequest; refused == ok {
				t.Errorf("%q %s: %d", host, path, w.Code)
			}
			if !ok && (strings.Contains(w.Body.String(), "CERTIFICATE") || strings.Contains(w.Body.String(), "desk") ||
				strings.Contains(w.Body.String(), "evil")) {
				t.Errorf("%q %s is told %q", host, path, w.Body)
			}
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%q %s: %s", host, path, name)
				}
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin",
				"Content-Security-Policy": "default-src 'none'; ", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			} {
				if !strings.HasPrefix(w.Header().Get(name), want) {
					t.Errorf("%q %s: %s: %q", host, path, name, w.Header().Get(name))
				}
			}
		}
	}
}

func TestOnlyReading(t *testing.T) {
	h := handler(t, authority(t))
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get", "X"} {
		w := ask(h, method, "/")
		if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	if w := ask(h, "HEAD", "/cert.der"); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
}

var (
	styleElement = regexp.MustCompile(`(?s)<style>(.*)</style>`)
	reference    = regexp.MustCompile(`(?:src|href|url|action)\s*[=(]\s*"?([^"\s>)]+)`)
)

// The page is complete in itself, and the policy lets its style through.
func TestPageLoadsNothing(t *testing.T) {
	h := handler(t, authority(t))
	for _, lang := range names {
		w := ask(h, "GET", "/?lang="+lang, "Accept", browser)
		body := w.Body.String()
		found := styleElement.FindStringSubmatch(body)
		if found == nil || !strings.Contains(w.Header().Get("Content-Security-Policy"), "'sha256-"+hash(found[1])+"'") {
			t.Error("the policy does not let the style through")
		}
		for _, ref := range reference.FindAllStringSubmatch(body, -1) {
			own := strings.HasPrefix(ref[1], "/cert.") || strings.HasPrefix(ref[1], "/?lang=") || strings.HasPrefix(ref[1], "#")
			if android := ref[1] == "user"; !own && !android { // the snippet's <certificates src="user">
				t.Errorf("%s refers to %s", lang, ref[0])
			}
		}
		for _, bad := range []string{"<script", "onclick", "<img", "<desk>", "ZgotmplZ", "{{"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %s", lang, bad)
			}
		}
		if !strings.Contains(body, "Posthouse CA, &lt;desk&gt;, ") {
			t.Errorf("%s does not name the CA", lang)
		}
	}
}

var (
	heading = regexp.MustCompile(`<h2 id="([a-z]+)"`)
	command = regexp.MustCompile(`(?s)<pre>(.*?)</pre>`)
)

// Both languages tell the same, with decryption and without.
func TestLanguagesSayTheSame(t *testing.T) {
	for _, a := range []*ca.Authority{authority(t), nil} {
		h := handler(t, a)
		var first, second [2][]string
		for i, lang := range names {
			body := ask(h, "GET", "/?lang="+lang, "Accept", browser).Body.String()
			for _, m := range heading.FindAllStringSubmatch(body, -1) {
				first[i] = append(first[i], m[1])
			}
			for _, m := range command.FindAllStringSubmatch(body, -1) {
				second[i] = append(second[i], m[1])
			}
		}
		if !slices.Equal(first[0], first[1]) || !slices.Equal(second[0], second[1]) {
			t.Errorf("%q\n%q", first, second)
		}
		want := "off"
		if a != nil {
			want = "certificate windows macos linux firefox chrome ios android bundle java node python curl git"
		}
		if got := strings.Join(first[0], " "); got != want {
			t.Errorf("sections %s", got)
		}
	}
}

// The commands name the proxy by the address at which this client reaches it.
func TestAddressInCommands(t *testing.T) {
	h := handler(t, nil)
	for _, test := range []struct{ host, local, want string }{
		{"192.168.1.5:9876", "10.0.0.1:1", "192.168.1.5:9876"},
		{"[::1]:9000", "10.0.0.1:1", `"[::1]:9000"`},
		{"[fe80::1%$(id)]:9000", "10.0.0.1:4321", "10.0.0.1:4321"},
		{"[fe80::1%`id`]:9000", "[fe80::1%lo]:4321", `"[fe80::1]:4321"`},
		{"[fe80::1%25;id]:9000", "10.0.0.1:4321", "10.0.0.1:4321"},
		{"[fe80::1%eth0\x1b]:9000", "10.0.0.1:4321", "10.0.0.1:4321"},
		{"fe80::1%$(id)", "10.0.0.1:4321", "10.0.0.1:4321"},
		{"posthouse", "10.0.0.1:4321", "10.0.0.1:4321"},
		{"posthouse:80", "[::1]:4321", `"[::1]:4321"`},
		{"posthouse", "[::ffff:10.0.0.1]:4321", "10.0.0.1:4321"},
		{"127.0.0.1:80;reboot", "10.0.0.1:4321", "10.0.0.1:4321"},
		{"posthouse", "", "127.0.0.1:9876"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = test.host
		if addr, err := net.ResolveTCPAddr("tcp", test.local); err == nil && test.local != "" {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(addr)))
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), "curl -x "+strings.Replace("http://"+test.want, `http://"`, `"http://`, 1)+
			" http://example.com/\n") {
			t.Errorf("%v: %s", test, w.Body)
		}
	}
}
