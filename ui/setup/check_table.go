package setup

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/clients/clientcheck"
	"posthouse/ui/i18n"
	"posthouse/ui/virtual"
)

// checkTable is a row for each client: a sign, its name, and in words whether it
// trusts the certificate and where it goes.
type checkTable struct {
	c      *checker
	list   *checkList
	object fyne.CanvasObject
}

// Widths of the columns, in device-independent pixels; the name has the rest.
const (
	signWidth  = 30
	trustWidth = 170
	routeWidth = 190
	nameWidth  = 160 // at least
	rowHeight  = 22
)

func newCheckTable(c *checker) *checkTable {
	t := &checkTable{c: c}
	t.list = &checkList{escape: c.close}
	t.list.Length = func() int { return len(c.rows) }
	t.list.CreateItem = func() fyne.CanvasObject {
		name := widget.NewRichText()
		name.Truncation = fyne.TextTruncateEllipsis
		return container.New(checkColumns{}, widget.NewIcon(nil), name, cell(), cell())
	}
	t.list.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		if i < len(c.rows) {
			fillRow(o.(*fyne.Container).Objects, &c.rows[i])
		}
	}
	t.list.OnSelected = func(i widget.ListItemID) {
		if i < len(c.rows) && c.chosen != c.rows[i].ID {
			c.chosen, c.picked = c.rows[i].ID, true
			c.showDetails()
			c.scroll.ScrollToTop()
		}
	}
	t.list.ExtendBaseWidget(t.list)
	titles := container.New(checkColumns{}, widget.NewLabel(""), title("check.client"), title("check.certificate"), title("check.route"))
	t.object = container.NewBorder(container.NewVBox(titles, widget.NewSeparator()), widget.NewSeparator(), nil, nil, t.list)
	return t
}

func title(key string) *widget.Label {
	l := widget.NewLabel(i18n.T(key))
	l.SizeName = theme.SizeNameCaptionText
	l.Importance = widget.LowImportance
	return l
}

func cell() *widget.Label {
	l := widget.NewLabel("")
	l.Truncation = fyne.TextTruncateEllipsis
	return l
}

// fillRow puts a result into a row's cells.
func fillRow(cells []fyne.CanvasObject, r *clientcheck.Result) {
	cells[0].(*widget.Icon).SetResource(stateIcon(r))
	name := cells[1].(*widget.RichText)
	name.Segments = nameSegments(r)
	name.Refresh()
	trust, route := cells[2].(*widget.Label), cells[3].(*widget.Label)
	trust.Importance, route.Importance = stateImportance(r.State), routeImportance(r)
	trust.SetText(i18n.T("check.state." + r.State.String()))
	route.SetText(routeText(r))
}

// nameSegments are a client's name and, quieter, its version or profile.
func nameSegments(r *clientcheck.Result) []widget.RichTextSegment {
	main := &widget.TextSegment{Text: clientName(r) + "  ", Style: widget.RichTextStyleInline}
	if r.State == clientcheck.Missing {
		main.Style.ColorName = theme.ColorNamePlaceHolder
	}
	more := &widget.TextSegment{Text: r.Version, Style: widget.RichTextStyleInline}
	if r.Profile != "" {
		more.Text = r.Profile
	}
	more.Style.ColorName = theme.ColorNamePlaceHolder
	return []widget.RichTextSegment{main, more}
}

// stateIcon is a sign for the state; colour is not the only one.
func stateIcon(r *clientcheck.Result) fyne.Resource {
	switch r.State {
	case clientcheck.Trusted:
		return theme.NewSuccessThemedResource(theme.ConfirmIcon())
	case clientcheck.Untrusted:
		return theme.NewErrorThemedResource(theme.ErrorIcon())
	case clientcheck.Elsewhere:
		return theme.NewWarningThemedResource(theme.WarningIcon())
	case clientcheck.Untested:
		return theme.QuestionIcon()
	case clientcheck.Trying:
		return theme.ViewRefreshIcon()
	}
	return nil
}

func stateImportance(s clientcheck.State) widget.Importance {
	switch s {
	case clientcheck.Trusted:
		return widget.SuccessImportance
	case clientcheck.Untrusted:
		return widget.DangerImportance
	case clientcheck.Elsewhere:
		return widget.WarningImportance
	case clientcheck.Untested:
		return widget.MediumImportance
	}
	return widget.LowImportance
}

func routeImportance(r *clientcheck.Result) widget.Importance {
	switch r.Route {
	case clientcheck.RouteThrough:
		return widget.SuccessImportance
	case clientcheck.RouteDirect, clientcheck.RouteOther:
		return widget.WarningImportance
	}
	return widget.LowImportance
}

// refresh draws the rows, and marks the one that is chosen.
func (t *checkTable) refresh() {
	t.list.Refresh()
	for i := range t.c.rows {
		if t.c.rows[i].ID == t.c.chosen {
			t.list.Select(i)
			return
		}
	}
	t.list.UnselectAll()
}

// checkColumns lays out a sign, a name and two texts.
type checkColumns struct{}

// MinSize is less high than the cells, which have room around their texts.
func (checkColumns) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(signWidth+trustWidth+routeWidth+nameWidth, rowHeight)
}

// Layout gives the name what is left.
func (checkColumns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for i, width := range []float32{signWidth, size.Width - signWidth - trustWidth - routeWidth, trustWidth, routeWidth} {
		height := objects[i].MinSize().Height
		objects[i].Move(fyne.NewPos(x, (size.Height-height)/2))
		objects[i].Resize(fyne.NewSize(width, height))
		x += width
	}
}

// checkList is a list whose arrows choose, and that hands Escape on.
type checkList struct {
	virtual.List
	escape func()
	at     int
}

// TypedKey moves the choice.
func (l *checkList) TypedKey(k *fyne.KeyEvent) {
	step := 0
	switch k.Name {
	case fyne.KeyEscape:
		l.escape()
		return
	case fyne.KeyUp:
		step = -1
	case fyne.KeyDown:
		step = 1
	default:
		l.List.TypedKey(k)
		return
	}
	if at := l.at + step; at >= 0 && at < l.Length() {
		l.Select(at)
	}
}

// Select keeps where the choice is.
func (l *checkList) Select(i widget.ListItemID) {
	l.at = i
	l.List.Select(i)
}
