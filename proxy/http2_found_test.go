package proxy

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
)

// quick has times that are over soon, which is before a write has taken too long.
var quick = Config{Timeouts: Timeouts{ClientHead: 2 * time.Second, ClientBody: time.Second, OriginBody: time.Second,
	ClientIdle: time.Second}}

func soon() int64 { return clock() + int64(http2Progress/2) }

// What a request was is not read from the memory of the next one: a POST behind which a
// HEAD came is not one to ask again.
func TestHTTP2RequestOutlivesItsSection(t *testing.T) {
	_, client, origin := opened(t, Config{})
	fromOrigin, fromClient := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/")...)
	until(t, fromClient, "HEADERS 1 GET/")
	origin.head(t, 1, true, ":status", "204")
	until(t, fromOrigin, "HEADERS 1 204")
	client.head(t, 3, true, asked("POST", "/")...)
	client.head(t, 5, true, asked("HEAD", "/")...)
	until(t, fromClient, "HEADERS 5 HEAD/")
	_ = origin.Conn.Close()
	until(t, fromOrigin, "RST_STREAM 3 INTERNAL_ERROR")
}

// Behind a piece of a frame whose origin has ended nothing is written: it would be taken
// for the rest of the frame.
func TestHTTP2OriginEndsInsideAFrame(t *testing.T) {
	r, client, origin := opened(t, Config{})
	fromClient := origin.frames()
	client.head(t, 1, true, asked("GET", "/")...)
	client.head(t, 3, true, asked("GET", "/")...)
	until(t, fromClient, "HEADERS 3 GET/")
	go func() {
		origin.head(t, 1, false, ":status", "200")
		_, _ = origin.Conn.Write(rawFrame(http2.FrameData, 0, 1, make([]byte, 1000))[:500])
		_ = origin.Conn.Close()
	}()
	if _, err := client.ReadFrame(); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(client.Conn)
	if len(rest) != 500 {
		t.Errorf("%d bytes behind the head, wanted the 500 of the frame: %q", len(rest), bytes.TrimLeft(rest, "\x00"))
	}
	r.wait(t)
	if n := r.srv.store.Stats().Failed; n != 2 {
		t.Errorf("%d rows failed, want 2", n)
	}
}

// An origin that stops inside a frame leaves no place to say so: the connection ends.
func TestHTTP2OriginStopsInsideAFrame(t *testing.T) {
	r, client, origin := opened(t, quick)
	fromClient := origin.frames()
	client.head(t, 1, true, asked("GET", "/")...)
	until(t, fromClient, "HEADERS 1 GET/")
	go func() {
		origin.head(t, 1, false, ":status", "200")
		_, _ = origin.Conn.Write(rawFrame(http2.FrameData, 0, 1, make([]byte, 1000))[:500])
	}()
	if _, err := client.ReadFrame(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client.Conn, make([]byte, 500)); err != nil {
		t.Fatal(err)
	}
	h := r.conn.http2.Load()
	h.client.flush() // waits until what was written is known to be
	h.sweep(soon())
	if rest, _ := io.ReadAll(client.Conn); len(rest) != 0 {
		t.Errorf("%q behind the piece of a frame", rest)
	}
}

// A client that takes no answers has a bounded number of them kept, with bounded bytes,
// for a bounded time.
func TestHTTP2AnswersThatAreNotTaken(t *testing.T) {
	r, client, _ := opened(t, quick, http2.Setting{ID: http2.SettingInitialWindowSize})
	frames := client.frames()
	h := r.conn.http2.Load()
	trace := asked("TRACE", "/", "max-forwards", "0", "x", strings.Repeat("y", 15_000))
	for i := range uint32(100) {
		client.head(t, 2*i+1, true, trace...)
	}
	until(t, frames, "RST_STREAM 199 INTERNAL_ERROR")
	h.mu.Lock()
	held, open := h.own.bytes, len(h.streams)
	h.mu.Unlock()
	if held == 0 || held > http2Held || open > 20 {
		t.Errorf("%d bytes are held, of %d streams", held, open)
	}
	h.sweep(soon())
	until(t, frames, "RST_STREAM 1 CANCEL")
	for i := range uint32(3000) {
		client.head(t, 2*i+1001, true, asked("GET", "/", "te", "gzip")...)
	}
	until(t, frames, "RST_STREAM 6999 REFUSED_STREAM")
	h.mu.Lock()
	held, open = h.own.bytes, len(h.streams)
	h.mu.Unlock()
	if open > http2Streams || held > http2Held {
		t.Errorf("%d streams, %d bytes", open, held)
	}
}

