package compare

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// listRow is what is known of a row while lists are paired.
type listRow struct {
	id      flow.ID
	key     uint64 // of method, host and template
	target  uint64 // of these and the path as it was sent
	took    time.Duration
	size    int64
	name    int32
	status  int16
	failure flow.Failure
	maybe   bool // the filter has to see more than the row
}

// readEvery is how many rows are read between two words of progress.
const readEvery = 4096

// read reads the rows of a list: the newest that pass, in the order in which they began.
func (c *listing) read(ctx context.Context, side int) error {
	l, counts := c.lists[side], &c.result.Counts
	var rows []listRow
	l.Each(ctx, func(r *flow.Row) {
		if ctx.Err() != nil {
			return
		}
		if c.progress.Read[side]++; c.progress.Read[side]%readEvery == 0 {
			c.o.Progress(c.progress)
		}
		passes := l.Filter.Row(r)
		switch {
		case passes == query.NotMatched:
			return
		case !r.Phase.Final():
			counts.Running[side]++
			return
		}
		row := c.listRow(l, r)
		row.maybe = passes == query.Unknown
		if rows = append(rows, row); len(rows) == 2*MaxRows {
			rows = c.newest(rows, side)
		}
	})
	rows = c.newest(rows, side)
	if l.Filter.NeedsContents() {
		rows = c.passing(ctx, l, rows, side)
	}
	slices.Reverse(rows)
	c.rows[side], counts.Rows[side] = rows, len(rows)
	return ctx.Err()
}

// newest are the MaxRows rows with the highest IDs, by falling ID.
func (c *listing) newest(rows []listRow, side int) []listRow {
	slices.SortFunc(rows, func(a, b listRow) int {
		switch {
		case a.id > b.id:
			return -1
		case a.id < b.id:
			return 1
		}
		return 0
	})
	if over := len(rows) - MaxRows; over > 0 {
		c.result.Counts.Over[side] += over
		rows = rows[:MaxRows]
	}
	return rows
}

// passing are the rows that pass a filter which looks at fields or bodies.
func (c *listing) passing(ctx context.Context, l *List, rows []listRow, side int) []listRow {
	bodies := query.NewBodies(ctx, 0)
	seen := 0
	return slices.DeleteFunc(rows, func(r listRow) bool {
		if !r.maybe || ctx.Err() != nil {
			return false
		}
		if seen++; seen%lookAtOnce == 0 {
			c.o.Progress(c.progress)
		}
		x, ok := l.Get(r.id)
		if !ok {
			c.result.Counts.Filtered[side]++
			return true
		}
		result, _ := l.Filter.MatchExchange(&x, bodies)
		if result == query.Unknown {
			c.result.Counts.Filtered[side]++
		}
		return result != query.Matched
	})
}

// target is what a request is for.
type target struct{ method, host, path string }

// listRow is a row as it is paired.
func (c *listing) listRow(l *List, r *flow.Row) listRow {
	path, _, _ := strings.Cut(r.Path, "?")
	of := target{r.Method, strings.ToLower(r.Host), Template(path)}
	if len(of.host)+len(of.path)+len(of.method) > 4<<10 { // else a long one is held by what it was cut from
		of.host, of.path = strings.Clone(of.host), strings.Clone(of.path)
	}
	name := c.result.names.of(maphash.Comparable(seed, of), func() Request { return shownRequest(l, r, &of) })
	if c.o.AnyHost {
		of.host = ""
	}
	row := listRow{id: r.ID, took: r.Duration, size: r.ResponseSize, status: int16(r.Status), failure: r.Failure, name: name}
	row.key = maphash.Comparable(seed, of)
	of.path = r.Path
	row.target = maphash.Comparable(seed, of)
	return row
}

// shownRequest is what is told of a target.
func shownRequest(l *List, r *flow.Row, of *target) Request {
	path := of.path
	if l.Shown != nil {
		masked := l.Shown(r)
		of.method, of.host = masked.Method, strings.ToLower(masked.Host)
		path, _, _ = strings.Cut(masked.Path, "?")
		path = Template(path)
	}
	return Request{Method: short(of.method, 24), Host: short(of.host, 128), Path: short(path, 256)}
}

// short is a copy of a text, cut after so many bytes.
func short(s string, most int) string {
	if len(s) <= most {
		return strings.Clone(s)
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// names are the targets of rows, each once.
type names struct {
	all   []Request
	known map[uint64]int32
	bytes int // of all, with what a map and a slice take
}

// nameOverhead is what a name takes beside its bytes.
const nameOverhead = 80

// of is the place of a name, -1 where there is no room for it.
func (n *names) of(key uint64, make func() Request) int32 {
	if at, ok := n.known[key]; ok {
		return at
	}
	if n.bytes >= maxNames {
		return -1
	}
	if n.known == nil {
		n.known = map[uint64]int32{}
	}
	name := make()
	at := int32(len(n.all))
	n.all, n.known[key] = append(n.all, name), at
	n.bytes += len(name.Method) + len(name.Host) + len(name.Path) + nameOverhead
	return at
}

// Template is a path with {} for each segment that names one of many things: numbers,
// UUIDs, and long runs of hex digits or of letters mixed with digits.
func Template(path string) string {
	var b strings.Builder // empty while nothing was replaced
	done := 0
	for from := 0; from <= len(path); {
		end := strings.IndexByte(path[from:], '/')
		if end < 0 {
			end = len(path) - from
		}
		if names := namesOne(path[from : from+end]); names {
			b.WriteString(path[done:from])
			b.WriteString("{}")
			done = from + end
		}
		from += end + 1
	}
	if done == 0 {
		return path
	}
	b.WriteString(path[done:])
	return b.String()
}

// namesOne reports whether a segment names one of many things.
func namesOne(s string) bool {
	digits, hex, other, letters := 0, 0, 0, 0
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case s[i] >= '0' && s[i] <= '9':
			digits++
		case c >= 'a' && c <= 'f':
			hex++
			letters++
		case c >= 'a' && c <= 'z':
			letters++
			other++
		case s[i] == '-' || s[i] == '_':
		default:
			return false
		}
	}
	switch {
	case digits == 0:
		return false
	case letters == 0:
		return true
	case other == 0 && digits+hex >= 8:
		return true
	}
	return len(s) >= 16 && digits >= 3
}
