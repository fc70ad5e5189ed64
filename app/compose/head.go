package compose

import (
	"bytes"
	"strings"
)

// Head is the head of a request, line by line: Start, the lines that are not off, and End are
// the bytes that are sent. A head of HTTP/2 has pseudo-header fields and no Start.
type Head struct {
	Start string // the request line with its end
	Lines []Line
	End   string // the empty line, and what was written behind it
}

// Line is a field line: Name, Sep, Value and End are its bytes. One without a colon is a Name;
// Value has the line ends of a folded one.
type Line struct {
	Off                   bool // it is kept, and not sent
	Never                 bool // over HTTP/2 it is never indexed (RFC 7541 section 6.2.3)
	Name, Sep, Value, End string
}

const crlf = "\r\n"

// blank is white space in a line (RFC 9110 section 5.6.3).
const blank = " \t"

// ParseHead takes a head apart; no byte is lost or added but for a missing end of the last
// line and a missing empty line. Lines of before that are off stay where they were among the others.
func ParseHead(raw []byte, before []Line) Head {
	var h Head
	rest := string(raw)
	if rest != "" && rest[0] != ':' {
		h.Start, rest = cutLine(rest)
		h.Start = ended(h.Start)
	}
	for rest != "" {
		line, after := cutLine(rest)
		if strings.Trim(line, crlf) == "" {
			break
		}
		rest = after
		if n := len(h.Lines); n > 0 && strings.Contains(blank, line[:1]) {
			last := &h.Lines[n-1]
			content, end := cutEnd(line)
			last.Value, last.End = last.Value+last.End+content, end
			continue
		}
		h.Lines = append(h.Lines, parseLine(line))
	}
	if n := len(h.Lines); n > 0 {
		h.Lines[n-1].End = ended(h.Lines[n-1].End)
	}
	if h.End = rest; rest == "" {
		h.End = crlf
	}
	h.Lines = withOff(h.Lines, before)
	return h
}

// cutLine cuts behind the first line end.
func cutLine(text string) (line, rest string) {
	at := strings.IndexByte(text, '\n') + 1
	if at == 0 {
		at = len(text)
	}
	return text[:at], text[at:]
}

// cutEnd cuts before white space and line end.
func cutEnd(line string) (content, end string) {
	content = line
	if text, ok := strings.CutSuffix(line, "\n"); ok {
		content = strings.TrimSuffix(text, "\r")
	}
	content = strings.TrimRight(content, blank)
	return content, line[len(content):]
}

// ended has a line end.
func ended(line string) string {
	if strings.HasSuffix(line, "\n") {
		return line
	}
	return line + crlf
}

// parseLine takes one line apart.
func parseLine(raw string) Line {
	content, end := cutEnd(raw)
	from := 0
	if strings.HasPrefix(content, ":") { // a pseudo-header field
		from = 1
	}
	colon := strings.IndexByte(content[from:], ':')
	if colon < 0 {
		return Line{Name: content, End: end}
	}
	colon += from
	name := strings.TrimRight(content[:colon], blank)
	value := strings.TrimLeft(content[colon+1:], blank)
	return Line{Name: name, Sep: content[len(name) : len(content)-len(value)], Value: value, End: end}
}

// withOff puts lines that are off among others, each behind as many as stood before it.
func withOff(lines, before []Line) []Line {
	var all []Line
	on := 0
	for _, l := range before {
		switch {
		case l.Off:
			all = append(all, l)
		case on < len(lines):
			if lines[on].Name == l.Name {
				lines[on].Never = l.Never
			}
			all = append(all, lines[on])
			on++
		}
	}
	return append(all, lines[on:]...)
}

// Raw is a line's bytes; a row of the table into which nothing was written has none.
func (l *Line) Raw() string { return l.Name + l.Sep + l.Value + l.End }

// Plain reports whether a line can be edited in a table: it is one field on one line.
func (l *Line) Plain() bool {
	return !strings.ContainsAny(l.Name+l.Value, "\r\n\x00") && (l.Sep != "" || l.Raw() == "")
}

// SetName changes the name of a field.
func (l *Line) SetName(name string) error {
	switch {
	case !l.Plain():
		return ErrFolded
	case strings.ContainsAny(name, "\r\n\x00"):
		return ErrLineEnd
	case strings.LastIndexByte(name, ':') > 0:
		return ErrName
	}
	l.Name = name
	l.complete()
	return nil
}

// SetValue changes the value of a field.
func (l *Line) SetValue(value string) error {
	switch {
	case !l.Plain():
		return ErrFolded
	case strings.ContainsAny(value, "\r\n\x00"):
		return ErrLineEnd
	}
	l.Value = value
	l.complete()
	return nil
}

func (l *Line) complete() {
	if l.Name == "" && l.Value == "" {
		l.Sep, l.End = "", ""
		return
	}
	if l.Sep == "" {
		l.Sep = ": "
	}
	if l.End == "" {
		l.End = crlf
	}
}

// Raw is the head as it is sent.
func (h *Head) Raw() []byte { return append(h.lines(), h.End...) }

// Text is Raw without the empty line that ends it: what an editor of the bytes shows.
// ParseHead takes it back.
func (h *Head) Text() []byte {
	if h.End == crlf {
		return h.lines()
	}
	return h.Raw()
}

// lines are those that are sent.
func (h *Head) lines() []byte {
	var b bytes.Buffer
	b.WriteString(h.Start)
	for i := range h.Lines {
		if l := &h.Lines[i]; !l.Off {
			b.WriteString(l.Raw())
		}
	}
	return b.Bytes()
}

// Multiplexed reports whether the head is one of HTTP/2.
func (h *Head) Multiplexed() bool {
	return h.Start == "" && len(h.Lines) > 0 && strings.HasPrefix(h.Lines[0].Name, ":")
}

// find is the first line that is sent with a name, nil for none.
func (h *Head) find(name string) *Line {
	for i := range h.Lines {
		if l := &h.Lines[i]; !l.Off && strings.EqualFold(l.Name, name) {
			return l
		}
	}
	return nil
}

// values are those of all lines that are sent with a name.
func (h *Head) values(name string) (all []string) {
	for i := range h.Lines {
		if l := &h.Lines[i]; !l.Off && strings.EqualFold(l.Name, name) {
			all = append(all, l.Value)
		}
	}
	return all
}

// Value is that of the first line that is sent with a name, "" for none.
func (h *Head) Value(name string) string {
	if l := h.find(name); l != nil {
		return l.Value
	}
	return ""
}

// set changes the first field of a name, or adds one behind the others.
func (h *Head) set(name, value string) {
	l := h.find(name)
	if l == nil {
		if h.Multiplexed() {
			name = strings.ToLower(name)
		}
		h.Lines = append(h.Lines, Line{Name: name})
		l = &h.Lines[len(h.Lines)-1]
	}
	l.Value = value
	l.complete()
}
