package ui

import (
	"time"

	"posthouse/app"
	"posthouse/app/desktop/notify"
	"posthouse/app/switches/systemproxy"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// Notes are shown by the desktop while the window is hidden.
type Notes interface {
	Show(notify.Note)
	Withdraw(topic string)
}

// noNotes stands in where nobody shows any.
type noNotes struct{}

func (noNotes) Show(notify.Note) {}
func (noNotes) Withdraw(string)  {}

// troubleNote is how long a note of trouble stays, if it does not pass before.
const troubleNote = 30 * time.Second

// deskNotes are the desktop's notes of what goes wrong while the window is hidden: each
// once, and until it is over or the window is there. They belong to the UI goroutine.
type deskNotes struct {
	notes  Notes
	hidden bool // the window is not shown
	noted  map[string]noted
}

func newDeskNotes(notes Notes) *deskNotes {
	if notes == nil {
		notes = noNotes{}
	}
	return &deskNotes{notes: notes, noted: map[string]noted{}}
}

// follow tells of the proxy and of the system proxy.
func (d *deskNotes) follow(status app.Status, system systemproxy.Status) {
	d.note("start", status.State == app.Failed && status.Err != nil, status.Since, func() (string, string) {
		text, _ := words.ProblemText(status.Err)
		return i18n.T("note.start"), text
	})
	d.note("system", system.Phase == systemproxy.Taken, system.Since, func() (string, string) {
		return i18n.T("note.taken"), i18n.T("note.taken.text")
	})
}

// note shows a topic's note while so, once for each time it came to be (since).
func (d *deskNotes) note(topic string, so bool, since time.Time, words func() (title, text string)) {
	if !so || !d.hidden {
		if d.noted[topic].shown {
			d.notes.Withdraw(topic)
		}
		d.noted[topic] = noted{since: since}
		if !so {
			delete(d.noted, topic)
		}
		return
	}
	if last, ok := d.noted[topic]; ok && last.since.Equal(since) {
		return // said, or seen in the window
	}
	title, text := words()
	d.noted[topic] = noted{since: since, shown: true}
	d.notes.Show(notify.Note{Topic: topic, Title: title, Body: visible.Lines(text), Expire: troubleNote})
}

// noted is what is known of a topic.
type noted struct {
	since time.Time // of the trouble
	shown bool      // the desktop may still show it
}
