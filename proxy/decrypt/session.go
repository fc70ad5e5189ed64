package decrypt

import (
	"crypto/tls"
	"sync"

	utls "github.com/refraction-networking/utls"
)

// sessionSlot keeps the newest session of one target (RFC 8446 section 2.2).
type sessionSlot struct {
	mu    sync.Mutex
	state *tls.ClientSessionState
}

func (s *sessionSlot) Get(string) (*tls.ClientSessionState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state, s.state != nil
}

func (s *sessionSlot) Put(_ string, state *tls.ClientSessionState) {
	s.mu.Lock()
	s.state = state
	s.mu.Unlock()
}

// maxSessions bounds the sessions that are kept for one target, one for each shape of
// hello.
const maxSessions = 16

// mirrorSessions keeps the newest session for each shape of hello that the origin got: a
// session is taken up by clients that look alike only.
type mirrorSessions struct {
	mu  sync.Mutex
	all map[string]*utls.ClientSessionState
}

func (m *mirrorSessions) get(shape string) *utls.ClientSessionState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all[shape]
}

// version is the session's version of TLS, 0 where there is none.
func (m *mirrorSessions) version(shape string) uint16 {
	s := m.get(shape)
	if s == nil {
		return 0
	}
	return s.Vers()
}

func (m *mirrorSessions) has(shape string) bool { return m.get(shape) != nil }

func (m *mirrorSessions) put(shape string, s *utls.ClientSessionState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s == nil {
		delete(m.all, shape)
		return
	}
	if m.all == nil {
		m.all = make(map[string]*utls.ClientSessionState)
	}
	for other := range m.all {
		if len(m.all) < maxSessions || m.all[shape] != nil {
			break
		}
		delete(m.all, other)
	}
	m.all[shape] = s
}

// mirrorCache is what one connection sees of the sessions of its target.
type mirrorCache struct {
	target *Target
	shape  string
	resume bool // the client takes up a session, so this may be too
}

func (c *mirrorCache) Get(string) (*utls.ClientSessionState, bool) {
	if !c.resume {
		return nil, false
	}
	s := c.target.sessions.get(c.shape)
	return s, s != nil
}

func (c *mirrorCache) Put(_ string, s *utls.ClientSessionState) { c.target.sessions.put(c.shape, s) }
