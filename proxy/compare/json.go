package compare

import (
	"hash/maphash"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxNodes bounds the values that a JSON text is taken apart into, of some 120 bytes each.
const maxNodes = 1_000_000

// A node is a value. Two with one hash are equal: numbers as they are written, strings by
// what they mean, objects whatever their order.
type node struct {
	kind  jsontext.Kind // of jsontext: '{' '[' '"' '0' 't' 'f' 'n'
	raw   string
	hash  uint64
	names []string // of an object's values, which may come twice
	items []node
}

var seed = maphash.MakeSeed()

// parseJSON takes a text that is one value; false where it is not, or of too many.
func parseJSON(text string) (*node, bool) {
	p := parser{text: text, decoder: jsontext.NewDecoder(strings.NewReader(text), jsontext.AllowDuplicateNames(true),
		jsontext.AllowInvalidUTF8(true))}
	root, ok := p.value(0)
	if !ok {
		return nil, false
	}
	return &root, strings.TrimSpace(text[p.decoder.InputOffset():]) == ""
}

type parser struct {
	text    string
	decoder *jsontext.Decoder
	nodes   int
}

func (p *parser) value(depth int) (n node, ok bool) {
	if p.nodes++; p.nodes > maxNodes {
		return n, false
	}
	n.kind = p.decoder.PeekKind()
	if (n.kind == '{' || n.kind == '[') && depth < MaxDepth {
		return p.compound(n.kind, depth)
	}
	raw, err := p.decoder.ReadValue()
	if err != nil {
		return n, false
	}
	end := p.decoder.InputOffset()
	n.raw = p.text[end-int64(len(raw)) : end]
	n.hash = mix(uint64(n.kind), maphash.String(seed, meaning(n.raw)))
	if n.kind == '{' || n.kind == '[' {
		n.kind = 0 // too deep to be taken apart
	}
	return n, true
}

// meaning is a scalar without the escapes of a string.
func meaning(raw string) string {
	if raw[0] != '"' {
		return raw
	}
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	s, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return raw
	}
	return string(s)
}

func (p *parser) compound(kind jsontext.Kind, depth int) (n node, ok bool) {
	n.kind = kind
	if _, err := p.decoder.ReadToken(); err != nil {
		return n, false
	}
	begin := p.decoder.InputOffset() - 1
	var sum uint64
	for {
		next := p.decoder.PeekKind()
		if next == '}' || next == ']' {
			break
		}
		name := ""
		if kind == '{' {
			t, err := p.decoder.ReadToken()
			if err != nil {
				return n, false
			}
			name = t.String()
			n.names = append(n.names, name)
		}
		item, ok := p.value(depth + 1)
		if !ok {
			return n, false
		}
		if kind == '{' {
			sum += mix(maphash.String(seed, name), item.hash)
		} else {
			sum = mix(sum, item.hash)
		}
		n.items = append(n.items, item)
	}
	if _, err := p.decoder.ReadToken(); err != nil {
		return n, false
	}
	n.raw = p.text[begin:p.decoder.InputOffset()]
	n.hash = mix(uint64(kind), mix(sum, uint64(len(n.items))))
	return n, true
}

