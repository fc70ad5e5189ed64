package export

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"posthouse/proxy/flow"
)

// raw is a request as HTTP/1 has it. A text stays one: what a terminal or an editor
// would act on is in no line of it.
var raw = program{anyTarget: true, host: true, noHost: true,
	value: func(_, value string) bool { return text([]byte(value)) },
	body: func(body []byte) NoteKind {
		if !text(body) {
			return BodyNotText
		}
		return 0
	}}

// text reports whether bytes are text: UTF-8 without controls but those of lines.
func text(body []byte) bool {
	if !utf8.Valid(body) {
		return false
	}
	for i, c := range string(body) {
		lineEnd := c == '\n' || c == '\t' || c == '\r' && i+1 < len(body) && body[i+1] == '\n'
		if (unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)) && !lineEnd {
			return false
		}
	}
	return true
}

// writeRaw is the request that an origin gets, chunks and all. HTTP/2 is written as
// HTTP/1.1 has it.
func writeRaw(x *flow.Exchange) Copy {
	t := raw.plan(x)
	if t == nil {
		return none(NoRequest)
	}
	path := t.path
	if encoded := percentEncoded(path); encoded != path {
		t.notes.add(TargetEncoded)
		path = encoded
	}
	proto := x.Proto
	if proto != "HTTP/1.0" {
		proto = "HTTP/1.1"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s %s\r\n", t.head.method.text, path, proto)
	if t.head.http2 && !t.head.has("Host") {
		out.WriteString("Host: " + x.Host + "\r\n")
	}
	for _, f := range t.lines() {
		out.WriteString(f.line + "\r\n")
	}
	if t.head.http2 && t.sends && !t.head.has("Content-Length") {
		out.WriteString("Content-Length: " + strconv.Itoa(len(t.content)) + "\r\n")
	}
	out.WriteString("\r\n")
	switch {
	case t.chunked && t.sends && len(t.content) > 0:
		fmt.Fprintf(&out, "%x\r\n%s\r\n0\r\n\r\n", len(t.content), t.content)
	case t.chunked && t.sends:
		out.WriteString("0\r\n\r\n")
	default:
		out.Write(t.content)
	}
	return Copy{out.String(), t.notes}
}

// lines are the fields with those that programs make themselves, in their order.
func (t *plan) lines() []field {
	chosen := t.fields
	var all []field
	for _, f := range t.head.fields {
		own := strings.EqualFold(f.name, "Host") && f.value == t.x.Host || t.sends && strings.EqualFold(f.name, "Transfer-Encoding") ||
			strings.EqualFold(f.name, "Content-Length") && (t.sends || f.value == "0")
		switch {
		case len(chosen) > 0 && chosen[0] == f:
			chosen = chosen[1:]
			all = append(all, f)
		case own && printableOrTab("", f.value):
			all = append(all, f)
		}
	}
	return all
}
