package content

import (
	"strings"
	"unicode/utf8"
)

// FormFields are the fields of a form or a query, decoded, in order. label is the
// charset that was chosen or declared; with "" the form's own _charset_ counts (HTML
// section 4.10.21.7), or what its bytes look like. What cannot be decoded stays as
// sent.
func FormFields(form, label string) ([]Field, Charset) {
	type pair struct{ name, value string }
	var sent []pair
	var all []byte // of the values that are not ASCII
	for one := range strings.SplitSeq(form, "&") {
		if one == "" {
			continue
		}
		name, value, _ := strings.Cut(one, "=")
		sent = append(sent, pair{name, value})
		for _, part := range []string{name, value} {
			if raw := unescape(part); !isASCII(raw) {
				all = append(append(all, raw...), ' ')
			}
		}
		if label == "" && name == "_charset_" {
			label = unescape(value)
		}
	}
	c, used := formCharset(label, all)
	fields := make([]Field, 0, len(sent))
	for _, one := range sent {
		fields = append(fields, Field{c.field(one.name), c.field(one.value)})
	}
	return fields, used
}

// formCharset is how the bytes of a form are read.
func formCharset(label string, all []byte) (codec, Charset) {
	m := measure(all)
	c, known := lookup(label)
	if known {
		if c, fits := c.fitting(all, &m); fits {
			return c, Charset{Name: c.name}
		}
	}
	used := Charset{Declared: strings.ToLower(label)}
	if m.plain() {
		used.Declared = ""
	}
	c = utf8Codec
	if m.bad > m.multi && looksLikeGB(all) {
		c = gb18030Codec
	}
	used.Name = c.name
	return c, used
}

// field decodes a name or a value.
func (c codec) field(s string) string {
	raw := unescape(s)
	if isASCII(raw) && c.name != "iso-2022-jp" && c.name != "hz-gb-2312" {
		return raw
	}
	if text := c.read([]byte(raw)); !strings.Contains(text, "\ufffd") {
		return text
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// unescape undoes percent-encoding where it is one, and "+" for a space.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			out = append(out, ' ')
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
