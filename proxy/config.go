package proxy

import (
	"net/http"
	"net/netip"
	"time"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/capture"
	"posthouse/proxy/clienthello"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/devices"
	"posthouse/proxy/http1"
	"posthouse/proxy/rules"
	"posthouse/proxy/upstream"
)

// Config is how a Server behaves. Its zero value works; Configure swaps the
// whole of it while the server runs, and exchanges that begin then follow it.
type Config struct {
	Via       bool // add a Via field to what is forwarded (RFC 9110 section 7.6.3)
	Limits    Limits
	Timeouts  Timeouts
	Processes ProcessFinder  // who finds the program behind a connection; nil: none is found
	Upstream  upstream.Chain // which requests go through another proxy; none by default

	// Decrypt says which tunnels are opened, and how; nil opens none. Connections
	// that are open already go on under the rules that they began with.
	Decrypt *decrypt.Policy

	// Allow are the other devices that may use what ServeGuarded serves; none by
	// default. A connection of one that is taken out of it is cut.
	Allow   []netip.Prefix
	Devices *devices.Table // where other devices are noted; nil: nowhere
	Lend    Rights         // what other devices may use of this computer; nothing by default

	// Local answers GET and HEAD for the proxy itself: at its own address and
	// at http://posthouse/. It is called on the client's goroutine, must not
	// wait, and may write up to 1 MiB; nil: a short text is the answer.
	Local http.Handler

	// OwnTLS is how TLS is spoken for what Posthouse itself sends where Decrypt is nil. A nil
	// one, or a nil Policy, is the defaults of decrypt.
	OwnTLS func() *decrypt.Policy

	// Hellos keeps ClientHellos that came, for what Posthouse itself sends in their place;
	// nil keeps none.
	Hellos *clienthello.Kept

	// Rules are what a person wants changed of what passes; nil: nothing.
	Rules *rules.Set

	// Breakpoints is where messages wait for a person, by a rule or once; nil: none does.
	Breakpoints *breakpoints.Queue

	// Check is a host of Posthouse's own for trying clients; nil: there is none.
	Check Check
}

// ProcessFinder finds the program on this machine that is behind a client connection.
type ProcessFinder interface {
	// Find is called where connections are accepted and does not wait. client is
	// the peer's address and own ours. It is nil where nothing will be known.
	Find(client, own netip.AddrPort) *capture.ClientProcess
}

// Limits bound what one client may ask for. What is not above zero means the default.
type Limits struct {
	MaxConnections int // client connections at once; default 16384
	MaxHead        int // bytes of one message head, 4 KiB to 1 MiB; default 256 KiB
	MaxFields      int // field lines of one head; default 1000
}

// Timeouts end what does not move on. A zero means the default, a negative value none.
type Timeouts struct {
	ClientHead time.Duration // from a request head's first byte to its last; default 30 s
	ClientIdle time.Duration // between exchanges on one connection; default 2 min
	ClientBody time.Duration // without progress in a request body; default 1 min
	Dial       time.Duration // to resolve and connect, and for each TLS handshake; default 10 s
	Response   time.Duration // from the sent request to the response head; default 5 min
	OriginBody time.Duration // without progress in a response body; default 10 min
	TunnelIdle time.Duration // without a byte in a tunnel; default none
}

// The defaults, for settings and documents to show.
const (
	DefaultMaxConnections = 16384
	DefaultMaxHead        = 256 << 10
	DefaultMaxFields      = 1000

	DefaultClientHead = 30 * time.Second
	DefaultClientIdle = 2 * time.Minute
	DefaultClientBody = time.Minute
	DefaultDial       = 10 * time.Second
	DefaultResponse   = 5 * time.Minute
	DefaultOriginBody = 10 * time.Minute
)

func (c Config) filled() Config {
	c.Limits.MaxConnections = max(c.Limits.MaxConnections, 0) // none would refuse everything
	c.Limits.MaxHead = max(c.Limits.MaxHead, 0)
	c.Limits.MaxFields = max(c.Limits.MaxFields, 0)
	fill(&c.Limits.MaxConnections, DefaultMaxConnections)
	fill(&c.Limits.MaxHead, DefaultMaxHead)
	fill(&c.Limits.MaxFields, DefaultMaxFields)
	c.Limits.MaxHead = min(max(c.Limits.MaxHead, 4<<10), 1<<20)
	fill(&c.Timeouts.ClientHead, DefaultClientHead)
	fill(&c.Timeouts.ClientIdle, DefaultClientIdle)
	fill(&c.Timeouts.ClientBody, DefaultClientBody)
	fill(&c.Timeouts.Dial, DefaultDial)
	fill(&c.Timeouts.Response, DefaultResponse)
	fill(&c.Timeouts.OriginBody, DefaultOriginBody)
	return c
}

func fill[T int | time.Duration](v *T, fallback T) {
	if *v == 0 {
		*v = fallback
	}
}

// heads are the limits of one message head. A request line may take half of
// it, so that a target too long (414) is told from a head too large (431).
func (l Limits) heads() http1.Limits {
	return http1.Limits{StartLine: l.MaxHead / 2, Head: l.MaxHead, Fields: l.MaxFields}
}
