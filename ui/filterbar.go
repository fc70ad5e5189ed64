package ui

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// filterBar is where a filter is typed: the list follows it, and what cannot be read is
// underlined, and said below. It belongs to the UI goroutine.
type filterBar struct {
	*services
	entry *uiwidget.KeyEntry
	clear *widget.Button
	bad   *widget.Label
	quick *quickButtons
	saved *savedFilters

	turning bool               // to the filter of another tab, whose rows it has filtered
	apply   func(*query.Query) // what could be read
	changed func(text string)
}

func newFilterBar(s *services, shortcut func(fyne.Shortcut), apply func(*query.Query), changed func(string),
	report func(error)) *filterBar {
	f := &filterBar{services: s, apply: apply, changed: changed, entry: uiwidget.NewKeyEntry(), bad: widget.NewLabel("")}
	f.entry.Wrapping = fyne.TextWrap(fyne.TextTruncateClip) // it scrolls: a long text makes the window no wider
	f.entry.Window = shortcut
	f.entry.OnChanged = f.change
	f.entry.Escape = f.leave
	f.clear = uiwidget.IconButton(theme.CancelIcon(), f.reset)
	f.clear.Hide()
	f.entry.ActionItem = f.clear
	f.bad.Importance = widget.DangerImportance
	f.bad.SizeName = theme.SizeNameCaptionText
	f.bad.Wrapping = fyne.TextWrapWord // a long sentence makes the window no wider
	f.bad.Hide()
	f.quick = newQuickButtons(f.text, f.set)
	f.saved = newSavedFilters(s, f.text, f.set, report)
	f.quick.follow("")
	return f
}

// object is all of it, with a button behind the box.
func (f *filterBar) object(behind fyne.CanvasObject) fyne.CanvasObject {
	buttons := container.NewHBox(f.saved.button, behind)
	return container.New(uiwidget.TightColumn{}, container.NewBorder(nil, nil, nil, buttons, f.entry), f.quick.object, f.bad)
}

func (f *filterBar) text() string { return f.entry.Text }

func (f *filterBar) set(text string) { f.entry.SetText(text) }

// turn shows the filter of another tab, and how far that has come.
func (f *filterBar) turn(text string, looks *feed.Looks) {
	f.turning = true
	f.set(text)
	f.turning = false
	f.quick.show(*looks)
}

// reset shows everything.
func (f *filterBar) reset() { f.set("") }

// add adds a word.
func (f *filterBar) add(word string) { f.set(strings.Join(append(query.Words(f.text()), word), " ")) }

// scope narrows the filter to one host or app, or widens it again.
func (f *filterBar) scope(word string) { f.set(feed.WithScope(f.text(), word)) }

// mistaken reports whether a part of it cannot be read.
func (f *filterBar) mistaken() bool { return f.bad.Visible() }

// passes reports whether the filter lets a row pass.
func (f *filterBar) passes(row *flow.Row) bool {
	q, _ := query.Parse(f.text())
	return q.Match(row)
}

func (f *filterBar) focus() { f.win.Canvas().Focus(f.entry) }

// leave empties it, or gives the focus back.
func (f *filterBar) leave() {
	if f.text() != "" {
		f.reset()
		return
	}
	f.win.Canvas().Unfocus()
}

// change compiles what was typed; words that cannot be read are said and left out.
func (f *filterBar) change(text string) {
	f.clear.Hidden = text == ""
	f.quick.follow(text)
	q, err := query.Parse(text)
	var bad *query.Error
	if errors.As(err, &bad) {
		f.bad.Importance = widget.DangerImportance
		if unfinished(text, bad) {
			f.bad.Importance = widget.MediumImportance
		}
		f.bad.SetText(filterErrorText(bad))
	}
	f.underline(text, q, bad)
	uiwidget.SetShown(f.bad, bad != nil)
	if q != nil && !f.turning {
		f.apply(q)
	}
	f.changed(text)
}

// underline underlines what cannot be read.
func (f *filterBar) underline(text string, q *query.Query, bad *query.Error) {
	var mistakes []*query.Error
	switch {
	case q != nil:
		mistakes = q.Mistakes()
	case bad != nil:
		mistakes = []*query.Error{bad}
	}
	var parts []uiwidget.Underlining
	for _, m := range mistakes {
		parts = append(parts, uiwidget.Underlining{From: m.Pos, To: m.End, Mild: unfinished(text, m)})
	}
	f.entry.Underline(parts)
}

func (f *filterBar) retranslate() {
	f.entry.SetPlaceHolder(i18n.T("filter.hint"))
	f.quick.retranslate()
	if f.mistaken() {
		f.change(f.text())
	}
}

// filterErrorText says what a filter expects where it cannot be understood, and
// what becomes of the word until then. Of further mistakes it says how many there are.
func filterErrorText(e *query.Error) string {
	text := words.Reason(e.Reason())
	switch {
	case e.Code == "long":
		return i18n.T("filter.kept", text)
	case e.More > 0:
		return i18n.N("filter.more_left_out", e.More, text, words.CountText(e.More))
	}
	return i18n.T("filter.left_out", text)
}

// unfinished reports whether a filter is only not written to its end: a value or
// a closing quote is still to come. That needs help, and no alarm.
func unfinished(text string, e *query.Error) bool {
	return e.End == len(text) && e.Arg == "" && e.Code != "long"
}
