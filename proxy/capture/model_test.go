package capture_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// model is what a store with endless memory would hold.
type model struct {
	t        *testing.T
	r        *rand.Rand
	s        *capture.Store
	open     []*modelRecord
	known    map[flow.ID]*modelRecord
	ended    endedReader
	finished uint64
	cursor   [2]capture.Cursor
	seen     [2]modelReader

	marksFull bool // a row could not be marked
}

// modelReader is what one reader has been told.
type modelReader struct {
	last   flow.Rev
	rows   map[flow.ID]flow.Row
	ended  map[flow.ID]flow.Rev // with which a row was first told to have ended
	final  uint64               // final rows read or missed
	missed bool
	gone   map[flow.ID]bool // told to be deleted, or found to be
}

type modelRecord struct {
	rec      *capture.Record
	id       flow.ID
	head     []byte
	response []byte
	up, down []byte
	unusable []byte
	status   int
	failure  flow.Failure
	final    bool
	said     flow.Annotation
	deleted  bool
}

var base = time.Unix(1700000000, 0)

func newModel(t *testing.T, seed uint64, o capture.Options) *model {
	m := &model{t: t, r: rand.New(rand.NewPCG(seed, 1)), s: capture.New(o), known: map[flow.ID]*modelRecord{}}
	m.ended = endedReader{Ended: capture.ReadEnded(m.s), told: map[flow.ID]flow.Annotation{}}
	for i := range m.seen {
		m.seen[i] = modelReader{rows: map[flow.ID]flow.Row{}, ended: map[flow.ID]flow.Rev{}, gone: map[flow.ID]bool{}}
	}
	return m
}

func (m *model) begin() {
	n := len(m.known)
	head := fmt.Appendf(nil, "GET http://h%d.example/p%d?%s HTTP/1.1\r\nHost: h\r\n\r\n", n%7, n, bytes.Repeat([]byte("q"), m.r.IntN(300)))
	host := bytes.Index(head, []byte("h"+fmt.Sprint(n%7)))
	path := bytes.Index(head, []byte("/p"))
	end := bytes.Index(head, []byte(" HTTP"))
	rec := m.s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: base, Head: head, Scheme: "http",
		Method: capture.Span{Off: 0, Len: 3},
		Host:   capture.Span{Off: uint32(host), Len: uint32(path - host)},
		Path:   capture.Span{Off: uint32(path), Len: uint32(end - path)},
	})
	x := &modelRecord{rec: rec, id: rec.ID(), head: head}
	if x.id == 0 {
		m.t.Fatalf("exchange %d got no row", n)
	}
	m.known[x.id] = x
	m.open = append(m.open, x)
}

func (m *model) step() {
	if len(m.open) == 0 || len(m.open) < 20 && m.r.IntN(4) == 0 {
		m.begin()
		return
	}
	i := m.r.IntN(len(m.open))
	x := m.open[i]
	piece := bytes.Repeat([]byte{byte('a' + m.r.IntN(26))}, 1+m.r.IntN(2000))
	switch m.r.IntN(5) {
	case 0:
		x.rec.RequestBody(piece)
		x.up = append(x.up, piece...)
	case 1, 2:
		x.rec.ResponseBody(piece)
		x.down = append(x.down, piece...)
	case 3:
		if x.status == 0 {
			x.status = 200 + m.r.IntN(300)
			x.response = fmt.Appendf(nil, "HTTP/1.1 %d OK\r\nContent-Type: text/plain\r\n\r\n", x.status)
			x.rec.ResponseHead(x.status, x.response, capture.Span{Off: uint32(len("HTTP/1.1 200 OK\r\nContent-Type: ")), Len: 10},
				base.Add(time.Second))
		}
	case 4:
		if m.r.IntN(2) == 0 {
			x.failure, x.unusable = flow.FailureTruncated, piece
			x.rec.Unusable(piece)
		}
		x.rec.Finish(x.failure, flow.Reason{}, 0, base.Add(2*time.Second))
		x.final = true
		m.finished++
		m.open = append(m.open[:i], m.open[i+1:]...)
	}
}

// read lets one reader catch up by one batch, and checks what it is told.
func (m *model) read(who, max int) bool {
	v := &m.seen[who]
	b := m.s.Changes(m.cursor[who], max)
	m.cursor[who] = b.Next
	if max > 0 && len(b.Rows) > max {
		m.t.Fatalf("%d rows, asked for %d", len(b.Rows), max)
	}
	m.readDeleted(v, &b)
	for _, row := range b.Rows {
		if v.gone[row.ID] {
			m.t.Fatalf("reader %d: row %d was told to be deleted, and is told again", who, row.ID)
		}
		if row.Rev <= v.last {
			m.t.Fatalf("reader %d: Rev %d after %d", who, row.Rev, v.last)
		}
		v.last = row.Rev
		if v.rows[row.ID].Phase > row.Phase {
			m.t.Fatalf("phase of %d went back from %v to %v", row.ID, v.rows[row.ID].Phase, row.Phase)
		}
		if _, again := v.ended[row.ID]; row.Phase.Final() && !again {
			v.final++
			v.ended[row.ID] = row.Rev
		}
		v.rows[row.ID] = row
		m.checkRow(row)
	}
	v.final += b.Missed
	v.missed = v.missed || b.Missed > 0
	if !b.More && v.final%7 == 0 {
		m.checkLeft(v, b.OldestRev)
	}
	if !b.More && v.final != m.finished {
		m.t.Fatalf("reader %d: %d final rows read or missed, %d ended", who, v.final, m.finished)
	}
	if st := b.Stats; st.Captured != uint64(len(m.known)) || st.Active != len(m.open) || st.MemoryUsed > st.MemoryBudget {
		m.t.Fatalf("stats %+v, known %d, open %d", st, len(m.known), len(m.open))
	}
	return b.More
}

