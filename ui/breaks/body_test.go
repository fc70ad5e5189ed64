package breaks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
)

// A body is edited in hexadecimal; what is no hexadecimal is not sent.
func TestABodyIsEditedInHex(t *testing.T) {
	s := open(t)
	head := []byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
	m := s.comes(breakpoints.Response, breakpoints.Content{Head: head, Body: []byte("a\x00b")})
	s.body.modes.Choose(3)
	if s.body.hex.Text() != "61 00 62" {
		t.Fatalf("%q", s.body.hex.Text())
	}
	s.body.hex.Insert("f")
	test.Tap(s.send)
	if m.State() != breakpoints.Waiting || !strings.Contains(s.notice.Label.Text, "Line 1 is not hexadecimal") {
		t.Errorf("%v %q", m.State(), s.notice.Label.Text)
	}
	s.body.hex.Insert("f ")
	if s.notice.Object.Visible() {
		t.Errorf("%q", s.notice.Label.Text)
	}
	s.body.modes.Choose(0)
	if s.body.text.Text() != "\xffa\x00b" {
		t.Errorf("%q", s.body.text.Text())
	}
	test.Tap(s.send)
	if _, e := m.Settle(breakpoints.Left); !e.NewBody || string(e.Body) != "\xffa\x00b" {
		t.Errorf("%+v", e)
	}
}

