package fingerprint

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/proxytest/h2test"
)

// Seen is what the origin saw of one connection.
type Seen struct {
	Hello    Hello
	Version  uint16 // of TLS, agreed on
	ALPN     string // agreed on
	Resumed  bool   // the TLS session
	Opening  Opening
	Requests [][]string // the lines of each head: HTTP/1's as they came, HTTP/2's as h2test.Lines has them
	Err      error      // what ended the handshake
}

// Origin answers h2 and HTTP/1.1 and remembers who asked.
type Origin struct {
	t      testing.TB
	ln     net.Listener
	config *tls.Config
	wg     sync.WaitGroup

	mu    sync.Mutex
	seen  []*Seen
	conns map[net.Conn]struct{}
	done  bool
}

// Start listens on a free port of 127.0.0.1 until the test ends. The config needs a
// certificate; change it before the first connection comes.
func Start(t testing.TB, config *tls.Config) *Origin {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config = config.Clone()
	if config.NextProtos == nil {
		config.NextProtos = []string{"h2", "http/1.1"}
	}
	o := &Origin{t: t, ln: ln, config: config, conns: make(map[net.Conn]struct{})}
	o.wg.Go(o.accept)
	t.Cleanup(o.close)
	return o
}

// Addr is host:port.
func (o *Origin) Addr() string { return o.ln.Addr().String() }

// Port is the port alone.
func (o *Origin) Port() int { return o.ln.Addr().(*net.TCPAddr).Port }

// Seen are the connections that brought a request or failed, as they are now.
func (o *Origin) Seen() (all []Seen) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.seen {
		if len(s.Requests) > 0 || s.Err != nil {
			c := *s
			c.Requests = slices.Clone(s.Requests)
			all = append(all, c)
		}
	}
	return all
}

// First waits for the first connection with a request for which fits holds.
func (o *Origin) First(what string, fits func(Seen) bool) (found Seen) {
	o.t.Helper()
	eventually.Holds(o.t, what, func() bool {
		all := o.Seen()
		i := slices.IndexFunc(all, fits)
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	return found
}

func (o *Origin) accept() {
	for {
		c, err := o.ln.Accept()
		if err != nil {
			return
		}
		o.mu.Lock()
		if o.done {
			_ = c.Close()
		} else {
			o.conns[c] = struct{}{}
			o.wg.Go(func() { o.serve(c) })
		}
		o.mu.Unlock()
	}
}

func (o *Origin) close() {
	_ = o.ln.Close()
	o.mu.Lock()
	o.done = true
	for c := range o.conns {
		_ = c.Close()
	}
	o.mu.Unlock()
	o.wg.Wait()
}

// replay hands out what was read already before the connection's own bytes.
type replay struct {
	net.Conn
	r io.Reader
}

func (c *replay) Read(p []byte) (int, error) { return c.r.Read(p) }

func (o *Origin) serve(c net.Conn) {
	s := &Seen{}
	o.mu.Lock()
	o.seen = append(o.seen, s)
	o.mu.Unlock()
	defer func() {
		_ = c.Close()
		o.mu.Lock()
		delete(o.conns, c)
		o.mu.Unlock()
	}()
	_ = c.SetDeadline(time.Now().Add(proxytest.Deadline))
	hello, read, err := ReadHello(c)
	conn := tls.Server(&replay{Conn: c, r: io.MultiReader(bytes.NewReader(read), c)}, o.config)
	if err == nil {
		err = conn.Handshake()
	}
	state := conn.ConnectionState()
	o.change(func() {
		s.Hello, s.Err, s.Version, s.ALPN, s.Resumed = hello, err, state.Version, state.NegotiatedProtocol, state.DidResume
	})
	if err != nil {
		return
	}
	_ = c.SetDeadline(time.Now().Add(eventually.Patience))
	if state.NegotiatedProtocol == "h2" {
		o.serveHTTP2(h2test.NewWire(conn), s)
	} else {
		o.serveHTTP1(conn, s)
	}
}

func (o *Origin) change(do func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	do()
}

// answer is the body of all answers.
const answer = "seen"

func (o *Origin) serveHTTP1(conn net.Conn, s *Seen) {
	lines := textproto.NewReader(bufio.NewReader(conn))
	for {
		var head []string
		length := 0
		for {
			line, err := lines.ReadLine()
			if err != nil {
				return
			}
			if line == "" {
				break
			}
			head = append(head, line)
			if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "content-length") {
				length, _ = strconv.Atoi(strings.TrimSpace(value))
			}
		}
		if _, err := io.CopyN(io.Discard, lines.R, int64(length)); err != nil {
			return
		}
		o.change(func() { s.Requests = append(s.Requests, head) })
		_, err := fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
		if err != nil {
			return
		}
	}
}

func (o *Origin) serveHTTP2(w *h2test.Wire, s *Seen) {
	if w.ReadPreface() != nil || w.Write(h2test.Settings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 100})) != nil {
		return
	}
	for {
		f, err := w.Read()
		if err != nil {
			return
		}
		o.change(func() {
			if len(s.Requests) == 0 {
				s.Opening.note(f)
			}
			if f.Type == http2.FrameHeaders {
				s.Requests = append(s.Requests, h2test.Lines(f.Fields))
			}
		})
		if o.answerHTTP2(w, f) != nil {
			return
		}
	}
}

func (o *Origin) answerHTTP2(w *h2test.Wire, f h2test.Frame) error {
	switch f.Type {
	case http2.FrameSettings, http2.FramePing:
		if f.Flags&h2test.Ack == 0 {
			back := h2test.Frame{Type: f.Type, Flags: h2test.Ack}
			if f.Type == http2.FramePing {
				back.Payload = f.Payload
			}
			return w.Write(back)
		}
	case http2.FrameData:
		if n := uint32(len(f.Payload)); n > 0 {
			if err := w.Write(h2test.WindowUpdate(0, n)); err != nil {
				return err
			}
		}
	}
	carries := f.Type == http2.FrameHeaders || f.Type == http2.FrameData
	if !carries || f.Flags&h2test.EndStream == 0 {
		return nil
	}
	// A call of gRPC is told that there is no such method, which needs no message.
	if f.Type == http2.FrameData {
		return w.Write(w.Headers(f.Stream, ":status: 200", "content-type: application/grpc", "grpc-status: 12").End())
	}
	head := w.Headers(f.Stream, ":status: 200", "content-type: text/plain", "content-length: "+strconv.Itoa(len(answer)))
	return w.Write(head, h2test.Data(f.Stream, answer).End())
}
