package repeat

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"posthouse/proxy/content"
	"posthouse/proxy/content/jsonquery"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
)

// Origin is where a value of an answer stands.
type Origin uint8

const (
	FromJSON   Origin = iota // in the body, at a path of JSONPath or by a question of jq
	FromField                // a header field
	FromCookie               // a cookie that is set
)

// Take names a value of an answer for the requests that follow: {{Name}}.
type Take struct {
	Name string
	From Origin
	At   string // the path, the field or the cookie
}

// Step is a request of a group.
type Step struct {
	Message outgoing.Message
	Takes   []Take
}

// MaxSteps bounds a group.
const MaxSteps = 100

// Answers are where exchanges are read, as app.Controller.Exchanges gives them.
type Answers interface {
	Get(flow.ID) (flow.Exchange, bool)
}

// Done is what came of a step.
type Done struct {
	Outcome
	Taken map[string]string
}

// RunGroup sends requests one after the other. Values that were taken from an answer fill
// those that follow, and the names of Plan too. It ends at the first that is not answered,
// or whose answer lacks a value: the error says which, and Done has what was done.
func RunGroup(ctx context.Context, s Sender, answers Answers, steps []Step, done func(Done)) (all []Done, err error) {
	if len(steps) > MaxSteps {
		return nil, ErrPlan
	}
	known := map[string]string{}
	for i := range steps {
		d, err := runStep(ctx, s, answers, &steps[i], i+1, known)
		all = append(all, d)
		if done != nil {
			done(d)
		}
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func runStep(ctx context.Context, s Sender, answers Answers, step *Step, n int, known map[string]string) (d Done, err error) {
	d.N = n
	own := (*Values)(nil).of(n)
	m, err := fill(step.Message, func(name string) (string, bool) {
		if value, ok := known[name]; ok {
			return value, true
		}
		return own(name)
	})
	if err == nil {
		var row flow.Row
		row, err = wait(ctx, s, m)
		d.Outcome = Outcome{N: n, ID: row.ID, Status: row.Status, Failure: row.Failure, Took: row.Duration, Size: row.ResponseSize}
	}
	if d.Err = err; err != nil {
		return d, err
	}
	if !d.OK() {
		return d, reason.New(reason.GroupFailed, strconv.Itoa(n))
	}
	if len(step.Takes) == 0 {
		return d, nil
	}
	x, ok := answers.Get(d.ID)
	if !ok || len(x.ResponseHead) == 0 {
		return d, reason.New(reason.SendUnkept)
	}
	d.Taken = map[string]string{}
	for _, take := range step.Takes {
		value, ok := take.of(ctx, &x)
		if !ok {
			return d, reason.New(reason.GroupLacks, strconv.Itoa(n), take.At)
		}
		d.Taken[take.Name], known[take.Name] = value, value
	}
	return d, nil
}

// maxTaken bounds a value, in bytes.
const maxTaken = 64 << 10

// of finds the value in an answer.
func (t *Take) of(ctx context.Context, x *flow.Exchange) (value string, ok bool) {
	_, fields := content.Fields(x.ResponseHead)
	switch t.From {
	case FromField:
		for _, f := range fields {
			if strings.EqualFold(f.Name, t.At) {
				return f.Value, len(f.Value) <= maxTaken
			}
		}
	case FromCookie:
		for _, f := range fields {
			if !strings.EqualFold(f.Name, "Set-Cookie") {
				continue
			}
			if c, err := http.ParseSetCookie(f.Value); err == nil && c.Name == t.At {
				return c.Value, true
			}
		}
	case FromJSON:
		d, err := content.Decode(content.Value(fields, "Content-Encoding"), x.ResponseBody.Bytes)
		if err != nil || x.ResponseBody.State == flow.BodyCut {
			return "", false
		}
		a, err := jsonquery.Run(ctx, t.At, string(d.Body))
		if a.Results == 0 || err != nil && a.Text == "" {
			return "", false
		}
		return firstValue(a.Text)
	}
	return "", false
}

// firstValue is the first of JSON values as it is put into a request: a text without its
// quotes, anything else as it is written.
func firstValue(text string) (string, bool) {
	read := json.NewDecoder(strings.NewReader(text))
	var raw json.RawMessage
	if read.Decode(&raw) != nil {
		return "", false
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw)
	}
	return s, len(s) <= maxTaken
}
