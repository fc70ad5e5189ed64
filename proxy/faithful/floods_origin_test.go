package faithful_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
)

// The origin's floods reach no further either.
func TestFloodsOfOrigins(t *testing.T) {
	for name, c := range map[string]struct {
		count int
		ends  bool // of the stream, or of the connection
		piece func(w *h2test.Wire, i int) h2test.Frame
	}{
		"interim heads": {200_000, true, func(w *h2test.Wire, _ int) h2test.Frame { return w.Headers(1, ":status: 103", "link: </a>") }},
		"CONTINUATION": {4000, true, func(w *h2test.Wire, i int) h2test.Frame {
			if i == 0 {
				return w.Headers(1, ":status: 200").Without(h2test.EndHeaders)
			}
			return h2test.Continuation(1, slices.Repeat([]byte{0, 1, 'a', 1, 'b'}, 3000))
		}},
		"a head by reference": {3, true, func(w *h2test.Wire, i int) h2test.Frame {
			if i == 0 {
				long := []byte(strings.Repeat("v", 4000))
				return h2test.Headers(1, slices.Concat(w.Block(":status: 103"), []byte{0x40, 1, 'b', 0x7f, 0xa1, 0x1e}, long))
			}
			return h2test.Headers(1, append(h2test.Indexed(8), slices.Repeat([]byte{0x80 | 62}, 16_000)...)).End()
		}},
		"PING":       {300_000, false, func(*h2test.Wire, int) h2test.Frame { return h2test.Ping("12345678") }},
		"SETTINGS":   {300_000, false, func(_ *h2test.Wire, i int) h2test.Frame { return h2test.Settings(setting(4, uint32(i))) }},
		"empty DATA": {300_000, false, func(w *h2test.Wire, i int) h2test.Frame { return dataAfterHead(w, i, "") }},
		"PUSH_PROMISE": {100_000, true, func(w *h2test.Wire, i int) h2test.Frame {
			f := w.Headers(1, request("GET", "/pushed")...)
			f.Type, f.Payload = http2.FramePushPromise, append([]byte{0, byte(i >> 15), byte(i >> 7), byte(2*i + 2)}, f.Payload...)
			return f
		}},
		"WINDOW_UPDATE":             {300_000, false, func(*h2test.Wire, int) h2test.Frame { return h2test.WindowUpdate(0, 1) }},
		"frames that are not known": {20_000, false, func(*h2test.Wire, int) h2test.Frame { return extension(0xfa) }},
		"ALTSVC":                    {20_000, false, func(*h2test.Wire, int) h2test.Frame { return extension(0xa) }},
		"more than was granted": {10_000, false, func(w *h2test.Wire, i int) h2test.Frame {
			return dataAfterHead(w, i, strings.Repeat("x", 16384))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			route := h2test.Through(t, nil)
			flooded := make(chan int, 1)
			sink(route, func(w *h2test.Wire, f h2test.Frame) error {
				if f.Type != http2.FrameHeaders {
					return nil
				}
				peer := h2test.NewServer(t, "origin", w.Net)
				n, err := send(peer, c.count, func(i int) []h2test.Frame { return one(c.piece(w, i)) })
				flooded <- n
				return err
			})
			client := route.Client().Quiet().Start(setting(2, 0))
			h := watchHeap(t)
			client.Send(client.Headers(1, request("GET", "/flood")...).End())
			taken := make(chan flood, 1)
			go func() { taken <- takeFlood(client) }()
			select {
			case n := <-flooded:
				t.Logf("%d of %d went", n, c.count)
			case <-time.After(4 * proxytest.Deadline):
				t.Error("the origin still floods")
			}
			good(t, route)
			h.within(t, maxGrowth)
			if !c.ends {
				client.Close()
			}
			select {
			case got := <-taken:
				if got.interim > 100 {
					t.Errorf("%d interim heads passed", got.interim)
				}
			case <-time.After(proxytest.Deadline):
				t.Error("neither the stream nor the connection has ended")
				client.Close()
				<-taken
			}
		})
	}
}

func dataAfterHead(w *h2test.Wire, i int, content string) h2test.Frame {
	if i == 0 {
		return w.Headers(1, ":status: 200")
	}
	return h2test.Data(1, content)
}

func extension(kind http2.FrameType) h2test.Frame {
	return h2test.Frame{Type: kind, Payload: make([]byte, 4000)}
}

type flood struct{ interim int }

// takeFlood reads until stream 1 ends, or the connection.
func takeFlood(client *h2test.Peer) (got flood) {
	for {
		_ = client.Net.SetReadDeadline(time.Now().Add(6 * proxytest.Deadline))
		f, err := client.Read()
		switch {
		case err != nil || f.Stream == 1 && f.Type == http2.FrameRSTStream:
			return got
		case f.Stream == 1 && f.Type <= http2.FrameHeaders && f.Flags&h2test.EndStream != 0:
			return got
		case f.Type == http2.FrameHeaders && f.Fields[0].Value == "103":
			got.interim++
		}
	}
}
