package app

import (
	"os"
	"path/filepath"
	"testing"
)

// A folder of answers is a new one, and no link leads out of the folder of the rules.
func TestFoldersOfAnswers(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	to := Answers(dir)
	for _, want := range []string{"answers/site", "answers/site-2"} {
		if got, err := to.NewFolder("site"); err != nil || got != want {
			t.Error(got, err)
		}
	}
	if err := to.Put("answers/site", "js/a.js", []byte("a")); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "answers", "site", "js", "a.js")); string(text) != "a" {
		t.Error(err)
	}
	if err := to.Put("answers/site", "js/a.js", []byte("b")); err == nil {
		t.Error("a file was written over")
	}
	if err := os.Symlink(outside, filepath.Join(dir, "answers", "site", "out")); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"out/x", "../../../x", "../../x/../../x"} {
		if err := to.Put("answers/site", name, []byte("x")); err == nil && name == "out/x" {
			t.Error(name)
		}
	}
	if all, err := os.ReadDir(outside); err != nil || len(all) > 0 {
		t.Error(all, err)
	}
	for _, name := range []string{"answers", "answers/../rules.toml", "../x", "", "answers/site/js"} {
		if to.Remove(name) == nil {
			t.Errorf("%q could be removed", name)
		}
	}
	if err := to.Remove("answers/site"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "answers", "site")); !os.IsNotExist(err) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "answers", "site-2")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
	link := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(link, "answers")); err != nil {
		t.Fatal(err)
	}
	if got, err := Answers(link).New("x", []byte("x")); err == nil {
		t.Error(got)
	}
	if got, err := Answers(link).NewFolder("x"); err == nil {
		t.Error(got)
	}
	if all, err := os.ReadDir(outside); err != nil || len(all) > 0 {
		t.Error(all, err)
	}
}
