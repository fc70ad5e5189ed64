package har

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// A head in HAR is a list of fields, a version and, of an answer, a status with its
// text. Most heads can be made of that again, byte for byte; the writer looks, and adds
// the bytes where they cannot.

// line is a field line taken apart.
type line struct{ name, value []byte }

// cutHead splits a head into its start-line, "" for HTTP/2, and its field lines. exact is
// whether those lines are all "name: value" and the head is made of them alone.
func cutHead(head []byte) (start []byte, lines []line, exact bool) {
	rest, ended := bytes.CutSuffix(head, []byte("\r\n\r\n"))
	if !ended {
		rest = bytes.TrimRight(head, "\r\n")
	}
	if len(head) == 0 {
		return nil, nil, false
	}
	if head[0] != ':' {
		start, rest, _ = bytes.Cut(rest, []byte("\r\n"))
	}
	lines, exact = cutLines(make([]line, 0, usualLines), rest)
	if head[0] != ':' && (len(start) == 0 || len(lines) > 0 && lines[0].name[0] == ':') {
		exact = false // the fields alone would look like a head of HTTP/2, or the other way round
	}
	made := len("\r\n")
	if head[0] != ':' {
		made += len(start) + len("\r\n")
	}
	for _, l := range lines {
		made += len(l.name) + len(": ") + len(l.value) + len("\r\n")
	}
	return start, lines, exact && ended && made == len(head)
}

// usualLines is how many field lines few heads have more of.
const usualLines = 24

// cutLines splits field lines that have CR LF between them, and puts them into a list.
func cutLines(into []line, block []byte) (lines []line, exact bool) {
	lines, exact = into[:0], true
	for len(block) > 0 {
		var one []byte
		one, block, _ = bytes.Cut(block, []byte("\r\n"))
		n, v, ok := bytes.Cut(one[min(1, len(one)):], []byte(": "))
		if ok {
			n = one[:1+len(n)]
		}
		if !ok || !plainName(n) || !plainValue(v) {
			exact = false
			n, v = looseLine(one)
		}
		if len(n) > 0 {
			lines = append(lines, line{n, v})
		}
	}
	return lines, exact
}

// looseLine takes a line apart that is not in the usual form.
func looseLine(one []byte) (name, value []byte) {
	n, v, ok := bytes.Cut(one[min(1, len(one)):], []byte(":"))
	if !ok {
		return bytes.TrimSpace(one), nil
	}
	return bytes.TrimSpace(one[:1+len(n)]), bytes.TrimSpace(v)
}

