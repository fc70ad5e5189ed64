package redact

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// known finds secrets by their bytes, all in one pass. Each is filed under eight of its bytes,
// its anchor; a bitmap of their hashes says of nearly every place that none has its anchor there.
type known struct {
	filter  [1 << filterBits / 64]uint64
	anchors map[uint64][]form // the longest first
	bytes   int               // of all forms
}

// form is a secret as it may be written.
type form struct {
	text   string
	anchor int // where in text its anchor begins
	secret *secret
}

const (
	filterBits = 18 // 32 KiB: it stays in the first cache
	// maxAtAnchor bounds the forms that are tried at one place: those of many tokens begin alike.
	maxAtAnchor = 64
	// crowded is from how many on another anchor is looked for. With one anchor, the beginning,
	// the longer of two is found before the shorter that it begins with.
	crowded    = 8
	anchorStep = 8
)

func filterBit(anchor uint64) uint64 { return anchor * 0x9e3779b97f4a7c15 >> (64 - filterBits) }

// add files a form, unless there is no room.
func (k *known) add(text []byte, s *secret) {
	if len(text) < minKnown || len(text) > 3*maxKnown || k.bytes+len(text) > maxKnownBytes {
		return
	}
	if k.anchors == nil {
		k.anchors = map[uint64][]form{}
	}
	best, fewest := 0, maxAtAnchor
	for at := 0; fewest > crowded; at = min(at+anchorStep, len(text)-8) {
		if n := len(k.anchors[binary.LittleEndian.Uint64(text[at:])]); n < fewest {
			best, fewest = at, n
		}
		if at == len(text)-8 {
			break
		}
	}
	if fewest == maxAtAnchor {
		return
	}
	anchor := binary.LittleEndian.Uint64(text[best:])
	there := k.anchors[anchor]
	at, _ := slices.BinarySearchFunc(there, len(text), func(f form, n int) int { return n - len(f.text) })
	k.anchors[anchor] = slices.Insert(there, at, form{string(text), best, s})
	bit := filterBit(anchor)
	k.filter[bit/64] |= 1 << (bit % 64)
	k.bytes += len(text)
}

// find is the first secret whose anchor lies in b[from:to]; it begins at floor or later.
// next is where to go on, which is to where there is none.
func (k *known) find(b []byte, from, to, floor int) (at, size int, s *secret, next int) {
	// p begins where an anchor may; the form of this loop spares it all checks of bounds.
	for p := b[from:min(len(b), to+7)]; len(p) >= 8; p = p[1:] {
		anchor := binary.LittleEndian.Uint64(p)
		bit := filterBit(anchor)
		if k.filter[bit/64%uint64(len(k.filter))]&(1<<(bit%64)) == 0 {
			continue
		}
		i := min(len(b), to+7) - len(p)
		for _, f := range k.anchors[anchor] {
			begin := i - f.anchor
			if begin >= floor && len(b)-begin >= len(f.text) && string(b[begin:begin+len(f.text)]) == f.text {
				return begin, len(f.text), f.secret, begin + len(f.text)
			}
		}
	}
	return 0, 0, nil, to
}

// forms are the ways in which a secret is written in the places that there are.
func forms(value, raw []byte) [][]byte {
	all := [][]byte{value}
	add := func(text []byte) {
		if !slices.ContainsFunc(all, func(other []byte) bool { return bytes.Equal(other, text) }) {
			all = append(all, text)
		}
	}
	if len(raw) <= 3*maxKnown {
		add(raw)
	}
	add(percentEncoded(value, "0123456789ABCDEF", "-_.~"))
	add(percentEncoded(value, "0123456789abcdef", "-_.~"))
	add(percentEncoded(value, "0123456789ABCDEF", "-_.~!'()*"))
	if bytes.ContainsAny(value, `"\/&<>'=+`) {
		add(bytes.ReplaceAll(value, []byte("/"), []byte(`\/`)))
		quoted := escaper.Replace(string(value))
		add([]byte(quoted))
		add([]byte(unicoded.Replace(quoted)))
		add([]byte(markedUp.Replace(string(value))))
	}
	return all
}

// percentEncoded is a value as a parameter; plain are the signs beside letters and digits that stay.
func percentEncoded(value []byte, hex, plain string) []byte {
	out := make([]byte, 0, len(value)+16)
	for _, c := range value {
		if isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || bytes.IndexByte([]byte(plain), c) >= 0 {
			out = append(out, c)
		} else {
			out = append(out, '%', hex[c>>4], hex[c&15])
		}
	}
	return out
}
