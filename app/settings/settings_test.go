package settings_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/app/settings"
)

func TestBadFilesAreExplained(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		line   int
		part   string // of the message
		remedy string // part of the remedy
	}{
		"syntax":         {"version = 1\n[proxy\nport = 1\n", 2, "", "Mend"},
		"unknown key":    {"[proxy]\nprot = 1\n", 2, "proxy.prot", "proxy.port"},
		"wrong table":    {"[general]\nport = 1\n", 2, "general.port", "proxy.port"},
		"unknown table":  {"[porxy]\nport = 1\n", 1, "porxy", "proxy.port"},
		"nothing near":   {"[proxy]\nzzzzzzzzzzzzzz = 1\n", 2, "zzz", "Remove"},
		"wrong type":     {"[proxy]\nport = \"x\"\n", 2, "proxy.port takes a whole number", "port = 9876"},
		"out of range":   {"\n[proxy]\nport = 70000\n", 3, "70000", "0 and 65535"},
		"bad size":       {"[recording]\nmemory = \"much\"\n", 2, "much", "128 MiB"},
		"small memory":   {"[recording]\nmemory = \"1 MiB\"\n", 2, "1 MiB", "8 MiB"},
		"bad duration":   {"[proxy.timeouts]\ndial = \"soon\"\n", 2, "soon", "10s"},
		"bad language":   {"[general]\nlanguage = \"fr\"\n", 2, "fr", "zh-Hans"},
		"bad address":    {"[proxy]\nlisten = [\"example.com\"]\n", 2, "example.com", "IP address"},
		"newer version":  {"version = 7\n", 1, "7", "version = 1"},
		"not text":       {"\x00\x01\x02", 1, "", "Mend"},
		"no addresses":   {"[proxy]\nlisten = []\n", 2, "proxy.listen", "127.0.0.1"},
		"bad pattern":    {"[decrypt]\nhosts = [\"https://a.example\"]\n", 2, "https://a.example", "without scheme"},
		"bad pin":        {"[decrypt]\npins = [\"a.example 12\"]\n", 2, "a.example 12", "64 hexadecimal"},
		"bad client":     {"[decrypt]\nclient_certificates = [\"a.example\"]\n", 2, "a.example", "HOST = FILE"},
		"bad upstream":   {"[proxy]\nupstream = \"ftp://u:s3cret@h\"\n", 2, "ftp://***@h", "http, https or socks5"},
		"bad bypass":     {"[proxy]\nupstream_bypass = [\"http://x\"]\n", 2, "http://x", "network"},
		"as written":     {"[ proxy ]\n\"port\" = \"x\"\n", 2, "proxy.\"port\" takes", "port = 9876"},
		"dotted":         {"proxy.port = true\n", 1, "proxy.port takes a whole number", "port = 9876"},
		"inline":         {"proxy = { via = 1 }\n", 1, "proxy.via takes true or false", "via = false"},
		"behind a mark":  {"\xef\xbb\xbfproxy.port = 70000\n", 1, "70000", "0 and 65535"},
		"array of table": {"[[proxy]]\nport = 1\n", 1, "[[proxy]] is a table", "[proxy]"},
		"no table":       {"proxy = 5\n", 1, "proxy is a table", "[proxy]"},
		"no setting":     {"[proxy.port]\nx = 1\n", 1, "[proxy.port] takes a whole number", "port = 9876"},
		"no list":        {"[lan]\nallow = \"10.0.0.1\"\n", 2, "lan.allow takes a list", "allow = []"},
		"no texts":       {"[lan]\nallow = [1]\n", 2, "lan.allow takes a list", "allow = []"},
		"without unit":   {"[proxy.timeouts]\ndial = 5\n", 2, "dial = 5 cannot", "10s"},
		"no size":        {"[proxy]\nmax_head = true\n", 2, "max_head = true cannot", "256 KiB"},
		"no password":    {"[proxy]\nupstream = [\"http://u:s3cret@h\"]\n", 2, "proxy.upstream takes a text", "upstream"},
		"no quotes":      {"[general]\nlanguage = en\n", 2, "language: behind = there must be", "Mend"},
		"no equals":      {"[proxy]\nport\n", 2, "port: behind the key", "Mend"},
		"twice":          {"[proxy]\nport = 1\nport = 2\n", 3, "port: it appears more than once", "Mend"},
		"table twice":    {"[proxy]\nport = 1\n[proxy]\nvia = true\n", 3, "[proxy]: it appears more than once", "Mend"},
		"open quote":     {"[general]\nlanguage = \"en\n", 2, "language: a quote", "Mend"},
		"open list":      {"[lan]\nallow = [\"10.0.0.1\"\n", 2, "a quote or a bracket is opened", "Mend"},
		"backslash":      {"[decrypt]\nca = \"C:\\Users\"\n", 2, "ca: a backslash is written twice", "Mend"},
		"rest":           {"[proxy]\nport = 1 2\n", 2, "port: ", "Mend"},
		"large number":   {"[proxy]\nport = 99999999999999999999\n", 2, "port: this is not a number", "Mend"},
		"hidden secret":  {"[proxy]\nupstream = \"http://u:s3cret@h\n", 2, "upstream: a quote", "Mend"},
		"negative limit": {"[proxy]\nmax_fields = -1\n", 2, "-1", "between"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := settings.Parse("f.toml", []byte(c.text))
			var bad *settings.FileError
			if !errors.As(err, &bad) {
				t.Fatalf("error %v", err)
			}
			if bad.Line != c.line || !strings.Contains(bad.Msg, c.part) || !strings.Contains(bad.Remedy, c.remedy) {
				t.Errorf("line %d: %q, remedy %q", bad.Line, bad.Msg, bad.Remedy)
			}
			if strings.Contains(bad.Error(), "struct") || strings.Contains(bad.Error(), "settings.S") {
				t.Errorf("it speaks Go: %v", bad)
			}
			if strings.Contains(bad.Error(), "s3cret") {
				t.Errorf("the password is told: %v", bad)
			}
			if !s.Equal(settings.Default()) {
				t.Error("the settings are not the defaults")
			}
		})
	}
}

