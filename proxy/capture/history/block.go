package history

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"posthouse/proxy/flow"
)

// What a block of exchanges holds before it is compressed.
const (
	blockSize    = 1 << 20              // bytes after which it is closed
	blockRecords = 4096                 // exchanges at most
	maxBody      = 64 << 20             // bytes of one body
	maxBodies    = 3 * maxBody          // of all of an exchange, and what another program's file told
	maxHeads     = 8 << 20              // bytes of heads, trailers and all else but bodies
	maxRecord    = maxBodies + maxHeads // bytes of one exchange at most
)

// block is records that are gathered. Their rows are read where somebody wants them.
type block struct {
	encoder
	contexts *contextPacker
	starts   []int // of each record, at its length
	rows     []rowSpan
	ids      []flow.ID
	noted    map[int]flow.Annotation // of those that are annotated, by which of the records
	started  time.Time               // when the first began
	oldest   int64
	newest   int64
	first    flow.ID
	last     flow.ID
	tailed   int       // records that are in the tail
	sealed   bool      // nothing is added to it
	lent     bool      // somebody reads b who does not hold the lock
	effort   effort    // the least has no filter either
	later    bool      // its filter is made when it is quiet
	said     bool      // something was said about one of them
	owed     bool      // the index learns of it later
	begun    time.Time // when the first was added
}

// rowSpan says where in the block the row of a record lies.
type rowSpan struct{ begin, end uint32 }

func newBlock() *block { return newBlockIn(nil, &contextPacker{}) }

func newBlockIn(b []byte, contexts *contextPacker) *block {
	return &block{encoder: encoder{b: b, chains: map[string]int{}}, contexts: contexts,
		oldest: math.MaxInt64, newest: math.MinInt64}
}

// add appends an exchange. What its bodies have beyond 64 MiB, or beyond 192 MiB together, is cut;
// one whose heads are beyond all measure is not taken.
func (k *block) add(x *flow.Exchange) bool {
	if !fits(x) {
		return false
	}
	k.starts = append(k.starts, len(k.b))
	// The length goes before the record and is not known yet: four bytes always.
	k.b = append(k.b, 0, 0, 0, 0)
	p := rowSpan{begin: uint32(len(k.b))}
	k.b = k.contexts.append(k.b, x)
	k.put(ownFields, x)
	k.put(restFields, x)
	p.end = uint32(len(k.b))
	for i := range contentFields {
		if g := &contentFields[i]; g.any(x) {
			k.put(g.fields, x)
		}
	}
	binary.LittleEndian.PutUint32(k.b[p.begin-4:], uint32(len(k.b))-p.begin)
	k.rows = append(k.rows, p)
	k.ids = append(k.ids, x.ID)
	if x.Annotated() {
		k.annotate(len(k.ids)-1, x.Annotation)
	}
	k.oldest, k.newest = min(k.oldest, x.Start.Unix()), max(k.newest, x.Start.Unix())
	if k.first == 0 || x.ID < k.first {
		k.first, k.started = x.ID, x.Start
	}
	k.last = max(k.last, x.ID)
	return true
}

// annotate says what is said of a record now, whatever stands in it.
func (k *block) annotate(nth int, a flow.Annotation) {
	if k.said = true; k.noted == nil {
		k.noted = map[int]flow.Annotation{}
	}
	if delete(k.noted, nth); a != (flow.Annotation{}) {
		k.noted[nth] = a
	}
}

// find finds a record.
func (k *block) find(id flow.ID) (nth int, ok bool) {
	if id < k.first || id > k.last {
		return 0, false
	}
	nth = slices.Index(k.ids, id)
	return nth, nth >= 0
}

// row is the row of a record as it is now.
func (k *block) row(nth int) unwritten {
	p := &k.rows[nth]
	return unwritten{k.ids[nth], k.b[p.begin:p.end], k.noted[nth]}
}

// unwritten is a row as it lies in a block.
type unwritten struct {
	id     flow.ID
	fields []byte
	said   flow.Annotation
}

// read reads the row, with texts of its own.
func (r *unwritten) read() (row flow.Row, ok bool) {
	var x flow.Exchange
	ok = readInPlace(r.fields, nil, &x) == nil
	x.Annotation = r.said
	return x.Row, ok
}

