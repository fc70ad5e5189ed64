package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// addButton is that of the sheet.
func addButton(w *testWindow) *uiwidget.KeyButton {
	w.t.Helper()
	for _, b := range uitest.Seen[*uiwidget.KeyButton](w.overlay()) {
		if b.Text == "Add rules" {
			return b
		}
	}
	w.t.Fatal("no button that adds")
	return nil
}

// What the room saves elsewhere it takes back: the rules as they are written, and of a network with a name what
// it says.
func TestSavedRulesAreImported(t *testing.T) {
	const mine = "# above all\n\n[[rule]]\nname = 'A' # kept\nwhen = 'host:a'\nblock = '403'\n\n" +
		"# why\n[[rule]]\nname = 'B'\noff = true\nmark = 'red'\n" +
		"[[rule]]\nname = 'C'\nanswer.file = 'answers/none.json'\n"
	w, path := openRuled(t, "[presets]\noffice = { down = '5 Mbit/s' }\n\n"+mine+
		"[[rule]]\nname = 'D'\nthrottle.preset = 'office'\n", windowOptions{})
	room := w.openRoom()
	saved := filepath.Join(t.TempDir(), "saved.toml")
	text, err := w.controller.Rules().Text() // which the room saves
	if err == nil {
		err = os.WriteFile(saved, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("[[rule]]\nname='Mine'\nmark='blue'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.until("the other rules are read", func() bool { return strings.Contains(w.roomWords(), "Mine") })
	room.Import()
	entry := importPath(w)
	entry.SetText(saved)
	entry.OnSubmitted("")
	w.until("it is read", func() bool { return !addButton(w).Disabled() })
	if words := uitest.Words(w.overlay()); !strings.Contains(words, "Rules of Posthouse: 3 on, 1 off") ||
		!strings.Contains(words, "C: the file answers/none.json cannot be used") {
		t.Error(words)
	}
	addButton(w).Tapped(nil)
	w.fileHas(path, "office")
	text, err = os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), mine) || !strings.Contains(string(text), "throttle = {down = '5 Mbit/s'}") {
		t.Errorf("%v\n%s", err, text)
	}
	w.until("they are listed", func() bool {
		words := w.roomWords()
		return strings.Contains(words, "Mine") && strings.Contains(words, "A") && strings.Contains(words, "D")
	})
}

// Of more than the sheet shows all is added.
func TestALongFileOfRulesIsImported(t *testing.T) {
	w, path := openRuled(t, "", windowOptions{})
	var text strings.Builder
	for i := range 200 { // few lines and long ones, which the toolkit lays out sooner
		fmt.Fprintf(&text, "[[rule]]\nname = 'Rule number %d'\nnote = '%s'\n\n", i, strings.Repeat("long ", 100))
	}
	saved := filepath.Join(t.TempDir(), "saved.toml")
	if err := os.WriteFile(saved, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	w.openRoom().Import()
	entry := importPath(w)
	entry.SetText(saved)
	entry.OnSubmitted("")
	w.until("it is read", func() bool { return !addButton(w).Disabled() })
	if shown := importLines(w); len(shown) > 64<<10 || !strings.HasPrefix(shown, "[[rule]]") || !strings.HasSuffix(shown, "\n") {
		t.Errorf("%d bytes are shown", len(shown))
	}
	if words := uitest.Words(w.overlay()); !strings.Contains(words, "200 on") || !strings.Contains(words, "all of it is added") {
		t.Error(words)
	}
	addButton(w).Tapped(nil)
	w.fileHas(path, "Rule number 199")
	if got, err := os.ReadFile(path); err != nil || string(got) != text.String() {
		t.Errorf("%v: %d bytes, want %d", err, len(got), text.Len())
	}
}

// That the file of a rule is not there is said below the rule.
func TestAMissingAnswerFileIsSaid(t *testing.T) {
	w, path := openRuled(t, "[[rule]]\nname='A'\nanswer.file='none.json'\n", windowOptions{})
	w.openRoom()
	w.until("it is said", func() bool { return strings.Contains(w.roomWords(), "Not there: "+filepath.Dir(path)) })
}
