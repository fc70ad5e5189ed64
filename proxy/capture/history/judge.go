package history

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// Judged is a row as a list needs it, and what a query says of it.
type Judged struct {
	ID     flow.ID
	Alike  *flow.Row // has its query.FieldsAlike at least; other rows may share it
	Result query.Result
	Hidden query.Sides // what passed inside a tunnel or behind an upgrade; JudgeAll alone says it
}

// Judge has a query judge the rows below an ID, the newest ones, at most max; they come by rising
// ID. The next call goes on below next; 0 says that there are no more. Of the index it reads no
// more than the query looks at.
func (h *History) Judge(q *query.Query, below flow.ID, max int) (rows []Judged, next flow.ID) {
	return judgeIn(h, q, 0, below, max)
}

// JudgeAll has a query judge all rows, until ctx ends.
func (h *History) JudgeAll(ctx context.Context, q *query.Query, visit func(*Judged)) {
	judgeAll(ctx, func(below flow.ID) ([]Judged, flow.ID) {
		return judgeIn(h, q, query.FieldSizes, below, judgedInPassing)
	},
		visit)
}

// judgedInPassing is how many rows JudgeAll judges before who waits for a processor, such as the window, has it.
const judgedInPassing = 4096

// judgeAll visits what is judged in pieces from the newest row back.
func judgeAll(ctx context.Context, piece func(below flow.ID) ([]Judged, flow.ID), visit func(*Judged)) {
	for below := ^flow.ID(0); below != 0 && ctx.Err() == nil; {
		var rows []Judged
		rows, below = piece(below)
		for i := len(rows) - 1; i >= 0; i-- {
			visit(&rows[i])
		}
		runtime.Gosched()
	}
}

func judgeIn(h *History, q *query.Query, more query.Fields, below flow.ID, max int) (rows []Judged, next flow.ID) {
	if max <= 0 {
		return nil, 0
	}
	pending := unwrittenIn(h, 0, below)
	rows = make([]Judged, 0, min(max, judgedAtOnce))
	err := h.index.judge(q, more, below, max, func(r, alike *flow.Row, result query.Result) {
		rows = append(rows, Judged{r.ID, alike, result, hidden(more, alike.Kind, r)})
	})
	if err != nil {
		h.indexFailed(err)
	}
	slices.Reverse(rows)
	if len(rows) == max {
		next = rows[0].ID
	}
	if len(pending) == 0 {
		return rows, next
	}
	unwritten := readUnwritten(pending[len(pending)-min(len(pending), max):])
	for i := range unwritten {
		r := &unwritten[i]
		rows = append(rows, Judged{r.ID, r, q.Row(r), hidden(more, r.Kind, r)})
	}
	slices.SortStableFunc(rows, func(a, b Judged) int { return cmp.Compare(a.ID, b.ID) })
	rows = slices.CompactFunc(rows, func(a, b Judged) bool { return a.ID == b.ID }) // the one of the index was read later
	if rows = rows[len(rows)-min(len(rows), max):]; len(rows) == max {
		next = rows[0].ID
	}
	return rows, next
}

// hidden are the bodies of a row, of a kind, that passed and that nothing was kept of, as its sizes
// tell; none where these are not known.
func hidden(known query.Fields, kind flow.Kind, r *flow.Row) (sides query.Sides) {
	if known&query.FieldSizes == 0 || kind != flow.KindTunnel && kind != flow.KindUpgraded {
		return 0
	}
	if r.RequestSize > 0 {
		sides |= query.SideRequestBody
	}
	if r.ResponseSize > 0 {
		sides |= query.SideResponseBody
	}
	return sides
}

// judging is one run of the index over rows.
type judging struct {
	x       *index
	q       *query.Query
	fields  query.Fields // that are read
	more    bool         // more than the query looks at
	visit   func(r, alike *flow.Row, result query.Result)
	known   map[int64]*judgedContext
	last    *judgedContext
	scratch flow.Exchange
}