// readDeleted takes in which rows were deleted, and compares it with what is so.
func (m *model) readDeleted(v *modelReader, b *capture.Batch) {
	for _, id := range b.Deleted {
		if v.gone[id] && !b.Recheck || !m.known[id].deleted {
			m.t.Fatalf("row %d is told to be deleted; it is: %v, told before: %v", id, m.known[id].deleted, v.gone[id])
		}
		v.gone[id] = true
	}
	for id := range v.rows {
		_, there := m.s.Row(id)
		if b.Recheck && !there {
			v.gone[id] = true
		}
		if m.known[id].deleted && v.ended[id] >= b.OldestRev && !v.gone[id] {
			m.t.Fatalf("row %d was deleted, and that is not told", id)
		}
	}
}

// delete removes some rows, a few of which may be in flight or not there.
func (m *model) delete() {
	var ids []flow.ID
	want := 0
	for range 1 + m.r.IntN(60) {
		id := flow.ID(1 + m.r.IntN(len(m.known)+2))
		ids = append(ids, id)
		x := m.known[id]
		if _, there := m.s.Row(id); there && x.final && !x.deleted {
			x.deleted = true
			want++
		}
	}
	if got := m.s.Delete(ids...); got != want {
		m.t.Fatalf("%d rows deleted, want %d", got, want)
	}
	for _, id := range ids {
		if row, there := m.s.Row(id); there && row.Phase.Final() {
			m.t.Fatalf("row %d was deleted and is there", id)
		}
	}
}

// checkLeft compares which of the rows that a reader knows have left memory with
// what the batch says.
func (m *model) checkLeft(v *modelReader, oldest flow.Rev) {
	for id, row := range v.rows {
		_, there := m.s.Row(id)
		if row.Phase.Final() && there != (v.ended[id] >= oldest && !m.known[id].deleted) || !row.Phase.Final() && !there && !v.missed {
			m.t.Fatalf("row %d of Rev %d, %v, is in memory: %v; the oldest Rev is %d", id, row.Rev, row.Phase, there, oldest)
		}
	}
}

func (m *model) checkRow(row flow.Row) {
	x := m.known[row.ID]
	if x != nil && row.Annotation != x.said {
		m.t.Fatalf("row %d has %.80v, want %.80v", row.ID, row.Annotation, x.said)
	}
	if x == nil || row.Phase.Final() && !x.final || row.Status != x.status && row.Phase.Final() || row.Method != "GET" ||
		!bytes.Contains(x.head, []byte("http://"+row.Host+row.Path+" HTTP")) {
		m.t.Fatalf("row %+v for %q", row, x.head)
	}
	if row.Phase.Final() && (row.RequestSize != int64(len(x.up)) || row.ResponseSize != int64(len(x.down)) || row.Failure != x.failure) {
		m.t.Fatalf("row %+v, want %d up and %d down", row, len(x.up), len(x.down))
	}
	if x.status != 0 && row.Status != 0 && row.ContentType != "text/plain" {
		m.t.Fatalf("content type %q", row.ContentType)
	}
}

// mark marks a row, which may have left memory.
func (m *model) mark(id flow.ID) {
	_, there := m.s.Row(id)
	var said flow.Annotation
	if m.r.IntN(3) > 0 {
		said = flow.Annotation{Mark: flow.Mark(m.r.IntN(len(flow.Marks) + 1)), Star: m.r.IntN(2) == 0,
			Note: strings.Repeat("n", m.r.IntN(4)*m.r.IntN(200))}
	}
	if m.s.Annotate(id, said) {
		m.known[id].said = said
	} else if _, still := m.s.Row(id); there && still && m.known[id].said != said {
		m.marksFull = true
	}
}

// checkMarks compares the marks there are with what readers were told last. Only where
// there was room for all are they sure to have heard that one was taken off.
func (m *model) checkMarks(room bool) (marked int) {
	for id := range m.known {
		row, ok := m.s.Row(id)
		if !ok {
			continue
		}
		if row.Annotated() {
			marked++
		}
		for who := range m.seen {
			if told := m.seen[who].rows[id].Annotation; told != row.Annotation && (room || row.Annotated()) {
				m.t.Fatalf("row %d has %.80v, reader %d was told %.80v", id, row.Annotation, who, told)
			}
		}
	}
	if room && m.marksFull {
		m.t.Fatal("there was no room for a mark")
	}
	return marked
}

