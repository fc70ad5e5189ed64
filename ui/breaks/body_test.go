package breaks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"posthouse/proxy/breakpoints"
	"posthouse/ui/document"
)

// A body is edited in hexadecimal; what is no hexadecimal is not sent.
func TestABodyIsEditedInHex(t *testing.T) {
	s := open(t)
	head := []byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
	m := s.comes(breakpoints.Response, breakpoints.Content{Head: head, Body: []byte("a\x00b")})
	s.body.inHex.Tapped(nil)
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
	s.body.inHex.Tapped(nil)
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
	s.body.inHex.Tapped(nil)
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
	s.body.inHex.Tapped(nil)
	s.body.hex.Insert("f")
	other := s.comes(breakpoints.Request, breakpoints.Content{Head: head, Body: []byte("a")})
	test.Tap(s.send)
	if m.State() != breakpoints.Waiting || !strings.Contains(s.notice.Label.Text, "Line 1 is not hexadecimal") {
		t.Errorf("%v %q", m.State(), s.notice.Label.Text)
	}
	s.Room.show(other)
	s.body.inHex.Tapped(nil)
	if s.body.hex.Text() != "61" || s.body.broken() {
		t.Errorf("%q", s.body.hex.Text())
	}
	test.Tap(s.answer)
	s.body.hex.Insert("4")
	test.Tap(s.answer)
	if s.body.hex.Text() != "61" || s.body.broken() {
		t.Errorf("%q", s.body.hex.Text())
	}
}
