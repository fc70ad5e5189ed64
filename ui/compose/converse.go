package compose

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

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

// talk is the conversation that is under way; nil for none.
func (t *tab) talk() *conversation.Conversation {
	if n := len(t.sends); n > 0 && t.sending() {
		return t.sends[n-1].talk
	}
	return nil
}

// Connected reports whether messages can be sent over a WebSocket in the tab in sight.
func (r *Room) Connected() bool {
	talk := r.now.talk()
	return talk != nil && talk.State().Phase == conversation.Open
}

// Conversing reports whether the tab in sight has a WebSocket, or connects one.
func (r *Room) Conversing() bool { return r.now.talk() != nil }

// WebSocket reports whether the request in sight asks for one.
func (r *Room) WebSocket() bool { return r.now.draft.WebSocket() }

// Act does what the key for sending does: it sends the message where a WebSocket is
// open, else the request, or cancels it.
func (r *Room) Act() {
	if r.Connected() {
		r.SendMessage()
		return
	}
	r.Send()
}

// submit is Enter in a line: it does not cut a connection.
func (r *Room) submit() {
	if !r.Connected() {
		r.Send()
	}
}

// Stop cancels what is under way in the tab in sight. A WebSocket is closed; asked again, it is cut.
func (r *Room) Stop() { r.stop(r.now) }

func (r *Room) stop(t *tab) {
	if talk := t.talk(); talk != nil && talk.Close(websocket.CloseNormal, "") == nil {
		return
	}
	if t.sending() {
		t.cancel()
	}
}

// SendMessage sends the message that is written over the WebSocket.
func (r *Room) SendMessage() {
	talk, p := r.now.talk(), r.response.socket
	if talk == nil {
		return
	}
	r.toNewest()
	p.say(talk)
}

// Ping sends a ping over the WebSocket.
func (r *Room) Ping() {
	if talk := r.now.talk(); talk != nil {
		r.toNewest()
		r.response.socket.refuse(talk.Ping())
	}
}

// toNewest brings the sending that is under way into sight.
func (r *Room) toNewest() {
	if t := r.now; t.at != len(t.sends)-1 {
		t.at = len(t.sends) - 1
		r.response.show()
	}
}

// converse holds a WebSocket until it has ended. It is on a goroutine beside the UI's.
func (r *Room) converse(ctx context.Context, t *tab, s *sent, m outgoing.Message) (outgoing.Result, error) {
	done := make(chan struct{})
	var tells sync.WaitGroup
	defer tells.Wait()
	defer close(done)
	tells.Go(func() { r.listen(t, s, done) })
	return s.talk.Run(ctx, r.deps.Send, m, func(id flow.ID) { r.deps.Do(func() { r.begun(t, s, id) }) })
}

// listen has the UI goroutine look when there is something new, until done.
func (r *Room) listen(t *tab, s *sent, done <-chan struct{}) {
	var waiting atomic.Bool // for the UI goroutine to look
	for {
		select {
		case <-done:
			return
		case <-s.talk.Changed:
		}
		if waiting.CompareAndSwap(false, true) {
			r.deps.Do(func() {
				waiting.Store(false)
				r.talked(t, s)
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
func (r *Room) talked(t *tab, s *sent) {
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
		if c := canvasOf(r.line.url); c != nil && (c.Focused() == nil || c.Focused() == r.line.url) {
			r.response.socket.focus()
		}
	}
}

// hungUp is called when a conversation has ended: the messages of old ones are forgotten.
func (r *Room) hungUp(s *sent) {
	if state := s.talk.State(); !state.Opened && s.problem == nil {
		s.problem = state.Problem
	}
	r.talks = append(r.talks, s)
	if len(r.talks) > maxTalks {
		r.talks[0].talk, r.talks[0].forgot = nil, true
		r.talks = append([]*sent(nil), r.talks[1:]...)
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
