// Package compare tells in what two exchanges differ, and two lists of them.
//
//	Exchanges(a, b, o)     heads by name, query and forms by field, JSON by path,
//	                       text by lines, other bytes by offsets
//	Lists(ctx, a, b, o)    two recordings: paired by method and path, in order
//	Unified(result)        the same as text that other programs read
//
// What only looks different (the order of fields, the case of a name, a JSON object's
// order) is a Remark and no change. What a person does not want to hear of is Ignored:
// it is still told, and counts as nothing.
//
// Bodies are compared without their content codings. Of each at most MaxBody bytes are
// looked at, of each part of a result at most MaxEntries entries are told, and a
// comparison of texts ends after Options.Timeout with a coarser answer; a Result says
// where that is so. Nothing here does I/O or is on the data path.
package compare

import (
	"strings"
	"time"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// The bounds.
const (
	MaxBody    = 64 << 20 // bytes of a decoded body
	MaxEntries = 10_000   // entries of one part
	MaxDepth   = 1000     // levels of JSON; what lies deeper is compared as text

	DefaultTimeout = 800 * time.Millisecond // for the lines of one body
)

// Kind is what became of something.
type Kind uint8

// The kinds.
const (
	Same Kind = iota
	Changed
	Added   // only in the second
	Removed // only in the first
)

var kindNames = [...]string{"same", "changed", "added", "removed"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Remark is a difference that changes no meaning.
type Remark uint8

// The remarks; an entry may have several.
const (
	Moved  Remark = 1 << iota // it stands at another place
	Recast                    // its name is written in another case
)

// Entry is one thing that both sides may have: a field, a parameter, a value in JSON.
type Entry struct {
	Name     string // of the second where both have it; for JSON a path as RFC 9535 writes it
	Kind     Kind
	Remark   Remark
	Old, New string
	Ignored  bool
}

// Counts as a difference.
func (e *Entry) counts() bool { return e.Kind != Same && !e.Ignored }

// Entries are those of one part.
type Entries struct {
	List []Entry
	More int // entries beyond MaxEntries, which are not told but counted in Differ
	// Differ is how many count: changed, added or removed, and not ignored.
	Differ int
}

func (s *Entries) add(e Entry) {
	if e.counts() {
		s.Differ++
	}
	if len(s.List) == MaxEntries {
		s.More++
		return
	}
	s.List = append(s.List, e)
}

// How says in which way two bodies were compared.
type How uint8

// The ways.
const (
	Equal   How = iota // byte for byte the same, or neither side has one
	AsJSON             // Entries, by path
	AsForm             // Entries, by field
	AsLines            // Lines
	AsBytes            // Ranges
	Unknown            // one of them was not kept: nothing can be said
)

// Body is in what two bodies differ.
type Body struct {
	How     How
	Sizes   [2]int64 // bytes that passed, with their codings
	Entries Entries
	Lines   Lines
	Ranges  Ranges

	// Partial says that a body was kept, or could be decoded, only in part: what differs
	// behind that was not seen.
	Partial [2]bool
	Lacks   [2]Lack // why
	// Recoded says that the codings differ, and what is inside was compared.
	Recoded bool
}

// Differs reports whether the bodies do, as far as can be seen.
func (b *Body) Differs() bool {
	switch b.How {
	case AsJSON, AsForm:
		return b.Entries.Differ > 0
	case AsLines:
		return b.Lines.Differ > 0
	case AsBytes:
		return b.Ranges.Differ > 0 || b.Ranges.Tail != 0
	}
	return false
}

// Message is in what two requests or two responses differ.
type Message struct {
	Start   Entries // method, target without query, version; or status and version
	Query   Entries // requests only
	Fields  Entries
	Trailer Entries
	Body    Body
}

// Differ is how many differences count; a body is one.
func (m *Message) Differ() int {
	n := m.Start.Differ + m.Query.Differ + m.Fields.Differ + m.Trailer.Differ
	if m.Body.Differs() {
		n++
	}
	return n
}

// Result is in what two exchanges differ.
type Result struct {
	Request, Response Message
}

// Differ is how many differences count.
func (r *Result) Differ() int { return r.Request.Differ() + r.Response.Differ() }

// Options say what a comparison is to pass over, and how long it may take.
type Options struct {
	// Fields are names of header fields, whatever their case; one that ends with '*' is
	// all names that begin so.
	Fields []string
	// Paths are paths of JSON as an Entry names them, or names of parameters; [*] in a
	// path is any element, and what lies below a path is ignored with it.
	Paths []string
	// Timeout bounds the lines of one body; 0 is DefaultTimeout.
	Timeout time.Duration

	brief bool // texts and bytes are found to differ, not where; large bodies are not looked into
}

// DefaultFields are names that differ between any two answers: those that are passed over at first.
var DefaultFields = []string{"date", "age"}

func (o *Options) ignoresField(name string) bool {
	for _, f := range o.Fields {
		if prefix, all := strings.CutSuffix(f, "*"); all && len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) ||
			strings.EqualFold(f, name) {
			return true
		}
	}
	return false
}

// Exchanges compares b with a, from which it came.
func Exchanges(a, b *flow.Exchange, o Options) *Result {
	r := &Result{}
	r.Request.requests(a, b, &o)
	r.Response.responses(a, b, &o)
	return r
}

// A side is one message of one exchange.
type side struct {
	start   string
	fields  []content.Field
	trailer []content.Field
	body    flow.Body
}

func sideOf(head, trailer []byte, body flow.Body) side {
	s := side{body: body}
	s.start, s.fields = content.Fields(head)
	if len(trailer) > 0 {
		_, s.trailer = content.Fields(append([]byte("\r\n"), trailer...))
	}
	return s
}

func (m *Message) requests(a, b *flow.Exchange, o *Options) {
	sides := [2]side{sideOf(a.RequestHead, a.RequestTrailer, a.RequestBody), sideOf(b.RequestHead, b.RequestTrailer, b.RequestBody)}
	pathA, queryA, _ := strings.Cut(a.Path, "?")
	pathB, queryB, _ := strings.Cut(b.Path, "?")
	for _, e := range [...]Entry{
		{Name: "method", Old: a.Method, New: b.Method},
		{Name: "scheme", Old: a.Scheme, New: b.Scheme},
		{Name: "host", Old: a.Host, New: b.Host},
		{Name: "path", Old: pathA, New: pathB},
		{Name: "version", Old: a.Proto, New: b.Proto},
	} {
		m.Start.addPlain(e)
	}
	m.Query = parameters(queryA, queryB, "", o)
	m.rest(&sides, o)
}

func (m *Message) responses(a, b *flow.Exchange, o *Options) {
	sides := [2]side{sideOf(a.ResponseHead, a.ResponseTrailer, a.ResponseBody), sideOf(b.ResponseHead, b.ResponseTrailer, b.ResponseBody)}
	m.Start.addPlain(Entry{Name: "status", Old: statusText(a), New: statusText(b)})
	m.Start.addPlain(Entry{Name: "status-line", Old: sides[0].start, New: sides[1].start})
	m.rest(&sides, o)
}

// statusText is the status, or what failed in place of one.
func statusText(x *flow.Exchange) string {
	if x.Status == 0 {
		return x.Failure.String()
	}
	return number(x.Status)
}

// addPlain takes an entry of which both sides have exactly one, "" for none.
func (s *Entries) addPlain(e Entry) {
	if e.Old != e.New {
		e.Kind = Changed
	}
	s.add(e)
}

func (m *Message) rest(sides *[2]side, o *Options) {
	m.Fields = named(sides[0].fields, sides[1].fields, true, o.ignoresField)
	m.Trailer = named(sides[0].trailer, sides[1].trailer, true, o.ignoresField)
	m.Body.compare(sides, o)
}
