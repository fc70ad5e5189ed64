package message

import (
	"bytes"
	"strconv"
	"strings"

	"posthouse/proxy/flow"
)

// Field is one field line as a file tells it.
type Field struct{ Name, Value string }

// NameHTTP2 is how a row calls HTTP/2; heads of it begin with pseudo-header fields.
const NameHTTP2 = "HTTP/2.0"

// Proto is a version as rows have it, of what other programs call it; HTTP/1.1 where they do not say.
func Proto(name string) string {
	switch name = strings.ToUpper(strings.TrimSpace(name)); {
	case name == "H2" || name == "HTTP/2" || name == NameHTTP2:
		return NameHTTP2
	case name == "H3" || name == "HTTP/3" || name == "HTTP/3.0":
		return "HTTP/3.0"
	case len(name) == len("HTTP/1.1") && strings.HasPrefix(name, "HTTP/"):
		return name
	}
	return "HTTP/1.1"
}

// multiplexed reports whether heads of a version have pseudo-header fields for a start-line.
func multiplexed(proto string) bool { return proto == NameHTTP2 || proto == "HTTP/3.0" }

// RequestHead makes the head of a request of what is in its row, with a Host field only
// where the fields have one. It is for files that do not keep the bytes.
func RequestHead(r *flow.Row, fields []Field) []byte {
	target := r.Path
	if r.Scheme == "" {
		target = r.Host
	}
	if multiplexed(r.Proto) {
		pseudo := []Field{{":method", r.Method}, {":scheme", r.Scheme}, {":authority", r.Host}, {":path", target}}
		if r.Scheme == "" {
			pseudo = []Field{{":method", r.Method}, {":authority", r.Host}}
		}
		return appendFields(nil, append(pseudo, withoutPseudo(fields)...))
	}
	if target == "" {
		target = "/"
	}
	head := appendWord(nil, r.Method)
	head = append(appendWord(append(head, ' '), target), ' ')
	return appendFields(append(append(head, r.Proto...), "\r\n"...), withoutPseudo(fields))
}

// ResponseHead makes the head of an answer.
func ResponseHead(proto string, status int, phrase string, fields []Field) []byte {
	if multiplexed(proto) {
		return appendFields(nil, append([]Field{{":status", strconv.Itoa(status)}}, withoutPseudo(fields)...))
	}
	head := append(strconv.AppendInt(append([]byte(proto), ' '), int64(status), 10), ' ')
	return appendFields(append(appendClean(head, phrase), "\r\n"...), withoutPseudo(fields))
}

// Trailer makes a trailer section, nil of no fields.
func Trailer(fields []Field) []byte {
	if len(fields) == 0 {
		return nil
	}
	return bytes.TrimSuffix(appendFields(nil, fields), []byte("\r\n"))
}

// withoutPseudo leaves out the pseudo-header fields that some programs list among the others.
func withoutPseudo(fields []Field) []Field {
	kept := make([]Field, 0, len(fields))
	for _, f := range fields {
		if !strings.HasPrefix(f.Name, ":") {
			kept = append(kept, f)
		}
	}
	return kept
}

func appendFields(head []byte, fields []Field) []byte {
	for _, f := range fields {
		head = append(appendClean(head, f.Name), ": "...)
		head = append(appendClean(head, f.Value), "\r\n"...)
	}
	return append(head, "\r\n"...)
}

// appendClean appends text on one line: what ends a line, and NUL, becomes a space.
func appendClean(b []byte, text string) []byte {
	for i := range len(text) {
		c := text[i]
		if c == '\r' || c == '\n' || c == 0 {
			c = ' '
		}
		b = append(b, c)
	}
	return b
}

// appendWord appends a word of a start-line, with white space percent-encoded.
func appendWord(b []byte, text string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		if c := text[i]; c > ' ' && c != 0x7f {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}

// Cut splits bytes behind the empty line that ends a head. Lines may end in LF alone.
// Without such a line all is the head.
func Cut(raw []byte) (head, rest []byte) {
	for at := 0; ; {
		n := bytes.IndexByte(raw[at:], '\n')
		if n < 0 {
			return raw, nil
		}
		line := bytes.TrimSuffix(raw[at:at+n], []byte("\r"))
		first := at == 0
		at += n + 1
		if len(line) == 0 && !first {
			return raw[:at], raw[at:]
		}
	}
}
