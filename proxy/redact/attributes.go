package redact

import (
	"bytes"
	"strings"
)

// markup looks for attributes, and for elements.
type markup struct{ *scan }

// attribute masks name="value" of markup and of settings; of value="..." and content="..." the
// tag says what they are.
func (s markup) attribute(from, name, equals, to int) {
	begin := equals + 1
	for begin < to && s.b[begin] == '\\' {
		begin++
	}
	if begin == to || !isQuote(s.b[begin]) || s.json && s.b[begin] == '"' && begin == equals+1 {
		return
	}
	if name > from && s.b[name-1] > ' ' && bytes.IndexByte([]byte("\"',;({["), s.b[name-1]) < 0 {
		return
	}
	if how := s.attributeShape(from, name, equals, to); how != shapeNone {
		end, _ := s.stringEnd(begin+1, to, begin-equals-1, s.b[begin])
		values(s).shaped(how, Bodies, begin+1, end, plainValue)
	}
}

// attributeShape is what the value of an attribute holds.
func (s markup) attributeShape(from, name, equals, to int) shape {
	label := s.b[name:equals]
	if string(label) != "value" && string(label) != "content" {
		return s.m.names.shape(label, inMember)
	}
	if s.tagTells(tagAround(s.b[:to], from, name, equals)) {
		return shapeSecret
	}
	return shapeNone
}

// bareAttribute masks name=value in a tag. What comes there holds no space, which would end it.
func (s markup) bareAttribute(from, name, equals, to int) {
	how := s.attributeShape(from, name, equals, to)
	if how == shapeNone || !isInTag(s.b[max(from, name-maxTag):name]) {
		return
	}
	end := equals + 1
	for end < to && s.b[end] > ' ' && bytes.IndexByte([]byte("\"'`<>\\"), s.b[end]) < 0 {
		end++
	}
	if end < to && s.b[end] == '>' && s.b[end-1] == '/' {
		end--
	}
	if equals+1 < end {
		s.mask(Bodies, equals+1, end, plainValue(s.b[equals+1:end]), true)
	}
}

// isInTag reports whether what follows a text is an attribute, and not a part of a script in which
// something is less than something.
func isInTag(before []byte) bool {
	open := bytes.LastIndexByte(before, '<')
	return open >= 0 && open+1 < len(before) && before[open+1]|0x20 >= 'a' && before[open+1]|0x20 <= 'z' &&
		!bytes.ContainsAny(before[open:], ">;(){}&|")
}

// maxTag is how far a tag is looked through for its name, in bytes.
const maxTag = 512

// tagAround is the tag around b[at:].
func tagAround(b []byte, from, at, after int) []byte {
	open := bytes.LastIndexByte(b[max(from, at-maxTag):at], '<')
	if open < 0 {
		return nil
	}
	open += max(from, at-maxTag)
	end := min(len(b), after+maxTag)
	if n := bytes.IndexByte(b[min(after, end):end], '>'); n >= 0 {
		return b[open : min(after, end)+n]
	}
	return b[open:at]
}

// tagTells reports whether a tag has a name, a property, a key or an id that is a secret's, or is an
// input for a password.
func (s markup) tagTells(tag []byte) bool {
	for _, attr := range [...]string{" name=", " property=", " key=", " id=", " type="} {
		n := bytes.Index(tag, []byte(attr))
		if n < 0 {
			continue
		}
		value := attributeValue(tag[n+len(attr):])
		if attr == " type=" {
			return strings.EqualFold(string(value), "password")
		}
		if s.m.names.shape(value, inMember) == shapeSecret {
			return true
		}
	}
	return false
}

// attributeValue is what an attribute whose equals sign is before has, with its quotes or without.
func attributeValue(rest []byte) []byte {
	value := bytes.ReplaceAll(rest, []byte(`\`), nil)
	if len(value) == 0 {
		return nil
	}
	if quote := value[0]; quote == '"' || quote == '\'' {
		if inner, _, ok := bytes.Cut(value[1:], []byte{quote}); ok {
			return inner
		}
	}
	word, _, _ := bytes.Cut(value, []byte(" "))
	return bytes.TrimSuffix(word, []byte("/"))
}
