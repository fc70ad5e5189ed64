package proxy

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/proxy/rules"
)

// waitingRules have what asks for /wait wait for ever, as tests go, and responses to /late.
const waitingRules = `[[rule]]
name = "Wait"
when = "path:/wait"
delay.request = "9m"
[[rule]]
name = "Late"
when = "path:/late"
delay.response = "9m"
`

func waiting(tb testing.TB, settings ...http2.Setting) (r *relayed, client, origin *peer) {
	tb.Helper()
	return openedWithRules(tb, waitingRules, settings...)
}

func openedWithRules(tb testing.TB, text string, settings ...http2.Setting) (r *relayed, client, origin *peer) {
	tb.Helper()
	set, err := rules.Load("rules.toml", []byte(text), tb.TempDir())
	must(tb, err)
	return opened(tb, Config{Rules: set}, settings...)
}

// waits waits until a stream does.
func (r *relayed) waits(tb testing.TB, stream uint32) *http2Wait {
	tb.Helper()
	var w *http2Wait
	eventually.Holds(tb, "the stream waits", func() bool {
		h := r.conn.http2.Load()
		h.mu.Lock()
		defer h.mu.Unlock()
		if x := h.streams[stream]; x != nil {
			w = x.waits
		}
		return w != nil
	})
	return w
}

// proceed has what waits on a stream go on.
func (r *relayed) proceed(tb testing.TB, stream uint32, as *http2Edit) {
	tb.Helper()
	w := r.waits(tb, stream)
	must(tb, heldStreams{r.conn.http2.Load()}.proceed(stream, w, as))
}

// row is that of a path once it has ended.
func (r *relayed) row(tb testing.TB, path string) (row flow.Row) {
	tb.Helper()
	eventually.Holds(tb, "the row of "+path+" has ended", func() bool {
		changes := r.srv.store.Changes(capture.Cursor{}, 0)
		for i := range changes.Rows {
			if changes.Rows[i].Path == path && changes.Rows[i].Phase.Final() {
				row = changes.Rows[i]
				return true
			}
		}
		return false
	})
	return row
}

