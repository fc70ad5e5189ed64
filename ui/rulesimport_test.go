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

// importLines are the lines that would be written.
func importLines(w *testWindow) string {
	for _, e := range uitest.Seen[*uiwidget.KeyEntry](w.overlay()) {
		if e.MultiLine {
			return e.Text
		}
	}
	return ""
}

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
	lines := func() string { return importLines(w) }
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
	lines := func() string { return importLines(w) }
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

// Where the rules cannot be added their files are not left behind.
func TestImportThatFailsLeavesNoFiles(t *testing.T) {
	w, path := openRuled(t, "", windowOptions{})
	dir := t.TempDir()
	from := filepath.Join(dir, "rules.txt")
	for name, text := range map[string]string{filepath.Join(dir, "users.json"): `{"copied":true}`,
		from: "a.test file://" + filepath.ToSlash(filepath.Join(dir, "users.json")) + "\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.openRoom().Import()
	entry := importPath(w)
	entry.SetText(from)
	entry.OnSubmitted("")
	w.until("the tick is there", func() bool { return len(uitest.Seen[*widget.Check](w.overlay())) == 1 })
	uitest.Seen[*widget.Check](w.overlay())[0].SetChecked(true)
	add := func() *uiwidget.KeyButton { return addButton(w) }
	w.until("rules can be added", func() bool {
		return !add().Disabled() && !strings.Contains(importLines(w), "off = true")
	})
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // which cannot be read as the file of rules
		t.Fatal(err)
	}
	add().Tapped(nil)
	w.until("it is said and can be tried again", func() bool {
		return strings.Contains(uitest.Words(w.overlay()), "Nothing could be taken") && !add().Disabled()
	})
	if all, err := os.ReadDir(filepath.Join(filepath.Dir(path), "answers")); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
}
