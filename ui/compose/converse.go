package compose

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/app/compose"
	"posthouse/app/conversation"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/websocket"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
)

const (
	talkPause = 100 * time.Millisecond // how often new messages are drawn, at most
	maxTalks  = 8                      // conversations that have ended and whose messages are kept, in all tabs
)

// Sockets are the WebSockets of a room's tabs. It belongs to the UI goroutine.
type Sockets struct {
	room  *Room
	talks []*sent // conversations that have ended, the newest last; at most maxTalks
}

// New opens an empty request for a WebSocket.
func (w *Sockets) New() { w.room.Add(compose.NewSocket()) }

// talk is the conversation that is under way; nil for none.
func (t *tab) talk() *conversation.Conversation {
	if n := len(t.sends); n > 0 && t.sending() {
		return t.sends[n-1].talk
	}
	return nil
}

// Connected reports whether messages can be sent over a WebSocket in the tab in sight.
func (w *Sockets) Connected() bool {
	talk := w.room.now.talk()
	return talk != nil && talk.State().Phase == conversation.Open
}

// Conversing reports whether the tab in sight has a WebSocket, or connects one.
func (w *Sockets) Conversing() bool { return w.room.now.talk() != nil }

// Asked reports whether the request in sight asks for one.
func (w *Sockets) Asked() bool { return w.room.now.draft.WebSocket() }

// Act does what the key for sending does: it sends the message where a WebSocket is
// open, else the request, or cancels it.
func (w *Sockets) Act() {
	if w.Connected() {
		w.Send()
		return
	}
	w.room.Send()
}

// submit is Enter in a line: it does not cut a connection.
func (w *Sockets) submit() {
	if !w.Connected() {
		w.room.Send()
	}
}

// Stop cancels what is under way in the tab in sight. A WebSocket is closed; asked again, it is cut.
func (w *Sockets) Stop() { w.stop(w.room.now) }

func (w *Sockets) stop(t *tab) {
	if talk := t.talk(); talk != nil && talk.Close(websocket.CloseNormal, "") == nil {
		return
	}
	if t.sending() {
		t.cancel()
	}
}

// Send sends the message that is written over the WebSocket.
func (w *Sockets) Send() {
	r := w.room
	talk, p := r.now.talk(), r.response.socket
	if talk == nil {
		return
	}
	w.toNewest()
	p.say(talk)
}

// Ping sends a ping over the WebSocket.
func (w *Sockets) Ping() {
	r := w.room
	if talk := r.now.talk(); talk != nil {
		w.toNewest()
		r.response.socket.refuse(talk.Ping())
	}
}

// toNewest brings the sending that is under way into sight.
func (w *Sockets) toNewest() {
	r := w.room
	if t := r.now; t.at != len(t.sends)-1 {
		t.at = len(t.sends) - 1
		r.response.show()
	}
}

// converse holds a WebSocket until it has ended. It is on a goroutine beside the UI's.
func (w *Sockets) converse(ctx context.Context, t *tab, s *sent, m outgoing.Message) (outgoing.Result, error) {
	r := w.room
	done := make(chan struct{})
	var tells sync.WaitGroup
	defer tells.Wait()
	defer close(done)
	tells.Go(func() { w.listen(t, s, done) })
	return s.talk.Run(ctx, r.deps.Send, m, func(id flow.ID) { r.deps.Do(func() { r.begun(t, s, id) }) })
}

// listen has the UI goroutine look when there is something new, until done.
func (w *Sockets) listen(t *tab, s *sent, done <-chan struct{}) {
	var waiting atomic.Bool // for the UI goroutine to look
	for {
		select {
		case <-done:
			return
		case <-s.talk.Changed:
		}
		if waiting.CompareAndSwap(false, true) {
			w.room.deps.Do(func() {
				waiting.Store(false)
				w.talked(t, s)
			})
		}
		pause := time.NewTimer(talkPause)
		select {
		case <-done:
		case <-pause.C:
		}
		pause.Stop()
	}
}

// talked shows what is new of a conversation.
func (w *Sockets) talked(t *tab, s *sent) {
	r := w.room
	state := s.talk.State()
	turned := state.Phase != s.phase
	s.phase = state.Phase
	if r.now != t {
		return
	}
	if turned {
		r.line.showSend()
		r.deps.Changed()
	}
	if s != t.inSight() {
		return
	}
	r.response.changed(s)
	if turned && state.Phase == conversation.Open {
		if at := r.deps.Window.Canvas().Focused(); at == nil || at == r.line.url {
			r.response.socket.focus()
		}
	}
}

// hungUp is called when a conversation has ended: the messages of old ones are forgotten.
func (w *Sockets) hungUp(s *sent) {
	if state := s.talk.State(); !state.Opened && s.problem == nil {
		s.problem = state.Problem
	}
	w.talks = append(w.talks, s)
	if len(w.talks) > maxTalks {
		w.talks[0].talk, w.talks[0].forgot = nil, true
		w.talks = append([]*sent(nil), w.talks[1:]...)
	}
}

// talkText is how a conversation stands, in words.
func talkText(s *conversation.State) string {
	switch {
	case s.Phase == conversation.Connecting:
		return i18n.T("compose.socket.connecting")
	case s.Phase == conversation.Open:
		return i18n.T("compose.socket.open")
	case s.Problem != nil:
		return visible.Text(errorText(s.Problem))
	case s.Closed != nil && s.Closed.Them:
		return i18n.T("compose.socket.closed.them", closeText(s.Closed.Code, s.Closed.Text))
	case s.Phase == conversation.Closing:
		return i18n.T("compose.socket.closing")
	case s.Closed != nil:
		return i18n.T("compose.socket.closed.us", closeText(s.Closed.Code, s.Closed.Text))
	}
	return i18n.T("compose.socket.ended")
}
