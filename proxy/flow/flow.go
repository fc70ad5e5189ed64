// Package flow holds the plain values that every part of Posthouse shares: what
// an exchange is called, what a row of the list holds, what an opened exchange
// holds. It imports nothing of Posthouse, does no I/O, and its values are safe
// to copy; slices inside a returned Exchange belong to the caller.
//
// Words (RFC 9110): an exchange is one request with its responses; a head is a
// start-line with its fields; an origin is the server a request is for; a tunnel
// is what CONNECT opens (RFC 9110 section 9.3.6).
package flow

import (
	"cmp"
	"net/netip"
	"strings"
	"time"
)

// ID names an exchange. IDs rise in the order in which exchanges began, from 1,
// and are never used twice in the life of a store, nor by stores of later runs
// whose exchanges lie in the same history.
type ID uint64

// Rev numbers changes. It rises store-wide with every change of any row.
type Rev uint64

// Kind says how an exchange was handled.
type Kind uint8

const (
	KindHTTP     Kind = iota + 1 // forwarded request
	KindTunnel                   // CONNECT tunnel, content not visible
	KindUpgraded                 // request whose 101 turned the connection into another protocol
	KindLocal                    // answered by Posthouse itself
)

// Phase is how far an exchange has come. It only advances.
type Phase uint8

const (
	PhaseRequest  Phase = iota + 1 // the request head was read; dialing or sending
	PhaseResponse                  // the final response head passed; for tunnels: open
	PhaseDone                      // ended as it should
	PhaseFailed                    // ended with a Failure
)

// Final reports whether nothing more will happen to the exchange.
func (p Phase) Final() bool { return p >= PhaseDone }

// Failure says why an exchange failed. The words a person reads live in the ui;
// String gives the stable code used in event lines and logs.
type Failure uint8

const (
	FailureNone            Failure = iota
	FailureBadRequest              // the request's syntax or framing was refused (400, 414, 431, 501, 505)
	FailureResolve                 // the origin's name has no address
	FailureRefused                 // the origin refused the connection
	FailureUnreachable             // no route to the origin, or another connect error
	FailureConnectTimeout          // the origin did not accept in time
	FailureResponseTimeout         // the origin did not answer in time
	FailureOriginClosed            // the origin closed before a whole response head
	FailureBadResponse             // the response's syntax or framing was refused (502)
	FailureTruncated               // the response body ended early
	FailureClientGone              // the client left before the end
	FailureClientTimeout           // the client was too slow with its request (408)
	FailureLoop                    // the request was for Posthouse itself (508)
	FailureShutdown                // Posthouse was stopped
	FailureLimit                   // a limit of Posthouse was reached (503)
	FailureTLS                     // a TLS handshake failed
	FailureInternal                // a fault of Posthouse
	FailureUpstream                // the upstream proxy cannot be used, or refused
	FailureUpstreamAuth            // the upstream proxy wants credentials, or others
	FailureNotAllowed              // the device was taken off the list of those allowed meanwhile (403)
)

var failureCodes = [...]string{"", "bad-request", "resolve", "refused", "unreachable", "connect-timeout",
	"response-timeout", "origin-closed", "bad-response", "truncated", "client-gone", "client-timeout",
	"loop", "shutdown", "limit", "tls", "internal", "upstream", "upstream-auth", "not-allowed"}

func (f Failure) String() string {
	if int(f) < len(failureCodes) {
		return failureCodes[f]
	}
	return "unknown"
}

// BodyState says what the store has of a body.
type BodyState uint8

const (
	BodyNone        BodyState = iota // the message has no body (or none has arrived yet)
	BodyArriving                     // kept so far, still arriving
	BodyWhole                        // kept whole
	BodyCut                          // kept up to the limit; the rest passed unrecorded
	BodyEvicted                      // was kept, and left memory to make room
	BodyNotRecorded                  // passed while recording was off, or there was no room
)

var bodyStateCodes = [...]string{"none", "arriving", "whole", "cut", "evicted", "not-recorded"}

