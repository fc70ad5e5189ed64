package history

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"

	"posthouse/proxy/flow"
)

// maxContexts bounds the contexts that are remembered each way.
const maxContexts = 16384

// contextCache remembers contexts, so that rows share their texts.
type contextCache struct {
	ids  map[string]int64
	rows map[int64]*flow.Row
	enc  encoder

	last   []byte // the one that was found last; nil for none
	lastID int64
}

func (c *contextCache) reset() {
	c.ids, c.rows, c.last = map[string]int64{}, map[int64]*flow.Row{}, nil
}

func (c *contextCache) keepID(packed string, id int64) {
	if len(c.ids) >= maxContexts {
		c.ids = map[string]int64{}
	}
	c.ids[packed] = id
}

// contextOf finds or makes the context of a row, whose fields are packed. It needs mu.
func (x *index) contextOf(row *flow.Row, packed []byte) (int64, error) {
	c := &x.contexts
	if c.last != nil && bytes.Equal(c.last, packed) {
		return c.lastID, nil
	}
	if id, known := c.ids[string(packed)]; known {
		c.last, c.lastID = append(c.last[:0], packed...), id
		return id, nil
	}
	err := x.exec(`INSERT INTO contexts (method, scheme, host, content_type, protocol, program, upstream, packed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, orNull(row.Method), orNull(row.Scheme), orNull(row.Host), orNull(row.ContentType),
		orNull(row.Proto), orNull(row.App), orNull(row.Upstream), packed)
	if err != nil {
		return 0, err
	}
	id := x.db.LastInsertRowID()
	c.keepID(string(packed), id)
	return id, nil
}

// packedRow is what the index keeps of a row in one piece.
type packedRow struct{ context, rest []byte }

// packRow packs what the index keeps of a row in one piece, until the next call.
func (c *contextCache) packRow(row *flow.Row) packedRow {
	e, enc := flow.Exchange{Row: *row}, &c.enc
	enc.b = enc.b[:0]
	enc.put(contextFields, &e)
	n := len(enc.b)
	enc.put(restFields, &e)
	return packedRow{enc.b[:n:n], enc.b[n:]}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

const (
	rowsTogether = 16 // rows that one statement puts in: SQLite opens its tables once for all
	rowValues    = 14 // of each
)

var insertMany, insertOne = insertSQL(rowsTogether), insertSQL(1)

// insertSQL puts n rows of one block in.
func insertSQL(n int) string {
	b := []byte("INSERT OR IGNORE INTO rows VALUES ")
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		at := 3 + i*rowValues
		b = fmt.Appendf(b, "(?%d,?%d,?1,?2", at, at+1)
		for value := at + 2; value < at+rowValues; value++ {
			b = fmt.Appendf(b, ",?%d", value)
		}
		b = append(b, ')')
	}
	return string(b)
}

// blockRows are the rows of a block.
type blockRows struct {
	rows   []flow.Row
	nths   []int
	packed func(i int) packedRow // nil where it is to be made of the row
	order  []int                 // of the rows by rising ID; nil where they stand so
}

// sort has the rows put in by rising ID: SQLite fills pages at its end then, and takes none apart.
func (b *blockRows) sort() {
	b.order = nil
	sorted := true
	for i := 1; i < len(b.rows) && sorted; i++ {
		sorted = b.rows[i-1].ID <= b.rows[i].ID
	}
	if sorted {
		return
	}
	b.order = make([]int, len(b.rows))
	for i := range b.order {
		b.order[i] = i
	}
	slices.SortStableFunc(b.order, func(i, j int) int { return cmp.Compare(b.rows[i].ID, b.rows[j].ID) })
}

// ith is which of the rows comes at a place of the order.
func (b *blockRows) ith(at int) int {
	if b.order == nil {
		return at
	}
	return b.order[at]
}

// insertRows puts n rows in, from one on, and says how many were not there. It needs mu and a
// transaction.
func (x *index) insertRows(of *blockRows, from, n int, p placed) (added int64, err error) {
	s, err := x.stmt(map[bool]string{true: insertOne, false: insertMany}[n == 1])
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.Reset() }()
	// Bound one by one: as values of any they would be allocated. What is empty stays NULL.
	b := binder{s: s}
	b.bound(s.ClearBindings())
	b.number(int64(p.segment))
	b.number(p.at)
	for at := from; at < from+n && b.err == nil; at++ {
		i := of.ith(at)
		row := &of.rows[i]
		var packed packedRow
		if of.packed != nil {
			packed = of.packed(i)
		} else {
			packed = x.contexts.packRow(row)
		}
		context, err := x.contextOf(row, packed.context)
		b.bound(err)
		b.number(int64(row.ID))
		b.number(context)
		b.number(int64(of.nths[i]))
		b.moment(row.Start)
		b.number(int64(row.Duration))
		b.number(int64(row.Status))
		b.text(row.Path)
		b.number(row.RequestSize)
		b.number(row.ResponseSize)
		b.text(failureName(row.Failure))
		b.text(row.Mark.String())
		b.flag(row.Star)
		b.text(row.Note)
		b.blob(packed.rest)
	}
	if b.err == nil {
		s.Step()
		b.err = s.Err()
	}
	return x.db.Changes(), b.err
}

// binder binds the values of a statement in their order. What is empty stays as it is, which is
// NULL.
type binder struct {
	s   *sqlite3.Stmt
	at  int
	err error
}

func (b *binder) bound(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *binder) next() int {
	b.at++
	return b.at
}

func (b *binder) number(v int64) { b.bound(b.s.BindInt64(b.next(), v)) }
func (b *binder) blob(v []byte)  { b.bound(b.s.BindBlob(b.next(), v)) }

func (b *binder) text(v string) {
	if at := b.next(); v != "" {
		b.bound(b.s.BindText(at, v))
	}
}

func (b *binder) flag(v bool) {
	if at := b.next(); v {
		b.bound(b.s.BindInt64(at, 1))
	}
}

func (b *binder) moment(t time.Time) {
	if at := b.next(); !t.IsZero() {
		b.bound(b.s.BindInt64(at, t.UnixNano()))
	}
}

func failureName(f flow.Failure) string {
	if f == 0 {
		return ""
	}
	return f.String()
}

func annotationColumns(a flow.Annotation) (mark, star, note any) {
	mark, note = orNull(a.Mark.String()), orNull(a.Note)
	if a.Star {
		star = 1
	}
	return mark, star, note
}

const rowColumns = `SELECT id, context, started, duration, status, path, request_size, response_size, mark, star, note, packed FROM rows `

// readRow reads a row of rowColumns. It needs mu.
func (x *index) readRow(s *sqlite3.Stmt, e *flow.Exchange) error {
	c, err := x.context(s.ColumnInt64(1))
	if err != nil {
		return err
	}
	e.Row = flow.Row{}
	if err = readWhole(s.ColumnRawBlob(11), nil, e); err != nil {
		return err
	}
	e.ID = flow.ID(s.ColumnInt64(0))
	if s.ColumnType(2) != sqlite3.NULL {
		e.Start = time.Unix(0, s.ColumnInt64(2))
	}
	e.Duration = time.Duration(s.ColumnInt64(3))
	e.Timing.End += e.Duration
	e.Status = s.ColumnInt(4)
	e.Path = s.ColumnText(5)
	e.RequestSize, e.ResponseSize = s.ColumnInt64(6), s.ColumnInt64(7)
	e.Mark, _ = flow.ParseMark(s.ColumnText(8))
	e.Star, e.Note = s.ColumnInt64(9) == 1, s.ColumnText(10)
	inContext(&e.Row, c)
	return nil
}

// rowsWhere reads rows that a condition names, whole; most says how many there may be.
func (x *index) rowsWhere(condition string, most int, values ...any) (rows []flow.Row, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var e flow.Exchange
	err = x.query(rowColumns+condition, func(s *sqlite3.Stmt) error {
		if err := x.readRow(s, &e); err != nil {
			return err
		}
		if rows == nil {
			rows = make([]flow.Row, 0, min(most, eachBatch))
		}
		rows = append(rows, e.Row)
		return nil
	}, values...)
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// inContext fills a row with what its context has.
func inContext(row, c *flow.Row) {
	row.Kind, row.Phase, row.Mended = c.Kind, c.Phase, c.Mended
	row.Method, row.Scheme, row.Host, row.Proto, row.HostReplaced = c.Method, c.Scheme, c.Host, c.Proto, c.HostReplaced
	row.ContentType, row.Remote, row.Upstream = c.ContentType, c.Remote, c.Upstream
	row.App, row.AppPath, row.TLS, row.Timing.Reused = c.App, c.AppPath, c.TLS, c.Timing.Reused
}

// context reads a context, which is a row with query.FieldsAlike. It needs mu.
func (x *index) context(id int64) (*flow.Row, error) {
	c := &x.contexts
	if row := c.rows[id]; row != nil {
		return row, nil
	}
	e, found := &flow.Exchange{}, false
	err := x.query(`SELECT packed FROM contexts WHERE id = ?`, func(s *sqlite3.Stmt) error {
		found = true
		return readWhole(s.ColumnRawBlob(0), nil, e)
	}, id)
	if err == nil && !found {
		err = errRecord
	}
	if err != nil {
		return nil, err
	}
	if len(c.rows) >= maxContexts {
		c.rows = map[int64]*flow.Row{}
	}
	row := e.Row
	c.rows[id] = &row
	return &row, nil
}

// location is where a record lies.
type location struct {
	segment uint64
	offset  int64
	nth     int
	flow.Annotation
}

func (x *index) locate(id flow.ID) (at location, ok bool, err error) {
	if err = (settler{x}).row(id); err != nil {
		return at, false, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	err = x.query(`SELECT segment, offset, nth, mark, star, note FROM rows WHERE id = ?`, func(s *sqlite3.Stmt) error {
		at = location{segment: uint64(s.ColumnInt64(0)), offset: s.ColumnInt64(1), nth: s.ColumnInt(2)}
		at.Mark, _ = flow.ParseMark(s.ColumnText(3))
		at.Star, at.Note = s.ColumnInt64(4) == 1, s.ColumnText(5)
		ok = true
		return nil
	}, id)
	return at, ok, err
}
