package repeat

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"posthouse/proxy/content"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
)

// fill replaces {{name}} in host, target, fields and body. A value is written as its place has
// it: see encoding. A value with a line end or a NUL in a head is an error. A body that is read
// from a file stays as it is.
func fill(m outgoing.Message, find lookup) (outgoing.Message, error) {
	var bad error
	inHead := func(name string) (string, bool) {
		value, ok := find(name)
		if ok && strings.ContainsAny(value, "\r\n\x00") {
			bad = reason.New(reason.ValueControl, name)
		}
		return value, ok
	}
	m.Host = string(replaced([]byte(m.Host), inHead, asItIs{}))
	body := bodyEncoding(&m)
	if m.Protocol == outgoing.HTTP2 {
		fields := make([]outgoing.Field, len(m.Fields))
		for i, f := range m.Fields {
			var how encoding = asItIs{}
			if f.Name == ":path" {
				how = &inTarget{}
			}
			f.Value = string(replaced([]byte(f.Value), inHead, how))
			fields[i] = f
		}
		m.Fields = fields
	} else {
		end := bytes.IndexByte(m.Head, '\n') + 1
		m.Head = append(bytes.Clone(replaced(m.Head[:end], inHead, &inTarget{})), replaced(m.Head[end:], inHead, asItIs{})...)
	}
	if m.Body.Reader == nil {
		m.Body.Bytes = replaced(m.Body.Bytes, find, body)
	}
	return m, bad
}

// bodyEncoding is how values are written into the body: by what Content-Type says, and where
// that says nothing by what the body is.
func bodyEncoding(m *outgoing.Message) encoding {
	head := m.Head
	if m.Protocol == outgoing.HTTP2 {
		head = outgoing.FieldsText(m.Fields)
	}
	_, fields := content.Fields(head)
	kind := content.Value(fields, "Content-Type")
	switch is, says := content.Declared(kind); {
	case is == content.Form:
		return inForm{}
	case is == content.JSON, (!says || is == content.PlainText) && looksLikeJSON(m.Body.Bytes):
		return &inJSON{}
	}
	return asItIs{}
}

// looksLikeJSON reports whether a body is JSON once values stand in it.
func looksLikeJSON(body []byte) bool {
	if !bytes.Contains(body, []byte("{{")) {
		return false // and none will
	}
	number := func(string) (string, bool) { return "0", true }
	return content.IsJSON(replaced(body, number, asItIs{}), false)
}

// encoding is how a value is written where it stands.
type encoding interface {
	pass(text []byte, rest []byte) // text stands as it is, and rest follows it
	encode(value string) string    // of a value behind that
}

// asItIs leaves values as they are.
type asItIs struct{}

func (asItIs) pass([]byte, []byte)        {}
func (asItIs) encode(value string) string { return value }

// inForm is a form, in which what would end a value is percent-encoded.
type inForm struct{}

func (inForm) pass([]byte, []byte)        {}
func (inForm) encode(value string) string { return url.QueryEscape(value) }

// inTarget is a target. In a pair of its query what would end a name or a value is
// percent-encoded, and elsewhere what cannot stand in a target.
type inTarget struct {
	query bool // behind the question mark
	named bool // the pair has its equals sign
}

func (t *inTarget) pass(text, rest []byte) {
	for _, c := range text {
		switch {
		case c == '?' && !t.query:
			t.query, t.named = true, false
		case c == '&':
			t.named = false
		case c == '=':
			t.named = true
		}
	}
	if t.query && !t.named {
		rest = rest[max(bytes.Index(rest, []byte("}}")), 0):] // the name may have blanks beside it
		end := bytes.IndexAny(rest, "& #")
		if end < 0 {
			end = len(rest)
		}
		t.named = bytes.IndexByte(rest[:end], '=') >= 0
	}
}

func (t *inTarget) encode(value string) string {
	if t.query && t.named {
		return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	}
	return escaped(value)
}

// inJSON is JSON, inside whose strings a value is escaped (RFC 8259 section 7). Elsewhere it
// stands as it is: it may be a number, an object, or a string with its quotes.
type inJSON struct {
	inside  bool // a string
	escapes bool // the next byte belongs to a backslash
}

func (j *inJSON) pass(text, _ []byte) {
	for _, c := range text {
		switch {
		case j.escapes:
			j.escapes = false
		case c == '\\':
			j.escapes = j.inside
		case c == '"':
			j.inside = !j.inside
		}
	}
}

func (j *inJSON) encode(value string) string {
	if !j.inside {
		return value
	}
	var b strings.Builder
	for i := range len(value) {
		switch c := value[i]; {
		case c == '"', c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// escaped is a value as it can stand in a target.
func escaped(value string) string {
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; c <= ' ' || c >= 0x7f || c == '#' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Bounds of the name of a value, and of that with braces and blanks, in bytes.
const (
	maxName  = 64
	maxPlace = maxName + 20
)

// replaced is text with the values in it. What names none stays as it stands.
func replaced(text []byte, find lookup, how encoding) []byte {
	if !bytes.Contains(text, []byte("{{")) {
		return text
	}
	var out []byte
	pass := func(n int) {
		how.pass(text[:n], text[n:])
		out, text = append(out, text[:n]...), text[n:]
	}
	for {
		i := bytes.Index(text, []byte("{{"))
		if i < 0 {
			return append(out, text...)
		}
		end := bytes.Index(text[i:min(len(text), i+maxPlace)], []byte("}}"))
		if end < 0 {
			pass(i + 1)
			continue
		}
		name := strings.TrimSpace(string(text[i+2 : i+end]))
		value, ok := find(name)
		if bare := withoutBlanks(name); !ok && bare != name {
			value, ok = find(bare)
		}
		if !ok {
			pass(i + 1)
			continue
		}
		pass(i)
		out, text = append(out, how.encode(value)...), text[end+2:]
	}
}

// withoutBlanks is a name without the blanks beside it as a form or a target has them.
func withoutBlanks(name string) string {
	for {
		was := name
		name = strings.TrimSpace(strings.Trim(name, "+"))
		name = strings.TrimSuffix(strings.TrimPrefix(name, "%20"), "%20")
		if name == was {
			return name
		}
	}
}
