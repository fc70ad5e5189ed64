package rules

import (
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Body is what becomes of a body: one of these.
type Body struct {
	Text    *string    `toml:"text,omitempty"`
	File    string     `toml:"file,omitempty"` // relative to the folder of the rules' file
	Replace []BodyFind `toml:"replace,omitempty"`
	JSON    []BodyJSON `toml:"json,omitempty"`
	Form    *Pairs     `toml:"form,omitempty"` // of a form that is sent as a query is
}

// BodyFind replaces what is found in a body, wherever it stands.
type BodyFind struct {
	Find string `toml:"find"` // a text, or a regular expression (RE2) between slashes
	With string `toml:"with"` // what comes in its place; $1 is a group of a regular expression
}

// BodyJSON sets or removes a value of a body that is JSON.
type BodyJSON struct {
	Path   string `toml:"path"`             // JSONPath of names, indexes and [*]
	Value  string `toml:"value,omitempty"`  // as JSON
	Remove bool   `toml:"remove,omitempty"` // in place of Value
}

// Bounds of what is done to bodies.
const (
	MaxBody  = 8 << 20  // bytes of a body that a rule needs as a whole, and of what becomes of it
	MaxMatch = 64 << 10 // bytes of what a regular expression finds
	maxFind  = 4 << 10  // bytes of a text that is looked for
	maxWith  = 64 << 10 // bytes of what comes in its place
)

// bodyEdit is a Body that was read.
type bodyEdit struct {
	text  []byte // replaces all; nil for none
	file  string
	finds []finder
	json  []jsonEdit
	form  pairs
}

// whole reports whether the edit needs the body as a whole, or takes its place.
func (b *bodyEdit) whole() bool { return len(b.finds) == 0 }

// places reports whether the edit does not look at the body that came.
func (b *bodyEdit) places() bool { return b.text != nil || b.file != "" }

func readBody(b *Body) (*bodyEdit, flow.Reason) {
	if b == nil {
		return nil, flow.Reason{}
	}
	kinds := 0
	for _, is := range [...]bool{b.Text != nil, b.File != "", len(b.Replace) > 0, len(b.JSON) > 0, b.Form != nil} {
		if is {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return nil, reason.RuleBodyOne.With()
	case b.Text != nil && len(*b.Text) > MaxText:
		return nil, reason.RuleText.With(MaxText)
	case len(b.Replace)+len(b.JSON) > maxEdits:
		return nil, reason.RuleEdits.With(maxEdits)
	}
	out := &bodyEdit{file: b.File}
	if b.Text != nil {
		out.text = append([]byte{}, *b.Text...)
	}
	var why flow.Reason
	if out.form, why = readPairs(b.Form, isQuery); !why.IsZero() {
		return nil, why
	}
	if b.Form != nil && !out.form.changes() {
		return nil, reason.RuleBodyOne.With()
	}
	for _, r := range b.Replace {
		f, why := readFind(r)
		if !why.IsZero() {
			return nil, why
		}
		out.finds = append(out.finds, f)
	}
	for _, j := range b.JSON {
		e, why := readJSON(j)
		if !why.IsZero() {
			return nil, why
		}
		out.json = append(out.json, e)
	}
	return out, flow.Reason{}
}

// finder is a BodyFind that was read.
type finder struct {
	with []byte

	text []byte // what is looked for; nil for a regular expression
	back []int  // by how much of text was found: how much of it stands at the end of that, and is not all

	pattern *pattern
}

func readFind(r BodyFind) (finder, flow.Reason) {
	f := finder{with: []byte(r.With)}
	n := len(r.Find)
	switch {
	case n == 0:
		return f, reason.RuleFindEmpty.With("body")
	case n > maxFind || len(r.With) > maxWith:
		return f, reason.RuleFindLong.With(maxFind, maxWith)
	case isExpression(r.Find):
		var why flow.Reason
		f.pattern, why = readPattern(r.Find)
		return f, why
	}
	f.text = []byte(r.Find)
	f.back = make([]int, n+1)
	for i, k := 1, 0; i < n; i++ { // Knuth, Morris and Pratt, 1977
		for k > 0 && f.text[i] != f.text[k] {
			k = f.back[k]
		}
		if f.text[i] == f.text[k] {
			k++
		}
		f.back[i+1] = k
	}
	return f, flow.Reason{}
}

// bodyOf is what a rule does to the body of a request, or of a response; nil for nothing.
func (c *Compiled) bodyOf(request bool) *bodyEdit {
	if request {
		return c.request.body
	}
	return c.response.body
}

// BodyPart is what one rule came to with a body.
type BodyPart struct {
	Label   string
	Changed bool
	Why     flow.Reason // why it could not do its work, zero where it did
}

// failed keeps the first reason.
func (p *BodyPart) failed(why flow.Reason) {
	if p.Why.IsZero() {
		p.Why = why
	}
}
