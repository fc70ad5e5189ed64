package ui

import (
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// A rule that is dragged while its folder is folded goes nowhere, and no other goes in its place.
func TestADraggedRuleThatIsFoldedAway(t *testing.T) {
	const text = "[[rule]]\nname='a'\nfolder='F'\nblock='403'\n[[rule]]\nname='b'\nfolder='F'\nblock='403'\n" +
		"[[rule]]\nname='c'\nfolder='F'\nblock='403'\n"
	w, path := openRuled(t, text, windowOptions{})
	room := w.openRoom()
	var list fyne.Widget = room.List()
	keys := list.(fyne.Focusable)
	keys.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	rows, _ := uitest.ListRows(list, 30)
	if len(rows) != 4 {
		t.Fatalf("%d lines", len(rows))
	}
	row := rows[3].Object.(fyne.Draggable)
	top := fyne.CurrentApp().Driver().AbsolutePositionForObject(list)
	over := func(y float32) {
		row.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{AbsolutePosition: top.AddXY(60, y)}})
	}
	over(rows[3].Y)
	keys.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	over(rows[1].Y)
	keys.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	over(rows[1].Y)
	row.DragEnd()
	if now, _ := os.ReadFile(path); string(now) != text {
		t.Errorf("%s", now)
	}
	over(rows[1].Y) // the next drag goes where it is taken
	row.DragEnd()
	w.fileHas(path, "name='a'")
	if now, _ := os.ReadFile(path); string(now) == text {
		t.Error("nothing is dragged any more")
	}
}

// Where the file was changed while a person was asked, nothing is done: the rule may be another one.
func TestRulesAreNotDeletedThatCameMeanwhile(t *testing.T) {
	const text = "[[rule]]\nname='a'\nblock='403'\n[[rule]]\nname='b'\nblock='403'\n"
	w, path := openRuled(t, text, windowOptions{})
	room := w.openRoom()
	entry := uitest.Seen[*uiwidget.KeyEntry](w.rulesRoom())[0]
	entry.SetText(entry.Text + "# typed\n")
	room.Delete()
	const more = "[[rule]]\nname='new'\nblock='reset'\n" + text
	if err := os.WriteFile(path, []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	w.until("it is followed", func() bool { return strings.Contains(strings.Join(uitest.Texts(w.rulesRoom()), "\n"), "new") })
	w.press("Yes")
	w.until("it says so", func() bool { return strings.Contains(w.roomWords(), "nothing was done") })
	if now, _ := os.ReadFile(path); string(now) != more {
		t.Errorf("%s", now)
	}
}

// Who quits is asked about a rule that is written and not saved.
func TestQuittingAsksForAWrittenRule(t *testing.T) {
	w, path := openRuled(t, someRules, windowOptions{})
	w.openRoom()
	entry := uitest.Seen[*uiwidget.KeyEntry](w.rulesRoom())[0]
	quits := 0
	w.residency.quit = func() { quits++ }
	ask := func(answer string, want int) {
		t.Helper()
		before := quits
		if w.residency.end(); quits != before {
			t.Fatal("it ended without a question")
		}
		w.press(answer)
		if quits != want {
			t.Errorf("after %s it ended %d times, not %d", answer, quits, want)
		}
	}
	if w.residency.end(); quits != 1 {
		t.Fatal("it is asked, and nothing was written")
	}
	entry.SetText(entry.Text + "# typed\n")
	ask("Cancel", 1)
	if entry.SetText(entry.Text + "wrong"); !strings.Contains(entry.Text, "typed") {
		t.Fatal("it is lost")
	}
	ask("Save", 1) // it cannot be, and the room says why
	ask("Quit without saving", 2)
	entry.SetText(strings.TrimSuffix(entry.Text, "wrong"))
	ask("Save", 3)
	w.fileHas(path, "# typed")
}

// A folder that is chosen stays so when rules come before it, and none of them is deleted in its place.
func TestAChosenFolderIsFollowed(t *testing.T) {
	const others = "[[rule]]\nname='a'\nblock='403'\n"
	const folder = "[[rule]]\nname='b'\nfolder='F'\nblock='403'\n[[rule]]\nname='c'\nfolder='F'\nblock='403'\n"
	w, path := openRuled(t, others+folder, windowOptions{})
	var list fyne.Widget = w.openRoom().List()
	keys := list.(fyne.Focusable)
	keys.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	const more = "[[rule]]\nname='new'\nblock='reset'\n" + others
	if err := os.WriteFile(path, []byte(more+folder), 0o600); err != nil {
		t.Fatal(err)
	}
	w.until("it is followed", func() bool { return strings.Contains(strings.Join(uitest.Texts(w.rulesRoom()), "\n"), "new") })
	keys.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	if now, _ := os.ReadFile(path); string(now) != more {
		t.Errorf("%s", now)
	}
}
