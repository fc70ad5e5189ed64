package h2test

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/proxytest"
	"posthouse/proxy/socket"
)

// Peer is a Wire whose steps are those of a test.
type Peer struct {
	*Wire
	Name string // in the transcript

	t      testing.TB
	server bool
	quiet  bool
	keeps  bool // see KeepHouse
}

// NewClient plays the client on conn. Nothing is sent before the first step.
func NewClient(t testing.TB, name string, conn net.Conn) *Peer {
	return &Peer{Wire: NewWire(conn), Name: name, t: t}
}

// NewServer plays the origin on conn.
func NewServer(t testing.TB, name string, conn net.Conn) *Peer {
	return &Peer{Wire: NewWire(conn), Name: name, t: t, server: true}
}

// Quiet leaves the steps out of the transcript, for bulk.
func (p *Peer) Quiet() *Peer {
	p.quiet = true
	return p
}

// KeepHouse acknowledges SETTINGS and PING from now on and passes over them, over
// acknowledgements and over WINDOW_UPDATE: for tests of what streams carry.
func (p *Peer) KeepHouse() *Peer {
	p.keeps = true
	return p
}

// Start is the opening: a client sends its preface and SETTINGS; an origin reads the
// preface and sends its SETTINGS. Both keep house from then on.
func (p *Peer) Start(settings ...http2.Setting) *Peer {
	p.t.Helper()
	if p.server {
		p.ExpectPreface()
	} else {
		p.SendPreface()
	}
	p.Send(Settings(settings...))
	return p.KeepHouse()
}

// SendPreface sends the 24 bytes.
func (p *Peer) SendPreface() {
	p.t.Helper()
	p.SendBytes([]byte(http2.ClientPreface))
}

// ExpectPreface reads them.
func (p *Peer) ExpectPreface() {
	p.t.Helper()
	_ = p.Net.SetReadDeadline(time.Now().Add(proxytest.Deadline))
	if err := p.ReadPreface(); err != nil {
		p.fail("%v", err)
	}
}

// Send sends frames in one write.
func (p *Peer) Send(frames ...Frame) {
	p.t.Helper()
	if err := p.TrySend(frames...); err != nil {
		p.fail("could not send %v: %v", frames, err)
	}
}

// TrySend is Send to a peer that may be gone.
func (p *Peer) TrySend(frames ...Frame) error {
	p.t.Helper()
	for _, f := range frames {
		p.log(">> %v", f)
	}
	_ = p.Net.SetWriteDeadline(time.Now().Add(proxytest.Deadline))
	return p.Write(frames...)
}

// SendBytes sends what need not be a frame.
func (p *Peer) SendBytes(b []byte) {
	p.t.Helper()
	p.log(">> %s", short(b))
	_ = p.Net.SetWriteDeadline(time.Now().Add(proxytest.Deadline))
	if _, err := p.Net.Write(b); err != nil {
		p.fail("could not send %d bytes: %v", len(b), err)
	}
}

// TryNext is the next frame or whole header block, or why there is none.
func (p *Peer) TryNext() (Frame, error) {
	p.t.Helper()
	for {
		_ = p.Net.SetReadDeadline(time.Now().Add(proxytest.Deadline))
		f, err := p.Read()
		if err != nil {
			p.log("<< [%v]", err)
			return f, err
		}
		p.log("<< %v", f)
		if !p.keeps || !p.keepHouse(f) {
			return f, nil
		}
	}
}

// keepHouse reports whether f was a matter of the connection alone.
func (p *Peer) keepHouse(f Frame) bool {
	p.t.Helper()
	switch f.Type {
	case http2.FrameSettings, http2.FramePing:
		if f.Flags&Ack == 0 {
			answer := Frame{Type: f.Type, Flags: Ack}
			if f.Type == http2.FramePing {
				answer.Payload = f.Payload
			}
			_ = p.TrySend(answer) // to one that may be gone; what follows shows it
		}
		return true
	case http2.FrameWindowUpdate:
		return true
	}
	return false
}

// Next is the next frame or whole header block.
func (p *Peer) Next() Frame {
	p.t.Helper()
	f, err := p.TryNext()
	if err != nil {
		p.fail("wanted a frame: %v", err)
	}
	return f
}

// Expect fails unless the next frames are these, as Frame.String has them.
func (p *Peer) Expect(frames ...string) {
	p.t.Helper()
	for _, want := range frames {
		f, err := p.TryNext()
		if err != nil {
			p.fail("wanted %s: %v", want, err)
		}
		if got := f.String(); got != want {
			p.fail("\n got %s\nwant %s", got, want)
		}
	}
}