// A body is taken from a file, within bounds.
func TestABodyIsTakenFromAFile(t *testing.T) {
	s := open(t)
	m := s.comes(breakpoints.Request, breakpoints.Content{})
	s.file = filepath.Join(t.TempDir(), "body")
	take := func(size int64) {
		t.Helper()
		if err := os.WriteFile(s.file, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(s.file, size); err != nil {
			t.Fatal(err)
		}
		s.body.file.Tapped(nil)
	}
	take(breakpoints.MaxNewBody + 1)
	if s.body.text.Text() != `{"user": "ada"}` || s.notice.Label.Text != "The file has more than 16.0 MB." {
		t.Errorf("%q", s.notice.Label.Text)
	}
	s.file = filepath.Dir(s.file)
	s.body.file.Tapped(nil)
	if !strings.Contains(s.notice.Label.Text, "could not be read") {
		t.Errorf("%q", s.notice.Label.Text)
	}
	s.file = filepath.Join(s.file, "body")
	take(4)
	test.Tap(s.send)
	if _, e := m.Settle(breakpoints.Left); !e.NewBody || string(e.Body) != "mine" {
		t.Errorf("%+v", e)
	}
	m = s.comes(breakpoints.Request, breakpoints.Content{})
	test.Tap(s.answer)
	take(4)
	test.Tap(s.send)
	if state, e := m.Settle(breakpoints.Left); state != breakpoints.Answered || string(e.Body) != "mine" {
		t.Errorf("%v %+v", state, e)
	}
	s.comes(breakpoints.Request, breakpoints.Content{Body: make([]byte, document.MaxHex+1), Head: []byte("GET / HTTP/1.1\r\n\r\n")})
	s.body.modes.Choose(3)
	if !s.body.hex.ReadOnly || !strings.Contains(s.notice.Label.Text, "read alone") {
		t.Errorf("%q", s.notice.Label.Text)
	}
}

// What is no hexadecimal is not sent when something else has come to wait meanwhile, and is not taken
// for the body of another message, or of an answer.
func TestBrokenHexIsNotSentLater(t *testing.T) {
	s := open(t)
	head := []byte("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
	m := s.comes(breakpoints.Request, breakpoints.Content{Head: head, Body: []byte("a")})
	s.body.modes.Choose(3)
	s.body.hex.Insert("f")
	other := s.comes(breakpoints.Request, breakpoints.Content{Head: head, Body: []byte("a")})
	test.Tap(s.send)
	if m.State() != breakpoints.Waiting || !strings.Contains(s.notice.Label.Text, "Line 1 is not hexadecimal") {
		t.Errorf("%v %q", m.State(), s.notice.Label.Text)
	}
	s.Room.show(other)
	s.body.modes.Choose(3)
	if s.body.hex.Text() != "61" || s.body.broken() {
		t.Errorf("%q", s.body.hex.Text())
	}
	test.Tap(s.answer)
	s.body.modes.Choose(3)
	s.body.hex.Insert("4")
	test.Tap(s.answer)
	if s.body.hex.Text() != "61" || s.body.broken() {
		t.Errorf("%q", s.body.hex.Text())
	}
}

// A form and parts are edited in the tables that Compose has; what is not touched stays, byte for byte.
func TestABodyIsEditedInTables(t *testing.T) {
	s := open(t)
	head := "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 15\r\n\r\n"
	m := s.comes(breakpoints.Request, breakpoints.Content{Head: []byte(head), Body: []byte("a=%61+b&c=d&e=f")})
	if s.body.modes.Selected != 1 || !s.body.tables.Form.Visible() || s.body.pages[0].Visible() {
		t.Fatal("the form is not shown as one")
	}
	s.body.tables.EditPair(1, 1, "x & y")
	s.body.tables.EditPair(3, 0, "new")
	s.body.modes.Choose(0)
	const want = "a=%61+b&c=x+%26+y&e=f&new="
	if s.body.text.Text() != want {
		t.Errorf("%q", s.body.text.Text())
	}
	s.body.modes.Choose(2)
	if !strings.Contains(s.notice.Label.Text, "cannot show this body") || !s.body.pages[0].Visible() {
		t.Errorf("%q", s.notice.Label.Text)
	}
	test.Tap(s.send)
	if _, e := m.Settle(breakpoints.Left); !e.NewBody || string(e.Body) != want || string(e.Head) != head {
		t.Errorf("%+v", e)
	}

	head = "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1\r\n\r\n"
	const first = "--x\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n"
	const second = "--x\nContent-Disposition: form-data; name=\"b\"\n\n2\n"
	m = s.comes(breakpoints.Request, breakpoints.Content{Head: []byte(head), Body: []byte(first + second + "--x--\r\n")})
	if s.body.modes.Selected != 2 || !s.body.tables.Parts.Visible() {
		t.Fatal("the parts are not shown as such")
	}
	s.body.tables.EditPart(1, 1, "two")
	s.file = filepath.Join(t.TempDir(), "pic.png")
	if err := os.WriteFile(s.file, []byte("\x89PNG\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.body.fileOf(0)
	test.Tap(s.send)
	_, e := m.Settle(breakpoints.Left)
	got := strings.ReplaceAll(string(e.Body), `"a"; filename="pic.png"`, "a")
	if !strings.Contains(got, "Content-Type: image/png\r\n") {
		t.Errorf("%q", got)
	}
	got = strings.NewReplacer("Content-Type: image/png\r\n", "", "\x89PNG\r\n", "1").Replace(got)
	if want := first + strings.Replace(second, "2", "two", 1) + "--x--\r\n"; got != want || string(e.Head) != head {
		t.Errorf("%q, not %q", got, want)
	}
}

// While secrets are hidden the tables have nothing of a body, and lose nothing of what was done.
func TestHiddenBodiesAreInNoTable(t *testing.T) {
	s := open(t)
	head := []byte("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\n")
	s.comes(breakpoints.Request, breakpoints.Content{Head: head, Body: []byte("a=1&b=2")})
	s.now.bodies[0].Body.Pairs[0].Off = true
	s.now.bodies[0].PairsChanged()
	s.body.edited()
	s.hidden = true
	s.Follow()
	if n := len(s.body.tabled.Body.Pairs); n != 0 {
		t.Errorf("%d pairs", n)
	}
	s.hidden = false
	s.Follow()
	if p := s.body.tabled.Body.Pairs; len(p) != 2 || !p[0].Off || s.now.body != "b=2" {
		t.Errorf("%+v %q", p, s.now.body)
	}
	large := strings.Repeat("a&", 3000)
	s.comes(breakpoints.Request, breakpoints.Content{Head: head, Body: []byte(large)})
	s.rows.Select(1)
	if s.body.modes.Selected != 0 || s.body.text.Text() != large {
		t.Error("a form of 3,000 pairs is in a table")
	}
}

func TestBodyTablesPictures(t *testing.T) {
	was := left
	left = func(*breakpoints.Message) string { return "12 s" }
	t.Cleanup(func() { left = was })
	const parts = "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA picture\r\n--x\r\n" +
		"Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n"
	for _, c := range []struct{ name, theme, lang, kind, body string }{
		{"form-light-zh", "light", "zh-Hans", "application/x-www-form-urlencoded", "user=ada&password=s%26cret&remember=1"},
		{"parts-dark-en", "dark", "en", "multipart/form-data; boundary=x", parts}} {
		t.Run(c.name, func(t *testing.T) {
			i18n.Set(c.lang)
			t.Cleanup(func() { i18n.Set(i18n.English) })
			s := open(t)
			fyne.CurrentApp().Settings().SetTheme(style.NewTheme(c.theme))
			head := "POST /v1/login HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: " + c.kind + "\r\nContent-Length: 1\r\n\r\n"
			s.comes(breakpoints.Request, breakpoints.Content{Head: []byte(head), Body: []byte(c.body), Row: flow.Row{ID: 1}})
			s.Retranslate()
			test.AssertRendersToImage(t, "waiting-"+c.name+".png", s.w.Canvas())
		})
	}
}
