package settings

import (
	"bytes"
	"slices"
	"strings"
)

// listEdits takes elements out of a list and puts others behind those that stay.
// Comments between them stay.
func (l *layout) listEdits(e *entry, was, want []string) []edit {
	var kept []int
	next := 0
	for i, text := range was {
		if next < len(want) && want[next] == text {
			kept = append(kept, i)
			next++
		}
	}
	added := make([]string, 0, len(want)-next)
	for _, text := range want[next:] {
		added = append(added, quoteTOML(text))
	}
	if !bytes.ContainsAny(l.text[e.value.start:e.value.end], "\n") {
		var all []string
		for _, i := range kept {
			all = append(all, l.str(e.items[i].span))
		}
		return []edit{{e.value, "[" + strings.Join(append(all, added...), ", ") + "]"}}
	}
	var edits []edit
	for i := range e.items {
		if !slices.Contains(kept, i) {
			edits = append(edits, l.withoutItem(&e.items[i])...)
		}
	}
	if len(added) == 0 {
		return edits
	}
	if len(kept) == 0 {
		at := e.value.start + 1
		return append(edits, edit{span{at, at}, strings.Join(added, ", ")})
	}
	return append(edits, l.behindItem(e, &e.items[kept[len(kept)-1]], added)...)
}

// withoutItem takes an element out with its comma, and its line where nothing else
// stands there.
func (l *layout) withoutItem(one *item) []edit {
	gone := one.span
	if one.comma >= 0 {
		if len(bytes.TrimSpace(l.text[one.end:one.comma])) > 0 { // a comment stands between
			return []edit{{gone, ""}, {span{one.comma, one.comma + 1}, ""}}
		}
		gone.end = one.comma + 1
	}
	start := bytes.LastIndexByte(l.text[:gone.start], '\n') + 1
	length := bytes.IndexByte(l.text[gone.end:], '\n')
	if length >= 0 && len(bytes.TrimSpace(l.text[start:gone.start])) == 0 && len(bytes.TrimSpace(l.text[gone.end:gone.end+length])) == 0 {
		return []edit{{span{start, gone.end + length + 1}, ""}}
	}
	for gone.end < len(l.text) && l.text[gone.end] == ' ' {
		gone.end++
	}
	return []edit{{gone, ""}}
}

// behindItem adds elements behind the last that stays: on new lines where
// that ends its line, else beside it.
func (l *layout) behindItem(e *entry, last *item, added []string) []edit {
	var edits []edit
	at := last.comma + 1
	if last.comma < 0 {
		at = last.end
		edits = append(edits, edit{span{at, at}, ","})
	}
	line := bytes.IndexByte(l.text[at:e.value.end], '\n')
	rest := bytes.TrimSpace(l.text[at : at+max(line, 0)])
	if line < 0 || len(rest) > 0 && rest[0] != '#' {
		text := " " + strings.Join(added, ", ")
		if last.comma >= 0 {
			text += ","
		}
		return append(edits, edit{span{at, at}, text})
	}
	at += line + 1
	start := bytes.LastIndexByte(l.text[:last.start], '\n') + 1
	indent := l.text[start:last.start]
	if len(bytes.TrimSpace(indent)) > 0 {
		indent = []byte("  ")
	}
	var b strings.Builder
	for i, text := range added {
		b.Write(indent)
		b.WriteString(text)
		if last.comma >= 0 || i < len(added)-1 {
			b.WriteByte(',')
		}
		b.WriteString(l.lineEnd())
	}
	return append(edits, edit{span{at, at}, b.String()})
}
