package faithful_test

import (
	"crypto/tls"
	"io"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"posthouse/proxy/proxytest"
	"posthouse/proxy/proxytest/h2test"
)

// maxGrowth is how much the heap may grow while a flood comes, garbage and the test's own
// peers included. What is held of heads has a limit of 128 MiB, and no flood below comes near it.
const maxGrowth = 96 << 20

// heap watches its size until it is asked for the most that it was above the start.
type heap struct {
	once        sync.Once
	percent     int
	stop, ended chan struct{}
	base, most  uint64
}

func objects() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func watchHeap(t *testing.T) *heap {
	h := &heap{stop: make(chan struct{}), ended: make(chan struct{})}
	h.percent = debug.SetGCPercent(25) // so that what is seen is what is held, most of it
	runtime.GC()
	h.base = objects()
	t.Cleanup(h.end)
	go func() {
		defer close(h.ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			h.most = max(h.most, objects())
			select {
			case <-tick.C:
			case <-h.stop:
				return
			}
		}
	}()
	return h
}

func (h *heap) end() {
	h.once.Do(func() {
		close(h.stop)
		debug.SetGCPercent(h.percent)
	})
	<-h.ended
}

// within fails if the heap grew by more than limit.
func (h *heap) within(t *testing.T, limit int64) {
	t.Helper()
	h.end()
	grew := int64(h.most) - int64(h.base)
	if grew > limit {
		t.Errorf("the heap grew by %d MiB", grew>>20)
	}
	t.Logf("the heap grew by %d KiB", grew>>10)
}

// sink is an origin that takes everything, acknowledges, answers GET of /good, and
// otherwise does what more says, if it says something.
func sink(route *h2test.Route, more func(*h2test.Wire, h2test.Frame) error) {
	route.Serve(func(conn *tls.Conn) {
		w := h2test.NewWire(conn)
		if w.ReadPreface() != nil || w.Write(h2test.Settings(setting(3, 100))) != nil {
			return
		}
		for {
			f, err := w.Read()
			if err != nil {
				return
			}
			switch {
			case f.Type == http2.FrameSettings && f.Flags&h2test.Ack == 0:
				err = w.Write(h2test.Settings().With(h2test.Ack))
			case f.Type == http2.FramePing && f.Flags&h2test.Ack == 0:
				err = w.Write(h2test.Ping(string(f.Payload)).With(h2test.Ack))
			case f.Type == http2.FrameHeaders && slices.Contains(h2test.Lines(f.Fields), ":path: /good"):
				err = w.Write(w.Headers(f.Stream, ":status: 204").End())
			case more != nil:
				err = more(w, f)
			}
			if err != nil {
				return
			}
		}
	})
}

// good fails unless another client is served, whatever the first one does.
func good(t *testing.T, route *h2test.Route) {
	t.Helper()
	client := route.Client().Start()
	client.Send(client.Headers(1, request("GET", "/good")...).End())
	client.Until("the answer to another client", func(f h2test.Frame) bool { return f.String() == "HEADERS 1 END_STREAM :status: 204" })
	client.Close()
}

// send writes n pieces, many with one call, and returns how many went and what stopped
// them. A peer that takes no more for two seconds stops them as well.
func send(p *h2test.Peer, n int, piece func(i int) []h2test.Frame) (sent int, err error) {
	if race && n > 10_000 {
		n /= 10
	}
	for sent < n {
		var batch []byte
		for len(batch) < 32<<10 && sent < n {
			for _, f := range piece(sent) {
				batch = f.Append(batch)
			}
			sent++
		}
		_ = p.Net.SetWriteDeadline(time.Now().Add(2 * time.Second))
		if _, err := p.Net.Write(batch); err != nil {
			return sent, err
		}
	}
	return sent, nil
}

func one(f h2test.Frame) []h2test.Frame { return []h2test.Frame{f} }

