package compare

import (
	"context"
	"strings"
	"time"

	"posthouse/proxy/flow"
)

// MaxRows bounds the rows of each list that are paired.
const MaxRows = 200_000

// Pair is one exchange of each list, or one that the other does not have.
type Pair struct {
	Kind   Kind // Added: new; Removed: gone
	A, B   flow.ID
	Key    string // method, host and template of the path
	Differ int    // differences that count; -1 where they could not be looked at
	Slower bool   // much slower than the first
	// Took is how long both took.
	Took [2]time.Duration
	// Status of both, 0 where there was none.
	Status [2]int
}

// ListCounts are how many pairs there are of each kind.
type ListCounts struct {
	Same, Changed, New, Gone, Slower int
	Unknown                          int // pairs of which the contents could not be looked at
}

// ListResult is in what two lists differ: pairs in the order of the second list, what is
// gone where it stood.
type ListResult struct {
	Pairs  []Pair
	Counts ListCounts
	// Over are the rows of each list beyond MaxRows, which were not looked at.
	Over [2]int
}

// List is a recording, or a stretch of one.
type List struct {
	Rows []flow.Row
	Get  func(flow.ID) (flow.Exchange, bool) // may be called from one goroutine only
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
	// Progress is called now and then with how many pairs were looked at.
	Progress func(done, of int)
}

// Lists pairs two lists by method, host and template of the path, each with the first that
// is not taken yet, those with the very same target first, and compares the pairs. It ends
// early with the error of ctx.
func Lists(ctx context.Context, a, b List, o ListOptions) (*ListResult, error) {
	if o.SlowerFactor == 0 {
		o.SlowerFactor = 1.5
	}
	if o.SlowerBy == 0 {
		o.SlowerBy = 50 * time.Millisecond
	}
	r := &ListResult{}
	for i, l := range [2]*List{&a, &b} {
		if over := len(l.Rows) - MaxRows; over > 0 {
			r.Over[i], l.Rows = over, l.Rows[:MaxRows]
		}
	}
	r.pair(a.Rows, b.Rows, o.AnyHost)
	for i := range r.Pairs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if o.Progress != nil && i%64 == 0 {
			o.Progress(i, len(r.Pairs))
		}
		r.look(&r.Pairs[i], &a, &b, &o)
	}
	return r, nil
}

// key is what pairs have in common.
func key(row *flow.Row, anyHost bool) string {
	host := row.Host
	if anyHost {
		host = ""
	}
	path, _, _ := strings.Cut(row.Path, "?")
	return row.Method + " " + strings.ToLower(host) + Template(path)
}

func (r *ListResult) pair(a, b []flow.Row, anyHost bool) {
	keys := [2][]string{make([]string, len(a)), make([]string, len(b))}
	waiting := map[string][]int{} // of a, by key
	exact := map[string][]int{}   // of a, by key and target
	for i := range a {
		k := key(&a[i], anyHost)
		keys[0][i] = k
		waiting[k] = append(waiting[k], i)
		exact[k+" "+a[i].Path] = append(exact[k+" "+a[i].Path], i)
	}
	partner := make([]int, len(b))
	taken := make([]bool, len(a))
	for i := range b {
		k := key(&b[i], anyHost)
		keys[1][i], partner[i] = k, -1
		full := k + " " + b[i].Path
		if left := exact[full]; len(left) > 0 {
			partner[i], taken[left[0]], exact[full] = left[0], true, left[1:]
		}
	}
	for i := range b {
		if partner[i] >= 0 {
			continue
		}
		left := waiting[keys[1][i]]
		for len(left) > 0 && taken[left[0]] {
			left = left[1:]
		}
		if len(left) > 0 {
			partner[i], taken[left[0]], left = left[0], true, left[1:]
		}
		waiting[keys[1][i]] = left
	}
	at := 0
	gone := func(upTo int) {
		for ; at < upTo; at++ {
			if !taken[at] {
				r.Pairs = append(r.Pairs, Pair{Kind: Removed, A: a[at].ID, Key: keys[0][at],
					Took: [2]time.Duration{a[at].Duration}, Status: [2]int{a[at].Status}})
			}
		}
	}
	for i := range b {
		p := Pair{Kind: Added, B: b[i].ID, Key: keys[1][i], Took: [2]time.Duration{1: b[i].Duration}, Status: [2]int{1: b[i].Status}}
		if from := partner[i]; from >= 0 {
			gone(from)
			p.Kind, p.A, p.Took[0], p.Status[0] = Same, a[from].ID, a[from].Duration, a[from].Status
		}
		r.Pairs = append(r.Pairs, p)
	}
	gone(len(a))
}

// look compares a pair, and counts it.
func (r *ListResult) look(p *Pair, a, b *List, o *ListOptions) {
	switch p.Kind {
	case Added:
		r.Counts.New++
		return
	case Removed:
		r.Counts.Gone++
		return
	}
	p.Slower = p.Took[1]-p.Took[0] >= o.SlowerBy && float64(p.Took[1]) >= o.SlowerFactor*float64(p.Took[0])
	if p.Slower {
		r.Counts.Slower++
	}
	first, ok := a.Get(p.A)
	second, too := b.Get(p.B)
	if !ok || !too {
		p.Differ = -1
		r.Counts.Unknown++
		return
	}
	if o.AnyHost {
		second.Host = first.Host
	}
	result := Exchanges(&first, &second, o.Options)
	p.Differ = result.Differ()
	if o.AnyHost {
		p.Differ -= hostFields(result)
	}
	switch {
	case p.Differ > 0:
		p.Kind = Changed
		r.Counts.Changed++
	case result.Request.Body.How == Unknown || result.Response.Body.How == Unknown:
		p.Differ = -1
		r.Counts.Unknown++
	default:
		r.Counts.Same++
	}
}

// hostFields is how many differences are the fields that name the host.
func hostFields(r *Result) (n int) {
	for i := range r.Request.Fields.List {
		e := &r.Request.Fields.List[i]
		if e.counts() && (strings.EqualFold(e.Name, "host") || e.Name == ":authority") {
			n++
		}
	}
	return n
}

// Template is a path with {} for each segment that names one of many things: numbers,
// UUIDs, and long runs of hex digits or of letters mixed with digits.
func Template(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if names(s) {
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}

func names(s string) bool {
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
