package h2test

import (
	"strings"

	"golang.org/x/net/http2/hpack"
)

// Fields reads lines: "name: value", with "!" before it for never indexed. The name
// of a pseudo-header field begins with its colon.
func Fields(lines ...string) []hpack.HeaderField {
	all := make([]hpack.HeaderField, 0, len(lines))
	for _, line := range lines {
		line, never := strings.CutPrefix(line, "!")
		from := 0
		if strings.HasPrefix(line, ":") {
			from = 1
		}
		name, value, _ := strings.Cut(line[from:], ":")
		all = append(all, hpack.HeaderField{Name: line[:from] + name, Value: strings.TrimPrefix(value, " "), Sensitive: never})
	}
	return all
}

// Lines is what Fields reads.
func Lines(fields []hpack.HeaderField) []string {
	lines := make([]string, 0, len(fields))
	for _, f := range fields {
		line := f.Name + ": " + f.Value
		if f.Sensitive {
			line = "!" + line
		}
		lines = append(lines, line)
	}
	return lines
}

// Literal is a field that is spelt out, without Huffman coding and without a place in
// the dynamic table: for blocks that an encoder would not write.
func Literal(name, value string) []byte {
	b := appendInteger([]byte{0}, 7, 0, len(name))
	b = append(b, name...)
	return append(appendInteger(b, 7, 0, len(value)), value...)
}

// Indexed is a field of the static or dynamic table.
func Indexed(index int) []byte { return appendInteger(nil, 7, 0x80, index) }

// TableSize is a dynamic table size update (RFC 7541 section 6.3).
func TableSize(n int) []byte { return appendInteger(nil, 5, 0x20, n) }

// appendInteger follows RFC 7541 section 5.1.
func appendInteger(b []byte, prefix int, pattern byte, n int) []byte {
	limit := 1<<prefix - 1
	if n < limit {
		return append(b, pattern|byte(n))
	}
	b = append(b, pattern|byte(limit))
	for n -= limit; n >= 128; n /= 128 {
		b = append(b, byte(n%128)|0x80)
	}
	return append(b, byte(n))
}