// floods are what one client sends again and again.
var floods = []struct {
	name  string
	count int
	deaf  bool // the client reads nothing of what comes back
	ends  bool // the connection must end for it
	begin func(*h2test.Peer)
	piece func(p *h2test.Peer, i int) []h2test.Frame
}{
	{name: "rapid reset", count: 20_000, piece: func(p *h2test.Peer, i int) []h2test.Frame {
		id := uint32(2*i + 1)
		return []h2test.Frame{p.Headers(id, request("GET", "/")...).End(), h2test.Reset(id, http2.ErrCodeCancel)}
	}},
	{name: "resets that the proxy is made to send", count: 20_000, piece: func(p *h2test.Peer, i int) []h2test.Frame {
		return []h2test.Frame{p.Headers(uint32(2*i+1), request("GET", "/", "connection: close")...).End()}
	}},
	{name: "resets by empty window updates", count: 20_000, piece: func(p *h2test.Peer, i int) []h2test.Frame {
		id := uint32(2*i + 1)
		return []h2test.Frame{p.Headers(id, request("GET", "/")...).End(), h2test.WindowUpdate(id, 0)}
	}},
	{name: "streams above what is allowed", count: 20_000, piece: func(p *h2test.Peer, i int) []h2test.Frame {
		return one(p.Headers(uint32(2*i+1), request("POST", "/")...))
	}},
	{name: "CONTINUATION without end", count: 4000, ends: true, begin: unended, piece: func(*h2test.Peer, int) []h2test.Frame {
		return one(h2test.Continuation(1, slices.Repeat([]byte{0, 1, 'a', 1, 'b'}, 3000)))
	}},
	{name: "empty CONTINUATION without end", count: 400_000, ends: true, begin: unended, piece: func(*h2test.Peer, int) []h2test.Frame {
		return one(h2test.Continuation(1, nil))
	}},
	{name: "one field without end", count: 4000, ends: true, begin: func(p *h2test.Peer) {
		block := append(p.Block(request("GET", "/")...), 0, 1, 'a', 0x7f, 0xff, 0xff, 0xff, 0x7f)
		p.Send(h2test.Headers(1, block).Without(h2test.EndHeaders))
	}, piece: func(*h2test.Peer, int) []h2test.Frame { return one(h2test.Continuation(1, make([]byte, 16384))) }},
	{name: "PING", count: 200_000, piece: func(*h2test.Peer, int) []h2test.Frame { return one(h2test.Ping("12345678")) }},
	{name: "PING, deaf", count: 500_000, deaf: true, piece: func(*h2test.Peer, int) []h2test.Frame { return one(h2test.Ping("12345678")) }},
	{name: "SETTINGS, deaf", count: 200_000, deaf: true, piece: func(_ *h2test.Peer, i int) []h2test.Frame {
		return one(h2test.Settings(setting(4, uint32(i)), setting(3, 7), setting(1, uint32(i%9000))))
	}},
	{name: "SETTINGS of many values", count: 3000, piece: func(*h2test.Peer, int) []h2test.Frame {
		return one(h2test.Settings(slices.Repeat([]http2.Setting{setting(4, 1), setting(0xabc, 2)}, 1300)...))
	}},
	{name: "empty DATA", count: 400_000, begin: posted, piece: func(*h2test.Peer, int) []h2test.Frame { return one(h2test.Data(1, "")) }},
	{name: "DATA of padding alone", count: 255, begin: posted, piece: func(*h2test.Peer, int) []h2test.Frame {
		return one(h2test.Data(1, "").Pad(255))
	}},
	{name: "PRIORITY", count: 200_000, piece: func(_ *h2test.Peer, i int) []h2test.Frame {
		return one(h2test.Priority(uint32(2*i+1), http2.PriorityParam{StreamDep: uint32(2*i + 3), Exclusive: true}))
	}},
	{name: "PRIORITY_UPDATE", count: 200_000, piece: func(_ *h2test.Peer, i int) []h2test.Frame {
		return one(h2test.PriorityUpdate(uint32(2*i+1), "u=1"))
	}},
	{name: "window updates of one byte", count: 200_000, begin: posted, piece: func(*h2test.Peer, int) []h2test.Frame {
		return []h2test.Frame{h2test.WindowUpdate(1, 1), h2test.WindowUpdate(0, 1)}
	}},
	{name: "frames that are not known", count: 20_000, piece: func(*h2test.Peer, int) []h2test.Frame {
		return one(h2test.Frame{Type: 0xfa, Payload: make([]byte, 4000)})
	}},
	{name: "RST_STREAM of one stream", count: 200_000, begin: posted, piece: func(*h2test.Peer, int) []h2test.Frame {
		return one(h2test.Reset(1, http2.ErrCodeCancel))
	}},
	{name: "GOAWAY", count: 200_000, piece: func(*h2test.Peer, int) []h2test.Frame {
		return one(h2test.GoAway(0, http2.ErrCodeNo, "again and again"))
	}},
	{name: "heads by reference", count: 2000, begin: entered, piece: func(_ *h2test.Peer, i int) []h2test.Frame {
		return one(bomb(uint32(2*i+3), 4000).End())
	}},
	{name: "heads by reference, within the limit", count: 20_000, begin: entered, piece: func(_ *h2test.Peer, i int) []h2test.Frame {
		return []h2test.Frame{bomb(uint32(2*i+3), 50).End(), h2test.Reset(uint32(2*i+3), http2.ErrCodeCancel)}
	}},
	{name: "trailers without end", count: 4000, ends: true, begin: func(p *h2test.Peer) {
		posted(p)
		p.Send(h2test.Headers(1, []byte{0, 1, 'a', 1, 'b'}).Without(h2test.EndHeaders).End())
	}, piece: func(*h2test.Peer, int) []h2test.Frame {
		return one(h2test.Continuation(1, slices.Repeat([]byte{0, 1, 'a', 1, 'b'}, 3000)))
	}},
}

