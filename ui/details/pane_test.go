package details

import (
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
)

// testDetails is the details pane in a window without a screen, on exchanges
// that the test makes. What the worker hands over waits until the test looks.
type testDetails struct {
	asked  filedialog.Options // for a file to save to
	chosen func(path string)  // answers that
	*Details
	t      *testing.T
	win    fyne.Window
	queue  chan func()
	copied string
	work   time.Duration // the longest that one call kept the UI goroutine

	mu   sync.Mutex
	all  map[flow.ID]flow.Exchange
	gets int
}

func openDetails(t *testing.T, theme, lang string) *testDetails {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(style.NewTheme(theme))
	i18n.Set(lang)
	zone := time.Local
	time.Local = time.UTC // pictures show the time of day
	d := &testDetails{t: t, win: a.NewWindow("details"), queue: make(chan func(), 64), all: map[flow.ID]flow.Exchange{}}
	d.Details = New(Deps{Get: d.get, Row: d.row, Copy: func(text string) { d.copied = text }, Open: func(one dialog.Dialog) { one.Show() },
		Window: d.win,
		Save:   func(o filedialog.Options, chosen func(string)) { d.asked, d.chosen = o, chosen },
		CopyAs: func(all iter.Seq[*flow.Exchange], f export.Form, copied func()) {
			d.copied = export.Each(all, f).Text
			copied()
		},
		Do: func(f func()) { d.queue <- f }})
	d.win.SetPadded(false)
	d.win.SetContent(d.Object())
	d.win.Resize(fyne.NewSize(980, 330))
	d.win.Show()
	t.Cleanup(func() {
		d.Close()
		time.Local = zone
		d.win.Close()
		i18n.Set("en")
	})
	return d
}

func (d *testDetails) get(id flow.ID) (flow.Exchange, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gets++
	x, ok := d.all[id]
	return x, ok
}

func (d *testDetails) row(id flow.ID) (flow.Row, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	x, ok := d.all[id]
	return x.Row, ok
}

func (d *testDetails) put(x flow.Exchange) flow.Exchange {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all[x.ID] = x
	return x
}

func (d *testDetails) reads() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.gets
}

// ui does something on the UI goroutine, and notes how long that took.
func (d *testDetails) ui(f func()) {
	begun := time.Now()
	f()
	d.work = max(d.work, time.Since(begun))
}

// until runs what was handed over until something is so.
func (d *testDetails) until(what string, so func() bool) {
	d.t.Helper()
	deadline := time.After(20 * time.Second)
	for !so() {
		select {
		case f := <-d.queue:
			d.ui(f)
		case <-deadline:
			d.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// settled is whether the worker has shown the newest state.
func (d *testDetails) settled() bool { return !d.loading && d.changes == d.seen }

// open shows an exchange on a tab, and waits until it is there.
func (d *testDetails) open(x flow.Exchange, tab int) {
	d.t.Helper()
	d.put(x)
	d.ui(func() {
		d.Tabs.Choose(tab)
		d.Show(x.ID)
	})
	d.until("the exchange is shown", d.settled)
}

// shownText is what a line view shows, whole.
func shownText(v *document.LineView) string { return strings.Join(lineTexts(v.Port.Doc), "\n") }

// lineTexts are the lines of a document, as they are shown.
func lineTexts(d interface {
	Len() int
	Line(int) document.Line
}) (lines []string) {
	for i := range d.Len() {
		lines = append(lines, d.Line(i).Text)
	}
	return lines
}
