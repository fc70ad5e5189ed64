package proxy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	wire "posthouse/proxy/http2"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// judge reads what one peer is sent, and says what is not well-formed in it. Framing and
// field sections are x/net's to judge.
type judge struct {
	name    string
	client  bool // it judges what a client is sent
	streams map[uint32]*judged
	fault   error
	data    int64  // bytes of DATA
	newest  uint32 // of the streams that were opened
}

// judged is a stream as its reader sees it.
type judged struct{ headed, ended, reset bool }

func (j *judge) read(r io.Reader) {
	framer := http2.NewFramer(nil, r)
	framer.SetMaxReadFrameSize(1<<24 - 1)
	table := hpack.NewDecoder(4096, nil)
	framer.ReadMetaHeaders = table
	for {
		f, err := framer.ReadFrame()
		var fields http2.StreamError
		switch {
		case errors.As(err, &fields): // x/net is stricter with fields
			continue
		case err != nil:
			var conn http2.ConnectionError
			if errors.As(err, &conn) {
				j.fault = fmt.Errorf("%s: %v: %v", j.name, err, framer.ErrorDetail())
			}
			_, _ = io.Copy(io.Discard, r)
			return
		}
		if promise, is := f.(*http2.PushPromiseFrame); is {
			if _, err := table.DecodeFull(promise.HeaderBlockFragment()); err != nil {
				j.fault = fmt.Errorf("%s: a promise: %w", j.name, err)
			}
		}
		if err := j.take(f); err != nil && j.fault == nil {
			j.fault = fmt.Errorf("%s: %v: %w", j.name, f, err)
		}
	}
}

func (j *judge) take(f http2.Frame) error {
	h := f.Header()
	if h.StreamID == 0 {
		return nil
	}
	s := j.streams[h.StreamID]
	if s == nil {
		s = &judged{}
		j.streams[h.StreamID] = s
	}
	switch f := f.(type) {
	case *http2.MetaHeadersFrame:
		if !j.client && h.StreamID%2 == 1 && !s.headed {
			if h.StreamID < j.newest {
				return errors.New("a number that falls")
			}
			j.newest = h.StreamID
		}
		if s.ended || s.reset {
			return errors.New("behind the end")
		}
		if !j.client || f.PseudoValue("status") >= "200" {
			s.headed = true
		}
		s.ended = f.StreamEnded()
	case *http2.DataFrame:
		j.data += int64(f.Length)
		if s.ended || s.reset {
			return errors.New("behind the end")
		}
		if !s.headed {
			return errors.New("before the head")
		}
		s.ended = f.StreamEnded()
	case *http2.RSTStreamFrame:
		if s.reset {
			return errors.New("twice")
		}
		s.reset = true
	}
	return nil
}

// script is what the fuzzer makes two hostile peers do.
type script struct{ b []byte }

func (s *script) next() byte {
	if len(s.b) == 0 {
		return 0
	}
	c := s.b[0]
	s.b = s.b[1:]
	return c
}

func (s *script) take(n int) []byte {
	n = min(n, len(s.b))
	b := s.b[:n]
	s.b = s.b[n:]
	return b
}

// fuzzedHeads are the field sections that are well-formed enough to get further.
var fuzzedHeads = [][]string{
	{":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/"},
	{":method", "POST", ":scheme", "https", ":authority", "a.example", ":path", "/up", "content-length", "5"},
	{":method", "HEAD", ":scheme", "https", ":authority", "a.example", ":path", "/"},
	{":method", "TRACE", ":scheme", "https", ":authority", "a.example", ":path", "/", "max-forwards", "0", "x", "y"},
	{":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":authority", "a.example", ":path", "/ws"},
	{":method", "CONNECT", ":authority", ""},
	{":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/", "te", "gzip"},
	{":status", "200"},
	{":status", "200", "content-length", "5"},
	{":status", "103", "link", "</a>"},
	{":status", "304", "content-length", "9"},
	{":status", "204"},
	{"grpc-status", "0"},
	{":status", "200", "connection", "close"},
	{},
}

// frame is the next one, on the wire.
func (s *script) frame() []byte {
	kind, stream := s.next(), uint32(s.next()&15)
	flags := http2.Flags(s.next())
	if kind&0x80 != 0 { // anything
		return rawFrame(http2.FrameType(kind&0x1f), flags, stream, s.take(int(s.next())))
	}
	switch kind % 10 {
	case 0, 1:
		return rawFrame(http2.FrameHeaders, flags&^0x28, stream, literals(fuzzedHeads[int(s.next())%len(fuzzedHeads)]))
	case 2:
		return rawFrame(http2.FrameData, flags&^0x8, stream, make([]byte, int(s.next())))
	case 3:
		return rawFrame(http2.FrameData, flags&^0x8, stream, make([]byte, int(s.next())<<7))
	case 4:
		return rawFrame(http2.FrameWindowUpdate, flags, stream, binary.BigEndian.AppendUint32(nil, uint32(s.next())<<(s.next()&31)))
	case 5:
		return rawFrame(http2.FrameRSTStream, flags, stream, []byte{0, 0, 0, s.next() & 15})
	case 6:
		id, value := s.next()%9, uint32(s.next())<<(s.next()&31)
		return rawFrame(http2.FrameSettings, 0, 0, binary.BigEndian.AppendUint32([]byte{0, id}, value))
	case 7:
		return rawFrame(http2.FrameGoAway, 0, 0, []byte{0, 0, 0, s.next() & 15, 0, 0, 0, s.next() & 15})
	case 8:
		promise := append([]byte{0, 0, 0, s.next() & 15}, literals(fuzzedHeads[int(s.next())%len(fuzzedHeads)])...)
		return rawFrame(http2.FramePushPromise, flags&^0x8|4, stream, promise)
	}
	return rawFrame(http2.FrameContinuation, flags, stream, literals(fuzzedHeads[int(s.next())%len(fuzzedHeads)]))
}

// literals is a field section without a table.
func literals(fields []string) (out []byte) {
	for i := 0; i+1 < len(fields); i += 2 {
		out = append(append(out, 0, byte(len(fields[i]))), fields[i]...)
		out = append(append(out, byte(len(fields[i+1]))), fields[i+1]...)
	}
	return out
}

// FuzzRelay has a hostile client and a hostile origin send what they like, in pieces,
// while times end and the connection is told to leave. Whatever they send, the
// relay ends with them, gives back what it reserved, and sends each of them
// only what is well-formed.
func FuzzRelay(f *testing.F) {
	for _, seed := range relaySeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) { runScript(t, b) })
}

