package capture_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// endedReader is what a model's reader of what has ended was told.
type endedReader struct {
	*capture.Ended
	last   flow.Rev
	told   map[flow.ID]flow.Annotation
	missed uint64
}

// readEnded lets it catch up by at most max, and compares what it gets with what there is.
func (m *model) readEnded(max int) bool {
	v := &m.ended
	b := v.Read(max, func(x *flow.Exchange) {
		if _, again := v.told[x.ID]; again || x.Rev <= v.last || !x.Phase.Final() {
			m.t.Fatalf("row %d of Rev %d after %d, %v, told before: %v", x.ID, x.Rev, v.last, x.Phase, again)
		}
		v.last, v.told[x.ID] = x.Rev, x.Annotation
		if got, ok := m.s.Get(x.ID); !ok || !reflect.DeepEqual(got, *x) {
			m.t.Fatalf("visited %+v, there is %+v", *x, got)
		}
	})
	for _, row := range b.Said {
		if _, told := v.told[row.ID]; !told {
			m.t.Fatalf("something was said of row %d, which was not told", row.ID)
		}
		v.told[row.ID] = row.Annotation
	}
	v.missed += b.Missed
	if n := uint64(len(v.told)) + v.missed; !b.More && n != m.finished || n > m.finished {
		m.t.Fatalf("%d told, %d missed, %d ended", len(v.told), v.missed, m.finished)
	}
	return b.More
}

// checkSaid compares what it was told was said of rows with what there is.
func (m *model) checkSaid(room bool) {
	for id, said := range m.ended.told {
		if row, ok := m.s.Row(id); ok && row.Annotation != said && (room || row.Annotated()) {
			m.t.Fatalf("of row %d %.80v was said, and %.80v was told", id, row.Annotation, said)
		}
	}
}

// Reading what has ended is reading all that Get has, and numbers nothing in flight.
func TestEndedHasAllThatIsKept(t *testing.T) {
	s := capture.New(capture.Options{BodyLimit: 1 << 20})
	e := capture.ReadEnded(s)
	der := bytes.Repeat([]byte("certificate"), 30)
	secure := &flow.Secure{Outcome: flow.TLSDecrypted, Fingerprint: sha256.Sum256(der), Chain: [][]byte{der}}
	for _, body := range []int{0, 1, 1000, 200_000} {
		r := s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: base, Head: []byte("GET ?q HTTP/1.1\r\nHost: h\r\n\r\n"), Scheme: "https",
			Method: capture.Span{Len: 3}, Path: capture.Span{Off: 4, Len: 2}, Host: capture.Span{Off: 23, Len: 1},
			HTTP2: flow.HTTP2{Stream: 7, Opening: "o", Priority: "u=1"}, Upstream: "http://up"})
		r.SetSecure(secure)
		r.Interim([]byte("HTTP/1.1 103 Early Hints\r\n\r\n"))
		r.Ruled(flow.Effects(1), flow.Reason{Code: "x"})
		r.RuledRequest([]byte("GET /other HTTP/1.1\r\n\r\n"))
		r.ResponseHead(200, []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"), capture.Span{Off: 31, Len: 10}, base)
		for left := body; left > 0; left -= 1000 {
			r.RequestBody(bytes.Repeat([]byte("u"), min(left, 1000)))
			r.ResponseBody(bytes.Repeat([]byte("d"), min(left, 1000)))
		}
		r.ResponseTrailer([]byte("T: 1\r\n"))
		id := r.ID()
		if e.Read(10, func(x *flow.Exchange) { t.Errorf("%d is in flight and told", x.ID) }); r.ID() != id {
			t.Fatal(r.ID())
		}
		r.Finish(flow.FailureTruncated, flow.Reason{Code: "why"}, 0, base.Add(5))
		want, ok := s.Get(id)
		seen := 0
		b := e.Read(10, func(x *flow.Exchange) {
			if seen++; !ok || !reflect.DeepEqual(want, *x) {
				t.Errorf("body of %d: %+v\nnot %+v", body, *x, want)
			}
		})
		if seen != 1 || b.Missed != 0 || b.More || len(want.Secure.Chain) != 1 || want.Path != "/?q" ||
			len(want.RequestBody.Bytes) != body {
			t.Errorf("body of %d: visited %d, %+v, %+v", body, seen, b, want)
		}
	}
}

// The texts of a row are its own, whatever was read before it, and however long they are.
func TestTextsOfEndedRowsAreTheirs(t *testing.T) {
	s := capture.New(capture.Options{})
	e := capture.ReadEnded(s)
	rows := 0
	visit := func(x *flow.Exchange) {
		rows++
		if want, ok := s.Row(x.ID); !ok || !reflect.DeepEqual(x.Row, want) {
			t.Fatalf("row %d is %.200v, not %.200v", x.ID, x.Row, want)
		}
	}
	for i := range 700 {
		path := fmt.Sprintf("/%d/%s", i, strings.Repeat("p", i*i%20_000))
		head := "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n"
		r := s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: base, Head: []byte(head), Scheme: "http",
			Method: capture.Span{Len: 3}, Path: capture.Span{Off: 4, Len: uint32(len(path))}, Upstream: fmt.Sprint("http://", i)})
		r.Finish(0, flow.Reason{}, 0, base.Add(5))
		if i%7 == 0 {
			e.Read(10, visit)
		}
	}
	for e.Read(10, visit).More {
	}
	if rows != 700 {
		t.Errorf("%d rows", rows)
	}
}

// What was copied, texts too, is used again.
func TestEndedAllocatesNothingARow(t *testing.T) {
	const rows, times = 64, 20
	s := capture.New(capture.Options{})
	e := capture.ReadEnded(s)
	for range rows * (times + 2) {
		finishOne(s, bytes.Repeat([]byte("b"), 1000))
	}
	read := 0
	visit := func(*flow.Exchange) { read++ }
	e.Read(rows, visit)
	if n := testing.AllocsPerRun(times, func() { e.Read(rows, visit) }); n > rows/20 {
		t.Errorf("%v allocations for %d rows", n, rows)
	}
	if read != rows*(times+2) {
		t.Errorf("%d rows were read", read)
	}
}
