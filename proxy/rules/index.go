package rules

import (
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
	x.host.reserve(rules, query.NeedHost)
	x.path.reserve(rules, query.NeedPath)
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

// candidates appends the rules that a request may match, some of them more than once and in
// any order.
func candidates[T text](x *index, method, host, path T, to []int32) []int32 {
	to = append(to, x.always...)
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
type automaton struct{ nodes []trieNode }

// trieNode is a state of the automaton: what was read so far ends with its text.
type trieNode struct {
	next [classes]int32 // by byteClass; 0 is the root
	ends []int32        // rules whose text ends here, or a shorter one's
}

// maxIndexed bounds how much of a text is looked for, in bytes: the rest is the condition's own.
const maxIndexed = 16

// reserve makes room for the texts of rules.
func (a *automaton) reserve(rules []*Compiled, of query.NeedOf) {
	room := 0
	for _, c := range rules {
		if need := c.when.Need(); (need.Of == of || need.Of == query.NeedURL) && !c.Off {
			for _, text := range need.Texts {
				room += min(len(text), maxIndexed)
			}
		}
	}
	if room > 0 {
		a.nodes = make([]trieNode, 1, room+1)
	}
}

func (a *automaton) add(texts []string, rule int32) {
	for _, text := range texts {
		at := int32(0)
		for i := range min(len(text), maxIndexed) {
			class := byteClass(text[i])
			next := a.nodes[at].next[class]
			if next == 0 {
				a.nodes = append(a.nodes, trieNode{})
				next = int32(len(a.nodes) - 1)
				a.nodes[at].next[class] = next
			}
			at = next
		}
		a.nodes[at].ends = append(a.nodes[at].ends, rule)
	}
}

// link makes an automaton of the tree: where no text goes on, the longest end of what was
// read that another text begins with does.
func (a *automaton) link() {
	if a.nodes == nil {
		return
	}
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
