package comparison

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/capture/query"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// listSide is where one of both lists is chosen, and a stretch of it.
type listSide struct {
	room   *lists
	source *widget.Select
	filter *uiwidget.KeyEntry
	object fyne.CanvasObject
}

// The widths of what stands before the filter; sourceText bounds the name of a list.
const sideWidth, sourceWidth, sourceText = 24, 250, 210

func newListSide(r *lists, side int) *listSide {
	s := &listSide{room: r, source: widget.NewSelect(nil, nil), filter: uiwidget.NewKeyEntry()}
	for i := range r.Sources {
		s.source.Options = append(s.source.Options, style.CutText(words.VisibleText(r.Sources[i].Name), sourceText))
	}
	s.filter.Wrapping = fyne.TextWrap(fyne.TextTruncateClip) // it scrolls: a long text makes the room no wider
	s.filter.SetPlaceHolder(i18n.T("compare.lists.filter"))
	s.filter.OnChanged = func(string) { s.underline() }
	s.filter.OnSubmitted = func(string) { r.compare() }
	s.filter.Escape = func() { r.dialog.Hide() }
	s.choose(r.Setup.Lists[side], r.Setup.Filters[side])
	name := uiwidget.NewCutLabel("foreground")
	name.Bold = true
	name.Set([...]string{"A", "B"}[side])
	fixed := func(o fyne.CanvasObject, width float32) fyne.CanvasObject {
		return container.New(layout.NewGridWrapLayout(fyne.NewSize(width, s.filter.MinSize().Height)), o)
	}
	s.object = container.NewBorder(nil, nil, container.NewHBox(fixed(name, sideWidth), fixed(s.source, sourceWidth)), nil, s.filter)
	return s
}

// chosen is the place of the list among the sources.
func (s *listSide) chosen() int { return max(s.source.SelectedIndex(), 0) }

// choose chooses a list and a filter.
func (s *listSide) choose(list int, filter string) {
	s.source.SetSelectedIndex(max(0, min(list, len(s.room.Sources)-1)))
	s.filter.SetText(filter)
}

// parse reads the filter.
func (s *listSide) parse() (*query.Query, *query.Error) {
	q, err := query.Parse(strings.TrimSpace(s.filter.Text))
	var bad *query.Error
	errors.As(err, &bad)
	return q, bad
}

// underline marks what of the filter cannot be understood.
func (s *listSide) underline() {
	var parts []uiwidget.Underlining
	if q, bad := s.parse(); q != nil {
		for _, m := range q.Mistakes() {
			parts = append(parts, uiwidget.Underlining{From: m.Pos, To: m.End})
		}
	} else if bad != nil {
		parts = []uiwidget.Underlining{{From: bad.Pos, To: bad.End}}
	}
	s.filter.Underline(parts)
}

// query is the filter; what cannot be understood is said, and nothing is compared.
func (s *listSide) query() (*query.Query, bool) {
	q, bad := s.parse()
	if bad != nil {
		s.room.mistake.SetText(s.room.Mistake(bad))
		s.room.mistake.Show()
		s.room.Window.Canvas().Focus(s.filter)
		return nil, false
	}
	return q, true
}
