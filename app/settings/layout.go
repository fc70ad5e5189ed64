package settings

import (
	"bytes"
	"strconv"
	"strings"
)

// layout is where the keys and values of a settings file stand. It is read from
// text that the TOML library has taken, so it looks for ends and checks nothing.
type layout struct {
	text     []byte
	sections []section // the first is what stands before all headers
	entries  []entry
}

// span is a part of the text, in bytes.
type span struct{ start, end int }

// section begins with a header, such as [proxy].
type section struct {
	path   []string
	header span // the brackets and what is between them
	array  bool // [[proxy]]
}

// entry is a key with its value.
type entry struct {
	path    []string // of the whole file, the header's too
	key     span     // as it is written
	value   span
	kind    valueKind
	section int
	inline  int    // the entry whose inline table this stands in, or -1
	items   []item // of a list
}

// item is one of a list.
type item struct {
	span
	comma int // behind it; -1: there is none
}

type valueKind string

const (
	kindText   valueKind = "text"
	kindList   valueKind = "list"
	kindInline valueKind = "inline table"
	kindBare   valueKind = "bare" // a number, true, false, a date
)

const byteOrderMark = "\xef\xbb\xbf"

// scanner reads a layout from the front.
type scanner struct {
	layout
	at int
}

// readLayout reports false for what it cannot follow.
func readLayout(text []byte) (layout, bool) {
	s := scanner{layout: layout{text: text, sections: []section{{}}}}
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		s.at = len(byteOrderMark)
	}
	for {
		s.skipBlank()
		switch {
		case s.at >= len(text):
			return s.layout, true
		case text[s.at] == '[':
			if !s.readHeader() {
				return s.layout, false
			}
		default:
			last := len(s.sections) - 1
			if !s.readEntry(s.sections[last].path, last, -1) {
				return s.layout, false
			}
		}
	}
}

func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.peek() == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) skipSpace() {
	for s.peek() == ' ' || s.peek() == '\t' {
		s.at++
	}
}

// skipBlank skips white space, line ends and comments.
func (s *scanner) skipBlank() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		case '#':
			if end := bytes.IndexByte(s.text[s.at:], '\n'); end >= 0 {
				s.at += end
			} else {
				s.at = len(s.text)
			}
		default:
			return
		}
	}
}

func (s *scanner) readHeader() bool {
	start := s.at
	s.at++
	array := s.take('[')
	path, _, ok := s.readKey()
	if !ok || !s.take(']') || array && !s.take(']') {
		return false
	}
	s.sections = append(s.sections, section{path, span{start, s.at}, array})
	return true
}

// readKey reads a key with its dots, and the white space around it.
func (s *scanner) readKey() (path []string, written span, ok bool) {
	s.skipSpace()
	written.start = s.at
	for {
		part, ok := s.readPart()
		if !ok {
			return nil, written, false
		}
		path = append(path, part)
		written.end = s.at
		s.skipSpace()
		if !s.take('.') {
			return path, written, true
		}
		s.skipSpace()
	}
}

func (s *scanner) readPart() (string, bool) {
	start := s.at
	if c := s.peek(); c == '"' || c == '\'' {
		if !s.skipText() {
			return "", false
		}
		quoted := string(s.text[start:s.at])
		if c == '"' {
			if plain, err := strconv.Unquote(quoted); err == nil {
				return plain, true
			}
		}
		return quoted[1 : len(quoted)-1], true
	}
	for s.at < len(s.text) && !strings.ContainsRune(" \t\r\n.=[]{},#\"'", rune(s.text[s.at])) {
		s.at++
	}
	return string(s.text[start:s.at]), s.at > start
}

func (s *scanner) readEntry(table []string, section, inline int) bool {
	path, key, ok := s.readKey()
	if !ok || !s.take('=') {
		return false
	}
	s.skipSpace()
	i := len(s.entries)
	full := append(append([]string(nil), table...), path...)
	s.entries = append(s.entries, entry{path: full, key: key, section: section, inline: inline})
	start := s.at
	kind, items, ok := s.readValue(i)
	e := &s.entries[i]
	e.value, e.kind, e.items = span{start, s.at}, kind, items
	return ok
}

