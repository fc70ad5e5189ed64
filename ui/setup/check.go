package setup

import (
	"context"
	"errors"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/clients/clientcheck"
	"posthouse/ui/i18n"
)

// checkSize is how large the check's dialog is, in device-independent pixels.
var checkSize = fyne.NewSize(780, 640)

// tableShare is how much of the dialog's height the table has.
const tableShare = 0.6

// Checker tries clients: clientcheck.Checkup does.
type Checker interface {
	Clients() []clientcheck.Result
	Run(ctx context.Context, ids []string, progress func(clientcheck.Result)) error
}

// checker is the dialog that tries the clients of this computer and says what
// mends them.
type checker struct {
	deps   Deps
	rows   []clientcheck.Result
	chosen string // ID of the row whose details are shown
	picked bool   // a person chose it
	shown  shown

	ctx     context.Context // ends when the dialog is closed
	cancel  context.CancelFunc
	stop    context.CancelFunc // ends the run under way; nil: there is none
	total   int                // rows of the run under way
	ended   bool
	head    *widget.Label
	remedy  *widget.Button // of what keeps the check from running
	table   *checkTable
	details *fyne.Container
	scroll  *container.Scroll
	bar     *widget.ProgressBar
	sum     *widget.Label
	again   *widget.Button
	buttons *fyne.Container
	dialog  *dialog.CustomDialog
}

// Check opens the dialog "Check my setup" and begins.
func Check(d Deps) {
	c := &checker{deps: d}
	c.ctx, c.cancel = context.WithCancel(d.Context)
	c.head = note(i18n.T("check.head"))
	c.remedy = widget.NewButton("", nil)
	c.remedy.Importance = widget.HighImportance
	c.remedy.Hide()
	c.table = newCheckTable(c)
	c.details = container.NewVBox()
	c.bar = widget.NewProgressBar()
	c.bar.TextFormatter = func() string { return "" }
	c.sum = widget.NewLabel("")
	c.again = widget.NewButton("", nil)
	closing := widget.NewButton(i18n.T("close"), c.close)
	c.buttons = container.NewHBox(c.sum, layout.NewSpacer(), c.again, closing)
	bottom := container.NewVBox(container.New(thin{}, c.bar), widget.NewSeparator(), c.buttons)
	c.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 0, 0, theme.ScrollBarSize()+2), c.details))
	split := container.New(shares{tableShare}, c.table.object, c.scroll)
	top := container.NewBorder(nil, nil, nil, container.NewCenter(c.remedy), c.head)
	c.dialog = dialog.NewCustomWithoutButtons(i18n.T("check.title"), container.NewBorder(top, bottom, nil, nil, split), d.Window)
	c.dialog.SetOnClosed(c.closed)
	c.dialog.Resize(checkSize)
	d.Open(c.dialog)
	c.begin(nil)
}

func (c *checker) close() { c.dialog.Hide() }

// closed ends the programs that still run.
func (c *checker) closed() {
	c.ended = true
	c.cancel()
}

// make gives what tries the clients, or why nothing can be tried.
func (c *checker) make() (Checker, error) {
	if c.deps.Checker != nil {
		return c.deps.Checker()
	}
	return c.deps.Controller.Checkup("")
}

// begin tries the clients with the given IDs, or all.
func (c *checker) begin(ids []string) {
	if c.stop != nil || c.ended {
		return
	}
	tries, err := c.make()
	if err != nil {
		c.blocked(err)
		return
	}
	c.remedy.Hide()
	c.head.SetText(i18n.T("check.head"))
	ctx, stop := context.WithCancel(c.ctx)
	c.stop = stop
	c.running()
	c.deps.Work(func() func() {
		clients := tries.Clients()
		return func() { c.tryAll(ctx, tries, clients, ids) }
	})
}

// tryAll shows the rows and follows what becomes of each.
func (c *checker) tryAll(ctx context.Context, tries Checker, clients []clientcheck.Result, ids []string) {
	if c.ended {
		return
	}
	c.keep(clients, ids)
	// Each client is told of twice, so that Run never waits for the window.
	results := make(chan clientcheck.Result, 2*len(clients)+1)
	var failed error
	c.deps.Work(func() func() {
		failed = tries.Run(ctx, ids, func(r clientcheck.Result) { results <- r })
		close(results)
		return func() {}
	})
	c.follow(results, &failed)
}

// follow takes the results one by one; failed is set when they have ended.
func (c *checker) follow(results <-chan clientcheck.Result, failed *error) {
	c.deps.Work(func() func() {
		r, more := <-results
		return func() {
			if !more {
				c.finish(*failed)
				return
			}
			c.take(r)
			c.follow(results, failed)
		}
	})
}

