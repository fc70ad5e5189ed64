package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/archive"
	"posthouse/ui/i18n"
	"posthouse/ui/share"
	"posthouse/ui/words"
)

// unkept asks before what was said about requests is lost: their file belongs to another program, or
// cannot be written to. It belongs to the UI goroutine.
type unkept struct{ w *Window }

// tabs are those in which something was said that their files do not have.
func (u unkept) tabs() (all []*tab) {
	for _, t := range u.w.tabs.all[1:] {
		if t.opened.Unkept() && !t.forsaken {
			all = append(all, t)
		}
	}
	return all
}

// closing asks what becomes of it before a tab is closed.
func (u unkept) closing(t *tab) {
	u.ask("unkept.title", i18n.T("unkept.close", t.name()), answers{"unkept.discard", func() {
		t.forsaken = true
		u.w.tabs.close(t)
	}, "unkept.save", func() { u.keep(t) }})
}

// keep saves all of a tab with what was said, and closes the tab then.
func (u unkept) keep(t *tab) {
	u.w.tabs.show(t)
	e := exports(u)
	e.ask(archive.Session, []share.Choice{e.everything()}, 0, func() {
		t.forsaken = true
		u.w.tabs.close(t)
	})
}

// ending asks before the app ends, and reports whether there was anything to ask.
func (u unkept) ending(end func()) bool {
	room := u.w.setups.ruled.room
	if room == nil || !room.Unsaved() {
		return u.endingTabs(end)
	}
	u.w.Show()
	u.w.rooms.show(roomRules)
	goOn := func() {
		if !u.endingTabs(end) {
			end()
		}
	}
	u.ask("rules.discard", i18n.T("rules.quit.text"), answers{"unkept.quit.anyway", goOn, "rules.save", func() {
		if room.Save(); !room.Unsaved() { // else the room says why
			goOn()
		}
	}})
	return true
}

// endingTabs is ending for what was said in tabs.
func (u unkept) endingTabs(end func()) bool {
	all := u.tabs()
	if len(all) == 0 {
		return false
	}
	u.w.Show() // it may be in the tray
	text := i18n.T("unkept.quit", all[0].name())
	if len(all) > 1 {
		text = i18n.T("unkept.quit.more", all[0].name(), words.CountText(len(all)-1))
	}
	u.ask("unkept.title", text, answers{"unkept.quit.anyway", end, "unkept.save", func() { u.keep(all[0]) }})
	return true
}

// answers are what can be answered beside Cancel: words of the catalogue, and what they do.
type answers struct {
	discard string
	lose    func()
	keep    string
	save    func()
}

// ask shows the question.
func (u unkept) ask(title, text string, can answers) {
	label := widget.NewLabel(text)
	label.Wrapping = fyne.TextWrapWord
	d := dialog.NewCustomWithoutButtons(i18n.T(title), label, u.w.win)
	answer := func(act func()) func() {
		return func() {
			d.Hide()
			act()
		}
	}
	keep := widget.NewButton(i18n.T(can.keep), answer(can.save))
	keep.Importance = widget.HighImportance
	d.SetButtons([]fyne.CanvasObject{widget.NewButton(i18n.T("settings.cancel"), d.Hide),
		widget.NewButton(i18n.T(can.discard), answer(can.lose)), keep})
	d.Resize(fyne.NewSize(480, d.MinSize().Height))
	u.w.open(d)
}
