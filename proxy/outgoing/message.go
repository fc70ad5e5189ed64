package outgoing

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Protocol is the version of HTTP that a message is sent in.
type Protocol uint8

const (
	HTTP1 Protocol = iota // HTTP/1.1 or 1.0, as Head says
	HTTP2                 // over TLS alone
)

// Hello says whose ClientHello an origin gets.
type Hello uint8

const (
	// HelloMirrored is that of the program whose request the message was made from, as
	// far as it is remembered; else Posthouse's own, which the row says.
	HelloMirrored Hello = iota
	// HelloOwn is Posthouse's own.
	HelloOwn
)

// Field is a field of HTTP/2, or a pseudo-header field, in the order in which it is sent.
type Field struct {
	Name, Value  string
	NeverIndexed bool // RFC 7541 section 6.2.3
}

var lastClient atomic.Uint64

// NewClient is a number for Message.Client that no other client has.
func NewClient() uint64 { return lastClient.Add(1) }

// MaxRedirects bounds Message.Follow.
const MaxRedirects = 20

// Message is a request that Posthouse sends. Its zero value is not one: see Check.
type Message struct {
	Scheme   string // "http" or "https"
	Host     string // name or address, an IPv6 address without brackets
	Port     uint16 // 0: the scheme's own
	Protocol Protocol
	// ServerName is what TLS calls the server where that is not Host, as it did the first
	// time. Who changes Host empties it.
	ServerName string

	// Head is the head in HTTP/1 as it is sent, with the empty line at its end.
	Head []byte

	// AsClient has Head treated as one that a program sends to the proxy, as it was the
	// first time: what the engine changes of those (absolute targets, fields of the
	// client's connection, Max-Forwards, Via) it changes, and what it refuses it
	// refuses. Without, the bytes of Head go out as they stand.
	AsClient bool

	// Fields are the head in HTTP/2, Stream what is its own. Stream.Opening and
	// Stream.Priority are sent as they are read; "" is Posthouse's own opening.
	Fields []Field
	Stream flow.HTTP2

	Body Body
	// Trailer is a trailer section, lines with CR LF without the empty one. It is sent
	// over HTTP/2, and behind a body that Chunk says goes in chunks.
	Trailer []byte
	// RawBody has the body follow the head as it stands though Transfer-Encoding says
	// chunked: its bytes are the chunks. Else the body is the payload, which goes as chunks.
	RawBody bool
	// FixLength has Content-Length say how long the body is; see Fixed. Without, a false
	// length is sent.
	FixLength bool

	Rules  bool // a person's rules apply as to any request
	Direct bool // around the upstream proxy
	Hello  Hello
	JA4    flow.JA4 // names the ClientHello to mirror

	// NewConn has it go over a connection that nothing else uses. Else it may go over one to
	// the same place, in the same TLS, that an earlier message has left.
	NewConn bool
	// Client has messages with the same number be of one client: what may not be sent twice
	// goes over the connection that the last of them has left. Over HTTP/2 those that ask for the
	// same connection share one, also at a time, and 0 has each be of its own.
	Client uint64

	From    flow.ID       // the exchange that it was made from; 0 for none
	Follow  int           // redirects that are followed, at most MaxRedirects
	Timeout time.Duration // for all of it; 0: those of the engine alone

	// KeepOpen leaves a connection that the answer has turned into another protocol (101)
	// to Sending.Upgraded, and Timeout then has no meaning for it any more. Else it is closed.
	KeepOpen bool
}

// Body is what follows a head. The zero value is empty.
type Body struct {
	Bytes []byte
	// Reader stands in for Bytes where it is not nil: Size bytes from its begin. It may be
	// read more than once, and concurrently.
	Reader io.ReaderAt
	Size   int64
}

// Len is how many bytes the body has.
func (b *Body) Len() int64 {
	if b.Reader != nil {
		return b.Size
	}
	return int64(len(b.Bytes))
}

// Open reads the body from its begin.
func (b *Body) Open() io.Reader {
	if b.Reader != nil {
		return io.NewSectionReader(b.Reader, 0, b.Size)
	}
	return bytes.NewReader(b.Bytes)
}

// What a message cannot be sent for. Errors of this package are flow.Reason's, which
// the window has words for.
var (
	ErrScheme   = error(reason.New(reason.SendScheme))
	ErrHost     = error(reason.New(reason.SendHost))
	ErrHead     = error(reason.New(reason.SendHead))
	ErrFields   = error(reason.New(reason.SendFields))
	ErrPlainH2  = error(reason.New(reason.SendPlainH2))
	ErrConnect  = error(reason.New(reason.SendConnect))
	ErrFollow   = error(reason.New(reason.SendFollow))
	errNoSource = errors.New("outgoing: a body without a size")
)

// Check says why a message cannot be sent; nil where it can.
func (m *Message) Check() error {
	switch {
	case m.Scheme != "http" && m.Scheme != "https":
		return ErrScheme
	case !validHost(m.Host):
		return ErrHost
	case m.Protocol == HTTP2 && m.Scheme == "http":
		return ErrPlainH2
	case m.Protocol == HTTP2 && len(m.Fields) == 0:
		return ErrFields
	case m.Protocol == HTTP1 && len(m.Head) == 0:
		return ErrHead
	case m.Method() == "CONNECT":
		return ErrConnect
	case m.Follow < 0 || m.Follow > MaxRedirects:
		return ErrFollow
	case m.Body.Reader != nil && m.Body.Size < 0:
		return errNoSource
	}
	return nil
}

// validHost reports whether a host can stand in an authority. What a name is, is for the
// resolver to say.
func validHost(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsValid()
	}
	return host != "" && len(host) <= 255 && !strings.ContainsAny(host, " \t\r\n:/?#@[]\\\"<>\x00\x7f")
}

// EffectivePort is the port that is connected to.
func (m *Message) EffectivePort() uint16 {
	switch {
	case m.Port != 0:
		return m.Port
	case m.Scheme == "https":
		return 443
	}
	return 80
}

// Method is the request's method, as sent.
func (m *Message) Method() string {
	if m.Protocol == HTTP2 {
		return m.pseudo(":method")
	}
	method, _, _ := bytes.Cut(firstLine(m.Head), []byte(" "))
	return string(method)
}

func (m *Message) pseudo(name string) string {
	for _, f := range m.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func firstLine(head []byte) []byte {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}
