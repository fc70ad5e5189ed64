package history

import (
	"encoding/binary"
	"math"
	"time"

	"posthouse/proxy/flow"
)

// What a block of exchanges holds before it is compressed.
const (
	blockSize    = 1 << 20 // bytes after which it is closed
	blockRecords = 4096    // exchanges at most
	maxBody      = 64 << 20
	maxHeads     = 8 << 20              // bytes of heads, trailers and all else but bodies
	maxRecord    = 3*maxBody + maxHeads // bytes of one exchange at most
)

// block is records that are gathered, and their rows.
type block struct {
	encoder
	starts []int // of each record, at its length
	rows   []flow.Row
	oldest int64
	newest int64
	first  flow.ID
	last   flow.ID
	tailed int       // records that are in the tail
	sealed bool      // nothing is added to it
	effort effort    // the least has no filter either
	begun  time.Time // when the first was added
}

func newBlock() *block { return newBlockIn(nil) }

// room is what a block took, so that the next one is made as large and what is added to it is not
// copied again and again.
type room struct{ bytes, records int }

func (k *block) room() room {
	return room{min(len(k.b), 2*blockSize), min(len(k.rows)+len(k.rows)/8, blockRecords)}
}

func (r room) block() *block {
	k := newBlockIn(make([]byte, 0, r.bytes))
	k.starts, k.rows = make([]int, 0, r.records), make([]flow.Row, 0, r.records)
	return k
}

func newBlockIn(b []byte) *block {
	return &block{encoder: encoder{b: b, chains: map[string]int{}},
		oldest: math.MaxInt64, newest: math.MinInt64}
}

// add appends an exchange. What its bodies have beyond 64 MiB is cut; one whose heads are
// beyond all measure is not taken.
func (k *block) add(x *flow.Exchange) bool {
	if !fits(x) {
		return false
	}
	k.starts = append(k.starts, len(k.b))
	// The length goes before the record and is not known yet: four bytes always.
	k.b = append(k.b, 0, 0, 0, 0)
	at := len(k.b)
	k.put(allFields, x)
	binary.LittleEndian.PutUint32(k.b[at-4:], uint32(len(k.b)-at))
	row := x.Row
	row.Rev = 0
	k.rows = append(k.rows, row)
	k.oldest, k.newest = min(k.oldest, row.Start.Unix()), max(k.newest, row.Start.Unix())
	if k.first == 0 || row.ID < k.first {
		k.first = row.ID
	}
	k.last = max(k.last, row.ID)
	return true
}

// fits makes an exchange fit a record, false if it cannot.
func fits(x *flow.Exchange) bool {
	for _, b := range x.Bodies() {
		if len(b.Bytes) > maxBody {
			b.Bytes, b.State = b.Bytes[:maxBody], flow.BodyCut
		}
	}
	if len(x.Foreign) > maxBody {
		x.Foreign = nil // a part of it would be no JSON
	}
	size := len(x.RequestHead) + len(x.ResponseHead) + len(x.Interim) + len(x.Unusable) + len(x.RequestTrailer) +
		len(x.ResponseTrailer) + len(x.Ruled.Request) + len(x.Ruled.Response) + len(x.Path) + len(x.Host) + len(x.Note)
	for _, der := range x.Secure.Chain {
		size += len(der)
	}
	return size <= maxHeads && len(x.Secure.Chain) <= maxChain
}

func (k *block) full() bool { return len(k.b) >= blockSize || len(k.starts) >= blockRecords }

func (k *block) head() frameHead {
	return frameHead{kind: frameExchanges, raw: uint32(len(k.b)), count: uint32(len(k.starts)), first: k.first, last: k.last,
		oldest: k.oldest, newest: k.newest}
}

// exchange reads one of the block.
func (k *block) exchange(nth int) (x flow.Exchange, err error) {
	record, _, ok := cutRecord(k.b[k.starts[nth]:])
	if !ok {
		return x, errRecord
	}
	err = readWhole(record, k.b, &x)
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
	return eachRecordBy(readWhole, b, visit)
}

// eachView is eachRecord for what looks at heads and bodies and does not keep them.
func eachView(b []byte, visit func(nth int, x *flow.Exchange) bool) error {
	return eachRecordBy(readInPlace, b, visit)
}

func eachRecordBy(read func(record, block []byte, x *flow.Exchange) error, b []byte, visit func(nth int, x *flow.Exchange) bool) error {
	for rest, nth := b, 0; len(rest) > 0; nth++ {
		record, after, ok := cutRecord(rest)
		if !ok {
			return errRecord
		}
		var x flow.Exchange
		if err := read(record, b, &x); err != nil {
			return err
		}
		if !visit(nth, &x) {
			return nil
		}
		rest = after
	}
	return nil
}

// A record fits a frame whatever it holds.
const _ = uint(maxFrame - maxRecord - 2*blockSize)
