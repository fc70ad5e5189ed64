package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2/widget"

	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// A file that imported rules name elsewhere is copied by a tick, and not without it.
func TestImportCopiesFilesByATick(t *testing.T) {
	w, path := openRuled(t, "[[rule]]\nname='Mine'\nblock='403'\n", windowOptions{})
	dir := t.TempDir()
	for name, text := range map[string]string{"users.json": `{"copied":true}`,
		"rules.txt": "a.test file://" + filepath.ToSlash(filepath.Join(dir, "users.json")) + "\n",
		"other.txt": "b.test statusCode://404\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.openRoom().Import()
	entry := importPath(w)
	lines := func() string {
		for _, e := range uitest.Seen[*uiwidget.KeyEntry](w.overlay()) {
			if e.MultiLine {
				return e.Text
			}
		}
		return ""
	}
	shows := func(name, want string) {
		t.Helper()
		if name != "" {
			entry.SetText(filepath.Join(dir, name))
			entry.OnSubmitted("")
		}
		w.until("the lines have "+want, func() bool { return strings.Contains(lines(), want) })
	}
	ticks := func() []*widget.Check { return uitest.Seen[*widget.Check](w.overlay()) }
	shows("rules.txt", "off = true")
	if all := ticks(); len(all) != 1 || all[0].Checked || !strings.Contains(all[0].Text, "users.json") {
		t.Fatal(all)
	}
	shows("other.txt", "b.test")
	if len(ticks()) != 0 {
		t.Error("a tick for no file")
	}
	shows("rules.txt", "off = true")
	ticks()[0].SetChecked(true)
	w.until("the rule is on", func() bool { return !strings.Contains(lines(), "off = true") })
	for _, b := range uitest.Seen[*uiwidget.KeyButton](w.overlay()) {
		if b.Text == "Add rules" && !b.Disabled() {
			b.Tapped(nil)
		}
	}
	w.fileHas(path, "answer = {file = 'answers/users.json', missing = 'error'}")
	if text, err := os.ReadFile(filepath.Join(filepath.Dir(path), "answers", "users.json")); string(text) != `{"copied":true}` {
		t.Error(err)
	}
}

// A tick is for the file that was read, and not for one whose path was typed since.
func TestImportTicksForWhatWasRead(t *testing.T) {
	w, _ := openRuled(t, "[[rule]]\nname='Mine'\nblock='403'\n", windowOptions{})
	dir := t.TempDir()
	for name, text := range map[string]string{"users.json": `{"copied":true}`,
		"rules.txt": "a.test file://" + filepath.ToSlash(filepath.Join(dir, "users.json")) + "\n",
		"other.txt": "b.test file://" + filepath.ToSlash(filepath.Join(dir, "users.json")) + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.openRoom().Import()
	entry := importPath(w)
	lines := func() string {
		for _, e := range uitest.Seen[*uiwidget.KeyEntry](w.overlay()) {
			if e.MultiLine {
				return e.Text
			}
		}
		return ""
	}
	entry.SetText(filepath.Join(dir, "rules.txt"))
	entry.OnSubmitted("")
	w.until("it is read", func() bool { return strings.Contains(lines(), "off = true") })
	entry.SetText(filepath.Join(dir, "other.txt"))
	uitest.Seen[*widget.Check](w.overlay())[0].SetChecked(true)
	w.until("the rule is on", func() bool { return lines() != "" && !strings.Contains(lines(), "off = true") })
	if text := lines(); !strings.Contains(text, "a.test") || strings.Contains(text, "b.test") {
		t.Error(text)
	}
}
