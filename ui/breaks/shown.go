package breaks

import (
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/breakpoints"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// refresh shows the message that is chosen.
func (r *Room) refresh() {
	d := r.now
	if d != r.body.of {
		r.leave()
	}
	uiwidget.SetShown(r.editing, d != nil)
	uiwidget.SetShown(r.empty, d == nil)
	if d == nil {
		return
	}
	waits := d.m.State() == breakpoints.Waiting
	hidden := r.deps.Hidden()
	head, body := d.head, d.body
	if d.answers {
		head, body = d.answer[0], d.answer[1]
	}
	if hidden {
		head, body = "", ""
	}
	r.head.show(head, d.table(hidden), hidden || !waits)
	r.body.show(d, head, body, r.head.locked || !d.answers && (!d.ready || !d.m.Behind.IsZero()), hidden)
	r.body.name.Set(bodyName(d))
	r.raw.OnChanged = nil
	r.raw.SetChecked(d.raw)
	r.raw.OnChanged = func(on bool) { d.raw = on }
	uiwidget.SetShown(r.raw, d.m.CanRaw && !d.answers)
	uiwidget.SetShown(r.reveal, d.m.Row.ID != 0)
	r.title.Set(title(r, d.m))
	r.showAbout()
	r.send.SetText(i18n.T(r.GoName()))
	r.answer.SetText(i18n.T("breaks.answer"))
	if d.answers {
		r.answer.SetText(i18n.T("breaks.answer.back"))
	}
	uiwidget.SetShown(r.answer, d.m.Part == breakpoints.Request)
	for _, b := range [...]*widget.Button{r.send, r.answer} {
		enable(b, waits && !hidden)
	}
	enable(r.pass, waits)
	enable(r.abort, waits)
	r.buttons.Refresh()
	r.tell()
}

// leave takes the focus away from what is typed into: what was meant for one message is not for another,
// which may have that place hidden.
func (r *Room) leave() {
	c := r.deps.Window.Canvas()
	switch at := c.Focused(); {
	case at == nil:
	case at == r.head.start, at == r.head.raw.LineView, at == r.body.text.LineView, at == r.body.hex.LineView,
		r.head.fields.Has(at), r.body.tables.Has(at):
		c.Unfocus()
	}
}

// tell says what is to be known of the message that is shown.
func (r *Room) tell() {
	if r.notice.Show(r.said(r.now, r.now.m.State() == breakpoints.Waiting, r.deps.Hidden())) {
		r.editing.Refresh()
	}
}

// said is what is to be known of a message.
func (r *Room) said(d *draft, waits, hidden bool) (said []string) {
	add := func(is bool, text string) {
		if is {
			said = append(said, text)
		}
	}
	add(!waits, outcome(d.m))
	add(hidden, i18n.T("breaks.hidden"))
	if !d.m.Behind.IsZero() && !d.answers {
		said = append(said, i18n.T("breaks.behind", words.Reason(d.m.Behind)))
	}
	add(d.coded, i18n.T("breaks.coded", d.why))
	problem := r.body.problem()
	add(problem != "", problem)
	add(d.wrong != "" && d.wrong != problem, d.wrong)
	return said
}

// showAbout says which message it is, and how long it waits.
func (r *Room) showAbout() {
	if r.now == nil {
		return
	}
	m := r.now.m
	text := partName(m)
	if m.State() == breakpoints.Waiting {
		text += "  ·  " + i18n.T("breaks.countdown", left(m))
	}
	r.about.Set(text)
}

// bodyName is the name above the body.
func bodyName(d *draft) string {
	switch codings := codings(d.head); {
	case d.answers || codings == "":
	case d.coded:
		return i18n.T("breaks.body.coded", codings)
	default:
		return i18n.T("breaks.body.decoded", codings)
	}
	return i18n.T("breaks.body")
}

// refuse says why something is not taken that was typed.
func (r *Room) refuse(why string) {
	if r.now != nil && r.now.wrong != why {
		r.now.wrong = why
		r.tell()
	}
}

// typed takes over what was typed in the head, or the body.
func (r *Room) typed(part int, text string) {
	d := r.now
	switch {
	case d == nil || r.deps.Hidden():
		return
	case d.answers:
		d.answer[part] = text
	case part == 0:
		d.head = text
		r.body.name.Set(bodyName(d))
	default:
		d.body = text
	}
	if d.wrong != "" {
		d.wrong = ""
		r.tell()
	}
}
