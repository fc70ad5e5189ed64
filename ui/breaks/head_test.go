package breaks

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"posthouse/proxy/breakpoints"
)

// A head is edited in a table as in Compose: one field changes and all other bytes stay; the bytes
// follow, and what is off stays where it was. What cannot be written there is said.
func TestHeadsAreEditedInATable(t *testing.T) {
	s := open(t)
	const before = "POST /v1/login HTTP/1.1\r\nhost:api.example.com\r\nX-Odd :  1\t\r\nX-Folded: a\r\n b\r\nX-Off: 1\r\n\r\n"
	m := s.comes(breakpoints.Request, breakpoints.Content{Head: []byte(before)})
	if s.head.start.Text != "POST /v1/login HTTP/1.1" || len(s.head.of.Lines) != 4 {
		t.Fatalf("%q %+v", s.head.start.Text, s.head.of.Lines)
	}
	if s.now.changed() {
		t.Error("a table that is looked at changes the message")
	}
	s.head.fields.Edit(1, 1, "2")
	s.head.fields.Edit(2, 1, "another")
	if !s.notice.Object.Visible() || !strings.Contains(s.notice.Label.Text, "raw text") {
		t.Errorf("a folded field is edited in one line: %q", s.notice.Label.Text)
	}
	s.head.start.SetText("PUT /v2 HTTP/1.1")
	if s.notice.Object.Visible() {
		t.Errorf("%q", s.notice.Label.Text)
	}
	s.head.of.Lines[3].Off = true
	s.head.edited()
	s.head.fields.Edit(4, 0, "X-New")
	const after = "PUT /v2 HTTP/1.1\r\nhost:api.example.com\r\nX-Odd :  2\t\r\nX-Folded: a\r\n b\r\nX-New: \r\n\r\n"
	s.head.tabs.Choose(1)
	if s.head.raw.Text() != after {
		t.Errorf("%q", s.head.raw.Text())
	}
	s.head.raw.SetText("")
	s.head.raw.Insert(strings.Replace(after, "X-New: ", "X-New: 3", 1))
	s.head.tabs.Choose(0)
	if l := s.head.of.Lines; len(l) != 5 || !l[3].Off || l[4].Value != "3" {
		t.Errorf("%+v", l)
	}
	test.Tap(s.send)
	state, e := m.Settle(breakpoints.Left)
	if want := strings.Replace(after, "X-New: ", "X-New: 3", 1); state != breakpoints.Gone || string(e.Head) != want {
		t.Errorf("%v %q", state, e.Head)
	}
}

// The head of an answer has the table too; of a message that went by itself it can be read alone.
func TestTheTableOfOtherHeads(t *testing.T) {
	s := open(t)
	m := s.comes(breakpoints.Request, breakpoints.Content{})
	test.Tap(s.answer)
	if s.head.start.Text != "HTTP/1.1 200 OK" {
		t.Errorf("%q", s.head.start.Text)
	}
	s.head.start.SetText("HTTP/1.1 404 Not Found")
	s.head.fields.Edit(0, 1, "text/html")
	test.Tap(s.answer)
	if s.head.start.Text != "POST /v1/login HTTP/1.1" || len(s.head.of.Lines) != 3 {
		t.Errorf("%q %+v", s.head.start.Text, s.head.of.Lines)
	}
	s.head.start.SetText("GET / HTTP/1.1")
	s.q.AllGo()
	s.Follow()
	if m.State() != breakpoints.Unchanged || !s.head.start.Disabled() {
		t.Errorf("%v: the first line can be written", m.State())
	}
	before := s.now.head
	s.head.fields.Edit(0, 1, "elsewhere")
	if s.now.head != before || s.now.answer[0] != "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n" {
		t.Errorf("%q %q", s.now.head, s.now.answer[0])
	}
	s.hidden = true
	s.Follow()
	if s.head.start.Text != "" || len(s.head.of.Lines) != 0 {
		t.Errorf("%q %+v", s.head.start.Text, s.head.of.Lines)
	}
}
