package repeat

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
)

// Bounds of a plan.
const (
	MaxTimes    = 10_000
	MaxParallel = 64
)

// Sender sends messages, as app.Controller does.
type Sender interface {
	Send(context.Context, outgoing.Message) (*outgoing.Sending, error)
}

// Plan is a message that is sent many times. In its host, target, fields and body {{n}} is
// the number of the request from 1, {{uuid}} a random UUID, {{time}} when it was begun
// (UTC, RFC 3339 with milliseconds), and {{name}} the value of a column of Values.
type Plan struct {
	Message  outgoing.Message
	Times    int           // 1 to MaxTimes; 0: once for each row of Values
	Parallel int           // how many are under way together, 1 to MaxParallel; 0: one
	Delay    time.Duration // between the begin of one and of the next
	Values   *Values       // they begin anew after the last row; nil for none
	NewConns bool          // each goes over a connection of its own; see outgoing.Message.NewConn
}

// ErrPlan is a plan beyond its bounds.
var ErrPlan = error(reason.New(reason.RepeatPlan))

func (p *Plan) check() error {
	if p.Times == 0 && p.Values != nil {
		p.Times = len(p.Values.Rows)
	}
	if p.Parallel == 0 {
		p.Parallel = 1
	}
	if p.Times < 1 || p.Times > MaxTimes || p.Parallel < 1 || p.Parallel > MaxParallel || p.Delay < 0 {
		return ErrPlan
	}
	return nil
}

// Outcome is what came of one request.
type Outcome struct {
	N       int           // its number, from 1
	ID      flow.ID       // its row, 0 where there is none
	Status  int           // 0 for none
	Failure flow.Failure  // FailureNone where it was answered
	Took    time.Duration // from its begin to the end of its answer
	Size    int64         // bytes of the answer's payload
	Err     error         // why it was not sent; nil where it was
}

// OK reports whether it was answered.
func (o *Outcome) OK() bool { return o.Err == nil && o.Failure == flow.FailureNone }

// Summary is what came of all.
type Summary struct {
	Outcomes []Outcome // of those that were begun, by their numbers
	Failed   int
	Statuses map[int]int // how many have which status

	// Of those that were answered.
	P50, P95, Least, Most time.Duration
	Bytes                 int64
}

// Run carries out a plan until it is done or ctx ends; what is under way then is cancelled.
// done, which may be nil, is told of each request that has ended, one after the other. The
// error is ErrPlan, or why ctx ended: the summary is of what was done until then.
func Run(ctx context.Context, s Sender, p Plan, done func(Outcome)) (*Summary, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	r := &run{ctx: ctx, sender: s, plan: &p, done: done, outcomes: make([]Outcome, p.Times), next: make(chan int),
		client: outgoing.NewClient()}
	var workers sync.WaitGroup
	for range min(p.Parallel, p.Times) {
		workers.Go(r.work)
	}
	r.feed()
	workers.Wait()
	return Summarize(r.outcomes), context.Cause(ctx)
}

// run is a plan under way.
type run struct {
	ctx      context.Context
	sender   Sender
	plan     *Plan
	outcomes []Outcome // each its own worker's until it is told
	next     chan int  // numbers to be sent
	client   uint64

	mu   sync.Mutex
	done func(Outcome)
}

// feed hands out the numbers, no faster than the plan says.
func (r *run) feed() {
	defer close(r.next)
	var pace *time.Ticker
	if r.plan.Delay > 0 {
		pace = time.NewTicker(r.plan.Delay)
		defer pace.Stop()
	}
	for n := 1; n <= r.plan.Times; n++ {
		if n > 1 && pace != nil {
			select {
			case <-pace.C:
			case <-r.ctx.Done():
				return
			}
		}
		select {
		case r.next <- n:
		case <-r.ctx.Done():
			return
		}
	}
}

// work sends one after the other, as one client. Over HTTP/2 all workers are one, whose
// connection carries what is under way together.
func (r *run) work() {
	client := r.client
	if r.plan.Message.Protocol == outgoing.HTTP1 {
		client = outgoing.NewClient()
	}
	for n := range r.next {
		o := r.send(n, client)
		r.outcomes[n-1] = o
		if r.done != nil {
			r.mu.Lock()
			r.done(o)
			r.mu.Unlock()
		}
	}
}

func (r *run) send(n int, client uint64) Outcome {
	m, err := fill(r.plan.Message, r.plan.Values.of(n))
	if err != nil {
		return Outcome{N: n, Err: err}
	}
	m.Client, m.NewConn = client, r.plan.NewConns
	row, err := wait(r.ctx, r.sender, m)
	if err != nil {
		return Outcome{N: n, Err: err}
	}
	return outcomeOf(n, &row)
}

// outcomeOf is what came of a request that has a row.
func outcomeOf(n int, row *flow.Row) Outcome {
	return Outcome{N: n, ID: row.ID, Status: row.Status, Failure: row.Failure, Took: row.Duration, Size: row.ResponseSize}
}

// busy is how long a sender that has too much under way is left alone.
const busy = 20 * time.Millisecond

// wait sends a message and waits for its end. Where others have taken all places it tries again.
func wait(ctx context.Context, s Sender, m outgoing.Message) (flow.Row, error) {
	m.KeepOpen = false // of a WebSocket a handshake is sent, and no message: nobody would close it
	for {
		sending, err := s.Send(ctx, m)
		var why *reason.Error
		if errors.As(err, &why) && why.Why.Code == reason.SendMany && ctx.Err() == nil {
			select {
			case <-time.After(busy):
			case <-ctx.Done():
			}
			continue
		}
		if err != nil {
			return flow.Row{}, err
		}
		return sending.Wait().Row, nil
	}
}

// Summarize is the summary of outcomes; those without a number were never begun.
func Summarize(outcomes []Outcome) *Summary {
	s := &Summary{Statuses: map[int]int{}}
	var took []time.Duration
	for i := range outcomes {
		o := &outcomes[i]
		if o.N == 0 {
			continue // never begun
		}
		s.Outcomes = append(s.Outcomes, *o)
		if !o.OK() {
			s.Failed++
			continue
		}
		s.Statuses[o.Status]++
		s.Bytes += o.Size
		took = append(took, o.Took)
	}
	slices.Sort(took)
	s.P50, s.P95 = percentile(took, 50), percentile(took, 95)
	if len(took) > 0 {
		s.Least, s.Most = took[0], took[len(took)-1]
	}
	return s
}

// percentile is the least time that so many of a hundred do not exceed (nearest rank).
func percentile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*percent+99)/100-1]
}
