package breaks

import (
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/proxy/breakpoints"
)

// What is typed on when a message has gone is not typed into the next one, which is edited another way.
func TestWhatIsTypedOnIsNotOfTheNextMessage(t *testing.T) {
	form := breakpoints.Content{Head: []byte("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"),
		Body: []byte("a=b&c=d&e=f&g=h")}
	for name, begins := range map[string]struct {
		first, next breakpoints.Content
		at          func(s *stage) fyne.Focusable
	}{
		"text": {breakpoints.Content{}, form, func(s *stage) fyne.Focusable { return s.body.text.LineView }},
		"form": {form, breakpoints.Content{}, func(s *stage) fyne.Focusable {
			s.body.tables.EditPair(3, 1, "i")
			return s.w.Canvas().Focused()
		}},
		"head": {breakpoints.Content{}, form, func(s *stage) fyne.Focusable { return s.head.start }},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			s.comes(breakpoints.Request, begins.first)
			next := s.comes(breakpoints.Request, begins.next)
			c := s.w.Canvas()
			in := begins.at(s)
			if c.Focus(in); in == nil || c.Focused() != in {
				t.Fatalf("the focus is at %T", c.Focused())
			}
			s.Go()
			if at := c.Focused(); at != nil {
				at.TypedRune('x')
			}
			s.Go()
			if state, e := next.Settle(breakpoints.Left); state != breakpoints.Gone || e.NewBody || string(e.Head) != string(next.Head) {
				t.Errorf("%v, it went as %q %q", state, e.Head, e.Body)
			}
		})
	}
}

// The focus stays where it is outside of the editor when another message comes into sight.
func TestTheFocusElsewhereStays(t *testing.T) {
	s := open(t)
	m := s.comes(breakpoints.Request, breakpoints.Content{})
	s.comes(breakpoints.Request, breakpoints.Content{})
	s.w.Canvas().Focus(s.rows)
	_, _ = m.Settle(breakpoints.Left)
	m.Release()
	if s.Follow(); s.now.m == m || s.w.Canvas().Focused() != fyne.Focusable(s.rows) {
		t.Errorf("the focus is at %T", s.w.Canvas().Focused())
	}
}
