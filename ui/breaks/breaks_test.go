package breaks

import (
	"bytes"
	"compress/gzip"
	"io"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"go.uber.org/goleak"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a room in a window, with its queue.
type stage struct {
	*Room
	t      *testing.T
	q      *breakpoints.Queue
	w      fyne.Window
	on     bool
	hidden bool
	file   string // that is chosen
}

func open(t *testing.T) *stage {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(style.NewTheme("light"))
	s := &stage{t: t, q: breakpoints.New(), on: true}
	t.Cleanup(s.q.Watch().Close)
	s.w = test.NewTempWindow(t, nil)
	s.Room = New(Deps{Window: s.w, Queue: s.q, Work: func(slow func() func()) { slow()() }, Open: func(d dialog.Dialog) { d.Show() },
		Copy: func(string) {}, Shortcut: func(fyne.Shortcut) {}, On: func() bool { return s.on }, Turn: func(on bool) { s.on = on },
		Hidden: func() bool { return s.hidden }, Mask: func(r *flow.Row) flow.Row { return *r }, Reveal: func(flow.ID) {},
		Next: func() {}, OpenFile: func(_ filedialog.Options, chosen func([]string)) { chosen([]string{s.file}) }})
	s.w.SetPadded(false)
	s.w.SetContent(s.Object)
	s.w.Resize(fyne.NewSize(1000, 560))
	return s
}

// comes has a message wait.
func (s *stage) comes(part breakpoints.Part, content breakpoints.Content) *breakpoints.Message {
	s.t.Helper()
	m, why := s.q.Enter("Login", part, 100)
	if m == nil {
		s.t.Fatal(why)
	}
	s.t.Cleanup(m.Release)
	content.Row.Method, content.Row.Scheme, content.Row.Host, content.Row.App = "POST", "https", "api.example.com", "curl"
	if content.Row.Path == "" {
		content.Row.Path = "/v1/login"
	}
	if content.Head == nil {
		content.Head = []byte("POST /v1/login HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/json\r\n" +
			"Content-Length: 15\r\n\r\n")
		content.Body = []byte(`{"user": "ada"}`)
	}
	if content.Check == nil {
		content.Check = func(*breakpoints.Edit) flow.Reason { return flow.Reason{} }
	}
	m.Show(content)
	s.Follow()
	return m
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

// What is typed is sent, and nothing else; the next message comes into sight then.
func TestWhatIsTypedGoes(t *testing.T) {
	s := open(t)
	m, second := s.comes(breakpoints.Request, breakpoints.Content{}), s.comes(breakpoints.Request, breakpoints.Content{})
	if s.now.m != m || s.body.text.Text() != `{"user": "ada"}` || len(s.list) != 2 {
		t.Fatalf("%q", s.body.text.Text())
	}
	if focused := s.w.Canvas().Focused(); focused != nil {
		t.Errorf("%T has the focus", focused)
	}
	s.head.raw.SetText("")
	s.head.raw.Insert("POST /v2/login HTTP/1.1\r\nHost: x\r\n\r\n")
	test.Tap(s.send)
	state, e := m.Settle(breakpoints.Left)
	if state != breakpoints.Gone || string(e.Head) != "POST /v2/login HTTP/1.1\r\nHost: x\r\n\r\n" || e.NewBody || e.Raw {
		t.Errorf("%v %+v", state, e)
	}
	if s.now.m != second {
		t.Error("the next message is not in sight")
	}
	s.body.text.Insert("{}")
	s.raw.SetChecked(true)
	test.Tap(s.send)
	state, e = second.Settle(breakpoints.Left)
	if state != breakpoints.Gone || !e.NewBody || string(e.Body) != `{}{"user": "ada"}` || e.Raw {
		t.Errorf("%v %+v", state, e) // this one cannot be sent raw
	}
	if s.editing.Visible() || !s.empty.Visible() {
		t.Error("something is in sight, and nothing waits")
	}
}

// A body is edited without its coding and coded again; one that cannot be is said.
func TestCodedBodies(t *testing.T) {
	s := open(t)
	head := []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
	m := s.comes(breakpoints.Response, breakpoints.Content{Head: head, Body: gzipped("plain")})
	if s.body.text.Text() != "plain" || s.answer.Visible() {
		t.Fatalf("%q", s.body.text.Text())
	}
	s.body.text.Insert("un")
	test.Tap(s.send)
	_, e := m.Settle(breakpoints.Left)
	z, err := gzip.NewReader(bytes.NewReader(e.Body))
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(z); string(text) != "unplain" {
		t.Errorf("%q", text)
	}
	// Taking the field out sends the body without a coding.
	m = s.comes(breakpoints.Response, breakpoints.Content{Head: head, Body: gzipped("plain")})
	s.head.raw.SetText("")
	s.head.raw.Insert("HTTP/1.1 200 OK\r\n\r\n")
	test.Tap(s.send)
	if _, e := m.Settle(breakpoints.Left); !e.NewBody || string(e.Body) != "plain" {
		t.Errorf("%+v", e)
	}
	odd := "HTTP/1.1 200 OK\r\nContent-Encoding: odd\r\n\r\n"
	m = s.comes(breakpoints.Response, breakpoints.Content{Head: []byte(odd), Body: []byte("odd")})
	if s.body.text.Text() != "odd" || !strings.Contains(s.notice.Label.Text, "could not be decoded") {
		t.Errorf("%q %q", s.body.text.Text(), s.notice.Label.Text)
	}
	test.Tap(s.send)
	if _, e := m.Settle(breakpoints.Left); e.NewBody {
		t.Error("a body that was not edited is sent anew")
	}
	m = s.comes(breakpoints.Response, breakpoints.Content{Head: head, Body: gzipped("plain")})
	s.head.raw.SetText("")
	s.head.raw.Insert(odd)
	test.Tap(s.send)
	if m.State() != breakpoints.Waiting || !strings.Contains(s.notice.Label.Text, "odd") {
		t.Errorf("%v %q", m.State(), s.notice.Label.Text)
	}
	test.Tap(s.abort)
	if m.State() != breakpoints.Aborted {
		t.Error(m.State())
	}
}

// What cannot be sent is said, and waits on with what was typed.
func TestWhatCannotBeSentIsSaid(t *testing.T) {
	s := open(t)
	m := s.comes(breakpoints.Request, breakpoints.Content{Check: func(*breakpoints.Edit) flow.Reason { return reason.HeadLines.With() }})
	s.head.raw.Insert("x")
	test.Tap(s.send)
	if m.State() != breakpoints.Waiting || !strings.Contains(s.notice.Label.Text, "empty line") ||
		!strings.HasPrefix(s.head.raw.Text(), "xPOST") {
		t.Errorf("%v %q", m.State(), s.notice.Label.Text)
	}
	s.head.raw.Insert("y")
	if s.notice.Object.Visible() {
		t.Errorf("%q", s.notice.Label.Text)
	}
	test.Tap(s.pass)
	if m.State() != breakpoints.Unchanged {
		t.Error(m.State())
	}
}

// An answer is written beside the request, which stays as it was typed.
func TestAnswerNow(t *testing.T) {
	s := open(t)
	m := s.comes(breakpoints.Request, breakpoints.Content{})
	s.head.raw.Insert("x")
	test.Tap(s.answer)
	if !strings.HasPrefix(s.head.raw.Text(), "HTTP/1.1 200 OK\r\n") || s.body.text.Text() != "" {
		t.Errorf("%q %q", s.head.raw.Text(), s.body.text.Text())
	}
	s.body.text.Insert("mine")
	test.Tap(s.answer)
	if !strings.HasPrefix(s.head.raw.Text(), "xPOST") {
		t.Errorf("%q", s.head.raw.Text())
	}
	test.Tap(s.answer)
	test.Tap(s.send)
	if state, e := m.Settle(breakpoints.Left); state != breakpoints.Answered || string(e.Body) != "mine" {
		t.Errorf("%v %+v", state, e)
	}
}

// What was typed of a message that went by itself stays in sight, and says so.
func TestWhatIsTypedOutlivesItsMessage(t *testing.T) {
	s := open(t)
	m := s.comes(breakpoints.Request, breakpoints.Content{})
	s.head.raw.Insert("typed")
	s.q.AllGo()
	s.Follow()
	if m.State() != breakpoints.Unchanged || !strings.HasPrefix(s.head.raw.Text(), "typed") || !s.send.Disabled() ||
		!s.notice.Object.Visible() {
		t.Errorf("%q %q", s.head.raw.Text(), s.notice.Label.Text)
	}
	s.comes(breakpoints.Request, breakpoints.Content{})
	if !strings.HasPrefix(s.head.raw.Text(), "typed") {
		t.Error("another message took its place")
	}
	s.rows.Select(0)
	if strings.HasPrefix(s.head.raw.Text(), "typed") {
		t.Error("the other message cannot be chosen")
	}
}

// While secrets are hidden nothing of a message is shown, and it can go all the same.
func TestHiddenSecrets(t *testing.T) {
	s := open(t)
	s.hidden = true
	m := s.comes(breakpoints.Request, breakpoints.Content{})
	if s.head.raw.Text()+s.body.text.Text() != "" || !s.send.Disabled() || s.pass.Disabled() {
		t.Errorf("%q %q", s.head.raw.Text(), s.body.text.Text())
	}
	s.hidden = false
	s.Follow()
	if s.body.text.Text() == "" {
		t.Error("nothing is shown")
	}
	test.Tap(s.all)
	if m.State() != breakpoints.Unchanged {
		t.Error(m.State())
	}
}

func TestAskingForTheNext(t *testing.T) {
	s := open(t)
	s.on = false
	AskNext(s.deps, []flow.Row{{Method: "GET", Host: "api.example.com:8443", Path: "/a b?q=1", App: "curl"}}, "")
	when, ok := s.w.Canvas().Focused().(interface {
		fyne.Focusable
		SetText(string)
	})
	if !ok {
		t.Fatal("the filter has no focus")
	}
	when.SetText("status:500")
	when.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if len(s.q.Nexts()) != 0 || !strings.Contains(uitest.Words(s.w.Canvas().Overlays().Top()), "asks for the response") {
		t.Errorf("%v", uitest.Words(s.w.Canvas().Overlays().Top()))
	}
	when.SetText(ofRow(&flow.Row{Host: "api.example.com:8443", Path: "/a b?q=1"}))
	when.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	nexts := s.q.Nexts()
	if len(nexts) != 1 || nexts[0].When != `host:=api.example.com:8443 path:"/a b"` || nexts[0].Part != breakpoints.Request || !s.on {
		t.Fatalf("%+v %v", nexts, s.on)
	}
	s.Follow()
	if len(s.nexts.Objects) != 1 {
		t.Error("it is not listed")
	}
}

// What breaks next is one of what is selected, of their hosts or of their apps, or any; which of
// request and response it is can be chosen.
func TestAskingForTheNextOfSeveral(t *testing.T) {
	s := open(t)
	rows := []flow.Row{{Host: "a.test", Path: "/x?1", App: "curl"}, {Host: "a.test", Path: "/x?2", App: "curl"},
		{Host: "b.test", Path: "/", App: "node"}}
	for label, want := range map[string]string{"These hosts and paths": "host:=a.test path:/x | host:=b.test path:/",
		"These hosts": "host:=a.test | host:=b.test", "These apps": "app:=curl | app:=node", "Any request": ""} {
		AskNext(s.deps, rows, "")
		top := s.w.Canvas().Overlays().Top()
		uitest.Press(t, top, label)
		for _, parts := range uitest.Seen[*widget.RadioGroup](top) {
			parts.SetSelected("both")
		}
		uitest.Press(t, top, "Break on the next")
		nexts := s.q.Nexts()
		if len(nexts) != 1 || nexts[0].When != want || nexts[0].Part != breakpoints.Both {
			t.Errorf("%s: %+v", label, nexts)
		}
		s.q.Forget()
	}
	AskNext(s.deps, rows, strings.Repeat("host:a.test | ", 100))
	if width := uiwidget.PopUpIn(s.w.Canvas().Overlays().Top()).Content.MinSize().Width; width > 700 {
		t.Errorf("a long filter makes the dialog at least %v wide", width)
	}
	for i := range MaxLike {
		rows = append(rows, flow.Row{Host: "a.test", Path: "/" + strings.Repeat("x", 100) + strconv.Itoa(i)})
	}
	AskNext(s.deps, rows, "")
	if words := uitest.Words(s.w.Canvas().Overlays().Top()); strings.Contains(words, "These hosts and paths") ||
		!strings.Contains(words, "These hosts") {
		t.Errorf("a filter that is too long is offered: %s", words)
	}
}

func TestWaitingPictures(t *testing.T) {
	was := left
	left = func(*breakpoints.Message) string { return "12 s" }
	t.Cleanup(func() { left = was })
	for _, c := range []struct{ name, theme, lang string }{{"light-en", "light", "en"}, {"dark-zh", "dark", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			i18n.Set(c.lang)
			t.Cleanup(func() { i18n.Set(i18n.English) })
			s := open(t)
			fyne.CurrentApp().Settings().SetTheme(style.NewTheme(c.theme))
			s.comes(breakpoints.Request, breakpoints.Content{CanRaw: true, Row: flow.Row{ID: 1}})
			s.comes(breakpoints.Response, breakpoints.Content{Row: flow.Row{Status: 200, Path: "/v1/users?page=2"}})
			s.comes(breakpoints.Request, breakpoints.Content{Behind: reason.BreakLarge.With(1 << 20)})
			if err := s.q.BreakNext("host:example", breakpoints.Both); err != nil {
				t.Fatal(err)
			}
			s.Retranslate()
			if c.lang == "zh-Hans" { // the bytes, of one whose body passes behind it
				s.head.tabs.Choose(1)
				s.rows.Select(2)
			}
			test.AssertRendersToImage(t, "waiting-"+c.name+".png", s.w.Canvas())
		})
	}
}
