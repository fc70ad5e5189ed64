package settings

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// LayoutError says that a setting cannot be written where it would have to stand
// in the file, which stays as it is.
type LayoutError struct {
	Key  string // such as "proxy.port"
	Line int    // where it stands now, from 1; 0: nowhere
	Want string // what would have to be written, without a secret; "" where it has one
}

func (e *LayoutError) Error() string {
	where := e.Key
	if e.Line > 0 {
		where = fmt.Sprintf("%s in line %d", e.Key, e.Line)
	}
	return where + " is written in a way that Posthouse cannot change without touching the rest. Change it there by hand, or write " +
		"the table with a line for each setting"
}

// edit puts text in the place of a part.
type edit struct {
	span
	text string
}

func applyEdits(text []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.start - b.start })
	var b bytes.Buffer
	at := 0
	for _, e := range edits {
		b.Write(text[at:max(at, e.start)])
		b.WriteString(e.text)
		at = max(at, e.end)
	}
	b.Write(text[at:])
	return b.Bytes()
}

// patchText changes the values in a file that differ between before, which is
// what it says, and want; every other byte stays.
func patchText(text []byte, before, want Settings) ([]byte, error) {
	was := leaves(before)
	for i, l := range leaves(want) {
		if l.value == was[i].value {
			continue
		}
		next, ok := patchLeaf(text, l, was[i])
		if !ok {
			bad := &LayoutError{Key: l.name(), Line: lineOf(text, l.name())}
			if l.name() != "proxy.upstream" {
				bad.Want = l.name() + " = " + l.value
			}
			return nil, bad
		}
		text = next
	}
	return text, nil
}

// patchLeaf writes one setting at the first place where it then says what is
// wanted, and all others say what they said.
func patchLeaf(text []byte, l, was leaf) ([]byte, bool) {
	before, err := decodeSettings(text)
	if err != nil {
		return nil, false
	}
	lay, ok := readLayout(text)
	if !ok {
		return nil, false
	}
	wanted := leaves(before)
	for i := range wanted {
		if wanted[i].name() == l.name() {
			wanted[i] = l
		}
	}
	for _, edits := range lay.ways(l, was) {
		next := applyEdits(text, edits)
		if after, err := decodeSettings(next); err == nil && sameLeaves(leaves(after), wanted) {
			return next, true
		}
	}
	return nil, false
}

func sameLeaves(a, b []leaf) bool {
	return slices.EqualFunc(a, b, func(x, y leaf) bool { return x.value == y.value })
}

// ways are the edits that may write a setting, the best first.
func (l *layout) ways(one, was leaf) [][]edit {
	path := one.path()
	if e := l.find(path); e != nil {
		if one.list != nil && e.kind == kindList && len(e.items) == len(was.list) {
			return [][]edit{l.listEdits(e, was.list, one.list)}
		}
		if one.list != nil && bytes.ContainsAny(l.text[e.value.start:e.value.end], "#\n") {
			return nil
		}
		return [][]edit{{{e.value, one.value}}}
	}
	return l.additions(path, one.value)
}

// additions are the places where a key that is not there can be added.
func (l *layout) additions(path []string, value string) [][]edit {
	table := path[:len(path)-1]
	var ways [][]edit
	// Beside the last of its table, in an inline table, or under its header.
	for i := len(l.entries) - 1; i >= 0; i-- {
		if e := &l.entries[i]; len(e.path) == len(path) && under(e.path, table) {
			ways = append(ways, l.beside(e, path, value))
			break
		}
	}
	for n := len(table); n > 0; n-- {
		if e := l.find(table[:n]); e != nil && e.kind == kindInline {
			ways = append(ways, l.inside(e, path, value))
		}
	}
	ways = append(ways, l.underHeader(path, value, len(table))...)
	if len(table) > 0 {
		ways = append(ways, l.newTable(path, value))
	}
	for n := len(table) - 1; n >= 0; n-- {
		ways = append(ways, l.underHeader(path, value, n)...)
	}
	return ways
}

// beside adds a key behind an entry of the same table.
func (l *layout) beside(e *entry, path []string, value string) []edit {
	if e.inline >= 0 {
		return l.inside(&l.entries[e.inline], path, value)
	}
	start := bytes.LastIndexByte(l.text[:e.key.start], '\n') + 1
	indent := strings.TrimPrefix(string(l.text[start:e.key.start]), byteOrderMark)
	return l.lineBehind(e.value.end, indent+keyText(path[len(l.sections[e.section].path):])+" = "+value)
}

// inside adds a key at the end of an inline table.
func (l *layout) inside(e *entry, path []string, value string) []edit {
	text := keyText(path[len(e.path):]) + " = " + value
	last := -1
	for i := range l.entries {
		if l.entries[i].inline >= 0 && &l.entries[l.entries[i].inline] == e {
			last = i
		}
	}
	if last < 0 {
		at := e.value.start + 1
		return []edit{{span{at, at}, " " + text + " "}}
	}
	at := l.entries[last].value.end
	return []edit{{span{at, at}, ", " + text}}
}

// underHeader adds a key to the section of the first n parts of its path.
func (l *layout) underHeader(path []string, value string, n int) [][]edit {
	var ways [][]edit
	for i := len(l.sections) - 1; i >= 0; i-- {
		if s := l.sections[i]; !s.array && samePath(s.path, path[:n]) {
			line := keyText(path[n:]) + " = " + value
			at := s.header.end
			for j := range l.entries {
				if e := &l.entries[j]; e.section == i && e.inline < 0 {
					at = e.value.end
				}
			}
			if i == 0 && at == 0 {
				if bytes.HasPrefix(l.text, []byte(byteOrderMark)) {
					at = len(byteOrderMark)
				}
				ways = append(ways, []edit{{span{at, at}, line + l.lineEnd()}})
				continue
			}
			ways = append(ways, l.lineBehind(at, line))
		}
	}
	return ways
}

// newTable adds a header with the key under it, at the end of the file.
func (l *layout) newTable(path []string, value string) []edit {
	end := l.lineEnd()
	text := "[" + keyText(path[:len(path)-1]) + "]" + end + keyText(path[len(path)-1:]) + " = " + value + end
	if len(bytes.TrimSpace(l.text)) > 0 {
		text = end + text
		if !bytes.HasSuffix(l.text, []byte("\n")) {
			text = end + text
		}
	}
	at := len(l.text)
	return []edit{{span{at, at}, text}}
}

// lineBehind adds a line behind the one where something ends.
func (l *layout) lineBehind(at int, line string) []edit {
	end := l.lineEnd()
	if next := bytes.IndexByte(l.text[at:], '\n'); next >= 0 {
		at += next + 1
		return []edit{{span{at, at}, line + end}}
	}
	at = len(l.text)
	return []edit{{span{at, at}, end + line}}
}

// lineEnd is how the lines of the file end.
func (l *layout) lineEnd() string {
	if i := bytes.IndexByte(l.text, '\n'); i > 0 && l.text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

func keyText(path []string) string { return strings.Join(path, ".") }
