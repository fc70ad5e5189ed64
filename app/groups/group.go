package groups

import (
	"errors"
	"io"
	"slices"

	"posthouse/app/compose"
	"posthouse/app/repeat"
)

// Step is a request of a group.
type Step struct {
	Draft *compose.Draft
	Takes []repeat.Take // at most repeat.MaxTakes

	names  []string // that the request uses; see Look
	looked bool
}

// Group is requests in order, and how they are run.
type Group struct {
	Name     string // that a person gave it; "" for none
	Steps    []*Step
	Times    int
	GoOn     bool // a failure ends nothing
	NewConns bool // each request goes over a connection of its own
}

// New is a group of requests, which are its own from now on.
func New(drafts ...*compose.Draft) *Group {
	g := &Group{Times: 1}
	g.Add(drafts...)
	return g
}

// Add puts requests behind the others; it reports how many had room.
func (g *Group) Add(drafts ...*compose.Draft) int {
	n := min(len(drafts), MaxSteps-len(g.Steps))
	for _, d := range drafts[:n] {
		g.Steps = append(g.Steps, &Step{Draft: d})
	}
	return n
}

// Clone is a group for another goroutine, or another group; see compose.Draft.Clone.
func (g *Group) Clone() *Group {
	c := *g
	c.Steps = make([]*Step, len(g.Steps))
	for i, s := range g.Steps {
		c.Steps[i] = &Step{Draft: s.Draft.Clone(), Takes: slices.Clone(s.Takes)}
	}
	return &c
}

// Move puts a step before the one at another place, or behind the last; it reports where it
// is now.
func (g *Group) Move(from, before int) int {
	if from < 0 || from >= len(g.Steps) || before < 0 || before > len(g.Steps) {
		return from
	}
	s := g.Steps[from]
	g.Steps = slices.Delete(g.Steps, from, from+1)
	if before > from {
		before--
	}
	g.Steps = slices.Insert(g.Steps, before, s)
	return before
}

// Remove takes a step out.
func (g *Group) Remove(i int) { g.Steps = slices.Delete(g.Steps, i, i+1) }

// Title is what the group is called: its name, or that of its first request.
func (g *Group) Title() string {
	if g.Name != "" || len(g.Steps) == 0 {
		return g.Name
	}
	return g.Steps[0].Draft.Title()
}

// Ready reports whether there is a place to send it to.
func (s *Step) Ready() bool { return s.Draft.Host != "" && s.Draft.Typed == "" }

// Look notes that the request of a step may have changed.
func (s *Step) Look() { s.looked = false }

// Names are those between {{ and }} in what is sent of a request. A body that is read from a
// file has none: it goes as it is.
func (s *Step) Names() []string {
	if s.looked {
		return s.names
	}
	d := s.Draft
	texts := [][]byte{[]byte(d.Host), d.Head.Raw()}
	switch d.Body.Mode {
	case compose.File:
	case compose.InParts:
		if body, whole := d.Body.Parts.Bytes(); whole {
			texts = append(texts, body)
		}
	default:
		texts = append(texts, d.Body.Bytes)
	}
	s.names, s.looked = repeat.Names(texts...), true
	return s.names
}

// Use is a name that a request uses.
type Use struct {
	Name  string
	Own   bool // it has a value of its own: {{n}}, {{uuid}}, {{time}}
	From  int  // the step, from 1, whose answer gives its value, 0 for none before
	Later int  // where From is 0, a step that gives it too late; 0 for none
}

// Known reports whether the name has a value when the request is sent.
func (u *Use) Known() bool { return u.Own || u.From != 0 }

// Uses are the names that the i-th request uses.
func (g *Group) Uses(i int) (uses []Use) {
	for _, name := range g.Steps[i].Names() {
		u := Use{Name: name, Own: repeat.Own(name)}
		for at, s := range g.Steps {
			if u.Own || !slices.ContainsFunc(s.Takes, func(t repeat.Take) bool { return t.Name == name }) {
				continue
			}
			if at < i {
				u.From = at + 1
			} else if u.Later == 0 {
				u.Later = at + 1
			}
		}
		if u.From != 0 {
			u.Later = 0
		}
		uses = append(uses, u)
	}
	return uses
}

// CheckTakes says what is wrong with the values of a step, nil where all can be taken, and
// which one it is.
func (s *Step) CheckTakes() (at int, err error) {
	for i := range s.Takes {
		if err := s.Takes[i].Check(); err != nil {
			return i, err
		}
	}
	return 0, nil
}

// Plan is what is run. It opens files, which are to be closed when all was sent. The error is
// of the step at the place that is said, from 0.
func (g *Group) Plan() (plan *repeat.Group, files io.Closer, at int, err error) {
	plan = &repeat.Group{Times: g.Times, GoOn: g.GoOn, NewConns: g.NewConns}
	var open closers
	for i, s := range g.Steps {
		_, err := s.CheckTakes()
		if err == nil {
			m, files, problem := s.Draft.Message()
			if err = problem; err == nil {
				open = append(open, files)
				plan.Steps = append(plan.Steps, repeat.Step{Message: m, Takes: slices.Clone(s.Takes)})
			}
		}
		if err != nil {
			_ = open.Close() // they were but read
			return nil, nil, i, err
		}
	}
	return plan, open, 0, nil
}

type closers []io.Closer

func (all closers) Close() (err error) {
	for _, one := range all {
		err = errors.Join(err, one.Close())
	}
	return err
}
