package query

import (
	"slices"
	"strings"
)

// Need is what a row must have for a query to match it: one of these texts. It lets many
// queries be tried with one look at a row.
type Need struct {
	Of    NeedOf
	Texts []string // letters of ASCII in lower case, and match whatever their case
}

// NeedOf is where a Need has to be met.
type NeedOf uint8

const (
	NeedNone   NeedOf = iota // anything may match
	NeedHost                 // the host holds one of the texts
	NeedHostIs               // it is one of them, with its port or without
	NeedPath                 // the path does
	NeedURL                  // the host or the path holds one of the texts
	NeedMethod               // the method is one of them
)

// Need is the one thing that a query needs that says most; its zero value where there is
// none that can be told.
func (q *Query) Need() Need {
	if q == nil {
		return Need{}
	}
	return q.root.needed()
}

func (n *node) needed() (best Need) {
	switch {
	case n.not:
		return Need{}
	case n.op == opTerm:
		return n.term.need
	case n.op == opAny:
		for i := range n.kids {
			need := n.kids[i].needed()
			if i > 0 {
				need.Of = joined(best.Of, need.Of)
			}
			if need.Of == NeedNone {
				return Need{}
			}
			best = Need{need.Of, append(slices.Clip(best.Texts), need.Texts...)}
		}
		return best
	}
	for i := range n.kids {
		if need := n.kids[i].needed(); need.tells() > best.tells() {
			best = need
		}
	}
	return best
}

// joined is where one of two needs has to be met.
func joined(a, b NeedOf) NeedOf {
	switch {
	case a == b:
		return a
	case a == NeedNone, b == NeedNone, a == NeedMethod, b == NeedMethod:
		return NeedNone
	case a <= NeedHostIs && b <= NeedHostIs: // a host holds what it is
		return NeedHost
	}
	return NeedURL
}

// tells is how much a need says: a host more than a path of the same length, and a method least.
func (n Need) tells() int {
	switch n.Of {
	case NeedNone:
		return 0
	case NeedMethod:
		return 1
	}
	shortest := len(slices.MinFunc(n.Texts, func(a, b string) int { return len(a) - len(b) }))
	switch n.Of {
	case NeedURL:
		return 2*shortest + 1
	case NeedPath:
		return 2*shortest + 2
	}
	return 2*shortest + 3
}

// needHost is what a value of host: asks for; none where hosts in other letters may be meant.
func needHost(value string) Need {
	if len(value) > 1 && value[0] == '=' {
		if domain, below := strings.CutPrefix(value[1:], "*."); below {
			return Need{NeedHost, lowerAll(hostForms(domain))}
		}
		return Need{NeedHostIs, lowerAll(hostForms(value[1:]))}
	}
	need := needText(NeedHost, value)
	for _, n := range needles(value) {
		if n.unicode != "" {
			return Need{}
		}
	}
	return need
}

func needPath(value string) Need {
	if name, whole := strings.CutPrefix(value, "="); whole {
		return Need{NeedPath, newNeedle(name).forms}
	}
	return needText(NeedPath, value)
}

// needURL is what a value of url: asks for.
func needURL(value string) Need {
	var texts []string
	for _, n := range needles(value) {
		texts = append(texts, n.forms...)
	}
	return urlNeed(texts)
}

// urlNeed is what a URL needs that holds one of some texts: a piece that neither goes from its host
// into its path nor is in its scheme lies in one of these two.
func urlNeed(texts []string) Need {
	pieces := make([]string, len(texts))
	for i, text := range texts {
		for piece := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '/' || r == ':' || r == '*' }) {
			if len(piece) > len(pieces[i]) && !strings.Contains("https", piece) && !strings.Contains("wss", piece) {
				pieces[i] = piece
			}
		}
		if pieces[i] == "" {
			return Need{}
		}
	}
	if len(pieces) == 0 {
		return Need{}
	}
	return Need{NeedURL, pieces}
}

// What a regular expression asks for: the text that each match holds. In a host it may be found in
// what its A-labels stand for.
func expressionInHost(literal string) Need { return Need{NeedHost, []string{literal, aLabel}} }
func expressionInPath(literal string) Need { return Need{NeedPath, []string{literal}} }
func expressionInURL(literal string) Need  { return urlNeed([]string{literal}) }

// needText is what a list asks for of which one has to be found.
func needText(of NeedOf, value string) Need {
	var texts []string
	for _, n := range needles(value) {
		texts = append(texts, n.forms...)
	}
	return Need{of, texts}
}

func needMethod(value string) Need { return Need{NeedMethod, parts(value)} }

func lowerAll(texts []string) []string {
	for i, text := range texts {
		texts[i] = lowerASCII(text)
	}
	return texts
}
