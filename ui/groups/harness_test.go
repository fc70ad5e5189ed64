package groups

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	draft "posthouse/app/compose"
	"posthouse/app/repeat"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testRoom is a room whose requests are answered by a script. What other goroutines hand to
// the UI goroutine waits in a queue until the test looks.
type testRoom struct {
	*Room
	t        *testing.T
	win      fyne.Window
	queue    chan func()
	answer   func(m *outgoing.Message) flow.Exchange
	hold     chan struct{} // requests wait for it, where there is one
	mu       sync.Mutex
	rows     map[flow.ID]flow.Exchange
	sent     []string
	tabs     []*draft.Draft
	revealed []flow.ID
	compared [][2]flow.ID
	hidden   bool
	end      func()
}

// Get is where answers are read.
func (r *testRoom) Get(id flow.ID) (flow.Exchange, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x, ok := r.rows[id]
	return x, ok
}

func openRoom(t *testing.T, theme, lang, path string) *testRoom {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(style.NewTheme(theme))
	i18n.Set(lang)
	r := &testRoom{t: t, queue: make(chan func(), 1024), rows: map[flow.ID]flow.Exchange{}, answer: answered}
	ctx, cancel := context.WithCancel(context.Background())
	var jobs sync.WaitGroup
	do := func(f func()) { r.queue <- f }
	r.win = test.NewTempWindow(t, container.NewWithoutLayout())
	r.win.SetPadded(false)
	r.win.Resize(fyne.NewSize(1100, 700))
	r.Room = New(Deps{Window: r.win, Context: ctx, Do: do, Work: func(slow func() func()) { jobs.Go(func() { do(slow()) }) },
		Open: func(d dialog.Dialog) { d.Show() }, Copy: func(string) {}, Send: r.send, Answers: func() repeat.Answers { return r },
		Tabs: func() (all []*draft.Draft) {
			for _, d := range r.tabs {
				all = append(all, d.Clone())
			}
			return all
		},
		Rows:    func() int { return 2 },
		AddRows: func(add func([]*draft.Draft)) { add([]*draft.Draft{request("GET", "http://a.test/row", "")}) },
		Compare: func(a, b flow.ID) { r.compared = append(r.compared, [2]flow.ID{a, b}) },
		Reveal:  func(id flow.ID) { r.revealed = append(r.revealed, id) }, Hidden: func() bool { return r.hidden }, Path: path})
	r.end = sync.OnceFunc(func() {
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
	t.Cleanup(r.end)
	r.Open()
	r.until("what was kept is read", func() bool { return r.keeper.Loaded() })
	return r
}

// send stands in for the engine.
func (r *testRoom) send(ctx context.Context, m outgoing.Message) (*outgoing.Sending, error) {
	if r.hold != nil {
		select {
		case <-r.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	x := r.answer(&m)
	r.mu.Lock()
	r.sent = append(r.sent, strings.SplitN(string(m.Head), " HTTP", 2)[0]+" "+string(m.Body.Bytes))
	x.ID = flow.ID(len(r.sent))
	r.rows[x.ID] = x
	r.mu.Unlock()
	s := outgoing.NewSending(func() {})
	s.Begin(x.ID)
	s.End(outgoing.Result{Row: x.Row, Hops: []flow.ID{x.ID}})
	return s, nil
}

// answered is a login's answer, and a 404 for what is gone.
func answered(m *outgoing.Message) flow.Exchange {
	body := `{"token":"t0k3n","user":{"id":7}}`
	x := flow.Exchange{Row: flow.Row{Status: 200, Duration: 12 * time.Millisecond, ResponseSize: int64(len(body))},
		ResponseHead: []byte("HTTP/1.1 200 OK\r\nX-Page: 3\r\nSet-Cookie: sid=s1; Path=/\r\n\r\n"),
		ResponseBody: flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}}
	if strings.Contains(string(m.Head), "/gone") {
		x.Status = 404
	}
	return x
}

func (r *testRoom) until(what string, so func() bool) {
	r.t.Helper()
	uitest.Until(r.t, r.queue, what, so)
}

// runs runs the group in sight to its end.
func (r *testRoom) runs() {
	r.t.Helper()
	r.toggle()
	if r.run == nil {
		r.t.Fatalf("it did not begin: %s", r.sheet.notice.Label.Text)
	}
	r.until("it has ended", func() bool { return !r.Running() })
}

func request(method, url, body string) *draft.Draft {
	d := draft.New()
	_ = d.Head.SetMethod(method)
	_ = d.SetURL(url)
	_ = d.SetBytes([]byte(body))
	return d
}

// login is a group whose first answer gives what the others use.
func (r *testRoom) login() {
	r.Compose([]*draft.Draft{request("POST", "http://a.test/login", `{"run":{{n}}}`),
		request("GET", "http://a.test/users/{{id}}?page={{page}}", ""),
		request("DELETE", "http://a.test/users/{{id}}/{{wrong}}", "{{token}}")})
	r.now.Name = "Log in and out"
	r.now.Steps[0].Takes = []repeat.Take{{Name: "token", At: "$.token"}, {Name: "id", At: ".user.id"},
		{Name: "page", From: repeat.FromField, At: "X-Page"}, {Name: "sid", From: repeat.FromCookie, At: "sid"}}
	r.show()
}

func (r *testRoom) key(name fyne.KeyName, modifier fyne.KeyModifier) {
	r.sheet.shortcut(&desktop.CustomShortcut{KeyName: name, Modifier: modifier})
}

// titles are those of the group's requests.
func (r *testRoom) titles() string {
	var all []string
	for _, s := range r.now.Steps {
		all = append(all, s.Draft.Head.Method())
	}
	return strings.Join(all, " ")
}
