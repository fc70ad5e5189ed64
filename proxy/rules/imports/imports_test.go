package imports

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

var update = flag.Bool("update", false, "write the golden files anew")

// told is a result as a text: what the file of rules gets, what was lost, and what lies beside it.
func told(t testing.TB, r *Result) string {
	t.Helper()
	text, err := r.Text(reason.English)
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Load("", text, "")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if _, blocks := rules.Blocks(text); len(set.Rules) != len(r.Rules) || len(blocks) != len(r.Rules) {
		t.Fatalf("%d rules and %d blocks of %d\n%s", len(set.Rules), len(blocks), len(r.Rules), text)
	}
	var b strings.Builder
	on, off, lost := r.Counts()
	fmt.Fprintf(&b, "# %s: %d on, %d off, %d lost\n\n%s", r.Format, on, off, lost, text)
	for _, l := range r.Lost {
		fmt.Fprintf(&b, "\n# line %d, %s: %s", l.Line, l.What, reason.English(l.Why))
	}
	for _, f := range r.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			t.Errorf("a file leads out of the folder: %q", f.Name)
		}
		fmt.Fprintf(&b, "\n# %s: %q", f.Name, f.Body)
	}
	return b.String() + "\n"
}

// What other programs write is read as it was meant.
func TestSamples(t *testing.T) {
	for _, name := range []string{"charles-map.xml", "charles-rewrite.xml", "charles-tools.xml", "charles-export.xml", "whistle.txt",
		"whistle-operations.txt", "whistle-patterns.txt", "whistle-export.json", "proxyman.json", "proxyman-tools.json", "overrides"} {
		t.Run(name, func(t *testing.T) {
			r, err := Read(filepath.Join("testdata", name), map[string]string{"cart.json": `{"items":[]}`})
			if err != nil {
				t.Fatal(err)
			}
			got := told(t, r)
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(golden); err != nil || got != string(want) {
				t.Errorf("%v\n%s", err, got)
			}
		})
	}
}

// Conditions that were made match what the other program would, and not what is beside that.
func TestConditionsMatch(t *testing.T) {
	for _, c := range []struct{ url, yes, no string }{
		{"example.com", "http://example.com/x", "http://www.example.com/"}, {"*.example.com", "https://a.example.com/",
			"https://example.org/"},
		{"https://example.com/a", "https://example.com/a?q=1", "http://example.com/a"}, {"https://example.com/a",
			"https://example.com/a", "https://example.com/ab"},
		{"example.com/a/*", "http://example.com/a/b?c", "http://example.com/b/a/"}, {"example.com:8080/a", "http://example.com:8080/a",
			"http://example.com/a"},
		{"example.com/a?x=*", "http://example.com/a?x=12", "http://example.com/a?y=1"}, {"https://example.com:443/",
			"https://example.com/", "https://example.com/a"},
		{"w*.example.com/*.js", "http://www.example.com/a/b.js", "http://www.example.com/b.json"}, {"*:8080", "http://a:8080/",
			"http://a:80/"},
		{"example.com/a b", "http://example.com/a b", "http://example.com/a"}, {"example.com/a(b)|c", "http://example.com/a(b)|c",
			"http://example.com/c"},
	} {
		p := splitURL(c.url)
		when, ok := p.condition()
		if !ok {
			t.Errorf("%s: no condition", c.url)
			continue
		}
		set, err := rules.Compile([]rules.Rule{{When: when, Block: "403"}}, "")
		if err != nil {
			t.Errorf("%s: %s: %v", c.url, when, err)
			continue
		}
		row := func(url string) *flow.Row {
			q := splitURL(strings.ReplaceAll(url, "*", ""))
			r := &flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseRequest, Method: "GET", Scheme: q.scheme, Host: q.host, Path: q.path}
			if q.port != "" {
				r.Host += ":" + q.port
			}
			if q.query != "" {
				r.Path += "?" + q.query
			}
			return r
		}
		if set.Request(row(c.yes)) == nil {
			t.Errorf("%s (%s) does not match %s", c.url, when, c.yes)
		}
		if set.Request(row(c.no)) != nil {
			t.Errorf("%s (%s) matches %s", c.url, when, c.no)
		}
	}
}

// What is none of it, too much or hostile is refused, and said.
func TestHostileFiles(t *testing.T) {
	deep := strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100)
	many := "<map>" + strings.Repeat("<a/>", maxNodes+1) + "</map>"
	for name, text := range map[string]string{"empty": "", "no rules": "<html><body>hi</body></html>", "deep": "<map>" + deep + "</map>",
		"many": many, "broken": "<map><mapMapping>", "json": `{"a":1}`, "half": `[{"url":`, "prose": "this is no rule\n",
		"binary": "\x00\x01\x02",
		"bomb":   `<!DOCTYPE a [<!ENTITY b "cccc">]><map>&b;</map>`} {
		if r, err := ReadText(name, []byte(text), nil); err == nil && len(r.Rules) > 0 {
			t.Errorf("%s: %s", name, told(t, r))
		}
	}
	var b strings.Builder
	for i := range rules.MaxRules + 10 {
		fmt.Fprintf(&b, "a%d.test statusCode://404\n", i)
	}
	r, err := ReadText("many", []byte(b.String()), nil)
	if err != nil || len(r.Rules) != rules.MaxRules || len(r.Lost) != 10 || r.Lost[0].Line != rules.MaxRules+1 {
		t.Error(err, len(r.Rules), len(r.Lost))
	}
	if _, err := ReadText("large", make([]byte, rules.MaxFile+1), nil); err == nil {
		t.Error("a file beyond the limit was read")
	}
}

// No link leads out of a folder of overrides.
func TestOverridesStayInTheirFolder(t *testing.T) {
	folder, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	host := filepath.Join(folder, "a.test")
	if err := os.Mkdir(host, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(host, "x.js")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(outside, filepath.Join(host, "dir")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(host, "b.js"), []byte("b"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Read(folder, nil)
	if err != nil || len(r.Files) != 1 || string(r.Files[0].Body) != "b" {
		t.Errorf("%v %+v", err, r)
	}
}

// FuzzReadText: whatever a file holds, what comes of it are rules that can be loaded, and files
// that stay in their folder.
func FuzzReadText(f *testing.F) {
	for _, name := range []string{"charles-map.xml", "charles-rewrite.xml", "charles-tools.xml", "charles-export.xml", "whistle.txt",
		"whistle-operations.txt", "whistle-patterns.txt", "whistle-export.json", "proxyman.json", "proxyman-tools.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("a.\xff.test statusCode://200\n\xfe resHeaders://a=%ff\n"))
	f.Add([]byte("a.test file://{a}.\nb.test file://{. rawfile://(\n"))
	f.Add([]byte("a.test resHeaders://x=\x00\n$\"/ statusCode://1\n/[/ statusCode://200\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := ReadText("x", text, nil); err == nil {
			told(t, r)
		}
	})
}
