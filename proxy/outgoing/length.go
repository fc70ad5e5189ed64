package outgoing

import (
	"bytes"
	"strconv"
	"strings"
)

// headLine is one line of a head of HTTP/1, whatever is wrong with it.
type headLine struct {
	whole       []byte // with its line end
	name, value []byte // nil without a colon
}

func (l *headLine) is(name string) bool {
	return strings.EqualFold(string(bytes.TrimSpace(l.name)), name)
}

// fieldLines are the lines behind the first one, up to the empty one.
func fieldLines(head []byte) (lines []headLine) {
	first := true
	for len(head) > 0 {
		end := bytes.IndexByte(head, '\n') + 1
		if end == 0 {
			end = len(head)
		}
		l := headLine{whole: head[:end]}
		head = head[end:]
		if first {
			first = false
			continue
		}
		text := bytes.TrimRight(l.whole, "\r\n")
		if len(text) == 0 {
			break
		}
		if i := bytes.IndexByte(text, ':'); i >= 0 {
			l.name, l.value = text[:i], bytes.TrimSpace(text[i+1:])
		}
		lines = append(lines, l)
	}
	return lines
}

// Chunked reports whether the body goes in chunks: Transfer-Encoding says so last, and
// the body is not those chunks already.
func (m *Message) Chunked() bool {
	if m.Protocol != HTTP1 || m.RawBody {
		return false
	}
	chunked := false
	for _, l := range fieldLines(m.Head) {
		if l.is("transfer-encoding") {
			last := l.value[bytes.LastIndexByte(l.value, ',')+1:]
			chunked = strings.EqualFold(string(bytes.TrimSpace(last)), "chunked")
		}
	}
	return chunked
}

// chunksSaid reports whether Transfer-Encoding is there at all: the length is its affair.
func (m *Message) chunksSaid() bool {
	if m.Protocol != HTTP1 {
		return false
	}
	for _, l := range fieldLines(m.Head) {
		if l.is("transfer-encoding") {
			return true
		}
	}
	return false
}

// StaleLength reports whether the head says another length than the body has; said is
// what it says, "" for nothing. A message that goes in chunks has none to be wrong.
func (m *Message) StaleLength() (said string, stale bool) {
	if m.chunksSaid() {
		return "", false
	}
	values := m.lengths()
	right := strconv.FormatInt(m.Body.Len(), 10)
	for _, v := range values {
		if v != right {
			return strings.Join(values, ", "), true
		}
	}
	if len(values) == 0 { // HTTP/2 ends a body by itself
		return "", m.Body.Len() > 0 && m.Protocol == HTTP1
	}
	return strings.Join(values, ", "), len(values) > 1
}

func (m *Message) lengths() (values []string) {
	if m.Protocol == HTTP2 {
		for _, f := range m.Fields {
			if f.Name == "content-length" {
				values = append(values, f.Value)
			}
		}
		return values
	}
	return HeadValues(m.Head, "content-length")
}

// HeadValues are the values of a field in a head of HTTP/1, in their order.
func HeadValues(head []byte, name string) (values []string) {
	for _, l := range fieldLines(head) {
		if l.is(name) {
			values = append(values, string(l.value))
		}
	}
	return values
}

// Fixed is the message with the length that its body has, and nothing else changed.
func (m Message) Fixed() Message {
	if _, stale := m.StaleLength(); !stale {
		return m
	}
	right := strconv.FormatInt(m.Body.Len(), 10)
	if m.Protocol == HTTP2 {
		var fields []Field
		seen := false
		for _, f := range m.Fields {
			if f.Name == "content-length" {
				if seen {
					continue
				}
				seen, f.Value = true, right
			}
			fields = append(fields, f)
		}
		m.Fields = fields
		return m
	}
	m.Head = fixedHead(m.Head, right)
	return m
}

func fixedHead(head []byte, right string) []byte {
	line := firstLineWhole(head)
	out := append(make([]byte, 0, len(head)+32), line...)
	rest, seen := head[len(line):], false
	for _, l := range fieldLines(head) {
		rest = rest[len(l.whole):]
		switch {
		case !l.is("content-length"):
			out = append(out, l.whole...)
		case !seen:
			seen = true
			i := bytes.IndexByte(l.whole, ':') + 1
			from := i + len(l.whole[i:]) - len(bytes.TrimLeft(l.whole[i:], " \t"))
			end := l.whole[len(bytes.TrimRight(l.whole, "\r\n")):]
			out = append(append(append(out, l.whole[:from]...), right...), end...)
		}
	}
	if !seen {
		out = append(append(append(out, "Content-Length: "...), right...), "\r\n"...)
	}
	return append(out, rest...)
}

// firstLineWhole is the first line with its line end.
func firstLineWhole(head []byte) []byte {
	if i := bytes.IndexByte(head, '\n'); i >= 0 {
		return head[:i+1]
	}
	return head
}
