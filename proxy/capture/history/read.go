package history

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"sort"
	"sync"

	"posthouse/proxy/flow"
)

const (
	pageRows    = 64
	maxPages    = 64
	eachBatch   = 4096
	maxCached   = 4 // blocks
	cachedBytes = 4 << 20
)

// pageCache keeps rows in pages of neighbouring IDs.
type pageCache struct {
	mu    sync.Mutex
	pages map[flow.ID]map[flow.ID]flow.Row // by ID/pageRows
	order []flow.ID                        // as they came
	turn  uint64                           // rises with each change, so that no old page is kept
}

func (c *pageCache) reset() {
	c.mu.Lock()
	c.pages, c.order = nil, nil
	c.turn++
	c.mu.Unlock()
}

func (c *pageCache) forget(ids []flow.ID) {
	c.mu.Lock()
	c.turn++
	if len(c.pages) > 0 {
		for _, id := range ids {
			delete(c.pages, id/pageRows)
		}
	}
	c.mu.Unlock()
}

func (c *pageCache) forgetID(id flow.ID) { c.forget([]flow.ID{id}) }

func (c *pageCache) get(id flow.ID) (row flow.Row, ok, cached bool, turn uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	page, cached := c.pages[id/pageRows]
	row, ok = page[id]
	return row, ok, cached, c.turn
}

func (c *pageCache) put(id flow.ID, rows []flow.Row, turn uint64) {
	page := make(map[flow.ID]flow.Row, len(rows))
	for i := range rows {
		page[rows[i].ID] = rows[i]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if turn != c.turn {
		return
	}
	if c.pages == nil {
		c.pages = map[flow.ID]map[flow.ID]flow.Row{}
	}
	if len(c.order) >= maxPages {
		delete(c.pages, c.order[0])
		c.order = append(c.order[:0:0], c.order[1:]...)
	}
	c.pages[id/pageRows] = page
	c.order = append(c.order, id/pageRows)
}

// Row returns a row; false if it is not here.
func (h *History) Row(id flow.ID) (flow.Row, bool) {
	h.mu.Lock()
	if k, nth := h.find(id); k != nil {
		defer h.mu.Unlock()
		row := k.row(nth)
		return row.read()
	}
	h.mu.Unlock()
	row, ok, cached, turn := h.pages.get(id)
	if cached {
		return row, ok
	}
	first := id / pageRows * pageRows
	rows, err := settler{h.index}.rowsBetween(first, first+pageRows-1)
	if err != nil {
		h.indexFailed(err)
		return flow.Row{}, false
	}
	h.pages.put(id, rows, turn)
	for i := range rows {
		if rows[i].ID == id {
			return rows[i], true
		}
	}
	return flow.Row{}, false
}

// Has reports whether a row is here.
func (h *History) Has(id flow.ID) bool {
	h.mu.Lock()
	pending, _ := h.find(id)
	h.mu.Unlock()
	h.index.mu.Lock()
	owed := h.index.debt.has(id)
	h.index.mu.Unlock()
	if pending != nil || owed {
		return true
	}
	_, ok := h.Row(id)
	return ok
}

// Rows returns at most max rows from first on, by rising ID.
func (h *History) Rows(first flow.ID, max int) []flow.Row {
	if max <= 0 {
		return nil
	}
	pending := unwrittenIn(h, first, ^flow.ID(0))
	rows, err := settler{h.index}.rowsFrom(first, max)
	if err != nil {
		h.indexFailed(err)
	}
	more := pending[:min(len(pending), max)]
	if len(rows) == max {
		more = more[:sort.Search(len(more), func(i int) bool { return more[i].id > rows[max-1].ID })]
	}
	rows = merge(rows, readUnwritten(more))
	return rows[:min(len(rows), max)]
}

// unwrittenIn are the rows from first on, and below an ID, that are in no segment yet, by rising ID. They stay as
// they are.
func unwrittenIn(h *History, first, below flow.ID) (rows []unwritten) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range h.pending {
		for nth, id := range k.ids {
			if id >= first && id < below {
				k.lent = true
				rows = append(rows, k.row(nth))
			}
		}
	}
	slices.SortFunc(rows, func(a, b unwritten) int { return cmp.Compare(a.id, b.id) })
	return rows
}

