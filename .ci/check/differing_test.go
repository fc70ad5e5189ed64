package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// world writes the packages of a text ("path: file import import ...", a line each) as go
// list tells them. What a file declares is its name; one in capitals is seen from outside.
func world(t *testing.T, text string) map[string]*listed {
	t.Helper()
	dir := t.TempDir()
	all := map[string]*listed{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
		p := &listed{ImportPath: name, Dir: filepath.Join(dir, name)}
		if err := os.MkdirAll(p.Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, word := range strings.Fields(rest) {
			switch {
			case strings.HasSuffix(word, "_test.go"):
				p.TestGoFiles = append(p.TestGoFiles, word)
			case strings.HasSuffix(word, ".go"):
				p.GoFiles = append(p.GoFiles, word)
				declared := strings.TrimRight(strings.TrimSuffix(word, ".go"), "0123456789")
				source := "package p\n\nfunc " + declared + "() { _ = `" + word + "` }\n"
				if err := os.WriteFile(filepath.Join(p.Dir, word), []byte(source), 0o644); err != nil {
					t.Fatal(err)
				}
			case strings.HasPrefix(word, "test:"):
				p.TestImports = append(p.TestImports, strings.TrimPrefix(word, "test:"))
			default:
				p.Imports = append(p.Imports, word)
			}
		}
		all[name] = p
	}
	return all
}

// A package differs by its files, those of its tests, and the interface of what it or its
// tests import; what only works otherwise inside concerns no other.
func TestDiffering(t *testing.T) {
	here := world(t, `
		same: a.go
		files: a1.go
		tests: a.go a_test.go
		hides: Same1.go a1.go
		shows: A.go
		of-hides: a.go hides
		of-shows: a.go shows
		tests-of-shows: a.go test:shows
		of-that: a.go of-shows
		system: a.go syscall
		tests-system: a.go test:golang.org/x/sys/unix
		gone: a.go`)
	there := world(t, `
		same: a.go
		files: a2.go
		tests: a.go
		hides: Same2.go a2.go
		shows: B.go
		of-hides: a.go hides
		of-shows: a.go shows
		tests-of-shows: a.go test:shows
		of-that: a.go of-shows
		system: a.go syscall
		tests-system: a.go test:golang.org/x/sys/unix
		new: A.go
		of-new: a.go new`)
	got, err := differing(here, there)
	want := strings.Fields("files hides new of-new of-shows shows system tests tests-of-shows tests-system")
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	if files := filesOnlyThere(here["files"], there["files"]); len(files) != 1 || filepath.Base(files[0]) != "a2.go" {
		t.Errorf("only there are %q", files)
	}
	if files := filesOnlyThere(here["tests"], there["tests"]); len(files) != 0 {
		t.Errorf("only there are %q", files)
	}
	if files := filesOnlyThere(nil, there["new"]); len(files) != 1 {
		t.Errorf("only there are %q", files)
	}
}

// Each kind of declaration that others see is compared, and nothing that they do not.
func TestWhatOthersSee(t *testing.T) {
	const common = "package p\n\n"
	for name, c := range map[string]struct {
		a, b string
		same bool
	}{
		"what a function does":      {"func F() int { return 1 }", "func F() int { return 2 }", true},
		"what it is given":          {"func F(int) {}", "func F(int64) {}", false},
		"a method":                  {"type T int\nfunc (T) M() {}", "type T int\nfunc (*T) M() {}", false},
		"a field":                   {"type T struct{ F int }", "type T struct{ G int }", false},
		"a constant":                {"const C = 1", "const C = \"1\"", false},
		"a variable":                {"var V int", "var W int", false},
		"what is hidden":            {"func f() {}\ntype t int\nvar v, w = 1, 2", "const c = 1", true},
		"a comment":                 {"// F is.\nfunc F() {}", "// F was.\nfunc F() {}", true},
		"the order":                 {"func F() {}\nfunc G() {}", "func G() {}\nfunc F() {}", true},
		"one that stands elsewhere": {"import \"os\"\nfunc F() {}", "\n\n\nfunc F() {}", true},
	} {
		var sides [2]map[string]bool
		for i, text := range []string{c.a, c.b} {
			p := &listed{Dir: t.TempDir(), GoFiles: []string{"a.go"}}
			if err := os.WriteFile(filepath.Join(p.Dir, "a.go"), []byte(common+text), 0o644); err != nil {
				t.Fatal(err)
			}
			var err error
			if sides[i], err = exports(p); err != nil {
				t.Fatal(err)
			}
		}
		if maps.Equal(sides[0], sides[1]) != c.same {
			t.Errorf("%s: %q and %q, same: want %v", name, slices.Collect(maps.Keys(sides[0])), slices.Collect(maps.Keys(sides[1])), c.same)
		}
	}
}

// The files of ours that are for one system are looked at there.
func TestWhatIsForASystemIsLookedAtThere(t *testing.T) {
	if testing.Short() {
		t.Skip("go list takes a second or two")
	}
	t.Chdir("../..")
	r := newRunner(t.Context(), nil)
	for _, s := range otherSystems {
		looked := map[string]bool{}
		names, err := r.differing(on(s.name, s.arch))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			looked[strings.TrimPrefix(name, "posthouse/")] = true
		}
		sets, err := r.drawing(on(s.name, s.arch))
		if err != nil {
			t.Fatal(err)
		}
		for _, files := range sets {
			for _, file := range files {
				looked[filepath.ToSlash(file)] = true
			}
		}
		err = filepath.WalkDir(".", func(name string, d os.DirEntry, err error) error {
			slashed := filepath.ToSlash(name)
			for _, end := range []string{"_" + s.name + ".go", "_" + s.name + "_test.go"} {
				inSet := func(l string) bool { return strings.HasSuffix(l, "/"+slashed) }
				if err == nil && strings.HasSuffix(name, end) && !looked[filepath.ToSlash(filepath.Dir(name))] &&
					!slices.ContainsFunc(slices.Collect(maps.Keys(looked)), inSet) {
					t.Errorf("%s is not looked at for %s", name, s.name)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
