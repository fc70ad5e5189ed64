package compare

import (
	"context"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"posthouse/proxy/flow"
)

// Part is where a difference lies.
type Part uint8

// The parts, in the order in which they are told; 0 is none.
const (
	PartStatus Part = iota + 1
	PartFailure
	PartScheme
	PartHost
	PartVersion
	PartStatusLine
	PartQuery
	PartRequestBody
	PartResponseBody
	PartRequestField
	PartResponseField
)

var partNames = [...]string{"", "status", "failure", "scheme", "host", "version", "status-line", "query", "request-body", "response-body",
	"request-field", "response-field"}

func (p Part) String() string {
	if int(p) < len(partNames) {
		return partNames[p]
	}
	return ""
}

// toldName is a difference as a pair keeps it: the part, and the place of its name.
type toldName uint32

const noField = 1<<24 - 1

func (t toldName) part() Part { return Part(t >> 24) }

func (t toldName) index() int { return int(t & noField) }

// fieldNames are the names of what differs, each once; safe for concurrent use.
type fieldNames struct {
	mu    sync.Mutex
	all   []string
	known map[string]int
}

// maxFieldName bounds a name, in bytes.
const maxFieldName = 120

// of is the place of a name, noField where there is none or no room.
func (f *fieldNames) of(name string) int {
	if name == "" {
		return noField
	}
	name = short(name, maxFieldName)
	f.mu.Lock()
	defer f.mu.Unlock()
	if at, ok := f.known[name]; ok {
		return at
	}
	if len(f.all) == maxFields {
		return noField
	}
	if f.known == nil {
		f.known = map[string]int{}
	}
	f.known[name] = len(f.all)
	f.all = append(f.all, name)
	return len(f.all) - 1
}

func (f *fieldNames) name(at int) string {
	if at == noField {
		return ""
	}
	return f.all[at]
}

// lookAtOnce is how many pairs a goroutine takes.
const lookAtOnce = 64

// maxLookers bounds the goroutines. One processor is left to what else there is to do.
const maxLookers = 4

