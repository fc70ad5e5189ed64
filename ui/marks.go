package ui

import (
	"fyne.io/fyne/v2"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// marks gives rows the colours, stars and notes that a person chose, and deletes rows. It
// belongs to the UI goroutine.
type marks struct {
	*services
	memory     *memory
	notices    *notices
	showColumn func(name string) // has the list show what is said about rows
	remember   func()            // writes down how the window stands
	deleted    func()            // rows are no longer there
}

// rowStore is where rows are kept.
type rowStore interface {
	Row(flow.ID) (flow.Row, bool)
	Annotate(flow.ID, flow.Annotation) bool // false: the row is not there, or there is no room
}

// atOnce is how many rows are changed on the UI goroutine: some milliseconds.
const atOnce = 1000

// annotate changes what is said about rows, and goes on with then where there was room
// for all of it.
func (k *marks) annotate(ids []flow.ID, change func(*flow.Annotation), then func()) {
	k.annotateIn(k.tiers, ids, change, then)
}

// annotateIn is annotate for rows of a tab that may no longer be in sight.
func (k *marks) annotateIn(rows rowStore, ids []flow.ID, change func(*flow.Annotation), then func()) {
	if len(ids) <= atOnce {
		k.annotated(write(rows, ids, change), then)
		return
	}
	k.work(func() func() {
		room := write(rows, ids, change)
		return func() { k.annotated(room, then) }
	})
}

// write reports whether there was room for what is said, up to the first row for which
// there was none. It may run on any goroutine.
func write(rows rowStore, ids []flow.ID, change func(*flow.Annotation)) (room bool) {
	for _, id := range ids {
		row, there := rows.Row(id)
		said := row.Annotation
		if change(&said); !there || said == row.Annotation || rows.Annotate(id, said) {
			continue
		}
		if _, there = rows.Row(id); there {
			return false
		}
	}
	return true
}

func (k *marks) annotated(room bool, then func()) {
	if !room {
		k.notices.answer(notice{source: source{kind: ofMarking}, text: i18n.T("mark.full")})
		return
	}
	k.notices.withdraw(ofMarking)
	k.sayUnkept()
	then()
}

// sayUnkept says once for a session that its file does not keep what is said about its rows.
func (k *marks) sayUnkept() {
	t := k.tab
	if t.live() || t.saidUnkept || !t.opened.Unkept() {
		return
	}
	t.saidUnkept = true
	text := i18n.T("session.beside", t.name())
	if t.opened.Format != archive.Session {
		text = i18n.T("session.foreign", t.name())
	}
	k.notices.answer(notice{source: source{kind: ofSession, what: t.opened.Path}, text: text})
}

// reveal brings a column into sight when it is first used. Whoever hides it after that
// wants it hidden.
func (k *marks) reveal(column string) {
	said := column + " column"
	if !k.memory.said(said) {
		k.showColumn(column)
		k.memory.say(said)
		k.remember() // with the column: a crash must not leave it hidden for good
	}
}

// set marks rows with a colour, or takes it off.
func (k *marks) set(ids []flow.ID, m flow.Mark) {
	k.annotate(ids, func(a *flow.Annotation) { a.Mark = m }, func() {
		if m != flow.MarkNone {
			k.memory.Mark = m.String()
			k.reveal(list.MarkColumn)
		}
	})
}

// toggle marks rows with the colour used last or, where all of them are marked, takes
// their marks off.
func (k *marks) toggle(ids []flow.ID) {
	m := flow.MarkNone
	if !k.all(ids, func(a *flow.Annotation) bool { return a.Mark != flow.MarkNone }) {
		var ok bool
		if m, ok = flow.ParseMark(k.memory.Mark); !ok {
			m = flow.MarkRed
		}
	}
	k.set(ids, m)
}

// star stars rows or, where all of them are, takes their stars off.
func (k *marks) star(ids []flow.ID) {
	on := !k.starred(ids)
	k.annotate(ids, func(a *flow.Annotation) { a.Star = on }, func() {
		if on {
			k.reveal(list.StarColumn)
		}
	})
}

func (k *marks) starred(ids []flow.ID) bool {
	return k.all(ids, func(a *flow.Annotation) bool { return a.Star })
}

// all reports whether something is said about each of some rows, and there is one. It asks
// for no more rows than can have something said about them.
func (k *marks) all(ids []flow.ID, is func(*flow.Annotation) bool) bool {
	for _, id := range ids {
		row, ok := k.tiers.Row(id)
		if !ok || !is(&row.Annotation) {
			return false
		}
	}
	return len(ids) > 0
}

// menu is the entry of a menu below which something is said about rows: a star, a note, a colour.
func (k *marks) menu(ids []flow.ID) *fyne.MenuItem {
	word := "row.star"
	if k.starred(ids) {
		word = "row.unstar"
	}
	star := fyne.NewMenuItem(i18n.T(word), func() { k.star(ids) })
	star.Icon = uiwidget.StarPicture
	items := []*fyne.MenuItem{star, fyne.NewMenuItem(i18n.T("row.note"), func() { k.note(ids) }), fyne.NewMenuItemSeparator()}
	for _, m := range append([]flow.Mark{flow.MarkNone}, flow.Marks[:]...) {
		color := fyne.NewMenuItem(words.MarkText(m), func() { k.set(ids, m) })
		color.Icon = uiwidget.MarkPicture(m)
		color.Checked = k.all(ids, func(a *flow.Annotation) bool { return a.Mark == m })
		items = append(items, color)
	}
	return below("row.mark", items)
}
