package imports

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// written writes a file below a folder.
func written(t *testing.T, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// charlesLocal is Map Local of Charles for some paths of a.test.
func charlesLocal(dests map[string]string) string {
	var b strings.Builder
	b.WriteString("<mapLocal><toolEnabled>true</toolEnabled><mappings>")
	for _, path := range []string{"/file", "/off", "/site/*", "/none", "/link", "/unc", "/relative"} {
		enabled := "true"
		if path == "/off" {
			enabled = "false"
		}
		if dest := dests[path]; dest != "" {
			b.WriteString("<mapLocalMapping><sourceLocation><host>a.test</host><path>" + path + "</path></sourceLocation><dest>" + dest +
				"</dest><enabled>" + enabled + "</enabled></mapLocalMapping>")
		}
	}
	return b.String() + "</mappings></mapLocal>"
}

// store keeps bodies as files of a map; names that are there already get another.
type store map[string]string

func (s store) New(name string, body []byte) (string, error) {
	for s["answers/"+name] != "" {
		name = "x-" + name
	}
	s["answers/"+name] = string(body)
	return "answers/" + name, nil
}

func (s store) NewFolder(name string) (string, error) { return "answers/new-" + name, nil }

func (s store) Put(folder, name string, body []byte) error {
	s[folder+"/"+name] = string(body)
	return nil
}

func (s store) Remove(name string) error {
	for file := range s {
		if file == name || strings.HasPrefix(file, name+"/") {
			delete(s, file)
		}
	}
	return nil
}

// full is a store that has no room for one name.
type full struct{ store }

func (f full) New(name string, body []byte) (string, error) {
	if name == "last" {
		return "", os.ErrPermission
	}
	return f.store.New(name, body)
}

// What no rule of the text names is not copied, and nothing stays of what is not taken over.
func TestBodiesThatNoRuleUsesAreNotKept(t *testing.T) {
	r := &Result{Files: []File{{Name: "answers/a", Body: []byte("a")}, {Name: "answers/b", Body: []byte("b")},
		{Name: "answers/site/x", Folder: "answers/site", Body: []byte("x")}, {Name: "answers/gone/y", Folder: "answers/gone"}}}
	const text = "answer.file = \"answers/a\"\nanswer = {folder = 'answers/site'}\n# 'answers/bb'\n"
	s := store{"answers/a": "mine"}
	out, copied, err := r.Put(text, s)
	if err != nil || len(s) != 3 || s["answers/x-a"] != "a" || s["answers/new-site/x"] != "x" ||
		!strings.Contains(out, `"answers/x-a"`) || !strings.Contains(out, "'answers/new-site'") {
		t.Error(out, s, err)
	}
	if err := copied.Remove(); err != nil || len(s) != 1 || s["answers/a"] != "mine" {
		t.Error(s, err)
	}
	r.Files = append(r.Files, File{Name: "answers/last"})
	if _, _, err := r.Put(text+"'answers/last'", full{s}); !errors.Is(err, os.ErrPermission) || len(s) != 1 {
		t.Error(s, err)
	}
}

// Files that rules name are read when a person says so, and not before; no link leads out of a folder.
func TestBring(t *testing.T) {
	dir := t.TempDir()
	file := written(t, dir, "it's a file.json", `{"a":1}`)
	site := filepath.Join(dir, "site")
	written(t, dir, "site/index.html", "home")
	written(t, dir, "site/js/app.js", "app")
	written(t, dir, "secret", "secret")
	if err := os.Symlink(filepath.Join(dir, "secret"), filepath.Join(site, "link")); err != nil {
		t.Skip(err)
	}
	text := charlesLocal(map[string]string{"/file": file, "/off": file, "/site/*": site, "/none": filepath.Join(dir, "none"),
		"/unc": `\\host\share\file`, "/relative": "../secret"})
	r, err := ReadText("x", []byte(text), nil)
	if err != nil || len(r.Files) != 0 {
		t.Fatal(err, r.Files)
	}
	if n, paths := r.Elsewhere(); n != 6 || len(paths) != maxElsewhereShown || !strings.HasSuffix(paths[0], "it's a file.json") {
		t.Error(n, paths)
	}
	if on, off, _ := r.Counts(); on != 0 || off != 6 {
		t.Error(on, off)
	}
	b := r.Bring()
	if on, off, _ := b.Counts(); on != 2 || off != 4 {
		t.Error(on, off)
	}
	if on, _, _ := r.Counts(); on != 0 || len(r.Files) != 0 {
		t.Error("what was read before is another")
	}
	if n, _ := b.Elsewhere(); n != 0 {
		t.Error(n)
	}
	out, err := b.Text(reason.English)
	if err != nil {
		t.Fatal(err)
	}
	s := store{"answers/it_s a file.json": "mine"}
	got, _, err := b.Put(string(out), s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rules.Load("", []byte(got), ""); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"answer = {file = 'answers/x-it_s a file.json'}", "folder = 'answers/new-site', under = '/site/'",
		"could not be read"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
	if s["answers/new-site/js/app.js"] != "app" || s["answers/new-site/index.html"] != "home" || s["answers/new-site/link"] != "" ||
		s["answers/it_s a file.json"] != "mine" || len(s) != 5 {
		t.Error(s)
	}
}

// A rule that cannot be one waits for no file.
func TestBringNothingForNoRule(t *testing.T) {
	r, err := ReadText("x", []byte("a.test file:///srv/a statusCode://x reqHeaders://content-length=1\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := r.Elsewhere(); n != 0 {
		t.Error(n)
	}
	if on, off, _ := r.Bring().Counts(); on != 0 || off == 0 {
		t.Error(on, off)
	}
}

// Names of files lead nowhere, whatever a stranger called them, and no two rules get one file.
func TestFileNames(t *testing.T) {
	for from, to := range map[string]string{"a/b.json": "b.json", `C:\x\y.js`: "y.js", "..": "body", "a/..": "body", "x\x00y": "x_y",
		"a'b":     "a_b",
		"NUL.txt": "bodyNUL.txt", "con": "bodycon", "evil\u202egnp.exe": "evil_gnp.exe", ".hidden": "hidden", "a\u0085b": "a_b", "": "body",
		"%2e%2e": "_2e_2e"} {
		if got := fileName(from); got != to {
			t.Errorf("%q: %q, not %q", from, got, to)
		}
	}
	r := &Result{}
	seen := map[string]bool{}
	for _, name := range []string{"a", "A", "2-a", "a", "a", "3-a", "4-a"} {
		path := strings.ToLower(r.freeName(name))
		if seen[path] {
			t.Error(path)
		}
		seen[path] = true
	}
}

// A path that leads to another computer is not looked at, whichever slashes it has.
func TestPathsOfOtherComputers(t *testing.T) {
	for _, name := range []string{`\\host\share\f`, "//host/share/f", `/\host\share\f`, `\/host/share/f`,
		`\??\UNC\host\share\f`, "/??/UNC/host/f"} {
		if path, err := homePath(name); err == nil {
			t.Errorf("%s: %s", name, path)
		}
	}
	if path, err := homePath("/srv/a"); err != nil && os.PathSeparator == '/' {
		t.Error(path, err)
	}
}

// A folder that no rule can answer with stays off: with it no rule of the file could be used.
func TestBringAFolderThatStandsForNoPath(t *testing.T) {
	site := t.TempDir()
	written(t, site, "index.html", "home")
	r, err := ReadText("x", []byte("a.test? file://"+filepath.ToSlash(site)+"\nb.test statusCode://200\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	b := r.Bring()
	out, err := b.Text(reason.English)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rules.Load("", out, ""); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if on, off, _ := b.Counts(); on != 1 || off != 1 || len(b.Files) != 0 {
		t.Error(on, off, b.Files)
	}
}

// A person who is asked about a path is told where it leads.
func TestPathsAreShownAsTheyLead(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("paths of Unix")
	}
	t.Setenv("HOME", "/home/ada")
	for from, to := range map[string]string{"/srv/" + strings.Repeat("./", 200) + "../home/ada/.ssh/key": "/home/ada/.ssh/key",
		"~/mocks/a.json": "~/mocks/a.json", "~/mocks/../../eve/key": "/home/eve/key", "../a": "../a"} {
		if got := shownPath(from); got != to {
			t.Errorf("%s: %s", from, got)
		}
	}
	if got := shownPath("/" + strings.Repeat("long/", 200) + "key"); !strings.HasSuffix(got, "/long/key") || len(got) > maxName {
		t.Error(got)
	}
}
