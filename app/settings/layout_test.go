package settings_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"posthouse/app/settings"
)

// Whatever way a file is written in, a change touches the value and nothing else.
func TestSavingTouchesTheValueAlone(t *testing.T) {
	off := func(s *settings.Settings) { s.Recording.Enabled = false }
	port := func(s *settings.Settings) { s.Proxy.Port = 7 }
	dial := func(s *settings.Settings) { s.Proxy.Timeouts.Dial = settings.Duration(3e9) }
	allow := func(list ...string) func(*settings.Settings) {
		return func(s *settings.Settings) { s.LAN.Allow = list }
	}
	for name, c := range map[string]struct {
		before string
		change func(*settings.Settings)
		want   string
	}{
		"dotted":                {"# a\nproxy.port = 9 # b\nproxy.via = true\n", port, "# a\nproxy.port = 7 # b\nproxy.via = true\n"},
		"dotted, another table": {"proxy.port = 9 # b\n", off, "proxy.port = 9 # b\n\n[recording]\nenabled = false\n"},
		"dotted, beside": {"recording.body = 0 # b\nproxy.port = 9\n", off,
			"recording.body = 0 # b\nrecording.enabled = false\nproxy.port = 9\n"},
		"dotted, below": {"proxy.port = 9 # b\n", dial, "proxy.port = 9 # b\n\n[proxy.timeouts]\ndial = \"3s\"\n"},
		"dotted under a header": {"[proxy]\ntimeouts.drain = '1s' # b\n", dial,
			"[proxy]\ntimeouts.drain = '1s' # b\ntimeouts.dial = \"3s\"\n"},
		"inline":         {"proxy = { port = 1 } # b\n", port, "proxy = { port = 7 } # b\n"},
		"inline, beside": {"recording = {body = 0} # b\n", off, "recording = {body = 0, enabled = false} # b\n"},
		"inline, empty":  {"recording = {}\n", off, "recording = { enabled = false }\n"},
		"inline, below":  {"proxy = { port = 1 }\n", dial, "proxy = { port = 1, timeouts.dial = \"3s\" }\n"},
		"inline within": {"proxy = { timeouts = { drain = '1s' }, port = 1 }\n", dial,
			"proxy = { timeouts = { drain = '1s', dial = \"3s\" }, port = 1 }\n"},
		"a mark":                 {"\xef\xbb\xbfproxy.port = 9\n", port, "\xef\xbb\xbfproxy.port = 7\n"},
		"a mark before a header": {"\xef\xbb\xbf[proxy]\nport = 9\n", port, "\xef\xbb\xbf[proxy]\nport = 7\n"},
		"spaces and quotes":      {"[ \"proxy\" ]\n\t'port'=9#b\n", port, "[ \"proxy\" ]\n\t'port'=7#b\n"},
		"quotes and dots":        {"\"proxy\" . 'port' = 9\n", port, "\"proxy\" . 'port' = 7\n"},
		"carriage returns":       {"[proxy]\r\nvia = true\r\n\r\n[lan]\r\n", port, "[proxy]\r\nvia = true\r\nport = 7\r\n\r\n[lan]\r\n"},
		"no end of line":         {"[proxy]\nvia = true", port, "[proxy]\nvia = true\nport = 7"},
		"an empty table":         {"[recording]\n# nothing yet\n[lan]\n", off, "[recording]\nenabled = false\n# nothing yet\n[lan]\n"},
		"tables out of order": {"[proxy.timeouts]\ndrain = '1s'\n[recording]\n[proxy]\nvia = true\n", port,
			"[proxy.timeouts]\ndrain = '1s'\n[recording]\n[proxy]\nvia = true\nport = 7\n"},
		"the table below alone": {"[proxy.timeouts]\ndrain = '1s'\n", port, "[proxy.timeouts]\ndrain = '1s'\n\n[proxy]\nport = 7\n"},
		"a header in a text": {"[general]\nlanguage = '''en'''\n[decrypt]\nextra_roots = ''\nca = \"# [recording]\"\n", off,
			"[general]\nlanguage = '''en'''\n[decrypt]\nextra_roots = ''\nca = \"# [recording]\"\n\n[recording]\nenabled = false\n"},
		"letters of any size":   {"[Proxy]\nPort = 9\n", port, "[Proxy]\nPort = 7\n"},
		"nothing but a comment": {"# later\n", off, "# later\n\n[recording]\nenabled = false\n"},
		"a list on one line": {"[lan]\nallow = [ '10.0.0.1', \"10.0.0.2\" ] # b\n", allow("10.0.0.1", "10.0.0.3"),
			"[lan]\nallow = ['10.0.0.1', \"10.0.0.3\"] # b\n"},
		"a list on lines": {"[lan]\nallow = [\n  '10.0.0.1', # one\n  '10.0.0.2', # two\n  # the end\n]\n",
			allow("10.0.0.1", "10.0.0.2", "10.0.0.3"),
			"[lan]\nallow = [\n  '10.0.0.1', # one\n  '10.0.0.2', # two\n  \"10.0.0.3\",\n  # the end\n]\n"},
		"the last without comma": {"[lan]\nallow = [\n\t'10.0.0.1'  # one\n]\n", allow("10.0.0.1", "10.0.0.3"),
			"[lan]\nallow = [\n\t'10.0.0.1',  # one\n\t\"10.0.0.3\"\n]\n"},
		"one out of a list": {"[lan]\nallow = [\n  '10.0.0.1',\n  '10.0.0.2', # two\n  '10.0.0.3'\n]\n", allow("10.0.0.2", "10.0.0.3"),
			"[lan]\nallow = [\n  '10.0.0.2', # two\n  '10.0.0.3'\n]\n"},
		"a comment stays": {"[lan]\nallow = [ # all\n  '10.0.0.1', # one\n]\n", allow(), "[lan]\nallow = [ # all\n  # one\n]\n"},
		"one into an empty list": {"[lan]\nallow = [\n  # none yet\n]\n", allow("10.0.0.1"),
			"[lan]\nallow = [\"10.0.0.1\"\n  # none yet\n]\n"},
		"a comment before comma": {"[lan]\nallow = ['10.0.0.1' # one\n, '10.0.0.2']\n", allow("10.0.0.2"),
			"[lan]\nallow = [ # one\n '10.0.0.2']\n"},
	} {
		t.Run(name, func(t *testing.T) {
			e := editing(t, c.before)
			if err := e.Problem(); err != nil {
				t.Fatal(err)
			}
			want := e.force.Clone()
			c.change(&want)
			if err := e.Change(c.change); err != nil {
				t.Fatal(err)
			}
			if got := e.text(); got != c.want {
				t.Errorf("saved\n%q, want\n%q", got, c.want)
			}
			if s, err := settings.Load(e.path); err != nil || !s.Equal(want) {
				t.Errorf("read again: %v, %+v", err, s)
			}
		})
	}
}

