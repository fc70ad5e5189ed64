package outgoing

import (
	"io"
	"sync"
	"time"

	"posthouse/proxy/flow"
)

// Result is how a message fared. Of one whose redirects were followed it is the last answer.
type Result struct {
	// Row is the row as it ended: status, sizes, timing, failure and why. Its ID is 0
	// where there was no room for a row.
	Row flow.Row
	// Hops are the rows in order, the first one's and one for each redirect.
	Hops []flow.ID
	// Problem is why a redirect was not followed; nil where none was to be, or all were.
	Problem error
}

// Failed reports whether there is no whole answer of the origin's.
func (r *Result) Failed() bool { return r.Row.Failure != flow.FailureNone }

// Sending is a message on its way. All methods are safe for concurrent use.
type Sending struct {
	begun, done chan struct{}
	cancel      func()

	mu       sync.Mutex
	id       flow.ID
	late     *time.Timer // ends what takes too long; nil for none
	upgraded chan Upgraded
	result   Result
}

// Upgraded is a connection that an answer has turned into another protocol.
type Upgraded struct {
	io.ReadWriteCloser
	Head []byte // of that answer, as a client gets it
}

// NewSending is for the engine. cancel ends what is under way.
func NewSending(cancel func()) *Sending {
	return &Sending{begun: make(chan struct{}), done: make(chan struct{}), cancel: cancel, upgraded: make(chan Upgraded, 1)}
}

// Begun is closed when the message has its row.
func (s *Sending) Begun() <-chan struct{} { return s.begun }

// ID is the first row's, once Begun is closed; 0 where there was no room for one.
func (s *Sending) ID() flow.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id
}

// Cancel ends what is under way; the row says that it was cancelled.
func (s *Sending) Cancel() { s.cancel() }

// Done is closed when all has ended.
func (s *Sending) Done() <-chan struct{} { return s.done }

// Wait waits for the end.
func (s *Sending) Wait() Result {
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.result
}

// Upgraded gives the connection once the answer has turned it into another protocol, for a
// message with KeepOpen. Who takes it closes it. The channel is closed with Done.
func (s *Sending) Upgraded() <-chan Upgraded { return s.upgraded }

// Limit is for the engine: late is called after a time, unless all has ended or the connection
// speaks another protocol by then.
func (s *Sending) Limit(after time.Duration, late func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = time.AfterFunc(after, late)
}

// inTime has no limit hold any more; mu is held.
func (s *Sending) inTime() {
	if s.late != nil {
		s.late.Stop()
	}
}

// Begin is for the engine: the message has a row.
func (s *Sending) Begin(id flow.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.begun:
	default:
		s.id = id
		close(s.begun)
	}
}

// Upgrade is for the engine: the connection speaks another protocol.
func (s *Sending) Upgrade(conn Upgraded) {
	s.mu.Lock()
	s.inTime()
	s.mu.Unlock()
	s.upgraded <- conn
}

// End is for the engine: all has ended.
func (s *Sending) End(r Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.begun:
	default:
		close(s.begun)
	}
	s.inTime()
	s.result = r
	close(s.upgraded)
	close(s.done)
}
