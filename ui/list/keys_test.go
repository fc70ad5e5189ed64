package list

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/proxy/flow"
	"posthouse/ui/style"
)

// The key for it, or Shift with F10, opens the menu of the row that the keys are at, below that row.
func TestAKeyOpensTheMenuOfARow(t *testing.T) {
	l := newTestList(t, 200)
	var menu flow.ID
	var at fyne.Position
	l.deps.Menu = func(id flow.ID, place fyne.Position) { menu, at = id, place }
	held := fyne.KeyModifier(0)
	l.held = func() fyne.KeyModifier { return held }
	press := func(key fyne.KeyName) { l.Rows.TypedKey(&fyne.KeyEvent{Name: key}) }

	l.SetFollow(false)
	l.SelectID(3)
	press(fyne.KeyDown)
	press(desktop.KeyMenu)
	top := fyne.CurrentApp().Driver().AbsolutePositionForObject(l.Rows).Y
	if want := top + 4*style.RowHeight - l.Rows.GetScrollOffset(); menu != 4 || l.Selected != 4 || at.Y != want {
		t.Errorf("the menu of %d opens at %v, want that of 4 at %v", menu, at, want)
	}
	menu = 0
	press(fyne.KeyF10)
	if menu != 0 {
		t.Error("F10 alone opens a menu")
	}
	held = fyne.KeyModifierShift
	press(fyne.KeyF10)
	if menu != 4 {
		t.Errorf("Shift+F10 opens the menu of %d", menu)
	}
	l.SelectID(0)
	press(desktop.KeyMenu)
	if first, _ := l.Rows.inSight(); menu == 0 || l.Selected != l.shown.At(first) {
		t.Errorf("nothing was selected: the menu of %d, selected is %d", menu, l.Selected)
	}
}
