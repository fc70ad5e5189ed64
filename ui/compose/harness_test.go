package compose

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/ui/details"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testRoom is a room whose requests go to a script. What other goroutines hand to the UI
// goroutine waits in a queue until the test looks.
type testRoom struct {
	*Room
	t       *testing.T
	win     fyne.Window
	queue   chan func()
	answer  func(*outgoing.Message) (*flow.Exchange, error)
	mu      sync.Mutex
	rows    map[flow.ID]flow.Exchange
	sent    []outgoing.Message
	window  []fyne.Shortcut
	copied  []string
	compare [][2]flow.ID
	reveal  []flow.ID
	file    string // that is chosen when one is asked for
	hidden  bool
}

type roomOptions struct {
	theme, lang, path string
	size              fyne.Size
}

func openRoom(t *testing.T, o roomOptions) *testRoom {
	t.Helper()
	if o.theme == "" {
		o.theme, o.lang = "light", "en"
	}
	if o.size.IsZero() {
		o.size = fyne.NewSize(1044, 600)
	}
	test.NewTempApp(t).Settings().SetTheme(style.NewTheme(o.theme))
	i18n.Set(o.lang)
	r := &testRoom{t: t, queue: make(chan func(), 1024), rows: map[flow.ID]flow.Exchange{}}
	r.answer = func(*outgoing.Message) (*flow.Exchange, error) {
		x := uitest.SampleExchange(0, "application/json", uitest.SampleJSON)
		return &x, nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	var jobs sync.WaitGroup
	do := func(f func()) { r.queue <- f }
	r.win = test.NewTempWindow(t, container.NewWithoutLayout())
	get := func(id flow.ID) (flow.Exchange, bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		x, ok := r.rows[id]
		return x, ok
	}
	r.Room = New(Deps{Window: r.win, Context: ctx, Do: do, Work: func(slow func() func()) { jobs.Go(func() { do(slow()) }) },
		Open:     func(d dialog.Dialog) { d.Show() },
		OpenFile: func(_ filedialog.Options, chosen func([]string)) { chosen([]string{r.file}) },
		Copy:     func(text string) { r.copied = append(r.copied, text) },
		CopyAs: func(all iter.Seq[*flow.Exchange], f export.Form, _ func()) {
			r.copied = append(r.copied, export.Each(all, f).Text)
		},
		Send: r.carryOut,
		Details: details.Deps{Get: get, Row: func(id flow.ID) (flow.Row, bool) { x, ok := get(id); return x.Row, ok }, Do: do,
			Window: r.win, Copy: func(string) {}, Unfilter: func() {}},
		Compare: func(a, b flow.ID) { r.compare = append(r.compare, [2]flow.ID{a, b}) },
		Reveal:  func(id flow.ID) { r.reveal = append(r.reveal, id) }, Group: func() {},
		Shortcut: func(s fyne.Shortcut) { r.window = append(r.window, s) }, Changed: func() {}, Hidden: func() bool { return r.hidden },
		Tip: func(fyne.CanvasObject, bool, func() string) {}, Path: o.path})
	r.win.SetPadded(false)
	r.win.SetContent(r.Object)
	r.win.Resize(o.size)
	r.Shown()
	r.until("what was kept is read", func() bool { return r.keeper.Loaded() })
	t.Cleanup(func() {
		cancel()
		done := make(chan struct{})
		go func() { jobs.Wait(); close(done) }()
		for {
			select {
			case <-r.queue:
				continue
			case <-done:
			}
			break
		}
		r.End()
		i18n.Set("en")
	})
	return r
}

// carryOut stands in for the engine.
func (r *testRoom) carryOut(ctx context.Context, m outgoing.Message) (*outgoing.Sending, error) {
	ctx, cancel := context.WithCancel(ctx)
	r.mu.Lock()
	r.sent = append(r.sent, m)
	id := flow.ID(len(r.sent))
	r.mu.Unlock()
	x, err := r.answer(&m)
	if err != nil {
		cancel()
		return nil, err
	}
	s := outgoing.NewSending(cancel)
	if x == nil { // no answer comes
		s.Begin(0)
		context.AfterFunc(ctx, func() { s.End(outgoing.Result{}) })
		return s, nil
	}
	defer cancel()
	x.ID = id
	r.mu.Lock()
	r.rows[id] = *x
	r.mu.Unlock()
	s.Begin(id)
	s.End(outgoing.Result{Row: x.Row, Hops: []flow.ID{id}})
	return s, nil
}

func (r *testRoom) until(what string, so func() bool) {
	r.t.Helper()
	uitest.Until(r.t, r.queue, what, so)
}

// sends sends what is in sight and waits for the end.
func (r *testRoom) sends() {
	r.t.Helper()
	n := len(r.now.sends)
	r.Send()
	r.until("it is sent", func() bool { return len(r.now.sends) == n+1 && !r.now.sending() })
}

// settled waits until the answer in sight is drawn.
func (r *testRoom) settled() {
	r.t.Helper()
	s := r.now.inSight()
	r.until("the answer is shown", func() bool { return r.response.details.Exchange != nil && r.response.details.Exchange.ID == s.id })
	for {
		select {
		case f := <-r.queue:
			f()
		case <-time.After(300 * time.Millisecond): // the last state of a body that is prepared
			return
		}
	}
}

func (r *testRoom) write(url string) { r.line.url.SetText(url) }

func (r *testRoom) pasteURL(text string) {
	fyne.CurrentApp().Clipboard().SetContent(text)
	r.line.url.TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
}

const curl = `curl 'https://api.example.test/v1/users?page=2' -X POST -H 'Accept: application/json' ` +
	`-H 'Content-Type: application/json' -H 'Authorization: Bearer abc' --cert me.pem --data-raw '{"name":"Ada"}'`
