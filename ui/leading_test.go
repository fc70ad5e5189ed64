package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/ui/compose"
	"posthouse/ui/i18n"
)

// What searches and filters leads from any room to Traffic, where it is seen; what would act on rows out of sight
// does not.
func TestSearchesLeadToTraffic(t *testing.T) {
	w := openFilled(t, windowOptions{})
	w.list.SelectID(1)
	w.until("its details are there", func() bool { return w.details.Exchange != nil })
	w.filter.set("host:api")
	run := func(id string) func() {
		return func() {
			c := w.commands.table.Find(id)
			if c == nil {
				t.Fatal("there is no", id)
			}
			w.commands.table.Run(c)
		}
	}
	for _, room := range []string{roomCompose, roomRules, roomWaiting} {
		for name, c := range map[string]struct {
			do   func()
			seen func() bool
		}{
			"Ctrl+Shift+F": {func() { w.key(fyne.KeyF, ctrl|fyne.KeyModifierShift) }, w.covered},
			"Ctrl+F":       {func() { w.key(fyne.KeyF, ctrl) }, func() bool { return w.win.Canvas().Focused() == w.filter.entry }},
			"Ctrl+Shift+D": {func() { w.key(fyne.KeyD, ctrl|fyne.KeyModifierShift) }, w.covered},
			"Ctrl+Shift+J": {func() { w.key(fyne.KeyJ, ctrl|fyne.KeyModifierShift) }, w.covered},
			"a kind":       {run("filter.kind.all"), func() bool { return true }},
			"a tab":        {run("tab.live"), func() bool { return true }},
		} {
			w.rooms.show(room)
			c.do()
			if !w.rooms.traffic() || !c.seen() {
				t.Errorf("%s in %s: in sight is %s, and it is open: %v", name, room, w.rooms.now, c.seen())
			}
			if w.covered() {
				w.leaveDialog()
			}
			w.win.Canvas().Unfocus()
		}
		if room != roomCompose { // where the numbers are its own tabs
			w.rooms.show(room)
			if w.key(fyne.Key1, ctrl); !w.rooms.traffic() {
				t.Error("Ctrl+1 stays in", room)
			}
		}
		w.rooms.show(room)
		before := w.model.Len()
		w.key(fyne.KeyK, ctrl)
		if w.model.Len() != before || w.rooms.now != room || w.notices.banner.Text.Text != i18n.T("room.why", roomKey(fyne.Key1).Text()) {
			t.Errorf("Ctrl+K in %s: %d rows, in sight is %s, and it says %q", room, w.model.Len(), w.rooms.now, w.notices.banner.Text.Text)
		}
	}
}

// In Compose the search in the body is for the answer that is in sight there.
func TestFindInComposeIsForItsAnswer(t *testing.T) {
	origin := newRawOrigin(t)
	w := openWindow(t, windowOptions{})
	room := w.rooms.compose
	w.rooms.show(roomCompose)
	find := w.commands.table.Find("find")
	w.commands.table.Run(find)
	if !w.rooms.composing() {
		t.Fatal("there is no answer, and it leads away")
	}
	fyne.CurrentApp().Clipboard().SetContent("curl http://" + origin.Addr().String() + "/a")
	w.key(fyne.KeyN, ctrl)
	w.win.Canvas().Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
	w.key(fyne.KeyReturn, ctrl)
	w.until("it can be searched", func() bool { return !room.Sending() && compose.CanFind(room) })
	w.commands.table.Run(find)
	w.until("its body is searched", func() bool {
		return fmt.Sprintf("%T", w.win.Canvas().Focused()) == "*document.searchEntry" && w.rooms.composing()
	})
}
