package rules

import (
	"cmp"
	"mime"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// Compiled is a rule that can be applied. All but its counter is constant.
type Compiled struct {
	Rule
	Number int // in the file, from 1

	when     *query.Query
	late     bool // the condition needs the response's head
	request  *edit
	response *edit
	mark     flow.Mark
	target   targetEdit
	address  address // what Resolve says
	tunnels  bool    // it does something to tunnels too

	share share
	line  line

	hits atomic.Uint64
	last atomic.Int64 // when it was applied last, in Unix nanoseconds
}

// Label is the rule's name, or its number.
func (c *Compiled) Label() string { return cmp.Or(c.Name, strconv.Itoa(c.Number)) }

// Hit counts one more exchange that the rule was applied to.
func (c *Compiled) Hit(now time.Time) {
	c.hits.Add(1)
	c.last.Store(now.UnixNano())
}

// Hits is how often the rule was applied, and when last.
func (c *Compiled) Hits() (n uint64, last time.Time) {
	if n = c.hits.Load(); n > 0 {
		last = time.Unix(0, c.last.Load())
	}
	return n, last
}

// Set is an ordered list of rules.
type Set struct {
	Rules  []*Compiled // all, those that are off too
	folder string      // where their files lie

	presets map[string]*Preset // that their file names
	index   index

	asksApp bool
	tunnels bool // a rule that is on does something to tunnels

	answers bool    // a rule that is on answers or blocks requests
	inside  []int32 // those of them of which the index knows more than the host, rising
}

// RuleError says which rule cannot be used, and why.
type RuleError struct {
	Number int // from 1
	Why    flow.Reason
}

func (e *RuleError) Error() string {
	return "rule " + strconv.Itoa(e.Number) + ": " + reason.English(e.Why)
}

// Reason is what flow.Explained asks for.
func (e *RuleError) Reason() flow.Reason { return e.Why }

// Compile makes a set of rules; folder is where their files lie. The error is a *RuleError.
func Compile(list []Rule, folder string) (*Set, error) {
	if len(list) > MaxRules {
		return nil, &RuleError{MaxRules + 1, reason.RuleMany.With(MaxRules)}
	}
	s := &Set{folder: folder, Rules: make([]*Compiled, 0, len(list))}
	left := MaxPrograms
	for i := range list {
		if left -= list[i].programs(); left < 0 {
			return nil, &RuleError{i + 1, reason.RuleExpressions.With(MaxPrograms)}
		}
		c, why := compile(list[i], i+1)
		if !why.IsZero() {
			return nil, &RuleError{i + 1, why}
		}
		if left -= c.when.Program(); left < 0 {
			return nil, &RuleError{i + 1, reason.RuleExpressions.With(MaxPrograms)}
		}
		s.Rules = append(s.Rules, c)
		s.tunnels = s.tunnels || !c.Off && c.tunnels
		s.noteAnswer(c, int32(i))
		s.asksApp = s.asksApp || !c.Off && strings.Contains(strings.ToLower(c.When), "app:")
	}
	s.index = newIndex(s.Rules)
	return s, nil
}

func compile(r Rule, number int) (*Compiled, flow.Reason) {
	c := &Compiled{Rule: r, Number: number}
	q, err := query.Parse(r.When)
	if err != nil {
		return nil, reason.RuleCondition.With(reason.Of(err))
	}
	c.when = q
	if q.NeedsContents() {
		return nil, reason.RuleContents.With(r.When)
	}
	if q.AsksOutcome() {
		return nil, reason.RuleOutcome.With(r.When)
	}
	c.late = q.Sides()&(query.SideResponse|query.SideOutcome) != 0
	var why flow.Reason
	if c.request, why = readEdit(r.Request, false); !why.IsZero() {
		return nil, why
	}
	if c.response, why = readEdit(r.Response, true); !why.IsZero() {
		return nil, why
	}
	if c.target.query, why = readQuery(r.Request); !why.IsZero() {
		return nil, why
	}
	if why := c.readSend(); !why.IsZero() {
		return nil, why
	}
	if why := c.readThrottle(); !why.IsZero() {
		return nil, why
	}
	c.tunnels = c.actsOnTunnels()
	if r.Fail != "" {
		var ok bool
		if c.share.part, ok = readShare(r.Fail); !ok {
			return nil, reason.RuleFail.With(r.Fail, "10%")
		}
	}
	c.preset()
	if why := c.check(); !why.IsZero() {
		return nil, why
	}
	return c, flow.Reason{}
}

// preset adds what the ticks of a rule stand for.
func (c *Compiled) preset() {
	if c.NoCache || c.Plain {
		request, response := *c.request, *c.response
		c.request, c.response = &request, &response
	}
	if c.NoCache {
		c.request.remove = append(c.request.remove, "If-None-Match", "If-Modified-Since", "If-Range")
		c.request.set = append(c.request.set, Field{Name: "Cache-Control", Value: "no-cache", At: -1})
		c.response.set = append(c.response.set, Field{Name: "Cache-Control", Value: "no-store", At: -1})
		c.response.remove = append(c.response.remove, "Expires", "ETag", "Last-Modified")
	}
	if c.Plain {
		c.request.set = append(c.request.set, Field{Name: "Accept-Encoding", Value: "identity", At: -1})
	}
}

// check finds what cannot be.
func (c *Compiled) check() flow.Reason {
	early := ""
	for _, part := range [...]struct {
		name string
		is   bool
	}{
		{"answer", c.Answer != nil}, {"block", c.Block != ""}, {"request", c.request.changes()},
		{"delay.request", c.Delay != nil && c.Delay.Request > 0}, {"request.query", c.target.query.changes()}, {"send", c.Send != nil},
		{"resolve", c.Resolve != ""}, {"record", c.Unkept()}, {"cors", c.CORS}, {"throttle", c.Throttle != nil},
		{"decrypt", c.Decrypt != nil},
		{"break", c.BreaksRequest()}} {
		if part.is {
			early = cmp.Or(early, part.name)
		}
	}
	switch {
	case c.Decrypt != nil && c.when.AsksInside():
		return reason.RuleTunnels.With(c.When)
	case c.late && early != "":
		return reason.RuleLate.With(c.When)
	case c.Answer != nil && c.Block != "":
		return reason.RuleTwo.With("answer", "block")
	case c.Fail != "" && c.Answer == nil && c.Block == "":
		return reason.RuleFailNothing.With()
	case early == "" && !c.response.changes() && c.Mark == "" && c.Note == "" && c.Delay == nil && c.Break == "":
		return reason.RuleNothing.With()
	}
	switch c.Block {
	case "", BlockReset, BlockClose, BlockForbid, BlockHang:
	default:
		return reason.RuleBlock.With(c.Block)
	}
	if why := c.checkBreak(); !why.IsZero() {
		return why
	}
	if c.Mark != "" {
		mark, ok := flow.ParseMark(c.Mark)
		if !ok || mark == flow.MarkNone {
			return reason.RuleMark.With(c.Mark)
		}
		c.mark = mark
	}
	if d := c.Delay; d != nil {
		for _, one := range [...]Duration{d.Request, d.Response, d.Piece} {
			if one < 0 || time.Duration(one) > MaxDelay {
				return reason.RuleDelay.With(MaxDelay)
			}
			if unitless(time.Duration(one)) {
				return reason.RuleUnit.With(int64(one))
			}
		}
	}
	return c.Answer.check()
}

// sources are how many things say what is answered.
func (a *Answer) sources() (n int) {
	for _, one := range [...]string{a.Text, a.File, a.Folder, a.Message} {
		if one != "" {
			n++
		}
	}
	return n
}

func (a *Answer) check() flow.Reason {
	switch {
	case a == nil:
	case a.Text != "" && a.File != "":
		return reason.RuleAnswer.With()
	case a.sources() > 1:
		return reason.RuleSources.With()
	case a.Under != "" && (a.Folder == "" || a.Under[0] != '/'):
		return reason.RuleUnder.With(a.Under)
	case a.Status != 0 && a.Folder+a.Message != "", a.Type != "" && a.Message != "":
		return reason.RuleOwnStatus.With()
	case len(a.Text) > MaxText:
		return reason.RuleText.With(MaxText)
	case a.Status != 0 && (a.Status < 200 || a.Status > 999):
		return reason.RuleStatus.With(a.Status)
	case http1.Contentless(cmp.Or(a.Status, 200)) && (a.Text != "" || a.File != ""):
		return reason.RuleNoBody.With(a.Status)
	case !cleanValue(a.Type):
		return reason.RuleValue.With(a.Type)
	case len(a.Fields) > maxEdits:
		return reason.RuleEdits.With(maxEdits)
	case !a.checkMissing().IsZero():
		return a.checkMissing()
	default:
		for _, line := range a.Fields {
			if _, why := readField(line); !why.IsZero() {
				return why
			}
		}
	}
	return flow.Reason{}
}

// kind is the Content-Type of an answer.
func (a *Answer) kind() string {
	if a.File != "" {
		return cmp.Or(a.Type, mime.TypeByExtension(path.Ext(a.File)), "application/octet-stream")
	}
	return cmp.Or(a.Type, "text/plain; charset=utf-8")
}

// Inherit takes over how often rules were applied that are the same as before: by name and condition,
// and where several have the same, those that are alike first, then in their order.
func (s *Set) Inherit(before *Set) {
	if before == nil {
		return
	}
	known := map[string][]*Compiled{}
	for _, c := range before.Rules {
		known[c.identity()] = append(known[c.identity()], c)
	}
	inherit := func(c *Compiled, from []*Compiled, at int) {
		was := from[at]
		c.hits.Store(was.hits.Load())
		c.last.Store(was.last.Load())
		known[c.identity()] = slices.Delete(from, at, at+1)
	}
	var others []*Compiled
	for _, c := range s.Rules {
		from := known[c.identity()]
		alike := func(was *Compiled) bool { return reflect.DeepEqual(was.Rule, c.Rule) }
		if at := slices.IndexFunc(from[:min(len(from), maxAlike)], alike); at >= 0 {
			inherit(c, from, at)
		} else {
			others = append(others, c)
		}
	}
	for _, c := range others {
		if from := known[c.identity()]; len(from) > 0 {
			inherit(c, from, 0)
		}
	}
}

// identity is what makes a rule the same after an edit of others.
func (c *Compiled) identity() string { return c.Name + "\x00" + c.When }

// maxAlike bounds the rules of one name and condition that are looked at for the very one.
const maxAlike = 32

// AsksApp reports whether a rule that is on asks which app a request is of.
func (s *Set) AsksApp() bool { return s != nil && s.asksApp }

// Empty reports whether no rule is on.
func (s *Set) Empty() bool {
	return s == nil || !slices.ContainsFunc(s.Rules, func(c *Compiled) bool { return !c.Off })
}

// SaysAnything reports whether the rule gives rows a colour or a note.
func (c *Compiled) SaysAnything() bool { return c.mark != flow.MarkNone || c.Note != "" }

// Say puts what the rule says of a row to what is said of it: a note stands behind what is there, and a
// colour takes the place of the one that rules gave it before, which is marked. What a person said stays.
func (c *Compiled) Say(to *flow.Annotation, marked *flow.Mark) {
	if c.mark != flow.MarkNone && to.Mark == *marked {
		to.Mark, *marked = c.mark, c.mark
	}
	switch {
	case c.Note == "":
	case to.Note == "":
		to.Note = c.Note
	default:
		to.Note += "\n" + c.Note
	}
}
