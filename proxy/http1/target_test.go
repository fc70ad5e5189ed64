package http1

import (
	"strings"
	"testing"
)

func TestParseAbsolute(t *testing.T) {
	long := "/" + strings.Repeat("p", 30000)
	for _, c := range []struct {
		target string
		text   string
		host   string
		port   uint16
		path   string
	}{
		{"http://h/", "h", "h", 0, "/"},
		{"HTTP://H.Example:8080/A", "H.Example:8080", "H.Example", 8080, "/A"},
		{"http://h", "h", "h", 0, ""},
		{"http://h?q", "h", "h", 0, "?q"},
		{"http://h#f", "h", "h", 0, ""},
		{"http://h/a?b#f?c", "h", "h", 0, "/a?b"},
		{"http://h:/a", "h", "h", 0, "/a"},
		{"http://h:00080/", "h:00080", "h", 80, "/"},
		{"http://u:p@h:1/", "h:1", "h", 1, "/"},
		{"http://@h/", "h", "h", 0, "/"},
		{"http://[::1]/", "[::1]", "::1", 0, "/"},
		{"http://[2001:DB8::1]:65535/", "[2001:DB8::1]:65535", "2001:DB8::1", 65535, "/"},
		{"http://[::ffff:1.2.3.4]/", "[::ffff:1.2.3.4]", "::ffff:1.2.3.4", 0, "/"},
		{"http://[fe80::1%25eth0]/", "[fe80::1%25eth0]", "fe80::1%25eth0", 0, "/"},
		{"http://1.2.3.4/", "1.2.3.4", "1.2.3.4", 0, "/"},
		{"http://my_host/", "my_host", "my_host", 0, "/"},
		{"http://b\xc3\xbccher/", "b\xc3\xbccher", "b\xc3\xbccher", 0, "/"},
		{"http://h//a/../%2F;x=y/.?//", "h", "h", 0, "//a/../%2F;x=y/.?//"},
		{"http://h/\"<>\\^`{|}\xff@:[]", "h", "h", 0, "/\"<>\\^`{|}\xff@:[]"},
		{"http://h/http://other/", "h", "h", 0, "/http://other/"},
		{"http://h?/@other", "h", "h", 0, "?/@other"},
		{"http://h" + long, "h", "h", 0, long},
		{"ws://h/chat?a", "h", "h", 0, "/chat?a"},
		{"WS://H:8080", "H:8080", "H", 8080, ""},
	} {
		var got Target
		if err := ParseAbsolute(&got, []byte(c.target)); err != nil {
			t.Errorf("%.60q: %v", c.target, err)
			continue
		}
		if string(got.Text) != c.text || string(got.Host) != c.host || got.Port != c.port || string(got.Path) != c.path {
			t.Errorf("%.60q: text %q host %q port %d path %.60q", c.target, got.Text, got.Host, got.Port, got.Path)
		}
		if want := c.target[0]|0x20 == 'w'; got.WebSocket != want {
			t.Errorf("%.60q: WebSocket %v", c.target, got.WebSocket)
		}
	}
}

func TestParseAbsoluteRefuses(t *testing.T) {
	for target, want := range map[string]*Error{
		"h":                   ErrTargetForm,
		"//h/":                ErrTargetForm,
		"://h/":               ErrTargetForm,
		"1http://h/":          ErrTargetForm,
		"ht tp://h/":          ErrTargetForm,
		"https://h/":          ErrScheme,
		"ftp://h/":            ErrScheme,
		"wss://h/":            ErrScheme,
		"w://h/":              ErrScheme,
		"ws:/h/":              ErrAuthority,
		"ws://h:65536/":       ErrPort,
		"h:80":                ErrScheme,
		"http:/h/":            ErrAuthority,
		"http:h":              ErrAuthority,
		"http:":               ErrAuthority,
		"http://":             ErrAuthority,
		"http:///a":           ErrAuthority,
		"http://?q":           ErrAuthority,
		"http://:80/":         ErrAuthority,
		"http://u@/":          ErrAuthority,
		"http://a@b@h/":       ErrUserinfo,
		"http://a[@h/":        ErrUserinfo,
		"http://h\\@other/":   ErrUserinfo,
		"http://h\\other/":    ErrAuthority,
		"http://h%/":          ErrAuthority,
		"http://h%4/":         ErrAuthority,
		"http://h%4g/":        ErrAuthority,
		"http://h:80:80/":     ErrPort,
		"http://h:0/":         ErrPort,
		"http://h:65536/":     ErrPort,
		"http://h:+80/":       ErrPort,
		"http://h:-80/":       ErrPort,
		"http://h:8o/":        ErrPort,
		"http://[::1/":        ErrAuthority,
		"http://::1/":         ErrAuthority,
		"http://[]/":          ErrAuthority,
		"http://[h]/":         ErrAuthority,
		"http://[1.2.3.4]/":   ErrAuthority,
		"http://[::1]x/":      ErrAuthority,
		"http://[::1]80/":     ErrAuthority,
		"http://[1::2::3]/":   ErrAuthority,
		"http://[::12345]/":   ErrAuthority,
		"http://[fe80::1%]/":  ErrAuthority,
		"http://[fe80::1%/]/": ErrAuthority,
		"http://[v1.a:b]/":    ErrAuthority,
		"http://[::1]:[::1]/": ErrPort,
		"http://<h>/":         ErrAuthority,
		"http://h|o/":         ErrAuthority,
		"http://h\"o/":        ErrAuthority,
		"http://[" + strings.Repeat(":", 65) + "]/": ErrAuthority,
		"http://" + strings.Repeat("h", 256) + "/":  ErrHostLong,
	} {
		var got Target
		wantErr(t, target, ParseAbsolute(&got, []byte(target)), want)
	}
}

func TestParseConnect(t *testing.T) {
	for _, c := range []struct {
		target string
		host   string
		port   uint16
		want   *Error
	}{
		{"h:443", "h", 443, nil},
		{"1.2.3.4:1", "1.2.3.4", 1, nil},
		{"[::1]:65535", "::1", 65535, nil},
		{"h", "", 0, ErrPort},
		{"h:", "", 0, ErrPort},
		{"h:0", "", 0, ErrPort},
		{"h:65536", "", 0, ErrPort},
		{"h:99999999999999999999", "", 0, ErrPort},
		{"h:443/", "", 0, ErrPort},
		{"h:https", "", 0, ErrPort},
		{":443", "", 0, ErrAuthority},
		{"u@h:443", "", 0, ErrUserinfo},
		{"@h:443", "", 0, ErrUserinfo},
		{"/h:443", "", 0, ErrAuthority},
		{"*", "", 0, ErrPort},
		{"::1:443", "", 0, ErrAuthority},
		{"http://h:443", "", 0, ErrPort},
		{"h#:443", "", 0, ErrAuthority},
	} {
		var a Authority
		err := ParseConnect(&a, []byte(c.target))
		wantErr(t, c.target, err, c.want)
		if err == nil && (string(a.Host) != c.host || a.Port != c.port) {
			t.Errorf("%q: %q %d", c.target, a.Host, a.Port)
		}
	}
}
