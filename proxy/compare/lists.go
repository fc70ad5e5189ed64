package compare

import (
	"context"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// The bounds of lists. A row takes some 70 bytes while it is paired, a pair some 110.
const (
	MaxRows   = 200_000  // rows of each list that are paired: the newest
	maxNames  = 32 << 20 // bytes of methods, hosts and paths of a result; of those beyond only the IDs are told
	maxFields = 1 << 16  // names of fields, parameters and places in JSON
	maxTold   = 4        // differences of a pair that are told by name; all are counted

	briefBody = 4 << 20 // bytes of a body as it passed, or as JSON: what is larger is compared byte by byte
)

// PairKind is what became of an exchange of the first list in the second.
type PairKind uint8

// The kinds, in the order in which they are told.
const (
	PairNew     PairKind = iota // only in the second
	PairGone                    // only in the first
	PairChanged                 // something differs
	PairUnseen                  // nothing that could be looked at differs, and not all could
	PairSame
)

// PairKinds is how many there are.
const PairKinds = int(PairSame) + 1

func (k PairKind) String() string {
	return [...]string{"new", "gone", "changed", "unknown", "same"}[min(k, PairSame)]
}

// Pair is one exchange of each list, or one that the other does not have. Of two values
// the first is of the first list.
type Pair struct {
	Kind      PairKind
	Slower    bool // the second took much longer
	OtherPath bool // the paths differ where they name one of many things, which is no difference
	Lacks     Lack // of either
	A, B      flow.ID
	Took      [2]time.Duration
	Size      [2]int64 // payload of the responses, in bytes
	Status    [2]int16 // 0 where there was none
	Failure   [2]flow.Failure
	Differ    int32 // differences that count

	name int32 // in names, -1: none
	told [maxTold]toldName
}

// ListCounts are how many pairs there are. Those that are slower are counted by their kind too.
type ListCounts struct {
	Kinds  [PairKinds]int
	Slower int
	Lacks  [Lacks]int // pairs that have what is lacking; several may be of one
	Left   int        // pairs of which one exchange was no longer there

	// Of each list: rows that have not ended; rows beyond MaxRows; rows of which the filter
	// could not see all. They are in no pair.
	Running, Over, Filtered [2]int
	Rows                    [2]int // rows that were paired
}

// ListResult is in what two lists differ: pairs in the order of the second list, what is
// gone where it stood.
type ListResult struct {
	Pairs  []Pair
	Counts ListCounts

	names  names
	fields fieldNames
}

// List is a recording, or a stretch of one.
type List struct {
	// Each visits all rows, in any order, until they end or ctx does; a row is visit's until
	// it returns.
	Each func(ctx context.Context, visit func(*flow.Row))
	Get  func(flow.ID) (flow.Exchange, bool) // is called from several goroutines
	// Filter chooses the stretch; nil is all.
	Filter *query.Query
	// Shown is a row as it is told, such as without secrets; nil: as it is.
	Shown func(*flow.Row) flow.Row
}

// ListOptions are Options, and what makes a pair.
type ListOptions struct {
	Options
	// AnyHost pairs what was asked of different hosts, as of a test and of a live system;
	// hosts are no difference then.
	AnyHost bool
	// SlowerFactor and SlowerBy: a pair is slower if it took both so many times as long and
	// so much longer; 0 is 1.5 and 50 ms.
	SlowerFactor float64
	SlowerBy     time.Duration
	// Progress is called now and then, from several goroutines, one at a time.
	Progress func(ListProgress)
}

// ListProgress is how far a comparison of lists is.
type ListProgress struct {
	Read     [2]int // rows that were looked at
	Done, Of int    // pairs; Of is 0 while rows are read
}

// Lists pairs two lists by method, host and template of the path, each with the first that
// is not taken yet, those with the very same target first, and compares the pairs. Rows
// that have not ended are left out. It ends early with the error of ctx.
func Lists(ctx context.Context, a, b *List, o ListOptions) (*ListResult, error) {
	if o.SlowerFactor == 0 {
		o.SlowerFactor = 1.5
	}
	if o.SlowerBy == 0 {
		o.SlowerBy = 50 * time.Millisecond
	}
	if o.Progress == nil {
		o.Progress = func(ListProgress) {}
	}
	o.brief = true
	c := &listing{lists: [2]*List{a, b}, o: &o, result: &ListResult{}}
	for side := range c.lists {
		if err := c.read(ctx, side); err != nil {
			return nil, err
		}
	}
	c.pair()
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	return c.result, nil
}

// listing is one comparison of lists.
type listing struct {
	lists    [2]*List
	rows     [2][]listRow
	o        *ListOptions
	progress ListProgress
	result   *ListResult
}

// Request is what both exchanges of a pair asked for: the method, the host and the template
// of the path, each cut where it is long. Of a pair of two hosts it is the second.
type Request struct{ Method, Host, Path string }

// Request is that of a pair; false where there are too many to tell.
func (r *ListResult) Request(p *Pair) (Request, bool) {
	if p.name < 0 {
		return Request{}, false
	}
	return r.names.all[p.name], true
}

// Difference is one that a pair has.
type Difference struct {
	Part Part
	Name string // of the field, parameter or place in JSON; "" where the part has none
}

// Told are differences of a pair, at most maxTold; Differ says how many there are.
func (r *ListResult) Told(p *Pair) (all []Difference) {
	for _, t := range p.told {
		if part := t.part(); part != 0 {
			all = append(all, Difference{part, r.fields.name(t.index())})
		}
	}
	return all
}