// keep takes the rows over: those that are not tried again stay as they were.
func (c *checker) keep(clients []clientcheck.Result, ids []string) {
	before := c.rows
	slices.SortStableFunc(clients, func(a, b clientcheck.Result) int { return order(&a) - order(&b) })
	c.rows, c.total = clients, 0
	for i := range c.rows {
		r := &c.rows[i]
		if ids == nil || slices.Contains(ids, r.ID) {
			c.total++
			continue
		}
		if at := slices.IndexFunc(before, func(b clientcheck.Result) bool { return b.ID == r.ID }); at >= 0 {
			*r = before[at]
		}
	}
	c.bar.Max, c.bar.Value = float64(max(c.total, 1)), 0
	c.bar.Refresh()
	c.show()
}

// order puts what is not on this computer behind what is.
func order(r *clientcheck.Result) int {
	if r.State == clientcheck.Missing {
		return 1
	}
	return 0
}

// take shows what is known of one client now.
func (c *checker) take(r clientcheck.Result) {
	if c.ended {
		return
	}
	at := slices.IndexFunc(c.rows, func(b clientcheck.Result) bool { return b.ID == r.ID })
	if at < 0 {
		return
	}
	c.rows[at] = r
	if r.State.Done() {
		c.bar.SetValue(c.bar.Value + 1)
	}
	if !c.picked && r.State.Bad() && c.row(c.chosen) == nil {
		c.chosen = r.ID // the first that needs a hand
	}
	c.show()
}

func (c *checker) row(id string) *clientcheck.Result {
	for i := range c.rows {
		if c.rows[i].ID == id {
			return &c.rows[i]
		}
	}
	return nil
}

// show draws the table, the details and the sum.
func (c *checker) show() {
	c.table.refresh()
	c.showDetails()
	c.sum.SetText(c.sumText())
	c.buttons.Refresh()
}

// sumText counts what there is to do.
func (c *checker) sumText() string {
	good, bad, astray, waiting := 0, 0, 0, 0
	for i := range c.rows {
		switch r := &c.rows[i]; {
		case !r.State.Done():
			waiting++
		case r.State.Bad():
			bad++
		case r.Good():
			good++
			if r.Route == clientcheck.RouteDirect || r.Route == clientcheck.RouteOther {
				astray++
			}
		}
	}
	switch {
	case c.stop != nil && waiting > 0:
		return i18n.N("check.left", waiting, waiting)
	case bad > 0:
		return i18n.T("check.sum.bad", good, bad)
	case good == 0:
		return ""
	case astray > 0:
		return i18n.T("check.sum.astray", good, astray)
	}
	return i18n.N("check.sum.good", good, good)
}

// running offers to stop, and idle to try again.
func (c *checker) running() {
	c.again.SetText(i18n.T("check.stop"))
	c.again.OnTapped = c.halt
	c.bar.Show()
	c.buttons.Refresh()
}

func (c *checker) halt() {
	if c.stop != nil {
		c.stop()
	}
}

func (c *checker) idle() {
	c.again.SetText(i18n.T("check.again"))
	c.again.OnTapped = func() { c.begin(nil) }
	c.bar.Hide()
	c.buttons.Refresh()
}

// finish is called when a run has ended.
func (c *checker) finish(err error) {
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
	if c.ended {
		return
	}
	c.idle()
	for i := range c.rows { // those that were not come to
		if !c.rows[i].State.Done() {
			c.rows[i].State, c.rows[i].Reason = clientcheck.Untested, clientcheck.ReasonCancelled
		}
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		c.blocked(err)
	}
	c.show()
}

// blocked says why nothing can be tried, with what is to be done first.
func (c *checker) blocked(err error) {
	c.idle()
	c.remedy.Hide()
	switch {
	case errors.Is(err, clientcheck.ErrNoAuthority):
		c.head.SetText(i18n.T("check.none"))
		c.remedy.SetText(i18n.T("cert.make"))
		c.remedy.OnTapped = func() { makeAuthority(c.deps, func() { c.begin(nil) }) }
		c.remedy.Show()
	case errors.Is(err, app.ErrNotRunning):
		c.head.SetText(i18n.T("check.off"))
		c.remedy.SetText(i18n.T("check.start"))
		c.remedy.OnTapped = c.startProxy
		c.remedy.Show()
	default:
		c.head.SetText(i18n.T("check.failed", c.deps.Reason(err)))
	}
}

// startProxy starts the proxy and then the check.
func (c *checker) startProxy() {
	c.remedy.Hide()
	c.deps.Work(func() func() {
		c.deps.Controller.Start()
		status, _ := c.deps.Controller.Wait(c.ctx, func(s app.Status) bool { return s.State == app.Running || s.State == app.Failed })
		return func() {
			if status.State == app.Failed && !c.ended {
				c.blocked(status.Err)
				return
			}
			c.begin(nil)
		}
	})
}

// shares splits the height between two objects.
type shares struct{ first float32 }

// MinSize is that of both.
func (shares) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(max(a.Width, b.Width), a.Height+b.Height)
}

// Layout gives each its share.
func (s shares) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	at := float32(int(size.Height * s.first))
	objects[0].Resize(fyne.NewSize(size.Width, at))
	objects[1].Move(fyne.NewPos(0, at))
	objects[1].Resize(fyne.NewSize(size.Width, size.Height-at))
}
