package redact

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
)

// scan looks for secrets in one text and collects what is to be put in their places.
type scan struct {
	m     *Masker
	b     []byte
	lines bool // it is a text for people, in lines: NAME=value and name: value are looked for
	json  bool // it is JSON, and stays so: only what lies within one string, or is a value, is masked
	edits []edit
	inner int // how many encodings lie around b
	// beside is where the last value beside a name ended.
	beside int

	room []byte // where a string is copied to
}

// edit is a place in the text, and what comes there.
type edit struct {
	from, to int
	kind     Kind
	secret   *secret // nil: there was no room for another one
	plus     bool    // a space is written as a plus there
	quote    string  // around the placeholder, where a number becomes a text
	literal  string  // in place of a placeholder; it is not counted
}

const (
	// maxInner bounds the encodings that are undone, one in the other.
	maxInner = 3
	// maxNested is the longest value that is decoded to look into it, in bytes.
	maxNested = 1 << 20
)

var scans = sync.Pool{New: func() any { return &scan{} }}

// scanOf is a scan of a text. It goes back by release.
func (m *Masker) scanOf(b []byte) *scan {
	s := scans.Get().(*scan)
	s.m, s.b, s.lines, s.json, s.inner, s.edits = m, b, false, false, 0, s.edits[:0]
	s.beside = 0
	return s
}

// maxPooled bounds what a scan keeps for the next one, in edits.
const maxPooled = 1024

func (s *scan) release() {
	clear(s.edits)
	if cap(s.edits) > maxPooled {
		s.edits = nil
	}
	if cap(s.room) > 64*maxPooled {
		s.room = nil
	}
	s.m, s.b = nil, nil
	scans.Put(s)
}

// mask puts the placeholder of a secret into b[from:to]. value is the secret without the
// encodings of its place, plus how a space is written there.
func (s *scan) mask(kind Kind, from, to int, value []byte, plus bool) {
	s.maskQuoted(kind, from, to, value, plus, "")
}

func (s *scan) maskQuoted(kind Kind, from, to int, value []byte, plus bool, quote string) {
	if from >= to || !isSecret(value) || !isSecret(s.b[from:to]) {
		return
	}
	s.edits = append(s.edits, edit{from: from, to: to, kind: kind,
		secret: s.m.table.meet(value, s.b[from:to]), plus: plus, quote: quote})
}

// within scans what a part of the text says without an encoding, and takes over what it found.
func (s *scan) within(d decoding, offset int, look func(*scan)) {
	if s.inner >= maxInner || len(d.text) > maxNested {
		return
	}
	in := s.m.scanOf(d.text)
	defer in.release()
	in.inner = s.inner + 1
	look(in)
	for _, e := range in.edits {
		e.from, e.to = offset+d.at[e.from], offset+d.at[e.to]
		s.edits = append(s.edits, e)
	}
}

// sorted puts the edits in order and makes one of those that overlap.
func (s *scan) sorted() []edit {
	if len(s.edits) < 2 {
		return s.edits
	}
	slices.SortStableFunc(s.edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to))
	})
	kept := s.edits[:1]
	for _, e := range s.edits[1:] {
		last := &kept[len(kept)-1]
		if e.from < last.to {
			last.to = max(last.to, e.to)
			continue
		}
		kept = append(kept, e)
	}
	s.edits = kept
	return kept
}

// apply is the text with its edits, the text itself where there are none; counts are added to.
func (s *scan) apply(counts *Counts) []byte {
	edits := s.sorted()
	if len(edits) == 0 {
		return s.b
	}
	out := make([]byte, 0, len(s.b)+len(edits)*len(opener+" 12345"+closer))
	at := 0
	for i := range edits {
		e := &edits[i]
		if e.literal != "" {
			out = append(append(out, s.b[at:e.from]...), e.literal...)
			at = e.to
			continue
		}
		out = append(append(out, s.b[at:e.from]...), e.quote...)
		out = append(appendPlaceholder(out, s.m.table.number(e.secret), e.plus), e.quote...)
		at = e.to
		counts[e.kind]++
	}
	return append(out, s.b[at:]...)
}

// cover overwrites the secrets with as many asterisks: what is binary keeps its shape.
func (s *scan) cover(counts *Counts) []byte {
	edits := s.sorted()
	if len(edits) == 0 {
		return s.b
	}
	out := bytes.Clone(s.b)
	for i := range edits {
		for at := edits[i].from; at < edits[i].to; at++ {
			out[at] = '*'
		}
		counts[edits[i].kind]++
	}
	return out
}

// knownStep is how much is looked through between two releases of the table, in bytes: who
// numbers a secret does not wait for the whole of a large body.
const knownStep = 256 << 10

// elsewhere finds the secrets that were met, by their bytes. Before plusUntil is a URL.
func (s *scan) elsewhere(plusUntil int) {
	found := func(from, to int, which *secret) {
		if !(s.json && breaksJSON(s.b, from, to)) {
			s.edits = append(s.edits, edit{from: from, to: to, kind: Elsewhere, secret: which, plus: from < plusUntil})
		}
	}
	s.m.table.find(s.b, found)
	encodings{s}.escaped(0, len(s.b), func(d decoding, offset int) {
		s.m.table.find(d.text, func(from, to int, which *secret) { found(offset+d.at[from], offset+d.at[to], which) })
	})
}

// find finds the secrets that were met.
func (t *table) find(b []byte, found func(from, to int, which *secret)) {
	floor := 0
	for from := 0; from+minKnown <= len(b); {
		to := min(len(b), from+knownStep)
		t.mu.RLock()
		if len(t.known.anchors) == 0 {
			t.mu.RUnlock()
			return
		}
		at, size, which, next := t.known.find(b, from, to, floor)
		t.mu.RUnlock()
		if which != nil {
			found(at, at+size, which)
			floor = at + size
		}
		from = next
	}
}