// PRIORITY_UPDATE for a request that was answered, of which the client takes no bytes yet,
// is for a row that is closed.
func TestHTTP2PriorityUpdateOfAnAnsweredRequest(t *testing.T) {
	r, client, origin := opened(t, quick, http2.Setting{ID: http2.SettingInitialWindowSize})
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("TRACE", "/", "max-forwards", "0")...)
	until(t, toClient, "HEADERS 1 200")
	h := r.conn.http2.Load()
	h.mu.Lock()
	x := h.streams[1]
	closed := x != nil && x.finished
	h.mu.Unlock()
	if !closed {
		t.Fatal("the request is not both open and answered")
	}
	must(t, client.WriteRawFrame(0x10, 0, 0, append([]byte{0, 0, 0, 1}, "u=2"...)))
	client.head(t, 3, true, asked("GET", "/")...)
	until(t, toOrigin, "HEADERS 3 GET/")
}

// DATA that is refused gives back the window that it took, from either side.
func TestHTTP2RefusedDataGivesItsWindowBack(t *testing.T) {
	_, client, origin := opened(t, Config{})
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/", "content-length", "5")...)
	must(t, client.WriteData(1, true, make([]byte, 900)))
	until(t, toClient, "RST_STREAM 1 PROTOCOL_ERROR")
	until(t, toClient, "WINDOW_UPDATE 0 900")
	client.head(t, 3, true, asked("GET", "/")...)
	until(t, toOrigin, "HEADERS 3 GET/")
	origin.head(t, 3, false, ":status", "200", "content-length", "5")
	must(t, origin.WriteData(3, true, make([]byte, 800)))
	until(t, toClient, "RST_STREAM 3 INTERNAL_ERROR")
	until(t, toOrigin, "WINDOW_UPDATE 0 800")
}

// What own answers took of the client's window, the origin is not granted.
func TestHTTP2OwnAnswersUseTheWindow(t *testing.T) {
	r, client, origin := opened(t, Config{})
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/", "te", "gzip")...)
	until(t, toClient, "RST_STREAM 1 PROTOCOL_ERROR")
	h := r.conn.http2.Load()
	h.mu.Lock()
	owed, window := h.client.owed, h.client.window
	h.mu.Unlock()
	if owed == 0 || owed+window != http2DefaultWindow {
		t.Fatalf("%d bytes owed, %d left", owed, window)
	}
	must(t, client.WriteWindowUpdate(0, uint32(owed)+100))
	until(t, toOrigin, "WINDOW_UPDATE 0 100")
}

const http2DefaultWindow = 65535

// That the origin refused TLS may be found out while the client leaves.
func TestHTTP2EndStands(t *testing.T) {
	r, client, _ := opened(t, Config{})
	h := r.conn.http2.Load()
	_ = client.Conn.Close()
	r.wait(t)
	h.under.TLS = &flow.Secure{}
	h.under.CertUnanswered = func() bool { return true }
	why := h.ending
	h.fail(&http2End{err: io.EOF, origin: true})
	if h.ending != why || h.refused != nil {
		t.Errorf("ending %v, refused %v", h.ending, h.refused)
	}
}