// get opens one exchange and compares it with what was told.
func (m *model) get(id flow.ID) {
	x := m.known[id]
	got, ok := m.s.Get(id)
	if !ok {
		if !x.final {
			m.t.Fatalf("%d is in flight and not found", id)
		}
		return
	}
	if x.deleted {
		m.t.Fatalf("%d was deleted and is found", id)
	}
	if !bytes.Equal(got.RequestHead, x.head) || !bytes.Equal(got.ResponseHead, x.response) {
		m.t.Fatalf("heads of %d: %q and %q, want %q and %q", id, got.RequestHead, got.ResponseHead, x.head, x.response)
	}
	if !bytes.Equal(got.Unusable, x.unusable) {
		m.t.Fatalf("unusable answer of %d: %q, want %q", id, got.Unusable, x.unusable)
	}
	for _, b := range []struct {
		got  flow.Body
		want []byte
	}{{got.RequestBody, x.up}, {got.ResponseBody, x.down}} {
		if b.got.Size != int64(len(b.want)) || !bytes.HasPrefix(b.want, b.got.Bytes) {
			m.t.Fatalf("body of %d: %d of %d bytes, state %v", id, len(b.got.Bytes), len(b.want), b.got.State)
		}
		whole := b.got.State == flow.BodyWhole || b.got.State == flow.BodyArriving
		if whole && len(b.got.Bytes) != len(b.want) || b.got.State == flow.BodyEvicted && len(b.got.Bytes) > 0 {
			m.t.Fatalf("body of %d: %d of %d bytes, state %v", id, len(b.got.Bytes), len(b.want), b.got.State)
		}
	}
	m.checkRow(got.Row)
}

// checkEach compares what Each visits with what Row tells.
func (m *model) checkEach() {
	visited := map[flow.ID]bool{}
	m.s.Each(func(row *flow.Row) {
		if want, ok := m.s.Row(row.ID); visited[row.ID] || !ok || *row != want {
			m.t.Fatalf("visited %+v, there is %+v (again: %v)", *row, want, visited[row.ID])
		}
		visited[row.ID] = true
	})
	if n := m.s.Stats().Rows; len(visited) != n {
		m.t.Fatalf("%d rows visited of %d", len(visited), n)
	}
}

func TestStoreAgainstAModel(t *testing.T) {
	marked := 0
	defer func() {
		if marked == 0 {
			t.Error("no row had a mark at the end")
		}
	}()
	for seed := range uint64(8) {
		for _, o := range []capture.Options{
			{},
			{Budget: 256 << 10, BodyLimit: 8 << 10},
			{Budget: 1 << 20, BodyLimit: -1},
			{Budget: 512 << 10},
		} {
			m := newModel(t, seed, o)
			for i := range 3000 {
				m.step()
				switch m.r.IntN(40) {
				case 0:
					m.read(0, 0)
				case 1:
					m.read(1, 1+m.r.IntN(10))
				case 2:
					m.get(flow.ID(1 + m.r.IntN(len(m.known))))
				case 3, 4:
					m.mark(flow.ID(1 + m.r.IntN(len(m.known))))
				case 6:
					if seed%4 > 1 {
						m.delete()
					}
				case 7:
					m.readEnded(1 + m.r.IntN(150))
				case 5: // one of those in flight, or just finished
					m.mark(flow.ID(max(1, len(m.known)-m.r.IntN(30))))
				}
				if i%1000 == 999 && seed%2 == 1 {
					m.s.Clear()
				}
			}
			for id := range m.known {
				m.get(id)
			}
			for m.read(1, 7) {
			}
			m.read(0, 0)
			for m.readEnded(100) {
			}
			m.checkSaid(o.Budget == 0)
			m.checkEach()
			marked += m.checkMarks(o.Budget == 0)
			for id, x := range m.known { // what one reader was told last is what there is
				if row, ok := m.s.Row(id); ok && row.Phase != m.seen[0].rows[id].Phase {
					t.Fatalf("row %d is %v, was told %v (final %v)", id, row.Phase, m.seen[0].rows[id].Phase, x.final)
				}
			}
		}
	}
}

// A row may push out the last other row of its page of the index: the page it needs
// is of the budget all the same.
func TestTheBudgetHoldsWherePagesEnd(t *testing.T) {
	for _, seed := range []uint64{1, 9, 10, 11, 18, 20} { // such that it happens
		m := newModel(t, seed, capture.Options{Budget: 256 << 10, BodyLimit: 8 << 10})
		for i := range 6000 {
			m.step()
			if st := m.s.Stats(); st.MemoryUsed > st.MemoryBudget {
				t.Fatalf("seed %d, step %d: %d bytes in use, the budget is %d", seed, i, st.MemoryUsed, st.MemoryBudget)
			}
		}
	}
}