// Steps of a script: below inPieces they are frames, of the client's or of the origin's.
const (
	ofClient = 0
	ofOrigin = 1
	inPieces = 2 // a frame in two pieces, with what comes next between
	asBytes  = 3
	late     = 4
	leaving  = 5
	cutting  = 6
	closing  = 7
)

func runScript(t *testing.T, b []byte) {
	watchdog := time.AfterFunc(15*time.Second, func() { // a fuzzer says nothing of what hangs
		debug.SetTraceback("all")
		panic(fmt.Sprintf("hangs: %q", b))
	})
	defer watchdog.Stop()
	s := &script{b: b}
	options := s.next()
	hasOrigin := options&1 == 0
	r := newRelayed(t, Config{Rules: fuzzedRules(t, options)}, hasOrigin)
	judges := []*judge{{name: "client", client: true, streams: map[uint32]*judged{}}}
	var reading sync.WaitGroup
	ofClient := judges[0]
	reading.Go(func() { ofClient.read(r.client) })
	if hasOrigin {
		ofOrigin := &judge{name: "origin", streams: map[uint32]*judged{}}
		judges = append(judges, ofOrigin)
		reading.Go(func() {
			preface := make([]byte, len(http2.ClientPreface))
			if _, err := io.ReadFull(r.origin, preface); err == nil {
				ofOrigin.read(r.origin)
			}
		})
	}
	var stopped [2]bool // a relay that waits for a window reads nothing
	write := func(origin bool, b []byte) {
		to, who := r.client, 0
		if origin && hasOrigin {
			to, who = r.origin, 1
		}
		if stopped[who] {
			return
		}
		_ = to.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := to.Write(b)
		stopped[who] = err != nil
	}
	if options&2 == 0 {
		write(false, []byte(http2.ClientPreface))
		write(false, rawFrame(http2.FrameSettings, 0, 0, nil))
	}
	if options&4 == 0 && hasOrigin {
		write(true, rawFrame(http2.FrameSettings, 0, 0, nil))
	}
	for steps := 0; len(s.b) > 0 && steps < 200; steps++ {
		r.step(s, write)
	}
	if options&8 == 0 {
		_ = r.client.Close()
	} else {
		if hasOrigin {
			_ = r.origin.Close()
		}
		r.conn.cut()
	}
	r.wait(t)
	r.close()
	reading.Wait()
	for _, j := range judges {
		if j.fault != nil {
			t.Error(j.fault)
		}
	}
	if n := r.srv.store.Stats().Active; n != 0 {
		t.Errorf("%d rows are open", n)
	}
}

func (r *relayed) step(s *script, write func(bool, []byte)) {
	op := s.next()
	origin := op&0x80 != 0
	switch op & 7 {
	case inPieces:
		b := s.frame()
		n := int(s.next()) % (len(b) + 1)
		write(origin, b[:n])
		if op&0x40 == 0 {
			r.step(s, write)
		}
		write(origin, b[n:])
	case asBytes:
		write(origin, s.take(int(s.next())))
	case late:
		if h := r.conn.http2.Load(); h != nil {
			h.sweep(clock() + int64(24*time.Hour))
		}
	case leaving:
		r.conn.leaveIfIdle()
	case cutting:
		switch {
		case op&0x40 != 0:
			r.conn.cut()
		case op&0x20 != 0:
			r.endWaits(s.next())
		}
	case closing:
		if op&0x40 != 0 && origin && r.origin != nil {
			_ = r.origin.Close()
		}
	default:
		write(op&1 == ofOrigin, s.frame())
	}
}