func unended(p *h2test.Peer) {
	p.Send(p.Headers(1, request("GET", "/")...).Without(h2test.EndHeaders))
}

func posted(p *h2test.Peer) { p.Send(p.Headers(1, request("POST", "/")...)) }

// entered puts a field of some 4,000 bytes into the table, as its newest entry.
func entered(p *h2test.Peer) {
	block := p.Block(request("GET", "/")...)
	p.Send(h2test.Headers(1, slices.Concat(block, []byte{0x40, 1, 'b', 0x7f, 0xa1, 0x1e}, []byte(strings.Repeat("v", 4000)))).End())
}

// bomb is a head that names the newest entry n times.
func bomb(stream uint32, n int) h2test.Frame {
	head := slices.Concat(h2test.Indexed(2), h2test.Indexed(7), h2test.Literal(":authority", h2test.Host), h2test.Indexed(4))
	return h2test.Headers(stream, append(head, slices.Repeat([]byte{0x80 | 62}, n)...))
}

// A flood costs little, ends its own connection at most, and no other client notices.
func TestFloodsOfClients(t *testing.T) {
	for _, f := range floods {
		t.Run(f.name, func(t *testing.T) {
			route := h2test.Through(t, nil)
			sink(route, nil)
			client := route.Client().Quiet()
			client.Start()
			if f.begin != nil {
				f.begin(client)
			}
			ended := make(chan struct{})
			if !f.deaf {
				go func() {
					defer close(ended)
					_, _ = io.Copy(io.Discard, client.Net)
				}()
			}
			h := watchHeap(t)
			sent, err := send(client, f.count, func(i int) []h2test.Frame { return f.piece(client, i) })
			good(t, route)
			h.within(t, maxGrowth)
			if f.ends {
				select {
				case <-ended:
				case <-time.After(proxytest.Deadline):
					t.Error("the connection goes on")
				}
			}
			t.Logf("%d of %d went, %v", sent, f.count, err)
			client.Close()
			if !f.deaf {
				<-ended
			}
		})
	}
}

// Of all heads together no more is held than the limit says, 128 MiB: here they are 24 times
// 100 of some 240 KB each, which take a hundred bytes on the wire.
func TestHeadsOfManyConnections(t *testing.T) {
	route := h2test.Through(t, nil)
	sink(route, nil)
	h := watchHeap(t)
	for range 24 {
		client := route.Client().Quiet().Start()
		entered(client)
		go func() { _, _ = io.Copy(io.Discard, client.Net) }()
		// A connection may be ended for it.
		_, _ = send(client, 99, func(i int) []h2test.Frame { return one(bomb(uint32(2*i+3), 60)) })
	}
	good(t, route)
	h.within(t, 200<<20)
}
