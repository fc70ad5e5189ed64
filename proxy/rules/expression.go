package rules

import (
	"regexp/syntax"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Bounds of regular expressions.
const (
	maxPattern = 1000   // bytes of one
	maxProgram = 10_000 // instructions of one: its time is at worst these times the bytes
	// MaxPrograms bounds what all expressions of a file compile to, in instructions: each takes some 0.1 KiB, and a
	// microsecond where it is not compiled when it is first needed.
	MaxPrograms = 1_000_000
)

// isExpression reports whether what is looked for is a regular expression, between slashes.
func isExpression(find string) bool {
	n := len(find)
	return n > 2 && find[0] == '/' && find[n-1] == '/'
}

// readExpression reads a regular expression between slashes; program is what it compiles to.
func readExpression(text string) (tree *syntax.Regexp, program int, why flow.Reason) {
	tree, err := syntax.Parse(text[1:len(text)-1], syntax.Perl)
	if err != nil || len(text) > maxPattern {
		return nil, 0, reason.RulePattern.With(text)
	}
	if program = query.Instructions(tree); program > maxProgram {
		return nil, 0, reason.RulePatternLarge.With(text, maxProgram)
	}
	return tree, program, flow.Reason{}
}

// programs is what the expressions of a rule that change something compile to, in instructions. Those that cannot be
// read are not counted.
func (r *Rule) programs() (n int) {
	heads := func(find string) {
		if isExpression(find) {
			_, program, _ := readExpression(find)
			n += program
		}
	}
	pairs := func(p *Pairs) {
		if p != nil {
			for i := range p.Replace {
				heads(p.Replace[i].Find)
			}
		}
	}
	for _, e := range [...]*Edit{r.Request, r.Response} {
		if e == nil {
			continue
		}
		for i := range e.Replace {
			heads(e.Replace[i].Find)
		}
		pairs(e.Query)
		pairs(e.Cookies)
		if e.Body == nil {
			continue
		}
		pairs(e.Body.Form)
		for i := range e.Body.Replace {
			n += bodyPrograms(e.Body.Replace[i].Find)
		}
	}
	if r.Send != nil {
		heads(r.Send.Find)
	}
	return n
}

// bodyPrograms is what all compiles to that finds an expression in a body.
func bodyPrograms(find string) int {
	if !isExpression(find) {
		return 0
	}
	tree, n, why := readExpression(find)
	if !why.IsZero() {
		return 0
	}
	if looksAround(tree) {
		n += n
	}
	if begun, err := syntax.Parse(beginnings(tree), syntax.Perl); err == nil {
		n += 2 * query.Instructions(begun)
	}
	return n
}
