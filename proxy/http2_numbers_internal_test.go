package proxy

import (
	"testing"

	"posthouse/proxy/http2"
)

// The table of http2Numbers, walked.
func TestHTTP2Numbers(t *testing.T) {
	type step struct {
		opens, gets uint32
		apart       bool
	}
	const last = http2.MaxStream
	for name, steps := range map[string][]step{
		"equal, a request is sent":                    {{1, 1, false}, {3, 3, false}, {9, 9, false}},
		"equal, what waited is sent":                  {{1, 1, false}, {5, 5, false}, {7, 7, false}},
		"equal, what waited is sent, overtaken":       {{3, 3, false}, {1, 5, true}},
		"apart, a request is sent":                    {{3, 3, false}, {1, 5, true}, {5, 7, true}, {7, 9, true}},
		"apart, a request is sent, its own is free":   {{3, 3, false}, {1, 5, true}, {9, 9, true}},
		"apart, what waited is sent":                  {{7, 7, false}, {1, 9, true}, {3, 11, true}, {5, 13, true}, {9, 15, true}},
		"no number is left":                           {{last, last, false}, {1, 0, false}},
		"no number is left, and none takes its place": {{last - 2, last - 2, false}, {1, last, true}, {3, 0, true}},
	} {
		t.Run(name, func(t *testing.T) {
			var n http2Numbers
			given := make(map[uint32]uint32)
			for _, s := range steps {
				if got := n.open(s.opens, http2.MaxStream); got != s.gets || n.apart() != s.apart {
					t.Fatalf("stream %d gets %d, apart %v", s.opens, got, n.apart())
				}
				if given[s.opens] = s.gets; s.gets == 0 {
					delete(given, s.opens)
				}
				for stream, number := range given {
					if got := n.client(number); got != stream {
						t.Errorf("%d is the client's %d, want %d", number, got, stream)
					}
				}
			}
			if got := n.client(2); got != 2 {
				t.Errorf("the origin's stream 2 is %d", got)
			}
			for _, number := range given {
				n.close(number)
			}
			if len(n.back) != 0 {
				t.Errorf("%v is kept", n.back)
			}
		})
	}
	var n http2Numbers
	if n.open(5, 3) != 0 || n.asked != 0 {
		t.Error("above what the origin takes")
	}
}

// A DATA frame is cut at any place into ones that have the same content, padding and length.
func TestHTTP2SplitData(t *testing.T) {
	frame := []byte{0, 0, 9, 0, 9, 0, 0, 0, 5, 3, 'h', 'e', 'l', 'l', 'o', 0, 0, 0}
	for room := int64(-1); room < 9; room++ {
		b := append([]byte(nil), frame...)
		first, size := splitData(b, room)
		if room <= 0 {
			if first != nil {
				t.Errorf("%d: %v", room, first)
			}
			continue
		}
		rest := b[size:]
		h, r := http2.ParseHeader(first), http2.ParseHeader(rest)
		if h.Flags != 0 || h.Stream != 5 || r.Flags != 9 || r.Stream != 5 || h.Length+r.Length != 9 || int64(h.Length) > room ||
			int(r.Length) != len(rest)-9 || rest[9] != 3 {
			t.Errorf("%d: %v %v", room, first, rest)
		}
		l := http2Line{frames: append(first, rest...)}
		if got := string(l.content()); got != "hello" {
			t.Errorf("%d: %q", room, got)
		}
	}
}
