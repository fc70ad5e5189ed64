package proxy

import (
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy/http1"
)

// Long heads are counted while they are held, and no longer.
func TestHTTP2LongHeadsAreCounted(t *testing.T) {
	r, client, origin := opened(t, Config{})
	_ = client.frames()
	toOrigin := origin.frames()
	reserved := func() int64 { return r.srv.headBudget.reserved.Load() }
	head := asked("GET", "/", "x", strings.Repeat("\xff", 12_000)) // Huffman makes that longer
	client.head(t, 1, true, head...)
	until(t, toOrigin, "HEADERS 1 GET/")
	if n := reserved(); n != 0 {
		t.Errorf("%d bytes for a frame of 12 KB", n)
	}
	block := client.encode(asked("GET", "/", "x", strings.Repeat("\xff", 150_000))...)
	must(t, client.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, EndStream: true, BlockFragment: block[:10_000]}))
	for rest := block[10_000:]; len(rest) > 0; {
		n := min(len(rest), 16_000)
		if n == len(rest) && reserved() < 100_000 {
			t.Errorf("%d bytes for 150 KB that wait for their end", reserved())
		}
		must(t, client.WriteContinuation(3, n == len(rest), rest[:n]))
		rest = rest[n:]
	}
	until(t, toOrigin, "HEADERS 3 GET/")
	client.head(t, 5, true, asked("GET", "/")...)
	until(t, toOrigin, "HEADERS 5 GET/")
	client.head(t, 7, true, asked("GET", "/")...)
	until(t, toOrigin, "HEADERS 7 GET/")
	if n := reserved(); n != 0 {
		t.Errorf("%d bytes stay reserved", n)
	}
}

// A large table is counted once, however often it is asked for.
func TestHTTP2TablesAreCounted(t *testing.T) {
	r, client, origin := opened(t, Config{})
	_, toOrigin := client.frames(), origin.frames()
	for i := range uint32(1000) {
		must(t, client.WriteSettings(http2.Setting{ID: http2.SettingHeaderTableSize, Val: 1<<17 + i%7}))
	}
	must(t, client.WriteSettings(http2.Setting{ID: http2.SettingHeaderTableSize, Val: 1<<32 - 1}))
	must(t, client.WritePing(false, [8]byte{1}))
	until(t, toOrigin, "PING")
	if n := r.srv.headBudget.reserved.Load(); n != 1<<20-1<<16 {
		t.Errorf("%d bytes for a table of 1 MiB", n)
	}
}

// A stream that is open holds no request: not its fields, not its section.
func TestHTTP2OpenStreamHoldsLittle(t *testing.T) {
	r, client, origin := opened(t, Config{})
	toOrigin := origin.frames()
	var many []string
	for range 400 {
		many = append(many, "x", "y")
	}
	client.head(t, 1, true, asked("GET", "/", many...)...)
	client.head(t, 3, true, asked("GET", "/")...)
	until(t, toOrigin, "HEADERS 3 GET/")
	h := r.conn.http2.Load()
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, x := range h.streams {
		if cap(x.req.Fields) > 0 || x.req.Raw != nil || x.target.Path != nil || len(h.streams) != 2 {
			t.Errorf("stream %d of %d holds %d fields and %d bytes", id, len(h.streams), cap(x.req.Fields), len(x.req.Raw))
		}
	}
	var kept http1.Request = h.up.request // the pump's, between sections
	if cap(kept.Fields) > keptFields {
		t.Errorf("memory for %d fields is kept", cap(kept.Fields))
	}
}