// judgedContext is a context, and what the query says of all its rows.
type judgedContext struct {
	id     int64
	row    *flow.Row
	result query.Result
}

// judge has a query judge rows below an ID, from the newest back, at most max. It reads the fields
// that the query looks at, and more; visit gets a row with its ID and, where more was asked for, with
// these. It is visit's until it returns.
func (x *index) judge(q *query.Query, more query.Fields, below flow.ID, max int,
	visit func(r, alike *flow.Row, result query.Result)) error {
	if err := (settler{x}).below(below, max); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	j := judging{x: x, q: q, fields: q.Fields() | more, more: more != 0, visit: visit, known: map[int64]*judgedContext{}}
	return x.query(`SELECT id, context`+j.columns()+` FROM rows WHERE id < ? ORDER BY id DESC LIMIT ?`, j.row,
		int64(min(below, math.MaxInt64)), max)
}

// fieldColumns are the columns of each group of fields.
var fieldColumns = [...]struct {
	of      query.Fields
	columns string
	read    func(s *sqlite3.Stmt, at int, e *flow.Exchange) (next int, err error)
}{
	{query.FieldPath, ", path", func(s *sqlite3.Stmt, at int, e *flow.Exchange) (int, error) {
		e.Path = s.ColumnText(at)
		return at + 1, nil
	}},
	{query.FieldStatus, ", status", func(s *sqlite3.Stmt, at int, e *flow.Exchange) (int, error) {
		e.Status = s.ColumnInt(at)
		return at + 1, nil
	}},
	{query.FieldSizes, ", request_size, response_size", func(s *sqlite3.Stmt, at int, e *flow.Exchange) (int, error) {
		e.RequestSize, e.ResponseSize = s.ColumnInt64(at), s.ColumnInt64(at+1)
		return at + 2, nil
	}},
	{query.FieldDuration, ", duration", func(s *sqlite3.Stmt, at int, e *flow.Exchange) (int, error) {
		e.Duration = time.Duration(s.ColumnInt64(at))
		return at + 1, nil
	}},
	{query.FieldAnnotation, ", mark, star, note", func(s *sqlite3.Stmt, at int, e *flow.Exchange) (int, error) {
		e.Mark, _ = flow.ParseMark(s.ColumnText(at))
		e.Star, e.Note = s.ColumnInt64(at+1) == 1, s.ColumnText(at+2)
		return at + 3, nil
	}},
	{query.FieldsOther, ", packed", func(s *sqlite3.Stmt, at int, e *flow.Exchange) (int, error) {
		return at + 1, read(s.ColumnRawBlob(at), nil, e, false)
	}},
}

func (j *judging) columns() (sql string) {
	for i := range fieldColumns {
		if j.fields&fieldColumns[i].of != 0 {
			sql += fieldColumns[i].columns
		}
	}
	return sql
}

// row judges one row: by what it has alike with others, where that is enough.
func (j *judging) row(s *sqlite3.Stmt) error {
	c, err := j.context(s.ColumnInt64(1))
	if err != nil {
		return err
	}
	id, result := flow.ID(s.ColumnInt64(0)), c.result
	if result == query.Unknown || j.more {
		j.scratch.Row = *c.row
		at := 2
		for i := range fieldColumns {
			if j.fields&fieldColumns[i].of == 0 {
				continue
			}
			if at, err = fieldColumns[i].read(s, at, &j.scratch); err != nil {
				return err
			}
		}
		result = j.q.Row(&j.scratch.Row)
	}
	j.scratch.ID = id
	j.visit(&j.scratch.Row, c.row, result)
	return nil
}

func (j *judging) context(id int64) (*judgedContext, error) {
	if c := j.last; c != nil && c.id == id {
		return c, nil
	}
	c := j.known[id]
	if c == nil {
		row, err := j.x.context(id)
		if err != nil {
			return nil, err
		}
		c = &judgedContext{id, row, j.q.RowOf(row, query.FieldsAlike)}
		j.known[id] = c
	}
	j.last = c
	return c, nil
}
