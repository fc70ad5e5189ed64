package windows

import (
	"bytes"
	"slices"
	"testing"

	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/app/desktop/sysproxy/backend/backendtest"
)

func inetSample(server, override, pac string, enable bool) backend.Values {
	text := func(s string) backend.Value {
		if s == "" {
			return backend.Value{}
		}
		return backend.Value{Text: "sz:" + s, Set: true}
	}
	on := "dword:0"
	if enable {
		on = "dword:1"
	}
	return backend.Values{"ProxyEnable": {Text: on, Set: true}, "ProxyServer": text(server), "ProxyOverride": text(override),
		"AutoConfigURL": text(pac), "AutoDetect": {}, "flags": {}}
}

func TestInetPlan(t *testing.T) {
	const at = "127.0.0.1:9876"
	for name, c := range map[string]struct {
		before           backend.Values
		server, override string
		summary          backend.Summary
	}{
		"none": {inetSample("", "", "", false), "http=" + at + ";https=" + at, "localhost;127.*;[::1]",
			backend.Summary{Mode: backend.ModeNone}},
		"manual": {inetSample("10.1.1.1:3128", "*.corp;<local>", "", true), "http=" + at + ";https=" + at,
			"*.corp;<local>;localhost;127.*;[::1]", backend.Summary{Mode: backend.ModeManual, HTTP: "10.1.1.1:3128",
				HTTPS: "10.1.1.1:3128"}},
		"by kinds": {inetSample("http=http://a:1;https=b:2;socks=c:3", "", "", true), "http=" + at + ";https=" + at + ";socks=c:3",
			"localhost;127.*;[::1]", backend.Summary{Mode: backend.ModeManual, HTTP: "a:1", HTTPS: "b:2", SOCKS: "c:3"}},
		"old": {inetSample("socks=c:3", "", "", false), "http=" + at + ";https=" + at, "localhost;127.*;[::1]",
			backend.Summary{Mode: backend.ModeNone}},
		"pac": {inetSample("", "", "http://x/p.pac", false), "http=" + at + ";https=" + at, "localhost;127.*;[::1]",
			backend.Summary{Mode: backend.ModePAC, PAC: "http://x/p.pac"}},
	} {
		after := c.before.With(inetPlan(c.before, at))
		if inetText(after["ProxyServer"]) != c.server || inetText(after["ProxyOverride"]) != c.override || after["AutoConfigURL"].Set ||
			after["ProxyEnable"].Text != "dword:1" {
			t.Errorf("%s: %v", name, after)
		}
		s := inetSummary(c.before)
		if s.Mode != c.summary.Mode || s.HTTP != c.summary.HTTP || s.HTTPS != c.summary.HTTPS || s.SOCKS != c.summary.SOCKS ||
			s.PAC != c.summary.PAC {
			t.Errorf("%s: %+v", name, s)
		}
		if len(inetPlan(after, at)) != 0 {
			t.Errorf("%s: a second plan wants %v", name, inetPlan(after, at))
		}
		off := inetOff(after, backend.OwnAddress(at))
		if inetSummary(off).Mode != backend.ModeNone {
			t.Errorf("%s: ourselves as the previous state: %v", name, off)
		}
	}
}

// What InternetSetOption leaves half-way is ours to put back; what others write is not.
func TestInetShortened(t *testing.T) {
	const at = "127.0.0.1:9876"
	before := inetSample("127.0.0.1:7890", "theirs", "http://x/p.pac", true)
	s := backend.Section{Before: before, Wrote: inetPlan(before, at)}
	tied := backend.Ties{Masters: []string{"ProxyEnable", "flags"}, Groups: [][]string{{"ProxyServer"}, {"AutoConfigURL"}},
		Shortened: inetShortened}
	for server, ours := range map[string]bool{
		"http=" + at + ";https=" + at: true, at: true,
		"127.0.0.1:98765": false, "http=" + at: false, at + ";socks=c:3": false, "10.1.1.1:3128": false, "": false,
	} {
		now := before.With([]backend.Change{{Key: "ProxyServer", To: backend.Value{Text: "sz:" + server, Set: true}}})
		back, left := s.Compare(now, tied)
		if slices.Contains(backendtest.Keys(back), "ProxyServer") != ours ||
			slices.Contains(backendtest.Keys(left), "ProxyServer") == ours {
			t.Errorf("%q: back %v, left %v", server, backendtest.Keys(back), backendtest.Keys(left))
		}
		if now = now.With([]backend.Change{{Key: "AutoConfigURL", To: backend.Value{}}}); s.InForce(now, tied) != ours {
			t.Errorf("%q is in force: %v", server, !ours)
		}
	}
}

// Windows keeps a script's address while it is switched off.
func TestRememberedScriptComesBack(t *testing.T) {
	const pac = "sz:http://x/p.pac"
	for name, c := range map[string]struct {
		value      backend.Value // AutoConfigURL
		connection backend.Value
	}{
		"none":           {backend.Value{}, backend.Value{Text: "sz:", Set: true}},
		"in force":       {backend.Value{Text: pac, Set: true}, backend.Value{Text: pac, Set: true}},
		"remembered":     {backend.Value{}, backend.Value{Text: pac, Set: true}},
		"of two minds":   {backend.Value{Text: "sz:http://y", Set: true}, backend.Value{Text: pac, Set: true}},
		"value only":     {backend.Value{Text: pac, Set: true}, backend.Value{Text: "sz:", Set: true}},
		"no connections": {backend.Value{Text: pac, Set: true}, backend.Value{}},
	} {
		before := inetSample("", "", "", false)
		before["AutoConfigURL"], before[rememberedPAC] = c.value, c.connection
		wrote := inetPlan(before, "127.0.0.1:9876")
		on := before.With(wrote)
		if script := inetScript(on, wrote); script != "" {
			t.Errorf("%s: while it is on the script is %q", name, script)
		}
		tied := backend.Ties{Masters: []string{"ProxyEnable", "flags"},
			Groups: [][]string{{"ProxyServer"}, {"AutoConfigURL", rememberedPAC}}}
		back, _ := backend.Section{Before: before, Wrote: wrote}.Compare(on, tied)
		want := inetText(c.connection)
		if name == "value only" { // both say the same from then on
			want = inetText(c.value)
		}
		if got := inetScript(on.With(back), back); c.connection.Set && got != want {
			t.Errorf("%s: afterwards it is %q, want %q", name, got, want)
		}
	}
}

func TestConnection(t *testing.T) {
	c := connection{version: connectionVersion, counter: 9, flags: flagDirect | flagProxy, server: "a:1", bypass: "<local>",
		pac: "http://x", rest: make([]byte, 32)}
	got, err := parseConnection(c.bytes())
	if err != nil || !bytes.Equal(got.bytes(), c.bytes()) || got.server != "a:1" || got.pac != "http://x" {
		t.Errorf("%+v, %v", got, err)
	}
	whole := c.bytes()
	for n := range len(whole) - 32 {
		if _, err := parseConnection(whole[:n]); err == nil {
			t.Errorf("the first %d bytes are taken for a whole", n)
		}
	}
}

func FuzzConnection(f *testing.F) {
	f.Add([]byte{0x46, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 'a', ':', '1', 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := parseConnection(b); err == nil && !bytes.Equal(c.bytes(), b) {
			t.Errorf("%x became %x", b, c.bytes())
		}
	})
}
