package main

import (
	"bytes"
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

// A name that is imported no longer would be raced again, and say nothing. One that has a sync.Map would
// let what others keep in theirs look raced.
func TestWhatIsNotRacedIsThere(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{.Dir}}", "./proxy/...", "./app/...")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range unraced {
		tree, found := strings.TrimSuffix(pattern, "/..."), 0
		for line := range strings.Lines(string(out)) {
			name, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
			if name != tree && (tree == pattern || !strings.HasPrefix(name, tree+"/")) {
				continue
			}
			found++
			files, err := filepath.Glob(filepath.Join(dir, "*.go"))
			if err != nil || len(files) == 0 {
				t.Errorf("%s: %d files, %v", dir, len(files), err)
			}
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil || bytes.Contains(text, []byte("sync.Map")) {
					t.Errorf("%s has a sync.Map, or %v", file, err)
				}
			}
		}
		if found == 0 {
			t.Errorf("nothing imports %s", pattern)
		}
	}
}
