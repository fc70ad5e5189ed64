package ui

import (
	"errors"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// resends sends requests again, as they were. It belongs to the UI goroutine.
type resends struct {
	*services
	notices *notices
	tabs    *tabs
	goTo    func(flow.ID) // selects a row of the tab in sight
}

// errGone is a row that is kept nowhere.
var errGone = errors.New("ui: the request is no longer kept")

// askResends is how many requests are sent again without a question.
const askResends = 20

// maxResends bounds how many are sent together, even so.
const maxResends = 100

// resend sends rows again. Of many it asks first: what they change cannot be undone.
func (s *resends) resend(ids []flow.ID) {
	switch n := len(ids); {
	case n == 0:
	case n > maxResends:
		s.say(i18n.T("resend.many", strconv.Itoa(maxResends)))
	case n > askResends:
		text := widget.NewLabel(i18n.T("resend.ask.text"))
		text.Wrapping = fyne.TextWrapWord
		ask := dialog.NewCustomWithoutButtons(i18n.T("resend.ask", words.CountText(n)), text, s.win)
		ok := uiwidget.NewKeyButton(i18n.T("row.resend"), func() {
			ask.Hide()
			s.send(ids)
		}, ask.Hide)
		ok.Importance = widget.HighImportance
		ask.SetButtons([]fyne.CanvasObject{uiwidget.NewKeyButton(i18n.T("settings.cancel"), ask.Hide, ask.Hide), ok})
		ask.Resize(fyne.NewSize(420, ask.MinSize().Height))
		s.open(ask)
		s.win.Canvas().Focus(ok)
	default:
		s.send(ids)
	}
}

func (s *resends) say(text string) {
	s.notices.answer(notice{source: source{kind: ofResending}, text: text})
}

// resent is what came of sending rows again.
type resent struct {
	first flow.ID // the first new row, 0 for none
	sent  int
	// The first that could not be sent, and why; nil where all were.
	failed string
	why    error
}

// send sends rows, each from where it is kept, and goes on while they are under way.
func (s *resends) send(ids []flow.ID) {
	from, live := s.tiers, s.live()
	ids = slices.Clone(ids)
	s.work(func() func() {
		var r resent
		for _, id := range ids {
			x, ok := from.Get(id)
			if !ok {
				r.fail("#"+strconv.FormatUint(uint64(id), 10), errGone)
				continue
			}
			if !live {
				x.ID = 0 // it names another exchange among those that pass now
			}
			s.sendOne(&x, &r)
		}
		return func() { s.told(&r) }
	})
}

func (s *resends) sendOne(x *flow.Exchange, r *resent) {
	m, err := outgoing.FromExchange(x)
	if err != nil {
		r.fail(s.secrets.named(x), err)
		return
	}
	sending, err := s.controller.Send(s.ctx, m)
	if err != nil {
		r.fail(s.secrets.named(x), err)
		return
	}
	select {
	case <-sending.Begun():
	case <-s.ctx.Done():
		return
	}
	if r.sent++; r.first == 0 {
		r.first = sending.ID()
	}
}

// fail keeps the first that could not be sent.
func (r *resent) fail(what string, why error) {
	if r.why == nil {
		r.failed, r.why = what, why
	}
}

// text says which could not be sent, and why.
func (r *resent) text() string {
	why := i18n.T("resend.gone")
	if r.why != errGone {
		why = words.ReasonText(r.why)
	}
	return i18n.T("resend.failed", words.VisibleText(words.ShortText(r.failed, maxResentName)), why)
}

// told says what came of it, and offers to go there. The selection stays where it is.
func (s *resends) told(r *resent) {
	var text string
	if r.sent > 0 {
		text = i18n.N("resend.sent", r.sent, words.CountText(r.sent))
	}
	if r.why != nil {
		if text != "" {
			text += " "
		}
		text += r.text()
	}
	if text == "" {
		return
	}
	answer := notice{source: source{kind: ofResending}, text: text, good: r.why == nil}
	if first := r.first; first != 0 {
		answer.remedy = i18n.T("resend.show")
		answer.act = func() {
			s.notices.withdraw(ofResending)
			s.tabs.show(s.tabs.live())
			s.goTo(first)
		}
	}
	s.notices.answer(answer)
}

// maxResentName bounds the request that a notice names, in bytes.
const maxResentName = 80

// resendItems are the choices at a row: send it again, and go to where it came from.
func (r *rowActions) resendItems(id flow.ID, row *flow.Row) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	if row.Kind != flow.KindTunnel {
		items = append(items, fyne.NewMenuItem(i18n.T("row.resend"), func() { r.resends.resend([]flow.ID{id}) }),
			fyne.NewMenuItem(i18n.T("command.compose.edit"), func() { r.edit(id) }),
			fyne.NewMenuItem(i18n.T("command.compose.group"), func() { r.group([]flow.ID{id}) }))
	}
	if from := row.From; from != 0 {
		items = append(items, fyne.NewMenuItem(i18n.T("row.from", strconv.FormatUint(uint64(from), 10)), func() { r.resends.goTo(from) }))
	}
	if r.live() && row.Kind != flow.KindTunnel {
		items = append(items, fyne.NewMenuItem(i18n.T("row.resends"), func() {
			r.filter.set("from:" + strconv.FormatUint(uint64(id), 10))
		}))
	}
	return items
}
