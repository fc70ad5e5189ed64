package comparison

import (
	"context"
	"io"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/capture/history"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/compare"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
)

// ListDeps is what the room that compares lists needs of the window that it lies over. Get
// of Deps is not asked.
type ListDeps struct {
	Deps
	Context context.Context           // ends when the window is closed
	Do      func(func())              // runs on the UI goroutine
	Sources []Source                  // what can be compared, at least one
	Setup   Setup                     // to begin with
	Leave   func(Setup)               // is told what was chosen when the room is closed
	Mistake func(*query.Error) string // what a query expects where it cannot be understood
	Secrets Secrets
	Inform  func(title, text string)

	// Save asks for a file and has it written, with a progress that can be cancelled.
	Save func(name string, write func(ctx context.Context, w io.Writer, progress func(float64)) error)
}

// Secrets shows exchanges without secrets while these are hidden; its functions are called
// on any goroutine.
type Secrets struct {
	Hidden   bool
	Row      func(*flow.Row) flow.Row
	Exchange func(flow.Exchange, bool) (flow.Exchange, bool)
	Text     func(string) string
	Size     func(int64) int64
}

// Source is a list that can be compared.
type Source struct {
	Name      string // what it is called
	Exchanges *history.Tiers
	IDs       []flow.ID // only these; nil: all
	Before    flow.ID   // only those that began before this one; 0: all
	From      flow.ID   // only this one and those that began after it
}

// Setup is what is compared with what.
type Setup struct {
	Lists   [2]int    // places in the sources
	Filters [2]string // that choose stretches of them
	AnyHost bool
}

// lists is the room. All of it belongs to the UI goroutine.
type lists struct {
	ListDeps
	cancel context.CancelFunc // of the comparison under way
	asked  int                // comparisons that were begun: only the last is shown
	dirty  bool               // what is ignored has changed since
	gone   bool               // the room is closed

	result *compare.ListResult
	names  [2]string // of the lists that result is of
	of     [2]Source
	shown  []int32 // places in result, in the order in which they are shown
	at     int     // chosen among shown
	kinds  [chips]bool

	dialog  dialog.Dialog
	sides   [2]*listSide
	anyHost *widget.Check
	start   *widget.Button
	mistake *widget.Label
	chips   [chips]*uiwidget.BarButton
	chipBox *fyne.Container
	ignored *widget.Button
	copied  *widget.Button
	save    *widget.Button
	table   *pairTable
	hint    *widget.Label
	state   *widget.Label
	bar     *widget.ProgressBar
	running *fyne.Container // the bar and what cancels
}

// OpenLists opens the room that compares two lists.
func OpenLists(deps ListDeps) { newLists(deps) }

func newLists(deps ListDeps) *lists {
	r := &lists{ListDeps: deps, cancel: func() {}, kinds: firstKinds}
	for i := range r.sides {
		r.sides[i] = newListSide(r, i)
	}
	r.anyHost = widget.NewCheck(i18n.T("compare.lists.any_host"), nil)
	r.anyHost.Checked = deps.Setup.AnyHost
	r.start = widget.NewButton(i18n.T("compare.lists.start"), r.compare)
	r.start.Importance = widget.HighImportance
	r.mistake = widget.NewLabel("")
	r.mistake.Importance, r.mistake.SizeName, r.mistake.Wrapping = widget.DangerImportance, theme.SizeNameCaptionText, fyne.TextWrapWord
	r.mistake.Hide()
	r.table = newPairTable(r)
	r.hint = widget.NewLabel(i18n.T("compare.lists.hint"))
	r.hint.Wrapping, r.hint.Importance = fyne.TextWrapWord, widget.LowImportance
	r.state = widget.NewLabel("")
	r.state.Wrapping, r.state.SizeName = fyne.TextWrapWord, theme.SizeNameCaptionText
	r.bar = widget.NewProgressBar()
	r.running = container.NewBorder(nil, nil, nil, widget.NewButton(i18n.T("settings.cancel"), r.callOff), r.bar)
	r.running.Hide()
	r.dialog = dialog.NewCustomWithoutButtons(i18n.T("compare.lists.title"), r.content(), r.Window)
	r.dialog.SetOnClosed(r.closed)
	size := r.Window.Canvas().Size()
	r.dialog.Resize(fyne.NewSize(size.Width-40, size.Height-40))
	r.Open(r.dialog)
	r.show()
	r.Window.Canvas().Focus(r.sides[0].filter)
	return r
}

// content puts the parts in their places.
func (r *lists) content() fyne.CanvasObject {
	swap := button(i18n.T("compare.lists.swap"), theme.ViewRefreshIcon(), r.swap)
	begin := container.NewHBox(swap, r.anyHost, r.start)
	setup := container.NewVBox(r.sides[0].object, container.NewBorder(nil, nil, nil, begin, r.sides[1].object), r.mistake)
	top := container.NewVBox(setup, r.running, r.chipRow())
	leave := widget.NewButton(i18n.T("close"), func() { r.dialog.Hide() })
	bottom := container.NewBorder(nil, nil, nil, container.NewVBox(layout.NewSpacer(), leave), r.state)
	return container.NewBorder(top, bottom, nil, nil, container.NewStack(r.table.object(), container.NewPadded(r.hint)))
}

// closed ends what goes on, and forgets the result.
func (r *lists) closed() {
	r.callOff()
	r.result, r.shown, r.gone = nil, nil, true
	r.Leave(r.setup())
}