// writer writes settings in a random way, with a comment wherever one may stand.
type writer struct {
	*rand.Rand
	end      string
	comments int
}

func (w *writer) one(of ...string) string { return of[w.IntN(len(of))] }

func (w *writer) comment() string {
	w.comments++
	return fmt.Sprintf("# c%d [x] = \"", w.comments)
}

func (w *writer) key(parts ...string) string {
	for i, p := range parts {
		parts[i] = w.one(p, p, `"`+p+`"`, "'"+p+"'")
	}
	return strings.Join(parts, w.one(".", ".", " . "))
}

func (w *writer) list(items []string) string {
	lines := w.IntN(2) == 0
	var b strings.Builder
	b.WriteString("[")
	for i, one := range items {
		if lines {
			b.WriteString(w.one("", " "+w.comment()) + w.end + w.one("", "\t"))
		}
		b.WriteString(w.one(`"`+one+`"`, "'"+one+"'"))
		if i < len(items)-1 || lines && w.IntN(2) == 0 {
			b.WriteString(w.one("", " ") + ",")
		}
	}
	if lines {
		b.WriteString(w.one("", " "+w.comment()) + w.end)
	}
	return b.String() + "]"
}

// file is a file that says a few settings, in any layout that TOML has.
func (w *writer) file(items []string) string {
	values := map[string][][2]string{
		"proxy":     {{"port", w.one("1234", "1_234", "0x4d2")}, {"via", "true"}, {"max_head", w.one(`"64 KiB"`, "65536", "'64KiB'")}},
		"recording": {{"memory", `"""64 MiB"""`}, {"body", "0"}},
		"lan":       {{"allow", w.list(items)}},
		"general":   {{"theme", `'dark'`}},
	}
	names := []string{"proxy", "recording", "lan", "general"}
	w.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	var root, tables strings.Builder
	for _, name := range names {
		pairs := values[name][:w.IntN(len(values[name])+1)]
		switch w.IntN(3) {
		case 0:
			for _, p := range pairs {
				root.WriteString(w.key(name, p[0]) + w.one("=", " = ") + p[1] + w.one("", " "+w.comment()) + w.end)
			}
		case 1:
			var all []string
			for _, p := range pairs {
				all = append(all, w.key(p[0])+w.one("=", " = ")+p[1])
			}
			root.WriteString(w.key(name) + " = {" + strings.Join(all, w.one(",", ", ")) + w.one("}", " }") + w.end)
		default:
			tables.WriteString(w.one("[", "[ ", "  [") + w.key(name) + w.one("]", " ]") + w.one("", w.comment()) + w.end)
			for _, p := range pairs {
				tables.WriteString(w.one("", w.comment()+w.end, w.end, "\t") + w.key(p[0]) + w.one("=", "  =\t") + p[1] + w.one("",
					" "+w.comment()) + w.end)
			}
		}
	}
	text := w.one("", "\xef\xbb\xbf") + w.one("", w.comment()+w.end) + root.String() + tables.String()
	if w.IntN(4) == 0 {
		text = strings.TrimSuffix(text, w.end)
	}
	return text
}