func readUnwritten(all []unwritten) (rows []flow.Row) {
	for i := range all {
		if row, ok := all[i].read(); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

func byID(a, b flow.Row) int {
	switch {
	case a.ID < b.ID:
		return -1
	case a.ID > b.ID:
		return 1
	}
	return 0
}

// merge puts two lists by rising ID together; what both have is a's, which was read later.
func merge(a, b []flow.Row) []flow.Row {
	if len(b) == 0 {
		return a
	}
	all := append(a[:len(a):len(a)], b...)
	slices.SortStableFunc(all, byID)
	return slices.CompactFunc(all, func(a, b flow.Row) bool { return a.ID == b.ID })
}

// Each visits all rows by rising ID. The row is visit's until it returns.
func (h *History) Each(visit func(*flow.Row)) {
	for first := flow.ID(1); ; {
		rows := h.Rows(first, eachBatch)
		for i := range rows {
			visit(&rows[i])
		}
		if len(rows) < eachBatch {
			return
		}
		first = rows[len(rows)-1].ID + 1
	}
}

// FirstID is the lowest ID that is here; 0 for none.
func (h *History) FirstID() flow.ID {
	if rows := h.Rows(1, 1); len(rows) == 1 {
		return rows[0].ID
	}
	return 0
}

// Get reads all that is kept of an exchange. Its errors are ErrNotHere, a DamagedError, or
// the system's.
func (h *History) Get(id flow.ID) (flow.Exchange, error) {
	for try := 0; ; try++ {
		if x, ok, err := h.getPending(id); ok || err != nil {
			return x, err
		}
		at, ok, err := h.index.locate(id)
		if err != nil {
			h.indexFailed(err)
			return flow.Exchange{}, err
		}
		if !ok {
			return flow.Exchange{}, ErrNotHere
		}
		x, err := h.getStored(id, at)
		if err == errMoved && try < 8 {
			continue // it has moved or left meanwhile
		}
		return x, err
	}
}

var errMoved = errors.New("its segment has left")

func (h *History) getPending(id flow.ID) (x flow.Exchange, ok bool, err error) {
	h.mu.Lock()
	k, nth := h.find(id)
	if k == nil {
		h.mu.Unlock()
		return x, false, nil
	}
	k.lent = true
	b, start, a := k.b, k.starts[nth], k.noted[nth]
	h.mu.Unlock()
	record, _, ok := cutRecord(b[start:])
	if !ok {
		return x, false, errRecord
	}
	err = readWhole(record, b, &x)
	x.Annotation = a
	return x, true, err
}

func (h *History) getStored(id flow.ID, at location) (x flow.Exchange, err error) {
	b, name, err := h.block(at.segment, at.offset)
	if err != nil {
		return x, err
	}
	record, err := nthRecord(b, at.nth)
	if err == nil {
		err = readWhole(record, b, &x)
	}
	if err == nil && x.ID != id {
		err = errRecord
	}
	if err != nil {
		return x, &DamagedError{name, at.offset, err}
	}
	x.Annotation = at.Annotation
	return x, nil
}

// block reads a block, or finds it in the cache. It must not be changed.
func (h *History) block(number uint64, offset int64) (b []byte, name string, err error) {
	h.mu.Lock()
	var g *segment
	for _, o := range h.segments {
		if o.number == number {
			g = o
			name = o.name()
		}
	}
	h.mu.Unlock()
	if g == nil {
		return nil, "", errMoved
	}
	if b := h.cache.get(number, offset); b != nil {
		return b, name, nil
	}
	h.files.RLock()
	defer h.files.RUnlock()
	f, size, err := h.openSegment(g)
	if err != nil {
		return nil, name, errMoved
	}
	defer func() { _ = f.Close() }()
	b, err = blockAt(f, offset, size, name)
	if err == nil {
		h.cache.put(number, offset, b)
	}
	return b, name, err
}

// blockAt reads the block whose frame is at an offset.
func blockAt(r io.ReaderAt, offset, size int64, name string) ([]byte, error) {
	head := make([]byte, frameHeadSize)
	if _, err := r.ReadAt(head, offset); err != nil {
		return nil, &DamagedError{name, offset, err}
	}
	f, ok := parseFrame(head)
	p := place{f, offset}
	if !ok || f.kind != frameExchanges || p.end() > size {
		return nil, &DamagedError{name, offset, errGap}
	}
	return readBlock(r, p, name)
}

// readBlock reads a block of records.
func readBlock(r io.ReaderAt, p place, name string) ([]byte, error) {
	stored, err := payload(r, p, name)
	if err != nil {
		return nil, err
	}
	b, err := decompress(nil, stored, p.codec, int(p.raw))
	if err != nil {
		return nil, &DamagedError{name, p.at, err}
	}
	return b, nil
}

// blockCache keeps the blocks that were read last.
type blockCache struct {
	mu  sync.Mutex
	all []cachedBlock
}

type cachedBlock struct {
	segment uint64
	offset  int64
	b       []byte
}

func (c *blockCache) get(segment uint64, offset int64) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.all {
		if k.segment == segment && k.offset == offset {
			return k.b
		}
	}
	return nil
}

func (c *blockCache) put(segment uint64, offset int64, b []byte) {
	if len(b) > cachedBytes {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, cachedBlock{segment, offset, b})
	if len(c.all) > maxCached {
		c.all = append(c.all[:0:0], c.all[1:]...)
	}
}

func (c *blockCache) forget(segment uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = slices.DeleteFunc(c.all, func(k cachedBlock) bool { return k.segment == segment })
}
