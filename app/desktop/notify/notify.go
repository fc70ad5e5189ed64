// Package notify tells a person something while no window of ours is seen: few
// notes, each replaced by the next of its topic, gone by themselves after a while,
// and taken back when they are no longer true.
//
// On Linux it speaks to the desktop's notification service over D-Bus (Desktop
// Notifications Specification 1.2), on its own connection. Elsewhere a note
// goes to a function of the caller, which has the toolkit show it. Where neither can
// show it, it is dropped: all that is said so can also be seen in the window.
//
// A Notifier may be used from any goroutine; its methods but Close do not block.
// One goroutine does the work.
package notify

import (
	"sync"
	"time"
)

// Note is what is said.
type Note struct {
	// Topic names what it is about. A note takes the place of one with the same topic.
	Topic       string
	Title, Body string
	// Expire is when it goes by itself; 0: the desktop decides.
	Expire time.Duration
}

// Options of a Notifier.
type Options struct {
	AppName string
	Desktop string // the name of the desktop file, without its ending
	// Clicked is called when a person clicks on a note, with its topic, where the
	// desktop tells. It is called on the Notifier's goroutine.
	Clicked func(topic string)
	// Fallback shows a note where this package cannot; nil: nothing does.
	Fallback func(title, body string)
}

// maxWaiting bounds what waits for a service that does not answer. One that does
// not fit is dropped.
const maxWaiting = 16

// ask is a note to show, or, without a title, a topic to take back.
type ask struct{ Note }

// Notifier shows notes.
type Notifier struct {
	asks chan ask
	quit chan struct{}
	done chan struct{}
	once sync.Once
}

// New returns a Notifier. It connects when there is something to say.
func New(o Options) *Notifier {
	n := &Notifier{asks: make(chan ask, maxWaiting), quit: make(chan struct{}), done: make(chan struct{})}
	go n.run(newService(o))
	return n
}

// Show shows a note in place of the one with its topic.
func (n *Notifier) Show(note Note) { n.put(ask{note}) }

// Withdraw takes a note back, if it is still shown.
func (n *Notifier) Withdraw(topic string) { n.put(ask{Note{Topic: topic}}) }

func (n *Notifier) put(a ask) {
	select {
	case n.asks <- a:
	default:
	}
}

// Close takes back what is shown, for nothing of it is true when the program has
// ended, and ends the goroutine. It waits a second or so at most.
func (n *Notifier) Close() {
	n.once.Do(func() { close(n.quit) })
	<-n.done
}

// service is what shows notes on this system.
type service interface {
	show(Note)
	withdraw(topic string)
	// events has clicks and ends of notes; handle takes them.
	events() <-chan event
	handle(event)
	close()
}

func (n *Notifier) run(s service) {
	defer close(n.done)
	defer s.close()
	for {
		select {
		case a := <-n.asks:
			if a.Title == "" {
				s.withdraw(a.Topic)
			} else {
				s.show(a.Note)
			}
		case e := <-s.events():
			s.handle(e)
		case <-n.quit:
			return
		}
	}
}