// In any layout one change keeps every comment and every other byte, and says what is wanted.
func TestAnyLayoutCanBeChanged(t *testing.T) {
	const rounds = 400
	edits := []func(*settings.Settings){
		func(s *settings.Settings) { s.Proxy.Port = 7777 },
		func(s *settings.Settings) { s.Proxy.Via = !s.Proxy.Via },
		func(s *settings.Settings) { s.Proxy.Timeouts.Drain = settings.Duration(7e9) },
		func(s *settings.Settings) { s.Recording.Enabled = false },
		func(s *settings.Settings) { s.Recording.Memory = 77 << 20 },
		func(s *settings.Settings) { s.General.Theme = "light" },
		func(s *settings.Settings) { s.LAN.Allow = append(s.LAN.Allow, "10.0.0.77") },
		func(s *settings.Settings) { s.LAN.Allow = s.LAN.Allow[min(1, len(s.LAN.Allow)):] },
		func(s *settings.Settings) { s.LAN.Allow = append([]string{"10.0.0.78"}, s.LAN.Allow...) },
	}
	e := editing(t, "")
	for seed := range uint64(rounds) {
		w := &writer{Rand: rand.New(rand.NewPCG(seed, 0))}
		w.end = w.one("\n", "\n", "\r\n")
		before := w.file([]string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}[:w.IntN(4)])
		was, err := settings.Parse("", []byte(before))
		if err != nil {
			t.Fatalf("seed %d: the test writes what is no settings file: %v\n%q", seed, err, before)
		}
		e.write(before)
		want := was
		change := edits[w.IntN(len(edits))]
		err = e.Change(func(s *settings.Settings) {
			change(s)
			want = *s
		})
		after := e.text()
		if err != nil {
			t.Fatalf("seed %d: %v\n%q", seed, err, before)
		}
		if got, err := settings.Load(e.path); err != nil || !got.Equal(want) {
			t.Fatalf("seed %d: %v\n%q\nbecame\n%q", seed, err, before, after)
		}
		checkKept(t, seed, before, after)
	}
}

// checkKept looks that comments stay, and that all that differs is one piece of at
// most a few lines.
func checkKept(t *testing.T, seed uint64, before, after string) {
	t.Helper()
	comments := func(text string) (all []string) {
		for _, part := range strings.Split(text, "# c")[1:] {
			number, _, _ := strings.Cut(part, " ")
			all = append(all, number)
		}
		return all
	}
	if was, is := fmt.Sprint(comments(before)), fmt.Sprint(comments(after)); was != is {
		t.Fatalf("seed %d: comments %s became %s\n%q\nbecame\n%q", seed, was, is, before, after)
	}
	start := 0
	for start < min(len(before), len(after)) && before[start] == after[start] {
		start++
	}
	end := 0
	for end < min(len(before), len(after))-start && before[len(before)-1-end] == after[len(after)-1-end] {
		end++
	}
	gone := before[start : len(before)-end]
	if strings.Contains(gone, "=") && !strings.Contains(gone, "10.0.0.") {
		t.Fatalf("seed %d: %q went\n%q\nbecame\n%q", seed, gone, before, after)
	}
}

// Where no way is found the file stays, and key, line and remedy are said.
func TestALayoutThatCannotBeChangedStays(t *testing.T) {
	// The last line is as large as a file may be: nothing more fits in.
	text := "[proxy]\nport = 1\n#" + strings.Repeat("x", 1<<20-18)
	e := editing(t, text)
	if err := e.Problem(); err != nil {
		t.Fatal(err)
	}
	err := e.Change(func(s *settings.Settings) { s.Proxy.Via = true })
	var save *settings.SaveError
	if !errors.As(err, &save) || !e.force.Proxy.Via {
		t.Errorf("error %v", err)
	}
	if got, _ := os.ReadFile(e.path); string(got) != text {
		t.Error("the file was changed")
	}
	bad := &settings.LayoutError{Key: "proxy.port", Line: 7, Want: "proxy.port = 1"}
	for _, part := range []string{"proxy.port", "line 7", "by hand"} {
		if !strings.Contains(bad.Error(), part) {
			t.Errorf("%q is not in %v", part, bad)
		}
	}
}