// look compares the pairs, and counts them.
func (c *listing) look(ctx context.Context) error {
	pairs := c.result.Pairs
	c.progress.Of = len(pairs)
	var next atomic.Int64
	var mu sync.Mutex // of the counts and the progress
	var all sync.WaitGroup
	for range max(1, min(maxLookers, runtime.GOMAXPROCS(0)-1)) {
		all.Go(func() {
			for ctx.Err() == nil {
				from := int(next.Add(lookAtOnce)) - lookAtOnce
				if from >= len(pairs) {
					return
				}
				some := pairs[from:min(from+lookAtOnce, len(pairs))]
				left := 0
				for i := range some {
					if ctx.Err() != nil {
						return
					}
					left += c.lookAt(&some[i])
				}
				mu.Lock()
				c.result.Counts.add(some)
				c.result.Counts.Left += left
				c.progress.Done += len(some)
				c.o.Progress(c.progress)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return ctx.Err()
}

func (n *ListCounts) add(pairs []Pair) {
	for i := range pairs {
		p := &pairs[i]
		n.Kinds[p.Kind]++
		if p.Slower {
			n.Slower++
		}
		for lack := range Lacks {
			if p.Lacks&(1<<lack) != 0 {
				n.Lacks[lack]++
			}
		}
	}
}

// lookAt compares a pair; left is 1 where one of both is no longer there.
func (c *listing) lookAt(p *Pair) (left int) {
	if p.Kind != PairSame {
		return 0
	}
	o := c.o
	p.Slower = p.Took[1]-p.Took[0] >= o.SlowerBy && float64(p.Took[1]) >= o.SlowerFactor*float64(p.Took[0])
	first, ok := c.lists[0].Get(p.A)
	second, too := c.lists[1].Get(p.B)
	if !ok || !too {
		p.Kind = PairUnseen
		return 1
	}
	d := differences{fields: &c.result.fields, anyHost: o.AnyHost}
	if closed := func(r *flow.Row) bool { return r.Kind == flow.KindTunnel && !r.Opened() }; closed(&first.Row) || closed(&second.Row) {
		d.lacks, d.unseen = LackTunnel, true
	}
	d.result(Exchanges(&first, &second, o.Options), &first, &second)
	p.told, p.Differ, p.Lacks = d.told, int32(min(d.count, math.MaxInt32)), d.lacks
	switch {
	case p.Differ > 0:
		p.Kind = PairChanged
	case d.unseen:
		p.Kind = PairUnseen
	}
	return 0
}

// differences are those of a pair that count for lists.
type differences struct {
	fields  *fieldNames
	anyHost bool

	told   [maxTold]toldName
	count  int
	lacks  Lack
	unseen bool // not all could be looked at
}

func (d *differences) add(part Part, name string) {
	d.count++
	said := toldName(part)<<24 | toldName(d.fields.of(name))
	for i := range d.told {
		if d.told[i] == said {
			return
		}
		if d.told[i] == 0 {
			d.told[i] = said
			return
		}
	}
}

func (d *differences) result(r *Result, a, b *flow.Exchange) {
	status := statusText(a) != statusText(b)
	if status {
		d.add(PartStatus, "")
	}
	if a.Failure != b.Failure && a.Status != 0 && b.Status != 0 {
		d.add(PartFailure, "")
	}
	d.entries(&r.Request.Start, func(e *Entry) Part { return d.startPart(e.Name) })
	if !status {
		d.entries(&r.Response.Start, func(e *Entry) Part { return PartStatusLine })
	}
	d.entries(&r.Request.Query, func(*Entry) Part { return PartQuery })
	d.body(&r.Request.Body, PartRequestBody)
	d.body(&r.Response.Body, PartResponseBody)
	for _, s := range [...]*Entries{&r.Request.Fields, &r.Request.Trailer} {
		d.entries(s, func(e *Entry) Part { return d.fieldPart(e.Name, PartRequestField) })
	}
	for _, s := range [...]*Entries{&r.Response.Fields, &r.Response.Trailer} {
		d.entries(s, func(e *Entry) Part { return d.fieldPart(e.Name, PartResponseField) })
	}
}

// startPart is the part of an entry of a request-line; 0 is none that counts: methods are
// the same, and paths fit one template.
func (d *differences) startPart(name string) Part {
	switch name {
	case "scheme":
		return PartScheme
	case "version":
		return PartVersion
	case "host":
		if !d.anyHost {
			return PartHost
		}
	}
	return 0
}

// fieldPart leaves out what stands in the request-line too (RFC 9113 section 8.3), and,
// where hosts are no difference, their field.
func (d *differences) fieldPart(name string, part Part) Part {
	if strings.HasPrefix(name, ":") || d.anyHost && strings.EqualFold(name, "host") {
		return 0
	}
	return part
}

// entries adds those that count; part is 0 for one that does not.
func (d *differences) entries(s *Entries, part func(*Entry) Part) {
	told := 0
	for i := range s.List {
		e := &s.List[i]
		if !e.counts() {
			continue
		}
		told++
		switch p := part(e); p {
		case 0:
		case PartQuery:
			d.add(p, e.Name)
		case PartRequestField, PartResponseField:
			d.add(p, strings.ToLower(e.Name))
		case PartRequestBody, PartResponseBody:
			d.add(p, AnyPlace(e.Name))
		default:
			d.add(p, "")
		}
	}
	d.count += s.Differ - told // beyond MaxEntries
}

func (d *differences) body(b *Body, part Part) {
	lacks := b.Lacks[0] | b.Lacks[1]
	d.lacks |= lacks
	switch {
	case (b.How == AsJSON || b.How == AsForm) && b.Entries.Differ > 0:
		d.entries(&b.Entries, func(*Entry) Part { return part })
	case b.Differs():
		d.add(part, "")
	}
	d.unseen = d.unseen || lacks != 0
}