// fuzzedRules are rules that have what is asked for wait.
func fuzzedRules(tb testing.TB, options byte) *rules.Set {
	text := ""
	if options&0x10 != 0 {
		text += "[[rule]]\nwhen = 'path:/up'\ndelay.request = '9m'\n"
	}
	if options&0x20 != 0 {
		text += "[[rule]]\nwhen = 'method:get'\ndelay = { request = '9m', response = '9m' }\n"
	}
	if options&0x40 != 0 {
		text += "[[rule]]\nwhen = 'method:head'\nanswer.text = 'own'\ndelay.request = '1ms'\n"
	}
	if text == "" {
		return nil
	}
	return loadedRules(tb, text)
}

// endWaits ends the wait of each stream that waits, in the way that how says.
func (r *relayed) endWaits(how byte) {
	h := r.conn.http2.Load()
	if h == nil {
		return
	}
	h.mu.Lock()
	waits := make(map[uint32]*http2Wait)
	for id, x := range h.streams {
		if x.waits != nil {
			waits[id] = x.waits
		}
	}
	h.mu.Unlock()
	held := heldStreams{h}
	for id, w := range waits {
		fields, body, whole, ok := held.held(id, w)
		switch {
		case !ok:
		case how&1 != 0:
			held.answerHeld(id, w, errorReply(404, 0, reason.H2Push.With()))
		case how&2 != 0:
			held.answerHeld(id, w, &reply{code: wire.Cancel})
		case how&4 != 0:
			_ = held.proceed(id, w, &http2Edit{fields: append(fields, hpack.HeaderField{Name: "x-edited", Value: "y"}),
				body: bytes.ToUpper(body), hasBody: whole})
		default:
			_ = held.proceed(id, w, nil)
		}
	}
	eventually.Wait(20*time.Millisecond, func() bool { // as far as it goes
		h.mu.Lock()
		defer h.mu.Unlock()
		return !h.up.lines.moving && !h.down.lines.moving
	})
}

// relaySeeds are scripts by the names of what they once found, or lead to.
var relaySeeds = [][]byte{
	// A request, its answer, and a second one.
	{0, 0, 0, 1, 5, 0, 1, 0, 1, 5, 7, 0, 0, 3, 5, 2, 1, 0, 3, 5, 11},
	// DATA both ways, longer than its length.
	{0, 0, 0, 1, 4, 1, 0, 2, 1, 1, 9, 1, 0, 1, 4, 8, 1, 2, 1, 1, 3},
	// A malformed request and one for here, without an origin.
	{1, 0, 0, 1, 5, 6, 0, 0, 3, 5, 0, 4, 3, 6},
	// A frame of the origin's in two pieces, between which it ends.
	{0, 0, 0, 1, 5, 0, 1, 0, 1, 4, 7, 0x82, 2, 1, 0, 200, 60, 0xc7},
	// A late answer, RST_STREAM, GOAWAY, a smaller window, a promise.
	{0, 0, 0, 1, 5, 0, 4, 0, 5, 1, 0, 8, 1, 7, 0, 0, 1, 0, 0, 6, 0, 0, 4, 0, 0, 1, 8, 1, 4, 2, 0, 3},
	// A request that waits with its body is overtaken, and goes, edited; DATA and an answer for both.
	{0x10, 0, 0, 1, 4, 1, 0, 2, 1, 1, 5, 0, 0, 3, 5, 0, 38, 4, 0, 0, 5, 5, 0, 1, 0, 5, 5, 7, 1, 0, 3, 5, 11, 0, 4, 1, 9, 1},
	// The same in the order of its numbers, with PRIORITY, WINDOW_UPDATE and a trailer; and one after it.
	{0x10, 0, 0, 1, 4, 1, 0, 2, 1, 0, 5, 0, 4, 1, 0, 9, 1, 0, 0x82, 1, 0, 5, 0, 0, 0, 0, 9, 0, 0, 1, 5, 12, 38, 0,
		0, 0, 3, 4, 1, 0, 2, 3, 1, 5, 0, 0, 5, 5, 0, 38, 0, 0, 0, 7, 4, 1, 0, 2, 7, 1, 5, 38, 4, 1, 2, 7, 1, 9},
	// A response that waits with its DATA, and RST_STREAM; both go.
	{0x20, 0, 0, 1, 5, 0, 38, 0, 1, 0, 1, 4, 7, 1, 2, 1, 1, 200, 1, 5, 1, 0, 0, 38, 0},
	// What waits is answered; GOAWAY, and the end of the origin, while others do.
	{0x30, 0, 0, 1, 4, 1, 0, 0, 3, 5, 0, 38, 1, 0, 0, 5, 5, 0, 0, 0, 7, 5, 2, 1, 7, 5, 0, 0xc7},
}
