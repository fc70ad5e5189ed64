package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/widget"

	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// A tick below a rule that answers with a file says what becomes of requests where there is none.
func TestATickForMissingFiles(t *testing.T) {
	w, _ := openRuled(t, someRules, windowOptions{})
	w.openRoom()
	tick := func() *widget.Check {
		for _, c := range uitest.Seen[*widget.Check](w.rulesRoom()) {
			if strings.Contains(c.Text, "no file") {
				return c
			}
		}
		return nil
	}
	if got := w.edited(); !strings.Contains(got, "users.json") || tick() == nil || tick().Checked {
		t.Fatalf("%s: %+v", got, tick())
	}
	for on, want := range map[bool]string{true: `missing = "error"`, false: `missing = "pass"`} {
		tick().SetChecked(!on)
		tick().SetChecked(on)
		if got := w.edited(); strings.Count(got, want) != 1 || strings.Count(got, "missing") != 1 || tick().Checked != on {
			t.Errorf("%v: %s", on, got)
		}
	}
	entry := uitest.Seen[*uiwidget.KeyEntry](w.rulesRoom())[0]
	entry.SetText("[[rule]]\nanswer = { message = 'm.http', missing = 'error' }\n")
	if tick() == nil || !tick().Checked {
		t.Error("the tick does not follow the lines")
	}
	entry.SetText("[[rule]]\nanswer.text = 'a'\n")
	if tick() != nil {
		t.Error("a text is missing nothing")
	}
}
