package redact

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// body is one that is being masked: without its codings, and as UTF-8.
type body struct {
	m      *Masker
	of     *flow.Body
	report *Report

	text     []byte // what is looked at; nil: nothing
	was      []byte // text before anything was masked
	media    string // its Content-Type
	codings  string // that were undone
	whole    bool   // its codings have their end
	wide     string // the charset that it had, if that is UTF-16
	kind     content.Kind
	readable bool // else its bytes are covered, and not changed in number
	fixed    bool // it is a picture or the like: only what is known is looked for
}

// kindSample is how much of a body tells what it is, in bytes.
const kindSample = 8 << 10

// openBody takes a body off its codings; where it cannot be looked into it is kept or left out.
func (m *Masker) openBody(of *flow.Body, head []byte, report *Report) *body {
	b := &body{m: m, of: of, report: report, whole: true}
	if len(of.Bytes) == 0 {
		return b
	}
	_, fields := content.Fields(head)
	b.media = content.Value(fields, "Content-Type")
	decoded, err := content.Decode(content.Value(fields, "Content-Encoding"), of.Bytes)
	if err != nil && !errors.Is(err, content.ErrCut) {
		b.unreadable(of.Bytes)
		return b
	}
	b.codings, b.whole = decoded.Codings, err == nil
	b.media = withBoundary(b.media, decoded.Body)
	b.kind, _ = content.KindOf(b.media, decoded.Body[:min(len(decoded.Body), kindSample)])
	switch {
	case b.kind == content.Image || b.kind == content.Bytes && isMedia(b.media):
		b.text, b.fixed, b.codings = of.Bytes, true, ""
	case b.kind == content.Bytes:
		b.unreadable(of.Bytes)
		return b
	default:
		b.text, b.readable = b.narrow(decoded.Body), true
		if b.kind == content.JSON && isForm(b.text) {
			b.kind = content.Form
		}
	}
	b.was = b.text
	return b
}

// unreadable is for a body that cannot be looked into.
func (b *body) unreadable(raw []byte) {
	b.codings, b.whole, b.kind = "", true, content.Bytes
	if !b.m.keep {
		b.of.State, b.of.Bytes = flow.BodyNotRecorded, nil
		b.report.LeftOut++
		return
	}
	b.report.Kept++
	b.text, b.was = raw, raw
}

// isMedia reports whether a type is one of which people know what it shows.
func isMedia(contentType string) bool {
	major, minor, _ := strings.Cut(content.MediaType(contentType), "/")
	return major == "audio" || major == "video" || major == "font" || minor == "wasm" || strings.HasPrefix(minor, "font-")
}

// narrow is a text in UTF-16 as UTF-8; others stay as they are.
func (b *body) narrow(text []byte) []byte {
	if bytes.IndexByte(text[:min(len(text), kindSample)], 0) < 0 {
		return text
	}
	read, charset := content.Text(b.media, text)
	if charset.Name != "utf-16le" && charset.Name != "utf-16be" {
		return text
	}
	b.wide = charset.Name
	return []byte(read)
}

// widened is narrow's way back.
func widened(text []byte, charset string, mark bool) []byte {
	var order binary.AppendByteOrder = binary.LittleEndian
	if charset == "utf-16be" {
		order = binary.BigEndian
	}
	out := make([]byte, 0, 2*len(text)+2)
	if mark {
		out = order.AppendUint16(out, 0xfeff)
	}
	for _, unit := range utf16.Encode([]rune(string(text))) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

// pass masks after one look.
func (b *body) pass(look func(*body, *scan)) {
	if len(b.text) == 0 {
		return
	}
	s := b.m.scanOf(b.text)
	defer s.release()
	look(b, s)
	if b.readable {
		b.text = s.apply(&b.report.Counts)
	} else {
		b.text = s.cover(&b.report.Counts)
	}
}

// scan looks for secrets by their places.
func (b *body) scan(s *scan) {
	switch {
	case b.fixed:
		s.tokens(0, len(s.b))
	case b.kind == content.Form:
		s.parameters(0, len(s.b), true)
	case b.kind == content.Multipart:
		s.multipart(b.media)
	default:
		s.lines, s.json = b.kind == content.PlainText, b.kind == content.JSON
		s.anyText(0, len(s.b))
	}
}

// elsewhere looks for secrets that are known.
func (b *body) elsewhere(s *scan) {
	until := 0
	s.json = b.kind == content.JSON
	if b.kind == content.Form {
		until = len(s.b)
	}
	s.elsewhere(until)
}

// close puts what was masked into the body; it reports whether its size is another one.
func (b *body) close() bool {
	if len(b.text) == 0 || len(b.text) == len(b.was) && &b.text[0] == &b.was[0] {
		return false
	}
	out := b.text
	if b.wide != "" {
		out = widened(out, b.wide, bytes.HasPrefix(b.of.Bytes, []byte("\xff\xfe")) || bytes.HasPrefix(b.of.Bytes, []byte("\xfe\xff")))
	}
	out, err := content.Encode(b.codings, out, b.whole)
	if err != nil { // what could be decoded can be encoded; a body that is not certain to be masked goes
		b.of.State, b.of.Bytes = flow.BodyNotRecorded, nil
		b.report.LeftOut++
		return false
	}
	b.of.Size += int64(len(out) - len(b.of.Bytes))
	b.of.Bytes = out
	return true
}

// digests are fields that a body can be guessed by.
var digests = []string{"content-md5", "digest", "content-digest", "repr-digest", "x-amz-content-sha256"}

// resized has a head say how long its body is now, and hides what its digests say of it.
func (m *Masker) resized(head []byte, was, is int64, counts *Counts) []byte {
	return m.pass(head, counts, func(s *scan) {
		for at := 0; at < len(s.b); {
			end := s.lineEnd(at)
			s.resizedLine(at, trimmedEnd(s.b, at, end), was, is)
			at = end + 1
		}
	})
}

func (s *scan) resizedLine(from, to int, was, is int64) {
	colon := bytes.IndexByte(s.b[from:to], ':')
	if colon <= 0 {
		return
	}
	value := from + colon + 1
	for value < to && (s.b[value] == ' ' || s.b[value] == '\t') {
		value++
	}
	name := strings.ToLower(string(bytes.TrimSpace(s.b[from : from+colon])))
	switch {
	case slices.Contains(digests, name):
		s.mask(Fields, value, to, s.b[value:to], false)
	case name == "content-length" && string(s.b[value:to]) == strconv.FormatInt(was, 10):
		s.edits = append(s.edits, edit{from: value, to: to, literal: strconv.FormatInt(is, 10)})
	}
}
