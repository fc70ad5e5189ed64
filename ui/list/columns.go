package list

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// column is one column of the list.
type column struct {
	name   string  // stable, in the window's state
	title  string  // key of its title
	width  float32 // at first
	right  bool    // numbers stand at the right
	grows  bool    // takes the width that is left
	drawn  bool    // shows a drawing in place of a text
	hidden bool    // at first
	text   func(*flow.Row, time.Time) string
	key    func(*flow.Row) feed.SortKey
}

const (
	barColumn = "waterfall"
	appColumn = "app"

	// These show what a person said about rows: a colour, a star, a note.
	MarkColumn = "mark"
	StarColumn = "star"
	NoteColumn = "note"
)

// columns in the order that they have at first.
var columns = []column{
	{name: "number", title: "column.number", width: 60, right: true,
		text: func(r *flow.Row, _ time.Time) string { return strconv.FormatUint(uint64(r.ID), 10) },
		key:  feed.ByNumber(func(r *flow.Row) float64 { return float64(r.ID) })},
	{name: StarColumn, title: "column.star", width: minColumnWidth, drawn: true, hidden: true,
		text: func(*flow.Row, time.Time) string { return "" },
		key:  feed.ByNumber(starOrder)},
	{name: MarkColumn, title: "column.mark", width: minColumnWidth, drawn: true, hidden: true,
		text: func(*flow.Row, time.Time) string { return "" },
		key:  feed.ByNumber(markOrder)},
	{name: "time", title: "column.time", width: 92, hidden: true,
		text: func(r *flow.Row, _ time.Time) string { return words.ClockText(r.Start, words.Millis) },
		key:  feed.ByNumber(func(r *flow.Row) float64 { return float64(r.Start.UnixNano()) })},
	{name: "method", title: "column.method", width: 92, // PROPPATCH is seen whole
		text: words.MethodText,
		key:  feed.ByText(func(r *flow.Row) string { return r.Method })},
	{name: signColumn, title: "column.padlock", width: minColumnWidth, drawn: true,
		text: func(*flow.Row, time.Time) string { return "" },
		key:  feed.ByNumber(func(r *flow.Row) float64 { return float64(uiwidget.SignOf(r)) })},
	{name: "host", title: "column.host", width: 166,
		text: func(r *flow.Row, _ time.Time) string { return r.Host },
		key:  feed.ByText(func(r *flow.Row) string { return r.Host })},
	{name: "path", title: "column.path", width: 320, grows: true, text: words.PathText,
		key: feed.ByText(func(r *flow.Row) string { return r.Path })},
	{name: "status", title: "column.status", width: 80, text: words.StatusText,
		key: feed.ByNumber(func(r *flow.Row) float64 { return float64(r.Status) })},
	{name: "type", title: "column.type", width: 70,
		text: func(r *flow.Row, _ time.Time) string { return content.ShortType(r.ContentType) },
		key:  feed.ByText(func(r *flow.Row) string { return content.ShortType(r.ContentType) })},
	{name: "protocol", title: "column.protocol", width: 74, hidden: true,
		text: func(r *flow.Row, _ time.Time) string { return words.ProtocolText(r) },
		key:  feed.ByText(words.ProtocolText)},
	{name: "sent", title: "column.sent", width: 76, right: true, hidden: true,
		text: func(r *flow.Row, _ time.Time) string { return words.SizeText(r.RequestSize) },
		key:  feed.ByNumber(func(r *flow.Row) float64 { return float64(r.RequestSize) })},
	{name: "size", title: "column.size", width: 76, right: true,
		text: func(r *flow.Row, _ time.Time) string { return words.SizeText(r.ResponseSize) },
		key:  feed.ByNumber(func(r *flow.Row) float64 { return float64(r.ResponseSize) })},
	{name: "duration", title: "column.duration", width: 74, right: true,
		text: func(r *flow.Row, now time.Time) string { return words.DurationText(words.Elapsed(r, now)) },
		key:  feed.ByNumber(func(r *flow.Row) float64 { return float64(r.Duration) })},
	{name: "remote", title: "column.remote", width: 150, hidden: true,
		text: func(r *flow.Row, _ time.Time) string {
			if !r.Remote.IsValid() {
				return ""
			}
			return r.Remote.String()
		},
		key: feed.ByText(remoteOrder)},
	{name: appColumn, title: "column.app", width: 110, hidden: true,
		text: words.AppCell,
		key:  feed.ByText(func(r *flow.Row) string { return r.App })},
	{name: NoteColumn, title: "column.note", width: 120, hidden: true,
		text: func(r *flow.Row, _ time.Time) string { return words.NoteLine(r.Note) },
		key:  feed.ByTextIfAny(func(r *flow.Row) string { return r.Note })},
	{name: barColumn, title: "column.waterfall", width: 100, drawn: true,
		text: func(*flow.Row, time.Time) string { return "" },
		key:  feed.ByNumber(func(r *flow.Row) float64 { return float64(r.Duration) })},
}

// untitled reports whether a column is too narrow for its title: it shows one sign.
func (c *column) untitled() bool { return c.drawn && c.width == minColumnWidth }

// columnNamed finds a column; an unknown name is the first one.
func columnNamed(name string) *column {
	for i := range columns {
		if columns[i].name == name {
			return &columns[i]
		}
	}
	return &columns[0]
}

const signColumn = "padlock"

// remoteOrder has rows without a connection first, then addresses as numbers, not as texts.
func remoteOrder(r *flow.Row) string {
	if !r.Remote.IsValid() {
		return ""
	}
	ip := r.Remote.Addr().As16()
	return hex.EncodeToString(binary.BigEndian.AppendUint16(ip[:], r.Remote.Port()))
}

// starOrder has the starred rows first.
func starOrder(r *flow.Row) float64 {
	if r.Star {
		return 0
	}
	return 1
}

// markOrder has the marked rows first, by their colours.
func markOrder(r *flow.Row) float64 {
	if r.Mark == flow.MarkNone {
		return float64(len(flow.Marks) + 1)
	}
	return float64(r.Mark)
}

// SortKeys is what the rows are sorted by in the order of a column.
func SortKeys(column string) func(*flow.Row) feed.SortKey { return columnNamed(column).key }