// ExpectFields fails unless the next is a header block on stream with exactly these
// fields in this order, never indexed where they are.
func (p *Peer) ExpectFields(stream uint32, lines ...string) Frame {
	p.t.Helper()
	f := p.Next()
	if f.Type != http2.FrameHeaders || f.Stream != stream {
		p.fail("wanted HEADERS of stream %d, got %v", stream, f)
	}
	if got := Lines(f.Fields); !slices.Equal(got, lines) {
		p.fail("fields differ\n got %s\nwant %s", strings.Join(got, " | "), strings.Join(lines, " | "))
	}
	return f
}

// ExpectHead is ExpectFields of which only the first fields are told.
func (p *Peer) ExpectHead(stream uint32, first ...string) Frame {
	p.t.Helper()
	f := p.Next()
	got := Lines(f.Fields)
	if f.Type != http2.FrameHeaders || f.Stream != stream || len(got) < len(first) || !slices.Equal(got[:len(first)], first) {
		p.fail("wanted HEADERS of stream %d with %s, got %v", stream, strings.Join(first, " | "), f)
	}
	return f
}

// ExpectBody reads DATA of stream through END_STREAM, grants as much again, and fails
// unless its content is text.
func (p *Peer) ExpectBody(stream uint32, text string) {
	p.t.Helper()
	var got []byte
	for ended := false; !ended; {
		f := p.Next()
		if f.Type != http2.FrameData || f.Stream != stream {
			p.fail("wanted DATA of stream %d, got %v", stream, f)
		}
		got, ended = append(got, f.Content()...), f.Flags&EndStream != 0
		if n := uint32(len(f.Payload)); n > 0 {
			_ = p.TrySend(WindowUpdate(0, n))
			if !ended {
				_ = p.TrySend(WindowUpdate(stream, n))
			}
		}
	}
	if string(got) != text {
		p.fail("wanted a body of %d bytes %.80q, got %d bytes %.80q", len(text), text, len(got), got)
	}
}

// Until reads on until a frame fits, and returns it.
func (p *Peer) Until(what string, fits func(Frame) bool) Frame {
	p.t.Helper()
	for {
		f, err := p.TryNext()
		if err != nil {
			p.fail("wanted %s: %v", what, err)
		}
		if fits(f) {
			return f
		}
	}
}

// UntilReset reads on until RST_STREAM of stream, and fails unless it has this code.
func (p *Peer) UntilReset(stream uint32, code http2.ErrCode) {
	p.t.Helper()
	f := p.Until("RST_STREAM", func(f Frame) bool { return f.Type == http2.FrameRSTStream && f.Stream == stream })
	if f.Code() != code {
		p.fail("wanted RST_STREAM with %v, got %v", code, f)
	}
}

// UntilGone reads on until the connection ends, and fails where that does not come in
// time. Whatever GOAWAY said before is returned.
func (p *Peer) UntilGone() (codes []http2.ErrCode) {
	p.t.Helper()
	for end := time.Now().Add(proxytest.Deadline); time.Now().Before(end); {
		f, err := p.TryNext()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return codes
		}
		if f.Type == http2.FrameGoAway {
			codes = append(codes, f.Code())
		}
	}
	p.fail("the connection has not ended")
	return nil
}

// StillThere fails unless the other side acknowledges a PING: whatever was sent before
// has been read and did not end the connection.
func (p *Peer) StillThere() {
	p.t.Helper()
	keeps := p.keeps
	p.keeps = false
	defer func() { p.keeps = keeps }()
	p.Send(Ping("stillhere"[:8]))
	p.Until("an acknowledged PING", func(f Frame) bool {
		if f.Type == http2.FramePing && f.Flags&Ack != 0 && string(f.Payload) == "stillher" {
			return true
		}
		if keeps {
			p.keepHouse(f)
		}
		return false
	})
}

// Silence fails if a frame or an end arrives within d. It can miss: use it only beside
// a step that proves the rest. What it interrupts is lost: it is the last step.
func (p *Peer) Silence(d time.Duration) {
	p.t.Helper()
	for end := time.Now().Add(d); ; {
		_ = p.Net.SetReadDeadline(end)
		f, err := p.Read()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err != nil || !p.keeps || !p.keepHouse(f) {
			p.fail("wanted silence, got %v, %v", f, err)
		}
	}
}

// Close ends the connection.
func (p *Peer) Close() {
	p.log(">> [close]")
	_ = p.Net.Close()
}

// Gone reports whether an error of a read or a write is the connection's end.
func Gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || socket.IsReset(err)
}

func (p *Peer) log(format string, args ...any) {
	p.t.Helper()
	if !p.quiet {
		p.t.Logf("%-8s "+format, append([]any{p.Name}, args...)...)
	}
}

func (p *Peer) fail(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf(p.Name+": "+format, args...)
}