// A request that waits goes with the next free number, and both sides are spoken to with their own.
func TestHTTP2WhatWaitsIsOvertaken(t *testing.T) {
	r, client, origin := waiting(t)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/wait")...)
	must(t, client.WriteData(1, false, []byte("ab")))
	must(t, client.WriteWindowUpdate(1, 77))
	client.head(t, 3, true, asked("GET", "/b")...)
	until(t, toOrigin, "HEADERS 3 GET/b")
	r.proceed(t, 1, nil)
	for _, want := range []string{"HEADERS 5 POST/wait", "WINDOW_UPDATE 5 77", "DATA 5 2"} {
		if got := <-toOrigin; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	must(t, client.WriteData(1, true, []byte("abc")))
	until(t, toOrigin, "DATA 5 3 END")
	client.head(t, 5, false, asked("POST", "/c")...)
	until(t, toOrigin, "HEADERS 7 POST/c")
	must(t, client.WriteWindowUpdate(5, 9))
	until(t, toOrigin, "WINDOW_UPDATE 7 9")

	origin.head(t, 5, false, ":status", "201")
	must(t, origin.WriteData(5, true, []byte("x")))
	until(t, toClient, "HEADERS 1 201")
	until(t, toClient, "DATA 1 1 END")
	must(t, origin.WriteWindowUpdate(7, 5))
	until(t, toClient, "WINDOW_UPDATE 5 5")
	must(t, origin.WriteRSTStream(7, http2.ErrCodeInternal))
	until(t, toClient, "RST_STREAM 5 INTERNAL_ERROR")
	client.head(t, 7, false, asked("POST", "/d")...)
	until(t, toOrigin, "HEADERS 9 POST/d")
	must(t, client.WriteRSTStream(7, http2.ErrCodeCancel))
	until(t, toOrigin, "RST_STREAM 9 CANCEL")
	origin.head(t, 3, true, ":status", "204")
	until(t, toClient, "HEADERS 3 204")
	row := r.row(t, "/wait")
	if row.Status != 201 || row.Effects != flow.EffectApplied|flow.EffectDelayed {
		t.Errorf("%+v", row)
	}
	// What is late for a stream that has ended is dropped, and what was never opened ends all.
	must(t, origin.WriteData(9, true, nil))
	must(t, origin.WritePing(false, [8]byte{1}))
	until(t, toClient, "PING")
	must(t, origin.WriteData(11, true, nil))
	r.wait(t)
}

// What waits and is not overtaken keeps its number, and all others do.
func TestHTTP2WhatIsNotOvertakenKeepsItsNumber(t *testing.T) {
	r, client, origin := waiting(t)
	_, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/a")...)
	until(t, toOrigin, "HEADERS 1 GET/a")
	client.head(t, 7, true, asked("GET", "/wait")...)
	r.proceed(t, 7, nil)
	until(t, toOrigin, "HEADERS 7 GET/wait")
	client.head(t, 9, true, asked("GET", "/b")...)
	until(t, toOrigin, "HEADERS 9 GET/b")
	if h := r.conn.http2.Load(); h.numbers.back != nil {
		t.Error("numbers are kept")
	}
}

// Priorities are told of streams by their numbers at the origin, and of none where that is not known.
func TestHTTP2PrioritiesOfWhatWaits(t *testing.T) {
	r, client, origin := waiting(t)
	_ = client.frames()
	var frames []http2.Frame
	got := make(chan http2.Frame, 100)
	go func() {
		defer close(got)
		for {
			f, err := origin.ReadFrame()
			if err != nil {
				return
			}
			got <- f
		}
	}()
	next := func() http2.Frame {
		t.Helper()
		select {
		case f, ok := <-got:
			if !ok {
				t.Fatalf("the end, after %v", frames)
			}
			frames = append(frames, f)
			return f
		case <-time.After(10 * time.Second):
			t.Fatalf("nothing after %v", frames)
		}
		return nil
	}
	client.head(t, 1, true, asked("GET", "/wait")...)
	client.head(t, 3, false, asked("POST", "/b")...)
	next()
	must(t, client.WritePriority(3, http2.PriorityParam{StreamDep: 1, Weight: 9}))
	if f := next().(*http2.PriorityFrame); f.StreamID != 3 || f.StreamDep != 0 || f.Weight != 9 {
		t.Error(f)
	}
	must(t, client.WritePriority(1, http2.PriorityParam{StreamDep: 3, Exclusive: true, Weight: 7}))
	must(t, client.WriteRawFrame(http2.FramePriorityUpdate, 0, 0, append([]byte{0, 0, 0, 1}, "u=1"...)))
	must(t, client.WriteRawFrame(http2.FramePriorityUpdate, 0, 0, append([]byte{0, 0, 0, 5}, "u=5"...)))
	must(t, client.WriteRawFrame(0xfa, 3, 1, []byte("own")))
	must(t, client.WritePriority(9, http2.PriorityParam{StreamDep: 3})) // of a number that is not known yet
	r.proceed(t, 1, nil)
	if f := next().(*http2.MetaHeadersFrame); f.StreamID != 5 {
		t.Error(f)
	}
	if f := next().(*http2.PriorityFrame); f.StreamID != 5 || f.StreamDep != 3 || !f.Exclusive || f.Weight != 7 {
		t.Error(f)
	}
	if f := next().(*http2.PriorityUpdateFrame); f.PrioritizedStreamID != 5 || f.Priority != "u=1" {
		t.Error(f)
	}
	if f := next().(*http2.UnknownFrame); f.StreamID != 5 || string(f.Payload()) != "own" || f.Flags != 3 {
		t.Error(f)
	}
	block := client.encode(asked("GET", "/c")...)
	must(t, client.WriteHeaders(http2.HeadersFrameParam{StreamID: 5, BlockFragment: block, EndHeaders: true, EndStream: true,
		Priority: http2.PriorityParam{StreamDep: 1, Exclusive: true, Weight: 3}}))
	if f := next().(*http2.PriorityUpdateFrame); f.PrioritizedStreamID != 7 || f.Priority != "u=5" {
		t.Error(f)
	}
	if f := next().(*http2.MetaHeadersFrame); f.StreamID != 7 || f.Priority != (http2.PriorityParam{StreamDep: 5, Exclusive: true,
		Weight: 3}) {
		t.Error(f, f.Priority)
	}
	if row := r.conn.http2.Load(); !row.numbers.apart() {
		t.Error("numbers are equal")
	}
}

// Streams that the origin opens keep their numbers, on the client's number of what they belong to.
func TestHTTP2PromisesOfWhatWaited(t *testing.T) {
	r, client, origin := waiting(t)
	_, toOrigin := client.Framer, origin.frames()
	client.head(t, 1, false, asked("POST", "/wait")...)
	client.head(t, 3, true, asked("GET", "/b")...)
	until(t, toOrigin, "HEADERS 3 GET/b")
	r.proceed(t, 1, nil)
	until(t, toOrigin, "HEADERS 5 POST/wait")
	promise := func(of, stream uint32) {
		must(t, origin.WritePushPromise(http2.PushPromiseParam{StreamID: of, PromiseID: stream, EndHeaders: true,
			BlockFragment: origin.encode(asked("GET", "/pushed")...)}))
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		promise(5, 2)
	}()
	f, err := client.ReadFrame()
	must(t, err)
	if p, is := f.(*http2.PushPromiseFrame); !is || p.StreamID != 1 || p.PromiseID != 2 {
		t.Error(f)
	}
	<-sent
	must(t, client.WriteRSTStream(1, http2.ErrCodeCancel))
	until(t, toOrigin, "RST_STREAM 5 CANCEL")
	promise(5, 4) // of one that the client has called off, whose number is not known any longer
	until(t, toOrigin, "RST_STREAM 4 CANCEL")
}

// A response that waits holds up nothing but itself, and what comes behind it is held.
func TestHTTP2ResponsesWait(t *testing.T) {
	r, client, origin := waiting(t)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/late")...)
	client.head(t, 3, true, asked("GET", "/b")...)
	until(t, toOrigin, "HEADERS 3 GET/b")
	origin.head(t, 1, false, ":status", "103", "link", "</a>")
	until(t, toClient, "HEADERS 1 103")
	origin.head(t, 1, false, ":status", "200")
	must(t, origin.WriteData(1, false, []byte("body")))
	until(t, toOrigin, "WINDOW_UPDATE 0 4")
	block := origin.encode("grpc-status", "0")
	must(t, origin.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndHeaders: true, EndStream: true}))
	must(t, origin.WriteRSTStream(1, http2.ErrCodeNo))
	origin.head(t, 3, true, ":status", "204")
	if got := <-toClient; got != "HEADERS 3 204" {
		t.Fatal(got)
	}
	r.proceed(t, 1, nil)
	for _, want := range []string{"HEADERS 1 200", "DATA 1 4", "HEADERS 1 ", "RST_STREAM 1 NO_ERROR"} {
		if got := <-toClient; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if row := r.row(t, "/late"); row.Status != 200 || row.Failure != 0 || row.Effects != flow.EffectApplied|flow.EffectDelayed {
		t.Errorf("%+v", row)
	}
}

