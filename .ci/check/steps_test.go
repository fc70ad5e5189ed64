package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each package of the ui has its own pictures beside it.
func TestDifferingPicturesOfAnyPackage(t *testing.T) {
	root := filepath.Join(t.TempDir(), "ui")
	for _, name := range []string{
		"testdata/failed/window.png", "list/testdata/failed/row.png", "list/testdata/row.png", "list/testdata/failed/notes.txt",
		"details/tabs/testdata/failed/raw.png", "failed/other.png",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, name := range differingPictures(root) {
		rel, err := filepath.Rel(root, name)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, filepath.ToSlash(rel))
	}
	want := []string{"details/tabs/testdata/failed/raw.png", "list/testdata/failed/row.png", "testdata/failed/window.png"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWithin(t *testing.T) {
	for name, want := range map[string]bool{
		"posthouse/ui": true, "posthouse/ui/list": true, "posthouse/uikit": false, "posthouse/cmd/posthoused": false,
		"posthouse/cmd/posthouse/e2e": true,
	} {
		if got := within(name, ownSteps); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What linters see without a graphics library is all there is, but for the font.
func TestFilesThatDifferWithTheGraphicsLibrary(t *testing.T) {
	constrained := regexp.MustCompile(`(?m)^//go:build .*\b(ci|cgo)\b`)
	for _, tree := range []string{"../../ui", "../../cmd/posthouse"} {
		err := filepath.WalkDir(tree, func(name string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
				return err
			}
			text, err := os.ReadFile(name)
			if constrained.Match(text) && !strings.Contains(d.Name(), "font") {
				t.Errorf("%s is built with a graphics library only, or without: have the steps vet and staticcheck look at it", name)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// A name that is no longer in a module or in Go's library would be raced again, and say nothing.
func TestWhatIsNotRacedIsThere(t *testing.T) {
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range unraced {
		name = strings.TrimSuffix(name, "/...")
		module, _, _ := strings.Cut(name, "/")
		if dir, ours := strings.CutPrefix(name, "posthouse/"); ours {
			if _, err := os.Stat("../../" + dir); err != nil {
				t.Error(err)
			}
		} else if !strings.Contains(module, ".") {
			if _, err := os.Stat(filepath.Join(strings.TrimSpace(string(root)), "src", name)); err != nil {
				t.Error(err)
			}
		} else if !strings.Contains(string(text), name) {
			t.Errorf("%s is in no module that go.mod names", name)
		}
	}
}
