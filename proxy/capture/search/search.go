// Package search finds what a query looks for in heads and decoded bodies, in all places
// where exchanges are: memory, the disk, opened sessions.
//
// Each hit comes as soon as it is found, with its places in context. What could not be
// looked at is counted by its reason: a search never says "none" of what it did not see.
//
// An exchange that is in memory and on the disk is one: where memory lacks a body, the
// disk's answer counts. At most MaxHits are told; of each at most MaxSnippets places, of
// at most 2*Context bytes around the match.
package search

import (
	"context"
	"runtime"
	"sync"
	"time"

	"posthouse/proxy/capture/history"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// The bounds.
const (
	MaxHits     = 10_000
	MaxSnippets = 5   // of one exchange
	Context     = 80  // bytes shown on each side of a match
	maxMatch    = 200 // bytes shown of a match
)

// Source is one place where exchanges are. Judge and Scan are called at the same time; the visit of
// Scan may be called from several goroutines, each time with an exchange whose bytes are valid until it
// returns.
type Source interface {
	// Judge has a query judge all rows, until ctx ends; it visits them on the goroutine that calls it.
	Judge(ctx context.Context, q *query.Query, visit func(*history.Judged))
	// Row reads a row whole.
	Row(flow.ID) (flow.Row, bool)
	// Scan visits the exchanges that may have one text of each set in a head or a decoded
	// body, letters of ASCII whatever their case, until ctx ends.
	Scan(ctx context.Context, sets [][]string, visit func(*flow.Exchange)) (Scanned, error)
}

// Scanned is how a Scan went.
type Scanned struct {
	Unreadable int  // exchanges, or blocks of them, that could not be read
	Whole      bool // what was not visited cannot have what is looked for
	Left       bool // what was not visited left meanwhile
}

// Place is a Source, and whose exchanges it has.
type Place struct {
	Source
	// Space tells stores of IDs apart: memory and the disk are one.
	Space int
}

// Hit is an exchange that has what was looked for.
type Hit struct {
	Space    int
	Row      flow.Row
	Snippets []Snippet // none where the row alone matches
	More     bool      // there are more places
}

// Snippet is a match in context, as UTF-8 in one line of what is there.
type Snippet struct {
	Part                 query.Part
	Before, Match, After string
}

// Progress is how far a search has come.
type Progress struct {
	Looked int // exchanges decided
	Hits   int
}

// Report is how a search ended.
type Report struct {
	Progress
	Over       bool               // there may be more hits than MaxHits
	Unknown    int                // exchanges of which it is not known, by Lacks
	Lacks      map[query.Lack]int // an exchange may lack several
	Unreadable int                // exchanges, or blocks of them, that could not be read
	Err        error              // why a place could not be searched to its end
	Took       time.Duration
}

// run is one search.
type run struct {
	q      *query.Query
	found  func(Hit)
	cancel context.CancelFunc
	bodies chan *query.Bodies // one for each goroutine that may look
	gently func() bool        // nil: never
	turn   chan struct{}      // has one place, for who looks meanwhile
	worked time.Duration      // by those who had it, since they rested

	mu     sync.Mutex
	report Report
	spaces map[int]*known
}

// Run searches all places, one after the other, and returns when it is done or ctx has
// ended. found and progress are called from several goroutines, one at a time.
//
// While gently says so it looks at one exchange at a time, and at none for most of the time: what draws
// without a graphics processor needs all processors. It is asked before each exchange, from several
// goroutines; nil is never.
func Run(ctx context.Context, q *query.Query, places []Place, found func(Hit), progress func(Progress), gently func() bool) Report {
	begin := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{q: q, found: found, cancel: cancel, gently: gently, turn: make(chan struct{}, 1), spaces: map[int]*known{}}
	workers := runtime.GOMAXPROCS(0)
	r.bodies = make(chan *query.Bodies, workers)
	for range workers {
		r.bodies <- query.NewBodies(ctx, 0)
	}
	sets := q.LiteralSets()
	for i := range places {
		if ctx.Err() != nil {
			break
		}
		r.search(ctx, &places[i], sets, progress)
	}
	r.report.Lacks = map[query.Lack]int{}
	for _, k := range r.spaces {
		r.report.Unknown += k.open.count
		for i := range k.lacks {
			if n := k.lacks[i].count; n > 0 {
				r.report.Lacks[1<<i] += n
			}
		}
	}
	r.report.Took = time.Since(begin)
	return r.report
}

// undecided are the exchanges of a place that its rows leave open, and of them those of which
// something is hidden.
type undecided struct{ all, hidden idSet }

// search looks at the rows of a place, and at the contents of those that leave it open. The contents are
// looked at from the first such row on: judging a million rows takes seconds, and most searches are decided
// by contents alone.
func (r *run) search(ctx context.Context, p *Place, sets [][]string, progress func(Progress)) {
	if r.spaces[p.Space] == nil {
		r.spaces[p.Space] = &known{}
	}
	told := time.Now()
	tell := func() {
		if r.late(&told, time.Now()) {
			r.tell(progress)
		}
	}
	var left undecided
	var scanning sync.WaitGroup
	var scanned Scanned
	var err error
	begun := false
	p.Judge(ctx, r.q, func(j *history.Judged) {
		if r.row(ctx, p, j, &left); left.all.count > 0 && !begun {
			begun = true
			scanning.Go(func() {
				scanned, err = p.Scan(ctx, sets, func(x *flow.Exchange) {
					r.look(ctx, p.Space, x)
					tell()
				})
			})
		}
		tell()
	})
	scanning.Wait()
	r.mu.Lock()
	if ctx.Err() == nil {
		r.settle(r.spaces[p.Space], &left, &scanned)
	}
	r.report.Unreadable += scanned.Unreadable
	if err != nil && ctx.Err() == nil {
		r.report.Err = err
	}
	r.mu.Unlock()
	r.tell(progress)
}

// row takes in what a row alone says.
func (r *run) row(ctx context.Context, p *Place, j *history.Judged, left *undecided) {
	if ctx.Err() != nil || r.isDecided(p.Space, j.ID) {
		return
	}
	switch j.Result {
	case query.Matched:
		row, there := p.Row(j.ID)
		if !there {
			return // it has left meanwhile
		}
		r.decide(p.Space, j.ID)
		r.hit(Hit{Space: p.Space, Row: row})
	case query.NotMatched:
		r.decide(p.Space, j.ID)
	case query.Unknown:
		left.all.add(j.ID)
		if j.Hidden&r.q.Sides() != 0 {
			left.hidden.add(j.ID)
		}
	}
}

// settle decides what a place did not visit; mu is held.
func (r *run) settle(k *known, left *undecided, s *Scanned) {
	left.all.each(func(id flow.ID) {
		switch {
		case k.open.has(id) || k.decided.has(id):
		case s.Whole && left.hidden.has(id): // filters do not know of these
			k.leaveOpen(id, query.LackTunnel)
		case s.Whole: // it cannot match
			k.decide(id)
			r.report.Looked++
		case s.Left: // a place behind this one may have it
			k.leaveOpen(id, query.LackEvicted)
		}
	})
}

// tellEvery is how often progress is told.
const tellEvery = 100 * time.Millisecond

func (r *run) late(told *time.Time, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(*told) < tellEvery {
		return false
	}
	*told = now
	return true
}

func (r *run) tell(progress func(Progress)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if progress != nil {
		progress(r.report.Progress)
	}
}

func (r *run) isDecided(space int, id flow.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.spaces[space].decided.has(id)
}

func (r *run) decide(space int, id flow.ID) {
	r.mu.Lock()
	r.spaces[space].decide(id)
	r.report.Looked++
	r.mu.Unlock()
}

// look decides an exchange by its contents.
func (r *run) look(ctx context.Context, space int, x *flow.Exchange) {
	if ctx.Err() != nil || r.isDecided(space, x.ID) || r.q.Row(&x.Row) != query.Unknown {
		return
	}
	if r.gently != nil && r.gently() {
		r.turn <- struct{}{}
		begun := time.Now()
		defer func() { r.rest(ctx, time.Since(begun)) }()
	}
	b := <-r.bodies
	result, lack := r.q.MatchExchange(x, b)
	var hit Hit
	if result == query.Matched {
		hit = Hit{Space: space, Row: x.Row}
		hit.Snippets, hit.More = snippets(r.q, x, b)
	}
	r.bodies <- b
	switch {
	case ctx.Err() != nil: // what was called off is not known
	case result == query.Unknown:
		r.mu.Lock()
		r.spaces[space].leaveOpen(x.ID, lack)
		r.mu.Unlock()
	default:
		r.decide(space, x.ID)
		if result == query.Matched {
			r.hit(hit)
		}
	}
}

const (
	// gentleWork is how long exchanges are looked at before a rest. Resting after each, which takes
	// microseconds, would wake a processor as often.
	gentleWork = 2 * time.Millisecond
	// gentleRest is how much longer than the work a rest is, and longestRest how long it is at most.
	gentleRest  = 7
	longestRest = 50 * time.Millisecond
)

// rest gives the turn back, after a rest where there was enough work.
func (r *run) rest(ctx context.Context, worked time.Duration) {
	defer func() { <-r.turn }()
	if r.worked += worked; r.worked < gentleWork {
		return
	}
	pause := time.NewTimer(min(gentleRest*r.worked, longestRest))
	defer pause.Stop()
	r.worked = 0
	select {
	case <-pause.C:
	case <-ctx.Done():
	}
}

func (r *run) hit(h Hit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.report.Hits == MaxHits {
		r.report.Over = true
		r.cancel()
		return
	}
	r.report.Hits++
	r.found(h)
}
