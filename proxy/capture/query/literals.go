package query

import (
	"slices"
	"strings"
)

// Literals are texts of which each must occur in a head or a decoded body of an exchange for
// it to match, where its row alone leaves that open (Row is Unknown). Letters of ASCII are in
// lower case, and match whatever their case. Of bodies that are text their UTF-8 is meant, as
// Bodies has it.
func (q *Query) Literals() []string {
	var all []string
	for _, set := range q.LiteralSets() {
		if len(set) == 1 {
			all = append(all, set[0])
		}
	}
	return all
}

// LiteralSets are Literals where one of several texts is enough: of each set one must occur.
func (q *Query) LiteralSets() [][]string {
	if q == nil {
		return nil
	}
	return q.root.literals(false, true)
}

// literals are the sets of a node. alone says that if a row leaves the whole open, it leaves
// this node open: what rows alone decide need not be thought of.
func (n *node) literals(not, alone bool) (sets [][]string) {
	not = not != n.not
	if n.op == opTerm {
		if not || n.term.contents == nil || n.term.row != nil && !alone {
			return nil
		}
		return n.term.contents.literals()
	}
	var open []*node // kids that a row leaves open
	for i := range n.kids {
		if n.kids[i].looksAt()&contentSides != 0 {
			open = append(open, &n.kids[i])
		}
	}
	if n.op == opAny != not { // one of them is enough
		if !alone && len(open) < len(n.kids) {
			return nil
		}
		var any []string
		for _, kid := range open {
			best := longest(kid.literals(not, alone))
			if best == nil {
				return nil
			}
			any = append(any, best...)
		}
		if any == nil {
			return nil
		}
		return [][]string{any}
	}
	for _, kid := range open {
		sets = append(sets, kid.literals(not, alone && len(open) == 1)...)
	}
	return sets
}

// longest is the set that says most: the one whose shortest text is longest.
func longest(sets [][]string) (best []string) {
	most := 0
	for _, set := range sets {
		least := len(set[0])
		for _, text := range set {
			least = min(least, len(text))
		}
		if least > most {
			best, most = set, least
		}
	}
	return best
}

func (c *contentTerm) literals() (sets [][]string) {
	if c.name != "" {
		sets = append(sets, []string{c.name})
	}
	var texts []string
	for _, f := range c.what.finders {
		texts = append(texts, f.text)
	}
	if p := c.what.pattern; p != nil && p.literal != "" {
		texts = append(texts, p.literal)
	}
	if c.heads != 0 {
		for i, text := range texts { // a fold may stand for a space
			texts[i] = longestWord(text)
		}
	}
	if len(texts) > 0 && !slices.Contains(texts, "") {
		sets = append(sets, texts)
	}
	return sets
}

func longestWord(text string) (best string) {
	for word := range strings.FieldsSeq(text) {
		if len(word) > len(best) {
			best = word
		}
	}
	return best
}