func (b BodyState) String() string {
	if int(b) < len(bodyStateCodes) {
		return bodyStateCodes[b]
	}
	return "unknown"
}

// Timing tells how the time of an exchange was spent. Each value is an offset
// from Row.Start; zero means that the step did not happen (yet).
type Timing struct {
	Resolved  time.Duration // the origin's addresses were known
	Dialed    time.Duration // the connection stood and TLS with the origin began; zero where there was none to agree on
	Connected time.Duration // a connection to the origin was ready (dialed or from the pool)
	Sent      time.Duration // the whole request was sent
	FirstByte time.Duration // the final response head was complete
	End       time.Duration // the exchange ended
	Reused    bool          // the origin connection came from the pool
}

// TLS is what a ClientHello, peeked at and not altered, tells of a tunnel, and
// what was agreed on with the client where the tunnel was opened.
type TLS struct {
	Seen    bool       // a ClientHello was recognised
	Outcome TLSOutcome // what became of it
	Problem Problem    // what is wrong with the origin's certificate

	ClientJA4, OriginJA4 JA4       // of the ClientHello that came and of the one that was sent, where it is decrypted
	Deviation            Deviation // in what the second is not the first

	SNI     string // server name (RFC 6066 section 3), may be empty
	ALPN    string // tunnels: offered protocols, comma separated, in the client's order; else the agreed one
	Version string // tunnels: highest version offered, such as "TLS 1.3"; else the agreed one
}

// App is a program on this machine, as Row has it. Its zero value is one that is not known.
type App struct {
	Name string
	Path string
	PID  int32
}

// AppEnded is a program that had ended, or closed its connection, before it was looked for.
var AppEnded = App{PID: endedPID}

const endedPID = -1

// AppEnded reports whether the program that asked had ended, or closed its connection,
// before it was looked for.
func (r *Row) AppEnded() bool { return r.AppPID == endedPID }

// Lineage tells what Posthouse sent itself from what passed.
type Lineage struct {
	Own  bool // Posthouse sent it itself: a person resent, repeated or composed it
	From ID   // of that, the exchange that it was made from; 0 for none
}

// Row is what the list shows of an exchange.
type Row struct {
	ID    ID
	Rev   Rev
	Kind  Kind
	Phase Phase

	Annotation

	Mended Mended // how the answer broke the rules of HTTP, where it passed all the same

	Effects Effects // what a person's rules did to it

	Lineage

	Start    time.Time     // when the request head was complete
	Duration time.Duration // Timing.End once final; zero while in flight (the reader adds the clock)

	Method string // as sent
	Scheme string // "http", "ws", "https" inside an opened tunnel with TLS, "" for tunnels
	Host   string // host, or host:port where the port is not the scheme's default; as sent
	Path   string // path and query as sent; "" for tunnels
	Proto  string // the client's version, such as "HTTP/1.1"

	HostReplaced bool // the client's Host field said otherwise than its target, and Host was sent on (RFC 9112 section 3.2.2)

	Status      int    // final status that the client got; 0 while none
	ContentType string // the response's Content-Type as sent, cut at 128 bytes

	RequestSize  int64 // payload bytes without framing; tunnels: bytes client to origin
	ResponseSize int64 // payload bytes without framing; tunnels: bytes origin to client

	Client netip.AddrPort // who asked
	Remote netip.AddrPort // the origin's address, or the upstream proxy's; zero if never connected

	Upstream string // the upstream proxy that it went through, as a URL without credentials; "" for none

	// The program on this machine that asked. It is known a little after the row
	// began; all three are zero where it is not known, but for AppPID where AppEnded says why.
	App     string // name, such as "firefox"; cut at 64 bytes
	AppPath string // its file, where the system tells it; cut at 256 bytes
	AppPID  int32

	Failure Failure
	Reason  Reason // what happened; zero where there is nothing to add
	TLS     TLS
	Timing  Timing
}

