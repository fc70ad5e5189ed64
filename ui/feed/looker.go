package feed

import (
	"context"
	"sync"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

const (
	looksAtOnce = 16           // exchanges that are looked at between two looks at what is wanted
	looksEvery  = RefreshEvery // how often results are told while there are more to come
)

// looker looks at exchanges for a filter that asks for fields or bodies, on a goroutine
// beside the feed's. What waits is 8 bytes a row; of what it decodes query.DefaultBudget
// bytes are kept. Another filter calls off what goes on for the last one.
type looker struct {
	get  func(flow.ID) (flow.Exchange, bool)
	tell func()      // there are results
	wake signal.Slot // there is something to look at, or the end
	end  context.Context
	stop context.CancelFunc

	mu      sync.Mutex
	query   *query.Query
	ctx     context.Context // ends with the query
	cancel  context.CancelFunc
	waiting []flow.ID // the last is looked at first
	busy    int       // those that are looked at now
	results []looked
}

func newLooker(get func(flow.ID) (flow.Exchange, bool), tell func()) *looker {
	l := &looker{get: get, tell: tell, wake: signal.NewSlot()}
	end, stop := context.WithCancel(context.Background())
	l.end = end
	l.stop = func() {
		stop()
		l.wake.Set()
	}
	l.ctx, l.cancel = context.WithCancel(end)
	return l
}

// begin calls off what goes on, and forgets what came of it.
func (l *looker) begin(q *query.Query) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancel()
	l.ctx, l.cancel = context.WithCancel(l.end)
	l.query, l.waiting, l.results, l.busy = q, nil, nil, 0
}

// add has exchanges looked at.
func (l *looker) add(ids []flow.ID) {
	if len(ids) == 0 {
		return
	}
	l.mu.Lock()
	l.waiting = append(l.waiting, ids...)
	l.mu.Unlock()
	l.wake.Set()
}

// take hands over what came of looks since, and how many are to come.
func (l *looker) take() (results []looked, pending int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	results, l.results = l.results, nil
	return results, len(l.waiting) + l.busy
}

func (l *looker) run() {
	bodies := query.NewBodies(l.end, query.DefaultBudget)
	var told time.Time
	untold := false
	for {
		q, ctx, ids := l.next()
		if len(ids) == 0 {
			if untold {
				l.tell()
				untold, told = false, time.Now()
			}
			select {
			case <-l.wake:
			case <-l.end.Done():
				return
			}
			continue
		}
		bodies.SetContext(ctx)
		l.keep(ctx, l.lookAt(ctx, q, bodies, ids))
		if untold = true; time.Since(told) >= looksEvery {
			l.tell()
			untold, told = false, time.Now()
		}
	}
}

// next are the exchanges to look at, and for which filter.
func (l *looker) next() (*query.Query, context.Context, []flow.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := max(0, len(l.waiting)-looksAtOnce)
	ids := append([]flow.ID(nil), l.waiting[from:]...)
	l.waiting, l.busy = l.waiting[:from], len(ids)
	return l.query, l.ctx, ids
}

func (l *looker) lookAt(ctx context.Context, q *query.Query, bodies *query.Bodies, ids []flow.ID) []looked {
	var results []looked
	for i := len(ids) - 1; i >= 0 && ctx.Err() == nil; i-- {
		if x, ok := l.get(ids[i]); ok {
			result, lack := q.MatchExchange(&x, bodies)
			results = append(results, looked{ids[i], result, lack})
		}
	}
	return results
}

// keep keeps results for the filter that they are of.
func (l *looker) keep(ctx context.Context, results []looked) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() == nil {
		l.results, l.busy = append(l.results, results...), 0
	}
}

// look takes in what the looker found, and gives it what is wanted; it reports whether
// there is something to show for it.
func (f *Feed) look(u *Update) bool {
	f.looker.add(f.model.takeWanted())
	results, pending := f.looker.take()
	u.Fresh += f.model.look(results)
	was := u.Looks
	u.Looks = Looks{Pending: pending, Unknown: len(f.model.looks.lacking), Lacks: f.model.looks.lacks}
	return len(results) > 0 || was != u.Looks
}