// A thousand streams that wait cost no goroutine, and none is lost.
func TestHTTP2ThousandWait(t *testing.T) {
	r, client, origin := openedWithRules(t, "[[rule]]\ndelay.request='300ms'")
	_, toOrigin := client.frames(), origin.frames()
	before := runtime.NumGoroutine()
	const streams = 1000
	for i := range uint32(streams) {
		client.head(t, 2*i+1, true, asked("GET", "/")...)
	}
	r.waits(t, 2*streams-1)
	if n := runtime.NumGoroutine(); n > before+20 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	for i := range uint32(streams) {
		until(t, toOrigin, "HEADERS "+number(2*i+1)+" GET/")
	}
}

// Fields that are never to be indexed are not where they waited.
func TestHTTP2SecretsThatWait(t *testing.T) {
	r, client, origin := waiting(t)
	_ = client.frames()
	block := append(client.encode(asked("GET", "/wait")...), 0x10, 1, 'k', 1, 'v')
	must(t, client.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndHeaders: true, EndStream: true}))
	r.proceed(t, 1, nil)
	f, err := origin.ReadFrame()
	must(t, err)
	for _, field := range f.(*http2.MetaHeadersFrame).RegularFields() {
		if field.Name != "k" || !field.Sensitive {
			t.Error(field)
		}
	}
}