// setup is what is chosen now.
func (r *lists) setup() Setup {
	s := Setup{AnyHost: r.anyHost.Checked}
	for i, side := range r.sides {
		s.Lists[i], s.Filters[i] = side.chosen(), side.filter.Text
	}
	return s
}

// swap has the second list be the first.
func (r *lists) swap() {
	s := r.setup()
	for i, side := range r.sides {
		side.choose(s.Lists[1-i], s.Filters[1-i])
	}
	if r.result != nil {
		r.compare()
	}
}

// callOff ends the comparison under way.
func (r *lists) callOff() {
	r.asked++
	r.cancel()
	r.running.Hide()
}

// drawEvery is how often the progress is drawn.
const drawEvery = 100 * time.Millisecond

// compare compares what is chosen, in place of what is under way. What was found before
// stays in sight until then.
func (r *lists) compare() {
	if r.gone {
		return
	}
	r.callOff()
	s := r.setup()
	var queries [2]*query.Query
	for i, side := range r.sides {
		var ok bool
		if queries[i], ok = side.query(); !ok {
			return
		}
	}
	r.mistake.Hide()
	r.dirty = false
	asked, of := r.asked, [2]Source{r.Sources[s.Lists[0]], r.Sources[s.Lists[1]]}
	ctx, cancel := context.WithCancel(r.Context)
	r.cancel = cancel
	o := compare.ListOptions{Options: r.options(), AnyHost: s.AnyHost}
	o.Progress = r.drawn(func() bool { return asked == r.asked })
	r.bar.TextFormatter = func() string { return i18n.T("compare.lists.reading", "0", "0") }
	r.bar.SetValue(0)
	r.running.Show()
	r.ignored.SetText(r.ignoredText())
	var sides [2]*compare.List
	for i := range sides {
		sides[i] = r.list(&of[i], queries[i])
	}
	r.Work(func() func() {
		defer cancel()
		result, err := compare.Lists(ctx, sides[0], sides[1], o)
		if err == nil && r.Secrets.Hidden {
			for i := range result.Pairs {
				p := &result.Pairs[i]
				p.Size = [2]int64{r.Secrets.Size(p.Size[0]), r.Secrets.Size(p.Size[1])}
			}
		}
		return func() {
			if asked == r.asked && err == nil {
				r.running.Hide()
				r.take(result, of, s)
			}
		}
	})
}

// list is a source as it is compared.
func (r *lists) list(of *Source, q *query.Query) *compare.List {
	l := &compare.List{Get: of.Exchanges.Get, Filter: q, Each: of.Exchanges.EachUntil}
	if of.Before != 0 || of.From != 0 {
		l.Each = func(ctx context.Context, visit func(*flow.Row)) {
			of.Exchanges.EachUntil(ctx, func(row *flow.Row) {
				if row.ID >= of.From && (of.Before == 0 || row.ID < of.Before) {
					visit(row)
				}
			})
		}
	}
	if of.IDs != nil {
		l.Each = func(ctx context.Context, visit func(*flow.Row)) {
			for _, id := range of.IDs {
				if row, ok := of.Exchanges.Row(id); ok && ctx.Err() == nil {
					visit(&row)
				}
			}
		}
	}
	if r.Secrets.Hidden {
		l.Shown = r.Secrets.Row
	}
	return l
}

// drawn draws the progress of a comparison now and then, while it is wanted.
func (r *lists) drawn(wanted func() bool) func(compare.ListProgress) {
	last := time.Now()
	return func(p compare.ListProgress) {
		if time.Since(last) < drawEvery {
			return
		}
		last = time.Now()
		r.Do(func() {
			if wanted() {
				r.bar.TextFormatter = func() string { return progressText(&p) }
				r.bar.SetValue(float64(p.Done) / float64(max(p.Of, 1)))
			}
		})
	}
}

// take shows a result. The pair that was chosen stays so.
func (r *lists) take(result *compare.ListResult, of [2]Source, s Setup) {
	var a, b flow.ID
	if p := r.chosen(); p != nil {
		a, b = p.A, p.B
	}
	r.result, r.of = result, of
	for i := range of {
		r.names[i] = of[i].Name
		if s.Filters[i] != "" {
			r.names[i] += " · " + s.Filters[i]
		}
	}
	r.show()
	r.at = 0
	for i, at := range r.shown {
		if p := &result.Pairs[at]; p.A == a && p.B == b {
			r.at = i
		}
	}
	r.table.ScrollTo(r.at)
	r.table.Refresh()
	r.Window.Canvas().Focus(r.table)
}

// chosen is the pair that the table stands at, nil for none.
func (r *lists) chosen() *compare.Pair {
	if r.result == nil || r.at >= len(r.shown) {
		return nil
	}
	return &r.result.Pairs[r.shown[r.at]]
}

// openPair compares both exchanges of the pair that is chosen.
func (r *lists) openPair() {
	p := r.chosen()
	if p == nil {
		return
	}
	deps := r.Deps
	deps.Get = func(id flow.ID) (flow.Exchange, bool) { return r.Secrets.Exchange(r.of[0].Exchanges.Get(id)) }
	deps.Second = func(id flow.ID) (flow.Exchange, bool) { return r.Secrets.Exchange(r.of[1].Exchanges.Get(id)) }
	deps.Names = [2]string{r.of[0].Name, r.of[1].Name}
	deps.Ignore = func(i Ignored) {
		r.Ignore(i)
		r.dirty = true
	}
	deps.Closed = func() {
		if r.dirty {
			r.compare()
		}
	}
	Open(deps, p.A, p.B)
}