// What a person wrote around the values stays when the app saves.
func TestSavingKeepsComments(t *testing.T) {
	const before = "# mine\nversion = 1\n\n[proxy] # where\n  port = 1234   # the port\nlisten = ['127.0.0.1']\n# the end of " +
		"it\n\n[recording]\nbody = \"2 MiB\"\r\n"
	e := editing(t, before)
	err := e.Change(func(s *settings.Settings) {
		s.Proxy.Port = 4321
		s.Proxy.Via = true
		s.General.Theme = "dark"
		s.Proxy.Timeouts.Dial = settings.Duration(3 * time.Second)
	})
	if err != nil {
		t.Fatal(err)
	}
	text := e.text()
	for _, part := range []string{"# mine\n", "[proxy] # where\n", "  port = 4321   # the port\n", "['127.0.0.1']", "# the end of it\n",
		"via = true\n", "[general]\ntheme = \"dark\"\n", "body = \"2 MiB\"\r\n", "[proxy.timeouts]\ndial = \"3s\"\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
	if again, err := settings.Load(e.path); err != nil || !again.Equal(e.force) {
		t.Errorf("read again: %v, %+v", err, again)
	}
}

func TestSavingFollowsSymlinks(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real.toml"), filepath.Join(dir, "link.toml")
	if err := os.WriteFile(real, []byte("version = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	e := &edited{t: t, path: link}
	e.open()
	if err := e.Change(func(s *settings.Settings) { s.Recording.Enabled = false }); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced by a file")
	}
	if text, _ := os.ReadFile(real); !strings.Contains(string(text), "enabled = false") {
		t.Errorf("the file holds %q", text)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]settings.Size{"0": 0, "1000000": 1000000, "64KiB": 64 << 10, "128 MiB": 128 << 20,
		" 2 gib ": 2 << 30, "5 MB": 5e6, "7k": 7 << 10, "9b": 9} {
		if got, err := settings.ParseSize(text); err != nil || got != want {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "-1", "1.5 MiB", "1 TiBx", "9223372036854775807 KiB", "MiB", "1 2"} {
		if got, err := settings.ParseSize(text); err == nil {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
}

// Whatever a file says: no panic, and what is taken can be written and read again.
func FuzzSettings(f *testing.F) {
	f.Add([]byte("version = 1\n[proxy]\nport = 1\nlisten = [\"::1\"]\n[proxy.timeouts]\ndial = \"1s\"\n"))
	f.Add([]byte("proxy.port = 5\nrecording = { memory = \"9 MiB\" }\n"))
	f.Add([]byte("[proxy]\n\"port\" = 7 # x\n'via' = true\n"))
	f.Add([]byte("[decrypt]\nhosts = ['*', '-a.example']\npins = []\nca = 'C:\\x'\ninsecure_upstream = true\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := settings.Parse("f", text)
		if err != nil {
			var bad *settings.FileError
			if !errors.As(err, &bad) || bad.Msg == "" || bad.Remedy == "" {
				t.Fatalf("error %#v", err)
			}
			return
		}
		e := &edited{t: t, path: filepath.Join(t.TempDir(), "s.toml")}
		e.write(string(text))
		e.open()
		err = e.Change(func(s *settings.Settings) {
			s.Proxy.Port = (s.Proxy.Port + 1) % 65536
			s.Proxy.Timeouts.Drain = settings.Duration(time.Second)
		})
		if err != nil {
			t.Fatal(err)
		}
		again, err := settings.Load(e.path)
		if err != nil || !again.Equal(e.force) {
			t.Fatalf("read again: %v\n%+v\n%+v", err, e.force, again)
		}
	})
}
