package repeat

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"posthouse/proxy/content"
	"posthouse/proxy/content/jsonquery"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
)

// Step is a request of a group.
type Step struct {
	Message outgoing.Message
	Takes   []Take
}

// Group is requests in order, and how they are run. What an answer gives fills the requests
// behind it, up to the end of that run. Beside it {{n}} is the number of the run from 1, and
// {{uuid}} and {{time}} are as in a Plan.
type Group struct {
	Steps    []Step // 1 to MaxSteps
	Times    int    // runs, of MaxTimes requests in all; 0: one
	GoOn     bool   // a failure ends nothing; see Done.Failed
	NewConns bool   // each request goes over a connection of its own
}

// MaxSteps bounds a group.
const MaxSteps = 100

// ErrGroup is a group beyond its bounds.
var ErrGroup = error(reason.New(reason.GroupPlan))

// Answers are where exchanges are read, as app.Controller.Exchanges gives them.
type Answers interface {
	Get(flow.ID) (flow.Exchange, bool)
}

// Done is what came of a step. Its N counts the steps of all runs.
type Done struct {
	Outcome
	Run, Step int // from 1
	Taken     []Taken
	Lack      error // why a value could not be taken; nil where all were
}

// Taken is a value that an answer gave.
type Taken struct {
	Name  string
	Value string // at most maxKept bytes of it
	Size  int    // bytes of the whole
}

// Failed reports whether it was not sent, not answered, answered with a status of 400 and
// above, or whether its answer lacks a value.
func (d *Done) Failed() bool { return !d.OK() || d.Lack != nil || d.Status >= 400 }

// Why is why it failed; nil where it did not.
func (d *Done) Why() error {
	switch n := strconv.Itoa(d.Step); {
	case d.Err != nil:
		return d.Err
	case d.Failure != flow.FailureNone:
		return reason.New(reason.GroupFailed, n)
	case d.Status >= 400:
		return reason.New(reason.GroupStatus, n, strconv.Itoa(d.Status))
	}
	return d.Lack
}

// Bounds of what is remembered of values, in bytes.
const (
	maxKept    = 200     // of one
	maxAllKept = 4 << 20 // of all of a run of a group; those behind have no text
)

// RunGroup sends the requests of a group one after the other, as one client does. done, which
// may be nil, is told of each that has ended. It ends at the first failure, unless the group
// goes on: then the error is nil, and a request that needs a value which no answer gave is not
// sent. all has what was done.
func RunGroup(ctx context.Context, s Sender, answers Answers, g *Group, done func(Done)) (all []Done, err error) {
	times := max(g.Times, 1)
	if len(g.Steps) < 1 || len(g.Steps) > MaxSteps || g.Times < 0 || times > MaxTimes/len(g.Steps) {
		return nil, ErrGroup
	}
	r := &groupRun{ctx: ctx, sender: s, answers: answers, group: g, client: outgoing.NewClient()}
	for n := 1; n <= times; n++ {
		r.run, r.known, r.lacking = n, map[string]string{}, map[string]bool{}
		for i := range g.Steps {
			r.at = i + 1
			d := r.step(&g.Steps[i])
			d.N, d.Run, d.Step = len(all)+1, n, r.at
			all = append(all, d)
			if done != nil {
				done(d)
			}
			if err := context.Cause(ctx); err != nil {
				return all, err
			}
			if d.Failed() && !g.GoOn {
				return all, d.Why()
			}
		}
	}
	return all, nil
}

// groupRun is a group under way.
type groupRun struct {
	ctx     context.Context
	sender  Sender
	answers Answers
	group   *Group
	client  uint64
	run     int // from 1
	at      int // the step, from 1
	kept    int // bytes of the texts of values

	// Of this run.
	known   map[string]string
	lacking map[string]bool // names that an answer was to give, and has not
}

// lookup finds the value of a name; missing is the first that should have one and has none.
func (r *groupRun) lookup(missing *string) lookup {
	own := (*Values)(nil).of(r.run)
	return func(name string) (string, bool) {
		if value, ok := own(name); ok {
			return value, true
		}
		if r.lacking[name] && *missing == "" {
			*missing = name
		}
		value, ok := r.known[name]
		return value, ok
	}
}

