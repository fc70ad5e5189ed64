package content

import (
	"bytes"
	"strings"
)

// Field is one field line, as sent but for bytes that are no UTF-8.
type Field struct{ Name, Value string }

// Fields splits a raw head into its start-line and its fields. It takes what
// the strict parser would not, because refused heads are shown too. For HTTP/2,
// whose heads begin with pseudo-header fields, a start-line is made up of those.
func Fields(head []byte) (start string, fields []Field) {
	if len(head) > 0 && head[0] == ':' {
		return fields2(head)
	}
	for i, line := range bytes.Split(cutBlankLines(head), []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		switch {
		case i == 0:
			start = printable(line)
		case len(line) == 0:
			return start, fields // what is behind it came with a refused request, and is no field
		case (line[0] == ' ' || line[0] == '\t') && len(fields) > 0: // a fold (RFC 9112 section 5.2)
			last := &fields[len(fields)-1]
			last.Value = strings.TrimLeft(last.Value+" "+printable(bytes.Trim(line, " \t")), " ")
		default:
			name, value, _ := bytes.Cut(line, []byte(":"))
			fields = append(fields, Field{printable(bytes.TrimRight(name, " \t")), printable(bytes.Trim(value, " \t"))})
		}
	}
	return start, fields
}

// cutBlankLines leaves out the empty lines that some servers send before a status line.
func cutBlankLines(head []byte) []byte {
	cut := bytes.TrimLeft(head, "\r\n")
	if len(cut) < len(head) && len(cut) >= 4 && (bytes.EqualFold(cut[:4], []byte("HTTP")) || bytes.EqualFold(cut[:4], []byte("ICY "))) {
		return cut
	}
	return head
}

// fields2 takes a head apart that begins with pseudo-header fields (RFC 9113
// section 8.3). They stay among the fields, because they are what was sent.
func fields2(head []byte) (start string, fields []Field) {
	pseudo := map[string]string{}
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if len(line) == 0 {
			continue
		}
		from := 0
		if line[0] == ':' {
			from = 1
		}
		name, value, _ := bytes.Cut(line[from:], []byte(": "))
		f := Field{printable(line[:from+len(name)]), printable(value)}
		fields = append(fields, f)
		if from == 1 {
			pseudo[f.Name] = f.Value
		}
	}
	if status := pseudo[":status"]; status != "" {
		return "HTTP/2 " + status, fields
	}
	return strings.TrimSpace(pseudo[":method"]+" "+pseudo[":path"]) + " HTTP/2", fields
}

// Value joins the values of all fields of a name with commas (RFC 9110 section 5.3).
func Value(fields []Field, name string) string {
	var values []string
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return strings.Join(values, ", ")
}

// printable shows bytes as text: what is no UTF-8 is taken for Latin-1, and
// controls become visible signs.
func printable(b []byte) string {
	text := string(b)
	if strings.ToValidUTF8(text, "") != text {
		runes := make([]rune, len(b))
		for i, c := range b {
			runes[i] = rune(c)
		}
		text = string(runes)
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < 0x20:
			return 0x2400 + r // control pictures
		case r == 0x7f:
			return 0x2421
		}
		return r
	}, text)
}
