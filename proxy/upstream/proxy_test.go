package upstream

import (
	"fmt"
	"strings"
	"testing"
)

func TestProxyURLs(t *testing.T) {
	for text, want := range map[string]struct{ name, auth string }{
		"http://proxy.example:3128":        {"http://proxy.example:3128", ""},
		"HTTP://proxy.example":             {"http://proxy.example:8080", ""},
		"https://proxy.example/":           {"https://proxy.example:443", ""},
		"socks5://[2001:db8::1]":           {"socks5://[2001:db8::1]:1080", ""},
		"socks5h://u:p@127.0.0.1:9050":     {"socks5://127.0.0.1:9050", ""},
		"http://u:p@h:1":                   {"http://h:1", "Basic dTpw"},
		"http://u@h:1":                     {"http://h:1", "Basic dTo="},
		"http://a%40b:c%3Ad%2F%25@h:65535": {"http://h:65535", "Basic YUBiOmM6ZC8l"},
	} {
		p, err := ParseProxy(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if p.String() != want.name || p.Authorization() != want.auth {
			t.Errorf("%s is %s with %q", text, p, p.Authorization())
		}
	}
	long := strings.Repeat("x", 300)
	for _, text := range []string{"", "h:1", "//h:1", "ftp://h", "http://", "http://:80", "http://h:0", "http://h:65536", "http://h:x",
		"http://h/path", "http://h?q", "http://h#f",
		"http://s3cret:%zz@h", "http://u:s3cret@h h", "http://a%3Ab:s3cret@h", "socks5://s3cret@h", "socks5://:s3cret@h",
		"http://" + long + ":s3cret@h", "http://u:" + long + "@h", "http://h\r\nx", "http://" + strings.Repeat("h", 3000),
		"http://u:s3c\nret@h", "socks5://::", "http://h%00x", "http://bücher.test"} {
		p, err := ParseProxy(text)
		if err == nil {
			t.Errorf("%q was taken as %v", text, p)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: the error tells the password: %v", text, err)
		}
	}
}

// A different way, or different credentials, never share an ID; neither is that of no proxy.
func TestProxyIDsDiffer(t *testing.T) {
	seen := map[ProxyID]string{(*Proxy)(nil).ID(): "none"}
	for _, text := range []string{"http://h:1", "http://h:2", "https://h:1", "socks5://h:1", "http://u:p@h:1", "http://u:q@h:1",
		"http://up:@h:1", "http://u@h:1", "http://@h:1", "http://i:1",
		"http://a%00b:c@h:1", "http://a:b%00c@h:1"} {
		p, err := ParseProxy(text)
		if err != nil {
			t.Fatal(err)
		}
		if other, found := seen[p.ID()]; found {
			t.Errorf("%s and %s share an ID", text, other)
		}
		seen[p.ID()] = text
		if id := p.ID(); strings.Contains(fmt.Sprint(p), "p@") || strings.Contains(string(id[:]), "u:p") {
			t.Errorf("ID %q, text %v", id, p)
		}
	}
	same, _ := ParseProxy("HTTP://H:1/")
	if _, found := seen[same.ID()]; !found {
		t.Error("the case of scheme and host makes a difference")
	}
}

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"http://u:p@h:1": "http://***@h:1", "u:p@h": "***@h", "http://h:1": "http://h:1", "http://u:p@q@h": "http://***@h",
		"": "", "@": "***@",
	} {
		if got := Redact(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// For what can be told apart there is one text, whatever the case or the order.
func FuzzParseProxy(f *testing.F) {
	f.Add("http://u:p@h:1")
	f.Add("socks5://[::1]:1080")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseProxy(text)
		if err != nil {
			return
		}
		if p.Port == 0 || p.Host == "" || len(p.user) > 255 || len(p.password) > 255 ||
			strings.ContainsAny(p.name+p.authorization, "\r\n\x00") {
			t.Fatalf("%q is %#v", text, p)
		}
		again, err := ParseProxy(p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("%q is %s, and that %v, %v", text, p, again, err)
		}
	})
}
