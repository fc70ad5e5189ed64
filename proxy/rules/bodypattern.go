package rules

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// pattern is a regular expression that is looked for in pieces of a body.
//
// What came decides a match where no text that may follow could make another one that begins
// there or before. So beside the expression there is another: of what a match can begin with,
// up to the end of what came (see beginnings). Where it is found first, what follows is awaited.
type pattern struct {
	find   *regexp.Regexp
	behind *regexp.Regexp // find behind one character that has passed, whose end () marks; nil where it does not matter
	begun  *regexp.Regexp // beginnings of find, at the end; nil: any text may be one
	reach  int            // bytes of the longest match, at most MaxMatch
	early  bool           // a match may be one whatever follows, although more could begin there: see patternStage.decided

	prefix    []byte         // what each match begins with; nil where that is not known
	begunHere *regexp.Regexp // begun, from where it is looked at on
}

// readPattern reads a regular expression between slashes.
func readPattern(text string) (*pattern, flow.Reason) {
	tree, _, why := readExpression(text)
	if !why.IsZero() {
		return nil, why
	}
	bad, source := reason.RulePattern.With(text), text[1:len(text)-1]
	var err error
	least, most := runes(tree)
	if least == 0 {
		return nil, reason.RulePatternEmpty.With(text)
	}
	p := &pattern{reach: MaxMatch, early: prefersLess(tree) && !looksAround(tree)}
	if most >= 0 && most*utf8.UTFMax < MaxMatch {
		p.reach = most * utf8.UTFMax
	}
	if p.find, err = regexp.Compile(source); err != nil {
		return nil, bad
	}
	if p.begun, err = regexp.Compile(`(?:` + beginnings(tree) + `)\z`); err != nil && p.reach == MaxMatch {
		return nil, bad // too deep; without it all within reach is awaited
	}
	if prefix, _ := p.find.LiteralPrefix(); prefix != "" && p.begun != nil {
		p.prefix, p.begunHere = []byte(prefix), regexp.MustCompile(`\A`+p.begun.String())
	}
	if looksAround(tree) {
		if p.behind, err = regexp.Compile(`\A(?s:.)(?s:.*?)()(?:` + source + `)`); err != nil {
			return nil, bad
		}
	}
	return p, flow.Reason{}
}

// runes are how many characters a match has; most is -1 where there is no bound.
func runes(re *syntax.Regexp) (least, most int) {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune), len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, 1
	case syntax.OpCapture:
		return runes(re.Sub[0])
	case syntax.OpStar:
		return 0, -1
	case syntax.OpPlus:
		least, _ = runes(re.Sub[0])
		return least, -1
	case syntax.OpQuest:
		_, most = runes(re.Sub[0])
		return 0, most
	case syntax.OpRepeat:
		least, most = runes(re.Sub[0])
		if re.Max < 0 || most < 0 {
			return least * re.Min, -1
		}
		return least * re.Min, most * re.Max
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			l, m := runes(sub)
			least += l
			if most = most + m; m < 0 || most < 0 {
				most = -1 << 30
			}
		}
		return least, max(most, -1)
	case syntax.OpAlternate:
		for i, sub := range re.Sub {
			l, m := runes(sub)
			if i == 0 {
				least, most = l, m
				continue
			}
			if least = min(least, l); most >= 0 && m >= 0 {
				most = max(most, m)
			} else {
				most = -1
			}
		}
		return least, most
	}
	return 0, 0
}

// looksAround reports whether what stands beside a match decides.
func looksAround(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	for _, sub := range re.Sub {
		if looksAround(sub) {
			return true
		}
	}
	return false
}

// prefersLess reports whether a part of an expression takes as little as it can.
func prefersLess(re *syntax.Regexp) bool {
	return re.Flags&syntax.NonGreedy != 0 && re.Op >= syntax.OpStar && re.Op <= syntax.OpRepeat || slices.ContainsFunc(re.Sub, prefersLess)
}

// loose is an expression for at least what re matches: it asks for nothing beside a match.
func loose(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary,
		syntax.OpNoWordBoundary:
		return `(?:)`
	case syntax.OpCapture:
		return loose(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		return `(?:` + loose(re.Sub[0]) + `)` + times(re, 0)
	case syntax.OpConcat, syntax.OpAlternate:
		between := ""
		if re.Op == syntax.OpAlternate {
			between = "|"
		}
		parts := make([]string, len(re.Sub))
		for i, sub := range re.Sub {
			parts[i] = loose(sub)
		}
		return `(?:` + strings.Join(parts, between) + `)`
	}
	return re.String()
}

// times is how often an operator repeats, less times fewer at most.
func times(re *syntax.Regexp, less int) string {
	least, most := re.Min, re.Max
	switch re.Op {
	case syntax.OpStar:
		least, most = 0, -1
	case syntax.OpPlus:
		least, most = 1, -1
	case syntax.OpQuest:
		least, most = 0, 1
	}
	if less > 0 {
		least = 0
	}
	if most < 0 {
		if least <= 1 {
			return [...]string{"*", "+"}[least]
		}
		return fmt.Sprintf("{%d,}", least)
	}
	return fmt.Sprintf("{%d,%d}", least, max(0, most-less))
}

// beginnings is an expression for what a match of re can begin with, nothing included, where
// more may follow: maybe for more than that, and never for less.
func beginnings(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		out := `(?:)`
		for i := len(re.Rune) - 2; i >= 0; i-- {
			one := syntax.Regexp{Op: syntax.OpLiteral, Rune: re.Rune[i : i+1], Flags: re.Flags}
			out = `(?:` + one.String() + out + `)?`
		}
		return out
	case syntax.OpCapture:
		return beginnings(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		return `(?:(?:` + loose(re.Sub[0]) + `)` + times(re, 1) + beginnings(re.Sub[0]) + `)`
	case syntax.OpConcat:
		out := ""
		for i := len(re.Sub) - 1; i >= 0; i-- {
			sub := re.Sub[i]
			if i == len(re.Sub)-1 {
				out = beginnings(sub)
				continue
			}
			out = `(?:` + beginnings(sub) + `|` + loose(sub) + out + `)`
		}
		return out
	case syntax.OpAlternate:
		parts := make([]string, len(re.Sub))
		for i, sub := range re.Sub {
			parts[i] = beginnings(sub)
		}
		return `(?:` + strings.Join(parts, "|") + `)`
	}
	return `(?:)`
}
