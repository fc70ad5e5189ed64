package kde

import (
	"bytes"
	"testing"

	"posthouse/app/desktop/sysproxy/backend"
)

func TestKSet(t *testing.T) {
	const g = kdeGroup
	set := func(text string) backend.Value { return backend.Value{Text: text, Set: true} }
	for name, c := range map[string]struct {
		text, key string
		to        backend.Value
		want      string
	}{
		"no file":               {"", "a", set("1"), g + "\na=1\n"},
		"no group":              {"[X]\na=2", "a", set("1"), "[X]\na=2\n\n" + g + "\na=1\n"},
		"empty group":           {g + "\n[X]\na=2\n", "a", set("1"), g + "\na=1\n[X]\na=2\n"},
		"before a blank line":   {g + "\nb=1\n\n[X]\n", "a", set("1"), g + "\nb=1\na=1\n\n[X]\n"},
		"no end of line":        {g, "a", set("1"), g + "\na=1\n"},
		"changed, CRLF":         {"#c\r\n" + g + "\r\n a = 2 \r\nb=3\r\n", "a", set("1"), "#c\r\n" + g + "\r\na=1\r\nb=3\r\n"},
		"the last counts":       {g + "\na=1\na=2\n", "a", set("3"), g + "\na=1\na=3\n"},
		"options":               {g + "\na[$e]=x\n", "a", set("[$e]=y"), g + "\na[$e]=y\n"},
		"options go":            {g + "\na[$e]=x\n", "a", set("y"), g + "\na=y\n"},
		"removed":               {g + "\na=1\nb=2\n", "a", backend.Value{}, g + "\nb=2\n"},
		"removed, was not":      {g + "\nb=2\n", "a", backend.Value{}, g + "\nb=2\n"},
		"group in two parts":    {g + "\nb=2\n[X]\na=1\n" + g + "\nc=3\n", "a", set("1"), g + "\nb=2\n[X]\na=1\n" + g + "\nc=3\na=1\n"},
		"a comment is no value": {g + "\n#a=2\n", "a", set("1"), g + "\na=1\n#a=2\n"},
	} {
		if got := string(kSet([]byte(c.text), g, c.key, c.to)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestKLocked(t *testing.T) {
	for text, want := range map[string]bool{kdeGroup + "[$i]\na=1\n": true, kdeGroup + "\na[$i]=1\n": true, kdeGroup + "\na[$ei]=1\n": true,
		kdeGroup + "\na[$e]=1\n": false, "[X][$i]\n" + kdeGroup + "\na=1\n": false} {
		line, ok := kGet(kParse([]byte(text)), kdeGroup, "a")
		if !ok || line.locked != want {
			t.Errorf("%q: found %v, locked %v", text, ok, line.locked)
		}
	}
}

// What is set is read back, and all other lines stay.
func FuzzKSet(f *testing.F) {
	f.Add([]byte(kdeGroup+"\na=1\r\n[X]\n"), "value")
	f.Fuzz(func(t *testing.T, text []byte, value string) {
		if bytes.ContainsAny([]byte(value), "\r\n\x00") || len(value) > 0 && (value[0] == '[' || kTrimmed(value)) {
			t.Skip()
		}
		after := kSet(text, kdeGroup, "httpProxy", backend.Value{Text: value, Set: true})
		if line, ok := kGet(kParse(after), kdeGroup, "httpProxy"); !ok || line.text != value {
			t.Errorf("%q: read back %q, %v", after, line.text, ok)
		}
		if _, had := kGet(kParse(text), kdeGroup, "httpProxy"); !had && len(after) <= len(text) {
			t.Errorf("%q lost something: %q", text, after)
		}
	})
}

func kTrimmed(s string) bool { return len(bytes.TrimSpace([]byte(s))) != len(s) }

func TestKDESummary(t *testing.T) {
	v := kdeValues([]byte(kdeGroup + "\nProxyType=1\nhttpProxy=http://10.0.0.1 3128\nhttpsProxy=http://[::1]:8080/\nNoProxyFor=a,b\n"))
	s := (&kde{}).Summary(v)
	if s.Mode != backend.ModeManual || s.HTTP != "10.0.0.1:3128" || s.HTTPS != "[::1]:8080" || len(s.Bypass) != 2 {
		t.Errorf("%+v", s)
	}
	v = kdeValues([]byte(kdeGroup + "\nProxyType=1\nhttpProxy=http://jo:p%40w@10.0.0.1 3128\n"))
	if s = (&kde{}).Summary(v); s.HTTP != "10.0.0.1:3128" || s.Login.String() != "jo:p%40w" {
		t.Errorf("%+v", s)
	}
	v = kdeValues([]byte(kdeGroup + "\nProxyType=1\nReversedException=true\nNoProxyFor=only.this\n"))
	after := v.With((&kde{}).Plan(v, "[::1]:1"))
	if after["httpProxy"].Text != "http://[::1] 1" || after["NoProxyFor"].Text != "localhost,127.0.0.0/8,::1" ||
		after["ReversedException"].Text != "false" {
		t.Errorf("%v", after)
	}
}
