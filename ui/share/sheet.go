package share

import (
	"context"
	"iter"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/proxy/redact"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// Deps is what the sheet needs of the window that it lies over.
type Deps struct {
	Window  fyne.Window
	Open    func(dialog.Dialog)      // shows a dialog so that Escape closes it
	Do      func(func())             // has the UI goroutine call a function
	Work    func(slow func() func()) // runs slow beside the UI goroutine, and what that returns on it
	Context context.Context          // ends when the window is closed
	Inform  func(title, text string) // shows a text that a button closes
}

// What is what would go out.
type What struct {
	Title   string   // what is done, such as "Export as HAR"
	Choices []Choice // one at least
	First   int      // that is meant at first
	Names   []string // more names of secrets
}

// Choice is exchanges that can go out.
type Choice struct {
	Name  string                                             // a key of the catalogue, with the count as argument
	Count int                                                // exchanges, as far as is known
	Each  func(ctx context.Context) iter.Seq[*flow.Exchange] // all of them, each time anew; called beside the UI goroutine
}

func (c *Choice) words() string { return i18n.T(c.Name, words.CountText(c.Count)) }

// Sheet says what goes out: how many exchanges, what of them is masked, and what cannot be
// looked into. It never says that this is all.
type Sheet struct {
	deps   Deps
	what   What
	choice Choice
	chosen func(Choice, *redact.Masker)

	Which   *widget.RadioGroup
	Keep    *uiwidget.KeyCheck // bodies that cannot be looked into go out, too
	Raw     *uiwidget.KeyCheck // nothing is masked
	count   *widget.Label
	found   *widget.Label
	warning *widget.Label
	bar     *widget.ProgressBar
	Save    *uiwidget.KeyButton
	content *fyne.Container
	dialog  *dialog.CustomDialog

	masker *redact.Masker // that has looked through everything; nil while it has not
	cancel context.CancelFunc
}

// Ask shows the sheet. chosen gets what is to go out, and what masks it, having met all of its
// secrets, or nil where it is to go out as it passed.
func Ask(deps Deps, what What, chosen func(Choice, *redact.Masker)) *Sheet {
	s := &Sheet{deps: deps, what: what, choice: what.Choices[what.First], chosen: chosen, count: widget.NewLabel(""),
		found:   widget.NewLabel(""),
		warning: widget.NewLabel(""), bar: widget.NewProgressBar()}
	s.count.TextStyle.Bold = true
	s.warning.Wrapping, s.found.Wrapping = fyne.TextWrapWord, fyne.TextWrapWord
	leave := func() { s.dialog.Hide() }
	s.Keep = uiwidget.NewKeyCheck(i18n.T("share.keep"), s.look, s.enter, leave)
	s.Raw = uiwidget.NewKeyCheck(i18n.T("share.raw"), s.show, s.enter, leave)
	s.Save = uiwidget.NewKeyButton(i18n.T("share.save"), s.save, leave)
	s.Save.Importance = widget.HighImportance
	s.content = container.NewVBox(s.which(), s.count, s.bar, s.found, s.Keep, s.Raw, s.warning)
	s.dialog = dialog.NewCustomWithoutButtons(what.Title, s.content, deps.Window)
	s.dialog.SetButtons([]fyne.CanvasObject{uiwidget.NewKeyButton(i18n.T("settings.cancel"), leave, leave), s.Save})
	s.dialog.SetOnClosed(func() { s.cancel() })
	s.look()
	deps.Open(s.dialog)
	s.fit()
	s.focus()
	return s
}

// sheetWidth is how wide the sheet is, in pixels of the toolkit.
const sheetWidth = 560

// fit has the sheet be as high as what it says, which is broken into lines of its width.
func (s *Sheet) fit() {
	for range 2 { // the first time gives the width
		s.content.Refresh()
		s.dialog.Resize(fyne.NewSize(sheetWidth, 0))
	}
}

// focus puts the focus where Enter goes on, as soon as that can be; until then no part has it,
// and Escape is the window's.
func (s *Sheet) focus() {
	if !s.Save.Disabled() {
		s.deps.Window.Canvas().Focus(s.Save)
	} else {
		s.deps.Window.Canvas().Unfocus()
	}
}

// enter is Enter in a part that does not have it for itself.
func (s *Sheet) enter() { s.Save.Tapped(nil) }

// tellEvery is how often the progress is drawn.
const tellEvery = 100 * time.Millisecond

// which are the choices, out of sight where there is one.
func (s *Sheet) which() fyne.CanvasObject {
	var names []string
	for i := range s.what.Choices {
		names = append(names, s.what.Choices[i].words())
	}
	s.Which = widget.NewRadioGroup(names, nil)
	s.Which.Required = true
	s.Which.SetSelected(s.choice.words())
	s.Which.OnChanged = func(name string) {
		for _, c := range s.what.Choices {
			if c.words() == name {
				s.choice = c
				s.look()
				s.focus()
			}
		}
	}
	setShown(s.Which, len(names) > 1)
	return s.Which
}

// look goes through everything, and calls off what went through it before.
func (s *Sheet) look() {
	if s.cancel != nil {
		s.cancel()
	}
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(s.deps.Context)
	s.masker = nil
	masker := redact.New(redact.Options{Names: s.what.Names, KeepUnreadable: s.Keep.Checked})
	s.show()
	all := s.counted(ctx)
	s.deps.Work(func() func() {
		preview := masker.Preview(ctx, all)
		return func() {
			if ctx.Err() == nil {
				s.masker = masker
				s.present(&preview)
				s.show()
				s.focus()
			}
		}
	})
}

// counted are the exchanges, with the progress.
func (s *Sheet) counted(ctx context.Context) iter.Seq[*flow.Exchange] {
	each, count := s.choice.Each, s.choice.Count
	return func(yield func(*flow.Exchange) bool) {
		done, told := 0, time.Now()
		for x := range each(ctx) {
			if !yield(x) {
				return
			}
			if done++; time.Since(told) >= tellEvery {
				told = time.Now()
				share := float64(done) / float64(max(count, done))
				s.deps.Do(func() {
					if ctx.Err() == nil {
						s.bar.SetValue(share)
					}
				})
			}
		}
	}
}

// kindWords are keys of the catalogue, in the order in which they are told.
var kindWords = [redact.Kinds]string{redact.Credentials: "share.credentials", redact.Cookies: "share.cookies",
	redact.Fields: "share.fields",
	redact.URLs:   "share.urls", redact.Bodies: "share.bodies", redact.Tokens: "share.tokens", redact.Elsewhere: "share.elsewhere"}

// present says what was found.
func (s *Sheet) present(p *redact.Preview) {
	s.count.SetText(i18n.T("share.count", i18n.N("share.requests", p.Exchanges, words.CountText(p.Exchanges)), words.SizeText(p.Bytes)))
	text := i18n.T("share.none")
	if p.Total() > 0 {
		text = i18n.N("share.masked", p.Secrets, words.CountText(p.Secrets), words.CountText(p.Masked))
	}
	for kind, n := range p.Counts {
		if n > 0 {
			text += "\n• " + i18n.T(kindWords[kind], words.CountText(n))
		}
	}
	if p.LeftOut > 0 {
		text += "\n" + i18n.N("share.left_out", p.LeftOut, words.CountText(p.LeftOut))
	}
	if p.Kept > 0 {
		text += "\n" + i18n.N("share.kept", p.Kept, words.CountText(p.Kept))
	}
	s.found.SetText(text)
}

// show brings the sheet up to date with what is ticked.
func (s *Sheet) show() {
	looking := s.masker == nil
	setShown(s.bar, looking && !s.Raw.Checked)
	setShown(s.found, !looking && !s.Raw.Checked)
	if s.Raw.Checked {
		s.Keep.Disable()
	} else {
		s.Keep.Enable()
	}
	if looking {
		s.count.SetText(i18n.N("share.requests", s.choice.Count, words.CountText(s.choice.Count)))
	}
	if s.Raw.Checked {
		s.warning.Importance = widget.WarningImportance
		s.warning.SetText(i18n.T("share.raw.warning"))
	} else {
		s.warning.Importance = widget.MediumImportance
		s.warning.SetText(i18n.T("share.incomplete"))
	}
	if looking && !s.Raw.Checked {
		s.Save.Disable()
	} else {
		s.Save.Enable()
	}
	if s.content != nil && s.dialog != nil {
		s.fit()
	}
}

func setShown(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// save hands on what was chosen.
func (s *Sheet) save() {
	masker := s.masker
	if s.Raw.Checked {
		masker = nil
	}
	s.dialog.Hide()
	s.chosen(s.choice, masker)
}