// step sends a request and takes its values. It may itself need those that its answer gives anew.
func (r *groupRun) step(step *Step) (d Done) {
	missing := ""
	m, err := fill(step.Message, r.lookup(&missing))
	for _, take := range step.Takes {
		delete(r.known, take.Name)
		r.lacking[take.Name] = true
	}
	if err == nil && missing != "" {
		err = reason.New(reason.GroupUnknown, missing)
	}
	if err == nil {
		var row flow.Row
		m.Client, m.NewConn = r.client, r.group.NewConns
		if row, err = wait(r.ctx, r.sender, m); err == nil {
			d.Outcome = outcomeOf(0, &row)
		}
	}
	if d.Err = err; !d.OK() || len(step.Takes) == 0 {
		return d
	}
	x, ok := r.answers.Get(d.ID)
	if !ok || len(x.ResponseHead) == 0 {
		d.Lack = reason.New(reason.GroupUnkept, strconv.Itoa(r.at))
		return d
	}
	for _, take := range step.Takes {
		value, err := take.of(r.ctx, &x)
		if err != nil {
			if d.Lack == nil {
				d.Lack = take.lack(err, r.at)
			}
			continue
		}
		r.known[take.Name] = value
		delete(r.lacking, take.Name)
		d.Taken = append(d.Taken, r.taken(take.Name, value))
	}
	return d
}

// taken is what is remembered of a value.
func (r *groupRun) taken(name, value string) Taken {
	t := Taken{Name: name, Size: len(value)}
	if text := value[:min(len(value), maxKept)]; r.kept+len(text) <= maxAllKept {
		t.Value = strings.Clone(strings.ToValidUTF8(text, "\ufffd"))
		r.kept += len(text)
	}
	return t
}

// maxTaken bounds a value, in bytes.
const maxTaken = 64 << 10

// Why a value is not taken.
var (
	errLacks = errors.New("it is not there")
	errCut   = errors.New("the body was not recorded whole")
	errLong  = errors.New("it is longer than maxTaken")
)

// lack is such a reason for people.
func (t *Take) lack(err error, step int) error {
	switch n := strconv.Itoa(step); err {
	case errCut:
		return reason.New(reason.GroupCut, n, t.At)
	case errLong:
		return reason.New(reason.GroupLong, t.At, n, strconv.Itoa(maxTaken>>10))
	default:
		return reason.New(reason.GroupLacks, n, t.At)
	}
}

// of finds the value in an answer.
func (t *Take) of(ctx context.Context, x *flow.Exchange) (value string, err error) {
	_, fields := content.Fields(x.ResponseHead)
	switch t.From {
	case FromField:
		for _, f := range fields {
			if strings.EqualFold(f.Name, t.At) {
				return bounded(f.Value)
			}
		}
	case FromCookie:
		for _, f := range fields {
			if !strings.EqualFold(f.Name, "Set-Cookie") {
				continue
			}
			if c, err := http.ParseSetCookie(f.Value); err == nil && c.Name == t.At {
				return bounded(c.Value)
			}
		}
	case FromJSON:
		return t.ofBody(ctx, x, content.Value(fields, "Content-Encoding"))
	}
	return "", errLacks
}

func (t *Take) ofBody(ctx context.Context, x *flow.Exchange, coding string) (string, error) {
	if b := &x.ResponseBody; b.State == flow.BodyCut || b.State == flow.BodyEvicted || b.State == flow.BodyNotRecorded {
		return "", errCut
	}
	d, err := content.Decode(coding, x.ResponseBody.Bytes)
	if err != nil {
		return "", errLacks
	}
	a, err := jsonquery.Run(ctx, t.At, string(d.Body))
	if a.Results == 0 || err != nil && a.Text == "" {
		return "", errLacks
	}
	return firstValue(a.Text)
}

func bounded(value string) (string, error) {
	if len(value) > maxTaken {
		return "", errLong
	}
	return value, nil
}

// firstValue is the first of JSON values as it is put into a request: a text without its
// quotes, anything else as it is written.
func firstValue(text string) (string, error) {
	read := json.NewDecoder(strings.NewReader(text))
	var raw json.RawMessage
	if read.Decode(&raw) != nil {
		return "", errLacks
	}
	if string(raw) == "null" { // what jq says of a member that is not there
		return "", errLacks
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw)
	}
	return bounded(s)
}