// reset empties a block that was written, so that the next one finds its memory.
func (k *block) reset() {
	b := k.b[:0]
	if cap(b) > 8*blockSize {
		b = nil
	}
	ids, starts, rows := k.ids[:0], k.starts[:0], k.rows[:0]
	clear(k.chains)
	chains := k.chains
	*k = *newBlockIn(b, k.contexts)
	k.ids, k.starts, k.rows, k.chains = ids, starts, rows, chains
}

// fits makes an exchange fit a record, false if it cannot.
func fits(x *flow.Exchange) bool {
	if len(x.Foreign) > maxBody {
		x.Foreign = nil // a part of it would be no JSON
	}
	left := maxBodies - len(x.Foreign)
	for _, b := range x.Bodies() {
		if room := min(maxBody, left); len(b.Bytes) > room {
			b.Bytes, b.State = b.Bytes[:room], flow.BodyCut
		}
		left -= len(b.Bytes)
	}
	size := len(x.RequestHead) + len(x.ResponseHead) + len(x.Interim) + len(x.Unusable) + len(x.RequestTrailer) +
		len(x.ResponseTrailer) + len(x.Ruled.Request) + len(x.Ruled.Response) + len(x.Path) + len(x.Host) + len(x.Note)
	for _, der := range x.Secure.Chain {
		size += len(der)
	}
	return size <= maxHeads && len(x.Secure.Chain) <= maxChain
}

// unfiltered reports whether the block was filled in such haste that its filter, and the index, wait.
func (k *block) unfiltered() bool { return k.effort == effortLeast || k.later }

func (k *block) full() bool { return len(k.b) >= blockSize || len(k.starts) >= blockRecords }

func (k *block) head() frameHead {
	return frameHead{kind: frameExchanges, raw: uint32(len(k.b)), count: uint32(len(k.starts)), first: k.first, last: k.last,
		oldest: k.oldest, newest: k.newest}
}

// record is one of the block.
func (k *block) record(nth int) []byte {
	record, _, _ := cutRecord(k.b[k.starts[nth]:]) // was written here
	return record
}

// exchange reads one of the block.
func (k *block) exchange(nth int) (x flow.Exchange, err error) {
	err = readWhole(k.record(nth), k.b, &x)
	return x, err
}

// cutRecord cuts the first record off.
func cutRecord(b []byte) (record, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}

// nthRecord finds a record in a block.
func nthRecord(b []byte, nth int) ([]byte, error) {
	for {
		record, rest, ok := cutRecord(b)
		if !ok {
			return nil, errRecord
		}
		if nth--; nth < 0 {
			return record, nil
		}
		b = rest
	}
}

// walk is how far somebody came in a block who reads its records one by one, mostly in order.
type walk struct {
	block int64 // where it is
	nth   int
	at    int // bytes
}

// to finds a record in the block that is at a place.
func (w *walk) to(block int64, b []byte, nth int) ([]byte, error) {
	if w.block != block || nth < w.nth || w.at > len(b) {
		*w = walk{block: block}
	}
	for {
		record, rest, ok := cutRecord(b[w.at:])
		if !ok {
			*w = walk{}
			return nil, errRecord
		}
		if w.nth == nth {
			return record, nil
		}
		w.nth, w.at = w.nth+1, len(b)-len(rest)
	}
}

// eachRecord reads all exchanges of a block, until visit returns false.
func eachRecord(b []byte, visit func(nth int, x *flow.Exchange) bool) error {
	for rest, nth := b, 0; len(rest) > 0; nth++ {
		record, after, ok := cutRecord(rest)
		if !ok {
			return errRecord
		}
		var x flow.Exchange
		if err := readWhole(record, b, &x); err != nil {
			return err
		}
		if !visit(nth, &x) {
			return nil
		}
		rest = after
	}
	return nil
}

// eachRow reads the rows of a block. The row is visit's until it returns.
func eachRow(b []byte, visit func(nth int, row *flow.Row)) error {
	var x flow.Exchange
	for rest, nth := b, 0; len(rest) > 0; nth++ {
		record, after, ok := cutRecord(rest)
		if !ok {
			return errRecord
		}
		x = flow.Exchange{}
		if err := readInPlace(record, b, &x); err != nil {
			return err
		}
		visit(nth, &x.Row)
		rest = after
	}
	return nil
}

// A record fits a frame whatever it holds.
const _ = uint(maxFrame - maxRecord - 2*blockSize)