// plainName and plainValue report whether the reader would take them as they are.
func plainName(n []byte) bool {
	ascii := true
	for i, c := range n {
		if c <= ' ' || c == 0x7f || c == ':' && i > 0 {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return len(n) > 0 && string(n) != ":" && (ascii || utf8.Valid(n))
}

func plainValue(v []byte) bool {
	for _, c := range v {
		if c == '\r' || c == '\n' || c == 0 {
			return false
		}
		if c >= utf8.RuneSelf {
			return bytes.IndexByte(v, '\r') < 0 && bytes.IndexByte(v, '\n') < 0 && bytes.IndexByte(v, 0) < 0 && utf8.Valid(v)
		}
	}
	return true
}

// headers writes field lines as HAR has them.
func headers(b []byte, n string, lines []line) []byte {
	b = append(name(b, n), '[')
	for _, l := range lines {
		b = append(b, `{"name":`...)
		b = quoted(b, readable(l.name))
		b = append(b, `,"value":`...)
		b = append(quoted(b, readable(l.value)), '}', ',')
	}
	return end(b, ']')
}

// readable is bytes as UTF-8: what is none is Latin-1.
func readable(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return []byte(string(runes))
}

// appendLines is field lines as they stand in a head.
func appendLines(b []byte, lines []line) []byte {
	for _, l := range lines {
		b = append(append(append(append(b, l.name...), ": "...), l.value...), "\r\n"...)
	}
	return b
}

// requestLine and statusLine are start-lines in the usual form.
func requestLine(b []byte, method, target, version string) []byte {
	b = append(append(append(b, method...), ' '), target...)
	return append(append(append(b, ' '), version...), "\r\n"...)
}

func statusLine(b []byte, version string, status int, text []byte) []byte {
	b = append(append(b, version...), ' ')
	b = strconv.AppendInt(b, int64(status), 10)
	return append(append(append(b, ' '), text...), "\r\n"...)
}

// target is what a request line in the usual form asks for.
func target(r *flow.Row) string {
	if r.Kind == flow.KindTunnel {
		return r.Host
	}
	return r.Path
}

// cutStatus takes a status line apart.
func cutStatus(start []byte) (version string, status int, text []byte) {
	v, rest, _ := bytes.Cut(start, []byte(" "))
	code, text, _ := bytes.Cut(rest, []byte(" "))
	status, _ = strconv.Atoi(string(code))
	return string(v), max(status, 0), text
}

// value is that of the first field of a name, in lower case; "" for none.
func value(lines []line, lower string) string {
	for _, l := range lines {
		if len(l.name) == len(lower) && bytes.EqualFold(l.name, []byte(lower)) {
			return string(l.value)
		}
	}
	return ""
}

// joined is the values of all fields of a name, with commas.
func joined(lines []line, lower string) (all string) {
	for _, l := range lines {
		if len(l.name) == len(lower) && bytes.EqualFold(l.name, []byte(lower)) {
			if all != "" {
				all += ", "
			}
			all += string(l.value)
		}
	}
	return all
}

// cookies writes those of a request, or of an answer with their attributes.
func cookies(b []byte, lines []line, field string) []byte {
	b = append(name(b, "cookies"), '[')
	for _, l := range lines {
		if len(l.name) != len(field) || !bytes.EqualFold(l.name, []byte(field)) {
			continue
		}
		if field == "set-cookie" {
			b = setCookie(b, l.value)
			continue
		}
		for pair := range bytes.SplitSeq(l.value, []byte(";")) {
			if pair = bytes.TrimSpace(pair); len(pair) > 0 {
				b = end(cookiePair(append(b, '{'), pair), '}')
			}
		}
	}
	return end(b, ']')
}

func cookiePair(b, pair []byte) []byte {
	n, v, _ := bytes.Cut(pair, []byte("="))
	return text(text(b, "name", readable(bytes.TrimSpace(n))), "value", readable(bytes.TrimSpace(v)))
}

// setCookie writes one cookie of an answer (RFC 6265 section 4.1).
func setCookie(b, v []byte) []byte {
	pair, attributes, _ := bytes.Cut(v, []byte(";"))
	b = cookiePair(append(b, '{'), pair)
	seen := map[string]bool{}
	for one := range bytes.SplitSeq(attributes, []byte(";")) {
		key, val, _ := bytes.Cut(bytes.TrimSpace(one), []byte("="))
		lower := string(bytes.ToLower(key))
		if seen[lower] {
			continue
		}
		seen[lower] = true
		switch lower {
		case "path", "domain", "expires":
			b = text(b, lower, readable(val))
		case "samesite":
			b = text(b, "sameSite", readable(val))
		case "httponly":
			b = append(b, `"httpOnly":true,`...)
		case "secure":
			b = append(b, `"secure":true,`...)
		}
	}
	return end(b, '}')
}

// queryString writes the fields of a query, decoded.
func queryString(b []byte, path string) []byte {
	b = append(name(b, "queryString"), '[')
	for i := range len(path) {
		if path[i] != '?' {
			continue
		}
		fields, _ := content.FormFields(path[i+1:], "")
		b = params(b, fields)
		break
	}
	return end(b, ']')
}

func params(b []byte, fields []content.Field) []byte {
	for _, f := range fields {
		b = end(text(text(append(b, '{'), "name", f.Name), "value", f.Value), '}')
	}
	return b
}
