package rules

import (
	"slices"
	"strings"

	"posthouse/proxy/capture/query"
)

// index finds the rules that may match a request without asking each: those of which a host
// or a path must hold a text by one pass over it, those of a method by the method. All
// others are asked.
type index struct {
	always  []int32 // rules that any request may match, rising
	methods map[string][]int32
	hosts   map[string][]int32 // by the whole host, or without its port
	host    automaton
	path    automaton
}

// newIndex makes the index of rules that are on.
func newIndex(rules []*Compiled) index {
	x := index{methods: map[string][]int32{}, hosts: map[string][]int32{}}
	for i, c := range rules {
		if c.Off {
			continue
		}
		rule := int32(i)
		switch need := c.when.Need(); need.Of {
		case query.NeedHost:
			x.host.add(need.Texts, rule)
		case query.NeedHostIs:
			for _, host := range need.Texts {
				x.hosts[host] = append(x.hosts[host], rule)
			}
		case query.NeedPath:
			x.path.add(need.Texts, rule)
		case query.NeedURL:
			x.host.add(need.Texts, rule)
			x.path.add(need.Texts, rule)
		case query.NeedMethod:
			for _, method := range need.Texts {
				x.methods[method] = append(x.methods[method], rule)
			}
		default:
			x.always = append(x.always, rule)
		}
	}
	x.host.link()
	x.path.link()
	return x
}

// text is a text of a request, copied or not.
type text interface{ string | []byte }

// candidates appends the rules that a request may match by what the index knows, some of them more than
// once and in any order.
func candidates[T text](x *index, method, host, path T, to []int32) []int32 {
	to = found(&x.host, host, to)
	to = found(&x.path, path, to)
	if len(x.methods) > 0 {
		to = append(to, x.methods[lowered(method)]...)
	}
	if len(x.hosts) > 0 {
		to = named(x, host, to)
	}
	return to
}

// ordered are all rules that a request may match, rising; known are those by what the index knows.
func (x *index) ordered(known []int32) []int32 {
	if len(known) == 0 {
		return x.always
	}
	known = append(known, x.always...)
	slices.Sort(known)
	return slices.Compact(known)
}

// named appends the rules for a host by its name.
func named[T text](x *index, host T, to []int32) []int32 {
	var space [256]byte
	whole := space[:0]
	for i := range min(len(host), len(space)) {
		c := host[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		whole = append(whole, c)
	}
	to = append(to, x.hosts[string(whole)]...)
	if name := query.Hostname(whole); len(name) < len(whole) {
		to = append(to, x.hosts[string(name)]...)
	}
	return to
}

// lowered is a method in lower case; those that are usual cost nothing.
func lowered[T text](method T) string {
	switch string(method) {
	case "GET":
		return "get"
	case "POST":
		return "post"
	case "PUT":
		return "put"
	case "HEAD":
		return "head"
	case "PATCH":
		return "patch"
	case "DELETE":
		return "delete"
	case "OPTIONS":
		return "options"
	}
	return strings.ToLower(string(method))
}

// automaton finds many texts in one pass (Aho and Corasick, 1975).
type automaton struct {
	nodes []trieNode
	texts []sought // until they are linked
}

// sought is a text that a rule needs.
type sought struct {
	text string
	rule int32
}

// trieNode is a state of the automaton: what was read so far ends with its text.
type trieNode struct {
	next [classes]int32 // by byteClass; 0 is the root
	ends []int32        // rules whose text ends here, or a shorter one's
}

// How much of a text is looked for, in bytes: as much as tells it from others, but not much less than all.
// The rest is the condition's own.
const (
	minIndexed = 8
	maxIndexed = 16
)

func (a *automaton) add(texts []string, rule int32) {
	for _, text := range texts {
		a.texts = append(a.texts, sought{text, rule})
	}
}

// plant makes the tree of all texts.
func (a *automaton) plant() {
	slices.SortFunc(a.texts, func(x, y sought) int { return strings.Compare(x.text, y.text) })
	same, nodes := 0, 1 // what a text has in common with the one before, and how many nodes there are at most
	for i := range a.texts {
		text, next := a.texts[i].text, 0
		if i+1 < len(a.texts) {
			next = common(text, a.texts[i+1].text)
		}
		depth := min(len(text), max(minIndexed, 1+max(same, next)), maxIndexed)
		a.texts[i].text = text[:depth]
		nodes += max(0, depth-same)
		same = next
	}
	a.nodes = make([]trieNode, 1, nodes)
	for _, s := range a.texts {
		at := int32(0)
		for i := range len(s.text) {
			class := byteClass(s.text[i])
			next := a.nodes[at].next[class]
			if next == 0 {
				a.nodes = append(a.nodes, trieNode{})
				next = int32(len(a.nodes) - 1)
				a.nodes[at].next[class] = next
			}
			at = next
		}
		a.nodes[at].ends = append(a.nodes[at].ends, s.rule)
	}
	a.texts = nil
}

// common is how many bytes two texts begin with alike.
func common(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// link makes an automaton of the tree: where no text goes on, the longest end of what was
// read that another text begins with does.
func (a *automaton) link() {
	if a.texts == nil {
		return
	}
	a.plant()
	fail := make([]int32, len(a.nodes))
	var queue []int32
	for _, next := range a.nodes[0].next {
		if next != 0 {
			queue = append(queue, next)
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for class, next := range a.nodes[at].next {
			other := a.nodes[fail[at]].next[class]
			if next == 0 {
				a.nodes[at].next[class] = other
				continue
			}
			fail[next] = other
			a.nodes[next].ends = append(a.nodes[next].ends, a.nodes[other].ends...)
			queue = append(queue, next)
		}
	}
}

// found appends rules of which a text is found.
func found[T text](a *automaton, in T, to []int32) []int32 {
	if a.nodes == nil {
		return to
	}
	at := int32(0)
	for i := range len(in) {
		at = a.nodes[at].next[byteClass(in[i])]
		if ends := a.nodes[at].ends; ends != nil {
			to = append(to, ends...)
		}
	}
	return to
}

// classes are the kinds of bytes that are told apart: letters whatever their case, digits,
// and some others. All other bytes are one kind.
const classes = 26 + 10 + 6

// byteClasses are the kinds of all bytes.
var byteClasses = func() (t [256]uint8) {
	for i := range t {
		t[i] = classes - 1
	}
	for i := range 26 {
		t['a'+i], t['A'+i] = uint8(i), uint8(i)
	}
	for i := range 10 {
		t['0'+i] = uint8(26 + i)
	}
	for i, c := range []byte(".-/_:") {
		t[c] = uint8(36 + i)
	}
	return t
}()

func byteClass(c byte) uint8 { return byteClasses[c] }
