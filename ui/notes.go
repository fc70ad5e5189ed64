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

// noteTrouble tells what goes wrong while nobody sees the window: each once, and
// until it is over or the window is there.
func (w *Window) noteTrouble(status app.Status) {
	w.note("start", status.State == app.Failed && status.Err != nil, status.Since, func() (string, string) {
		text, _ := words.ProblemText(status.Err)
		return i18n.T("note.start"), text
	})
	system := w.systemProxy.Status()
	w.note("system", system.Phase == systemproxy.Taken, system.Since, func() (string, string) {
		return i18n.T("note.taken"), i18n.T("note.taken.text")
	})
}

// note shows a topic's note while so, once for each time it came to be (since).
func (w *Window) note(topic string, so bool, since time.Time, words func() (title, text string)) {
	if !so || !w.hidden {
		if w.noted[topic].shown {
			w.notes.Withdraw(topic)
		}
		w.noted[topic] = noted{since: since}
		if !so {
			delete(w.noted, topic)
		}
		return
	}
	if last, ok := w.noted[topic]; ok && last.since.Equal(since) {
		return // said, or seen in the window
	}
	title, text := words()
	w.noted[topic] = noted{since: since, shown: true}
	w.notes.Show(notify.Note{Topic: topic, Title: title, Body: visible.Lines(text), Expire: troubleNote})
}

// noted is what is known of a topic.
type noted struct {
	since time.Time // of the trouble
	shown bool      // the desktop may still show it
}
