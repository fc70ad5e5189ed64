package proxy

import (
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/flow"
)

// The body of what waits is held, its window given back, and where it is too much the wait ends.
func TestHTTP2BodiesOfWhatWaits(t *testing.T) {
	r, client, origin := waiting(t)
	toClient, toOrigin := client.frames(), origin.frames()
	must(t, origin.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30}))
	must(t, origin.WriteWindowUpdate(0, 1<<20))
	until(t, toClient, "WINDOW_UPDATE 0 1048576")
	client.head(t, 1, false, asked("POST", "/wait")...)
	piece := []byte(strings.Repeat("x", 16<<10))
	for range http2HoldBodies/len(piece) - 1 {
		must(t, client.WriteData(1, false, piece))
		until(t, toClient, "WINDOW_UPDATE 0 16384")
	}
	h := r.conn.http2.Load()
	if w := r.waits(t, 1); w == nil {
		t.Fatal("it waits no longer")
	}
	must(t, client.WriteData(1, false, piece))
	until(t, toOrigin, "HEADERS 1 POST/wait")
	must(t, client.WriteData(1, true, []byte("end")))
	until(t, toOrigin, "DATA 1 3 END")
	origin.head(t, 1, true, ":status", "200")
	until(t, toClient, "HEADERS 1 200")
	if row := r.row(t, "/wait"); row.Effects != flow.EffectApplied|flow.EffectDelayed|flow.EffectFailed || row.RequestSize != 1<<20+3 {
		t.Errorf("%+v", row)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.up.lines.bytes != 0 || h.up.lines.heads != 0 || len(h.up.lines.order) != 0 || h.origin.owed != http2HoldBodies-int64(len(piece)) {
		t.Errorf("%+v, owed %d", h.up.lines.order, h.origin.owed)
	}
}

// What was given back is owed: what the origin has no room for yet waits for its windows.
func TestHTTP2HeldBodiesFollowWindows(t *testing.T) {
	r, client, origin := waiting(t)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/wait")...)
	client.head(t, 3, false, asked("POST", "/other")...)
	until(t, toOrigin, "HEADERS 3 POST/other")
	piece := []byte(strings.Repeat("x", 16<<10))
	for range 3 {
		must(t, client.WriteData(1, false, piece))
		until(t, toClient, "WINDOW_UPDATE 0 16384")
	}
	must(t, client.WriteDataPadded(1, true, piece[:16<<10-101], make([]byte, 99)))
	until(t, toClient, "WINDOW_UPDATE 0 16383")
	for range 2 {
		must(t, client.WriteData(3, false, piece)) // as there is room for
	}
	until(t, toOrigin, "DATA 3 16384")
	until(t, toOrigin, "DATA 3 16384")
	r.proceed(t, 1, nil)
	until(t, toOrigin, "DATA 5 16384")
	until(t, toOrigin, "DATA 5 16383") // of 65535
	must(t, client.WriteData(3, false, piece[:10]))
	must(t, origin.WriteWindowUpdate(0, 5))
	until(t, toOrigin, "DATA 5 1")
	until(t, toOrigin, "DATA 5 4")
	must(t, origin.WriteWindowUpdate(0, 1<<20))
	until(t, toOrigin, "DATA 5 16380")
	until(t, toOrigin, "DATA 5 16283 END")
	until(t, toOrigin, "DATA 3 10")
	until(t, toClient, "WINDOW_UPDATE 0 "+number(1<<20-32767))
	h := r.conn.http2.Load()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.origin.owed != 16380+16383 || h.up.lines.bytes != 0 || h.origin.window != 65535+1<<20+5-6*16384-10+1 {
		t.Errorf("owed %d, held %d, window %d", h.origin.owed, h.up.lines.bytes, h.origin.window)
	}
}

// An origin that takes less meanwhile gets no more than it takes.
func TestHTTP2SettingsChangeWhileItWaits(t *testing.T) {
	r, client, origin := waiting(t)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/wait")...)
	must(t, client.WriteData(1, false, make([]byte, 1000)))
	until(t, toClient, "WINDOW_UPDATE 0 1000")
	must(t, origin.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 300},
		http2.Setting{ID: http2.SettingMaxFrameSize, Val: 16 << 10}))
	until(t, toClient, "SETTINGS")
	block := client.encode("x-checksum", "1")
	must(t, client.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndHeaders: true, EndStream: true}))
	r.proceed(t, 1, nil)
	until(t, toOrigin, "HEADERS 1 POST/wait")
	until(t, toOrigin, "DATA 1 300")
	must(t, origin.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 400}))
	until(t, toOrigin, "DATA 1 100")
	must(t, origin.WriteWindowUpdate(1, 1000))
	until(t, toOrigin, "DATA 1 600")
	until(t, toOrigin, "HEADERS 1 ")
}

// More behind a response that waits than is held ends its wait.
func TestHTTP2LongResponsesWait(t *testing.T) {
	r, client, origin := waiting(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
	toClient, toOrigin := client.frames(), origin.frames()
	must(t, client.WriteWindowUpdate(0, 1<<30))
	client.head(t, 1, true, asked("GET", "/late")...)
	until(t, toOrigin, "HEADERS 1 GET/late")
	origin.head(t, 1, false, ":status", "200")
	piece := make([]byte, 16<<10)
	for range http2HoldBodies / len(piece) {
		must(t, origin.WriteData(1, false, piece))
	}
	until(t, toClient, "HEADERS 1 200")
	must(t, origin.WriteData(1, true, []byte("end")))
	until(t, toClient, "DATA 1 3 END")
	if row := r.row(t, "/late"); row.Effects != flow.EffectApplied|flow.EffectDelayed|flow.EffectFailed || row.ResponseSize != 1<<20+3 {
		t.Errorf("%+v", row)
	}
}