// readValue reads what follows; i is the entry whose value it is.
func (s *scanner) readValue(i int) (valueKind, []item, bool) {
	switch s.peek() {
	case '"', '\'':
		return kindText, nil, s.skipText()
	case '[':
		items, ok := s.readList(i)
		return kindList, items, ok
	case '{':
		return kindInline, nil, s.readInline(i)
	}
	start := s.at
	for s.at < len(s.text) && !strings.ContainsRune(",]}#\r\n", rune(s.text[s.at])) {
		s.at++
	}
	s.at = start + len(bytes.TrimRight(s.text[start:s.at], " \t"))
	return kindBare, nil, s.at > start
}

// skipText skips a text in quotes of any of the four kinds.
func (s *scanner) skipText() bool {
	quote, escapes := s.text[s.at:s.at+1], s.text[s.at] == '"'
	if triple := bytes.Repeat(quote, 3); bytes.HasPrefix(s.text[s.at:], triple) {
		quote = triple
	}
	for s.at += len(quote); s.at < len(s.text); s.at++ {
		switch {
		case escapes && s.text[s.at] == '\\':
			s.at++
		case bytes.HasPrefix(s.text[s.at:], quote):
			s.at += len(quote)
			for n := 0; len(quote) == 3 && n < 2 && s.peek() == quote[0]; n++ {
				s.at++ // up to two quotes may stand before the three
			}
			return true
		}
	}
	return false
}

func (s *scanner) readList(i int) ([]item, bool) {
	s.at++
	var items []item
	for {
		s.skipBlank()
		if s.take(']') {
			return items, true
		}
		start := s.at
		if _, _, ok := s.readValue(i); !ok {
			return nil, false
		}
		one := item{span{start, s.at}, -1}
		s.skipBlank()
		if s.peek() == ',' {
			one.comma = s.at
			s.at++
		} else if s.peek() != ']' {
			return nil, false
		}
		items = append(items, one)
	}
}

func (s *scanner) readInline(i int) bool {
	s.at++
	for {
		s.skipBlank()
		if s.take('}') {
			return true
		}
		if !s.readEntry(s.entries[i].path, s.entries[i].section, i) {
			return false
		}
		s.skipBlank()
		if !s.take(',') && s.peek() != '}' {
			return false
		}
	}
}

// find is the entry with a path, nil where there is none. The TOML library takes
// keys whatever their case.
func (l *layout) find(path []string) *entry {
	for i := range l.entries {
		if samePath(l.entries[i].path, path) {
			return &l.entries[i]
		}
	}
	return nil
}

func samePath(a, b []string) bool { return len(a) == len(b) && under(a, b) }

// under reports whether a path begins with a table's.
func under(path, table []string) bool {
	if len(path) < len(table) {
		return false
	}
	for i := range table {
		if !strings.EqualFold(path[i], table[i]) {
			return false
		}
	}
	return true
}

// line is the line of an offset, from 1.
func (l *layout) line(at int) int {
	return bytes.Count(l.text[:min(at, len(l.text))], []byte("\n")) + 1
}

func (l *layout) str(s span) string { return string(l.text[s.start:s.end]) }

// written is a key with its tables as they stand in the file.
func (l *layout) written(e *entry) string {
	key := l.str(e.key)
	switch {
	case e.inline >= 0:
		return l.written(&l.entries[e.inline]) + "." + key
	case e.section > 0:
		return strings.Trim(l.str(l.sections[e.section].header), "[] \t") + "." + key
	}
	return key
}

// lineOf finds the line of a key such as "proxy.port", from 1; 0 if it is not there.
func lineOf(text []byte, name string) int {
	l, _ := readLayout(text)
	path := strings.Split(name, ".")
	if e := l.find(path); e != nil {
		return l.line(e.key.start)
	}
	for _, s := range l.sections[1:] {
		if samePath(s.path, path) {
			return l.line(s.header.start)
		}
	}
	return 0
}