// LeftStream reports whether the exchange was a stream, which goes on until somebody
// ends it, and its client did: the failure is FailureClientGone, and nothing failed.
// Of any other answer a part is missing then.
func (r *Row) LeftStream() bool {
	if r.Failure != FailureClientGone || r.Status < 200 || r.Status > 299 {
		return false
	}
	media, _, _ := strings.Cut(r.ContentType, ";")
	media = strings.TrimSpace(media)
	for _, stream := range [...]string{"text/event-stream", "multipart/x-mixed-replace", "application/x-ndjson"} {
		if strings.EqualFold(media, stream) {
			return true
		}
	}
	return false
}

// Modified reports whether what was sent on, or given back, is not what came.
func (r *Row) Modified() bool { return r.HostReplaced || r.Mended != 0 || r.Effects.Modified() }

// Opened reports whether it is a tunnel that was opened, and in which nothing passed but requests, which have rows of
// their own.
func (r *Row) Opened() bool {
	switch r.TLS.Outcome {
	case TLSDecrypted, TLSBadCertificate, TLSPlain:
		return r.Kind == KindTunnel && r.RequestSize == 0 && r.ResponseSize == 0
	}
	return false
}

// URL is the absolute form of the target, or the authority for tunnels.
func (r *Row) URL() string {
	if r.Scheme == "" {
		return cmp.Or(r.Host, r.Path) // of a tunnel; of what a file calls data:, about: or a path alone
	}
	if r.Host == "" || r.Path != "" && r.Path[0] != '/' && r.Path[0] != '*' {
		return r.Path // of a request that was refused, or is absolute itself
	}
	return r.Scheme + "://" + r.Host + r.Path
}

// Body is what is known of one body.
type Body struct {
	State BodyState
	Size  int64  // payload bytes that passed, kept or not
	Bytes []byte // what is kept, from the start; still content-encoded as it passed
}

// Exchange is an opened row: everything that is kept of it. Heads are byte for
// byte as they came in, with their line ends and the closing empty line.
type Exchange struct {
	Row
	RequestHead  []byte // as the client sent it
	ResponseHead []byte // as the origin sent it (or as Posthouse answered itself)
	Interim      []byte // 1xx heads in order, one after the other (RFC 9110 section 15.2)

	// Unusable is what came of an answer that was not passed on: one that was refused,
	// broke off or came late, an upstream proxy's answer to CONNECT included. It begins
	// where the first byte did that no interim head took. ResponseHead is Posthouse's then.
	Unusable []byte

	RequestTrailer  []byte // trailer section as it passed, without the closing empty line
	ResponseTrailer []byte

	RequestBody  Body
	ResponseBody Body

	Ruled Ruled // what a person's rules did to it

	HTTP2  HTTP2
	Secure Secure // both TLS connections; zero where nothing was decrypted

	// Foreign is what the file of another program told beside all this, for that file's
	// format: a JSON object. It is nil of what Posthouse recorded itself.
	Foreign []byte
}

// Bodies are the bodies that came, and those that rules made: of the request first.
func (x *Exchange) Bodies() []*Body {
	return []*Body{&x.RequestBody, &x.ResponseBody, &x.Ruled.RequestBody, &x.Ruled.ResponseBody}
}

// Stats is a snapshot of the store's totals. Counts start at the store's start
// and are never lost, whatever is evicted or cleared.
type Stats struct {
	Captured     uint64 // exchanges that got a row
	NotRecorded  uint64 // exchanges that passed while recording was off
	Evicted      uint64 // rows that left memory to make room
	EvictedBody  uint64 // bodies that left memory to make room
	Cleared      uint64 // rows that a person removed
	Failed       uint64 // exchanges that ended with a Failure
	Active       int    // exchanges in flight now, recorded or not
	Rows         int    // rows in memory now
	BytesUp      uint64 // payload bytes, client to origin
	BytesDown    uint64 // payload bytes, origin to client
	MemoryUsed   int64  // bytes of the budget in use
	MemoryBudget int64  // bytes
	BodyLimit    int64  // bytes kept of each body at most
	Recording    bool
}
