package compare

import (
	"bytes"
	"slices"
	"strings"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// A plain is a body without its codings.
type plain struct {
	contentType string
	codings     string
	bytes       []byte
	kind        content.Kind
	lacks       Lack
	partial     bool
	missing     bool // it passed, and nothing of it was kept
}

// Lack is why a body could not be looked at, or not whole.
type Lack uint8

// The lacks; a body may have several.
const (
	LackCut         Lack = 1 << iota // it is longer than what is recorded
	LackEvicted                      // it left memory
	LackNotRecorded                  // it was not recorded
	LackArriving                     // it is still arriving
	LackUndecoded                    // it cannot be decoded, or not whole
	LackTunnel                       // it is inside a tunnel
	LackLarge                        // it is too large to be looked into
)

// Lacks is how many there are.
const Lacks = 7

var stateLacks = map[flow.BodyState]Lack{flow.BodyCut: LackCut, flow.BodyEvicted: LackEvicted, flow.BodyNotRecorded: LackNotRecorded,
	flow.BodyArriving: LackArriving}

func (s *side) plain() plain {
	p := plain{contentType: content.Value(s.fields, "content-type"), lacks: stateLacks[s.body.State]}
	switch s.body.State {
	case flow.BodyEvicted, flow.BodyNotRecorded:
		p.missing = true
		return p
	case flow.BodyCut, flow.BodyArriving:
		p.partial = true
	}
	d, err := content.Decode(content.Value(s.fields, "content-encoding"), s.body.Bytes)
	p.bytes, p.codings = d.Body, d.Codings
	if err != nil {
		p.partial = true
		p.lacks |= LackUndecoded
		if len(p.bytes) == 0 { // as it passed is better than nothing
			p.bytes = s.body.Bytes
		}
	}
	if len(p.bytes) > MaxBody {
		p.bytes, p.partial = p.bytes[:MaxBody], true
		p.lacks |= LackLarge
	}
	p.kind, _ = content.KindOf(p.contentType, p.bytes)
	return p
}

func (b *Body) compare(sides *[2]side, o *Options) {
	var p [2]plain
	for i := range sides {
		b.Sizes[i] = sides[i].body.Size
	}
	if o.brief && b.brief(sides) {
		return
	}
	for i := range sides {
		p[i] = sides[i].plain()
		b.Partial[i], b.Lacks[i] = p[i].partial, p[i].lacks
	}
	b.Recoded = p[0].codings != p[1].codings
	switch {
	case p[0].missing || p[1].missing:
		b.How = Unknown
	case bytes.Equal(p[0].bytes, p[1].bytes):
		b.How = Equal
	case o.brief && max(len(p[0].bytes), len(p[1].bytes)) > briefBody:
		b.unequal()
	case p[0].kind == content.Form && p[1].kind == content.Form:
		b.How = AsForm
		b.Entries = parameters(string(p[0].bytes), string(p[1].bytes), content.Parameters(p[1].contentType)["charset"], o)
	case content.HasParts(p[0].contentType, p[0].bytes) && content.HasParts(p[1].contentType, p[1].bytes):
		b.How, b.Entries = AsForm, parts(&p, o)
	case p[0].kind == content.JSON && p[1].kind == content.JSON && b.json(&p, o):
	case o.brief:
		b.unequal()
	case text(&p[0]) && text(&p[1]):
		b.How, b.Lines = AsLines, lines(&p, o)
	default:
		b.How, b.Ranges = AsBytes, ranges(p[0].bytes, p[1].bytes)
	}
}

// unequal says no more than that there is a difference.
func (b *Body) unequal() { b.How, b.Ranges.Differ = AsBytes, 1 }

// brief says what can be said without undoing a coding and without looking inside; false
// if that has to be.
func (b *Body) brief(sides *[2]side) bool {
	one, other := &sides[0], &sides[1]
	coded := content.Value(one.fields, "content-encoding") != "" || content.Value(other.fields, "content-encoding") != ""
	whole := true
	for i := range sides {
		lack := stateLacks[sides[i].body.State]
		b.Lacks[i], b.Partial[i] = lack, lack != 0
		whole = whole && lack == 0
	}
	switch {
	case !whole && !coded && b.Sizes[0] != b.Sizes[1]:
		b.unequal()
	case !whole && (len(one.body.Bytes) == 0 || len(other.body.Bytes) == 0):
		b.How = Unknown
	case whole && bytes.Equal(one.body.Bytes, other.body.Bytes) &&
		content.Value(one.fields, "content-encoding") == content.Value(other.fields, "content-encoding"):
		b.How = Equal
	case max(len(one.body.Bytes), len(other.body.Bytes)) <= briefBody:
		return false
	case !coded && whole:
		b.unequal()
	default:
		b.How = Unknown
		for i := range sides {
			b.Lacks[i] |= LackLarge
		}
	}
	return true
}

// text reports whether a body is shown in lines; an empty one is.
func text(p *plain) bool { return len(p.bytes) == 0 || p.kind.IsText() }

// json compares by path, false where one of them is no single value.
func (b *Body) json(p *[2]plain, o *Options) bool {
	var roots [2]*node
	for i := range p {
		s, _ := content.Text(p[i].contentType, p[i].bytes)
		if _, value, _, ok := content.UnwrapJSON(s, false); ok {
			s = value
		}
		root, ok := parseJSON(s)
		if !ok {
			return false
		}
		roots[i] = root
	}
	b.How = AsJSON
	w := walk{out: &b.Entries, ignore: ignoredPaths(o.Paths)}
	w.compare(&path{}, roots[0], roots[1])
	return true
}

// parts compares multipart bodies by the names of their parts.
func parts(p *[2]plain, o *Options) Entries {
	var fields [2][]content.Field
	for i := range p {
		list, _ := content.Parts(p[i].contentType, p[i].bytes)
		for j := range list {
			name := list[j].Name
			if list[j].File != "" {
				name += " (" + list[j].File + ")"
			}
			value := string(list[j].Body)
			if kind, _ := content.KindOf(list[j].ContentType, list[j].Body); kind.IsText() {
				value, _ = content.Text(list[j].ContentType, list[j].Body)
			}
			fields[i] = append(fields[i], content.Field{Name: name, Value: value})
		}
	}
	return named(fields[0], fields[1], false, func(name string) bool {
		plain, _, _ := strings.Cut(name, " (")
		return slices.Contains(o.Paths, plain)
	})
}

// Ranges are where two bodies without lines differ.
type Ranges struct {
	List   []Range
	More   int
	Differ int   // ranges that differ
	Bytes  int64 // bytes that differ, without the tail
	Tail   int64 // by how many bytes the second is longer, below 0 shorter
}

// Range is a stretch in which no byte is the same, or only few between others.
type Range struct {
	Offset, Length int64
	Old, New       []byte // the first bytes of it, at most 16
}

// sample is how many bytes of a range are told.
const sample = 16

// nearby is how many equal bytes do not end a range.
const nearby = 8

func ranges(a, b []byte) (r Ranges) {
	r.Tail = int64(len(b) - len(a))
	n := min(len(a), len(b))
	for at := 0; at < n; {
		at += equalBytes(a[at:n], b[at:n])
		if at == n {
			break
		}
		begin, end := at, at+1
		for at++; at < n && at-end < nearby; at++ {
			if a[at] != b[at] {
				end = at + 1
			}
		}
		for i := begin; i < end; i++ {
			if a[i] != b[i] {
				r.Bytes++
			}
		}
		r.Differ++
		if len(r.List) < MaxEntries {
			show := min(end, begin+sample)
			r.List = append(r.List, Range{int64(begin), int64(end - begin), a[begin:show], b[begin:show]})
		} else {
			r.More++
		}
	}
	return r
}

// equalBytes is how many bytes two slices of one length begin with that are the same.
func equalBytes(a, b []byte) int {
	const step = 4096
	at := 0
	for at+step <= len(a) && bytes.Equal(a[at:at+step], b[at:at+step]) {
		at += step
	}
	for at < len(a) && a[at] == b[at] {
		at++
	}
	return at
}