// mix makes one of two numbers; their order counts.
func mix(a, b uint64) uint64 {
	h := (a ^ 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd
	h ^= h >> 32
	h = (h + b) * 0xc4ceb9fe1a85ec53
	return h ^ h>>29
}

// A path is the way from the root to a value.
type path struct {
	up    *path
	name  string
	index int // in an array
	array bool
}

// String is the path as RFC 9535 writes it.
func (p *path) String() string {
	var b strings.Builder
	p.write(&b)
	return b.String()
}

func (p *path) write(b *strings.Builder) {
	switch {
	case p.up == nil:
		b.WriteByte('$')
		return
	default:
		p.up.write(b)
	}
	switch {
	case p.array:
		b.WriteString("[" + strconv.Itoa(p.index) + "]")
	case plainName(p.name):
		b.WriteString("." + p.name)
	default:
		b.WriteString("['" + escapeName(p.name) + "']")
	}
}

// plainName is a name that needs no brackets (RFC 9535 section 2.5.1.1).
func plainName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

var nameEscapes = strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`)

func escapeName(s string) string { return nameEscapes.Replace(s) }

// A walk compares two values and tells what differs.
type walk struct {
	out    *Entries
	ignore [][]step
}

func (w *walk) compare(p *path, a, b *node) {
	switch {
	case a.hash == b.hash:
	case a.kind == '{' && b.kind == '{':
		w.objects(p, a, b)
	case a.kind == '[' && b.kind == '[':
		w.arrays(p, a, b)
	default:
		w.add(p, Entry{Kind: Changed, Old: a.raw, New: b.raw})
	}
}

func (w *walk) add(p *path, e Entry) {
	e.Ignored = w.ignores(p)
	if len(w.out.List) < MaxEntries {
		e.Name = p.String()
	}
	w.out.add(e)
}

// objects pairs members by name; of a name that comes twice, in their order.
func (w *walk) objects(p *path, a, b *node) {
	places := make(map[string][]int, len(b.names))
	for i, name := range b.names {
		places[name] = append(places[name], i)
	}
	taken := make([]bool, len(b.items))
	for i := range a.items {
		at := &path{up: p, name: a.names[i]}
		left := places[at.name]
		if len(left) == 0 {
			w.add(at, Entry{Kind: Removed, Old: a.items[i].raw})
			continue
		}
		places[at.name], taken[left[0]] = left[1:], true
		w.compare(at, &a.items[i], &b.items[left[0]])
	}
	for i := range b.items {
		if !taken[i] {
			w.add(&path{up: p, name: b.names[i]}, Entry{Kind: Added, New: b.items[i].raw})
		}
	}
}

// arrays pairs the elements that are equal, then those that call themselves the same, then
// the others by their place.
func (w *walk) arrays(p *path, a, b *node) {
	partner := make([]int, len(b.items))
	alone := make([]bool, len(a.items))
	for i := range partner {
		partner[i] = -1
	}
	for i := range alone {
		alone[i] = true
	}
	pairBy(a.items, b.items, partner, alone, func(n *node) (uint64, bool) { return n.hash, true })
	pairBy(a.items, b.items, partner, alone, identity)
	at := 0
	for i := range partner {
		if partner[i] >= 0 {
			continue
		}
		for at < len(alone) && !alone[at] {
			at++
		}
		if at == len(alone) {
			break
		}
		if others(&a.items[at], &b.items[i]) {
			continue
		}
		partner[i], alone[at] = at, false
	}
	for i := range alone {
		if alone[i] {
			w.add(&path{up: p, index: i, array: true}, Entry{Kind: Removed, Old: a.items[i].raw})
		}
	}
	moved := outOfOrder(partner)
	for i, from := range partner {
		at := &path{up: p, index: i, array: true}
		switch {
		case from < 0:
			w.add(at, Entry{Kind: Added, New: b.items[i].raw})
		default:
			if moved[i] {
				w.add(at, Entry{Remark: Moved, Old: a.items[from].raw, New: b.items[i].raw})
			}
			w.compare(at, &a.items[from], &b.items[i])
		}
	}
}

func pairBy(a, b []node, partner []int, alone []bool, key func(*node) (uint64, bool)) {
	left := map[uint64][]int{}
	for i := range a {
		if k, ok := key(&a[i]); ok && alone[i] {
			left[k] = append(left[k], i)
		}
	}
	for i := range b {
		if partner[i] >= 0 {
			continue
		}
		if k, ok := key(&b[i]); ok && len(left[k]) > 0 {
			partner[i], alone[left[k][0]] = left[k][0], false
			left[k] = left[k][1:]
		}
	}
}

// others reports whether two objects call themselves something else.
func others(a, b *node) bool {
	first, named := identity(a)
	second, too := identity(b)
	return named && too && first != second
}

// identities are names of members by which objects tell which they are.
var identities = [...]string{"id", "_id", "uuid", "key", "name"}

// identity is what an object calls itself, by the first of identities that it has.
func identity(n *node) (uint64, bool) {
	if n.kind != '{' {
		return 0, false
	}
	for at, id := range identities {
		for i, name := range n.names {
			if name == id && n.items[i].kind != '{' && n.items[i].kind != '[' {
				return mix(uint64(at), n.items[i].hash), true
			}
		}
	}
	return 0, false
}