// Where the origin refused TLS before a request came, what the connection itself needs
// is answered here.
func TestHTTP2RefusedEarly(t *testing.T) {
	r, client, origin := opened(t, Config{})
	frames := client.frames()
	h := r.conn.http2.Load()
	h.under.TLS = &flow.Secure{}
	h.under.CertUnanswered = func() bool { return true }
	r.conn.inside.target = nil
	_ = origin.Conn.Close()
	until(t, frames, "SETTINGS") // the acknowledgement that the origin owed
	must(t, client.WritePing(false, [8]byte{1}))
	until(t, frames, "PING")
	must(t, client.WriteSettings())
	until(t, frames, "SETTINGS")
}

// A connection at rest is told to go before it is closed, and a request that comes
// in the same moment may be asked again.
func TestHTTP2RestEnds(t *testing.T) {
	r, client, _ := opened(t, Config{})
	frames := client.frames()
	h := r.conn.http2.Load()
	h.restUntil.Store(1)
	h.sweep(clock())
	until(t, frames, "GOAWAY 0 NO_ERROR")
	r.wait(t)
	if h.ending.err != errLeaving {
		t.Errorf("ended by %v", h.ending.err)
	}
}

// A head that has begun has its time.
func TestHTTP2HeadIsLate(t *testing.T) {
	for name, piece := range map[string][]byte{
		"a section": rawFrame(http2.FrameHeaders, 0, 1, []byte{0x82}),
		"a frame":   rawFrame(http2.FrameHeaders, 4, 1, make([]byte, 100))[:50],
	} {
		t.Run(name, func(t *testing.T) {
			r, client, _ := opened(t, Config{Timeouts: Timeouts{ClientHead: quick.Timeouts.ClientHead}})
			frames := client.frames()
			_, err := client.Conn.Write(piece)
			must(t, err)
			h := r.conn.http2.Load()
			eventually.Holds(t, "it has been read", func() bool { return h.headUntil.Load() != 0 })
			h.sweep(clock())
			if h.headUntil.Load() < 0 {
				t.Error("early")
			}
			h.sweep(soon())
			until(t, frames, "GOAWAY 0 ENHANCE_YOUR_CALM")
		})
	}
}

// An origin that has answered may take the rest of a request, which has its time too.
func TestHTTP2UploadBehindItsAnswer(t *testing.T) {
	r, client, origin := opened(t, quick)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/")...)
	until(t, toOrigin, "HEADERS 1 POST/")
	origin.head(t, 1, true, ":status", "200")
	until(t, toClient, "HEADERS 1 200")
	r.conn.http2.Load().sweep(soon())
	until(t, toClient, "RST_STREAM 1 NO_ERROR")
	until(t, toOrigin, "RST_STREAM 1 CANCEL")
}

// A frame that was allowed when it was sent passes, though its receiver says less by now.
func TestHTTP2FramesBecomeSmaller(t *testing.T) {
	_, client, origin := opened(t, Config{}, http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1 << 16})
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/")...)
	must(t, client.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1 << 14}))
	until(t, toOrigin, "HEADERS 1 GET/")
	origin.head(t, 1, false, ":status", "200")
	must(t, origin.WriteData(1, true, make([]byte, 30_000)))
	until(t, toClient, "DATA 1 30000 END")
}

// After GOAWAY a stream that it names is still worked on.
func TestHTTP2StreamsUpToTheLast(t *testing.T) {
	_, client, origin := opened(t, Config{})
	toClient, toOrigin := client.frames(), origin.frames()
	must(t, origin.WriteGoAway(5, http2.ErrCodeNo, nil))
	until(t, toClient, "GOAWAY 5 NO_ERROR")
	client.head(t, 5, true, asked("GET", "/")...)
	until(t, toOrigin, "HEADERS 5 GET/")
	client.head(t, 7, true, asked("GET", "/")...)
	until(t, toClient, "RST_STREAM 7 REFUSED_STREAM")
}
