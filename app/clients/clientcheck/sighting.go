package clientcheck

import (
	"context"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

// sighting is what the proxy saw of one try.
type sighting struct {
	connected bool        // it asked for a tunnel
	asked     bool        // it took the certificate and sent a request
	refused   flow.Reason // how it refused the certificate, zero if it did not
	sure      bool        // that it was the certificate: browsers also close what they do not need
}

// watched is a sighting that a try waits for.
type watched struct {
	host    *Host
	token   string
	seen    sighting // under host.mu
	changed signal.Slot
}

// expect begins to note what comes with a token, until forget: as many are held
// as tries are under way.
func (h *Host) expect(token string) *watched {
	w := &watched{host: h, token: token, changed: signal.NewSlot()}
	h.mu.Lock()
	h.tries[token] = w
	h.mu.Unlock()
	return w
}

func (w *watched) forget() {
	w.host.mu.Lock()
	delete(w.host.tries, w.token)
	w.host.mu.Unlock()
}

// now is what was seen until now.
func (w *watched) now() sighting {
	w.host.mu.Lock()
	defer w.host.mu.Unlock()
	return w.seen
}

// until waits for what was seen to fit, at most for a time.
func (w *watched) until(ctx context.Context, limit time.Duration, fits func(sighting) bool) {
	late := time.NewTimer(limit)
	defer late.Stop()
	for !fits(w.now()) {
		select {
		case <-w.changed:
		case <-late.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// note changes the sighting of a token that a try waits for.
func (h *Host) note(token string, change func(*sighting)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.tries[token]
	if w == nil {
		return
	}
	change(&w.seen)
	w.changed.Set()
}
