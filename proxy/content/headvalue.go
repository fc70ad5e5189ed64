package content

import "bytes"

// HeadValue is Value of the fields of a head, of a name in small letters. It looks at one line where that is
// all that matters, and allocates no more than the value then.
func HeadValue(head []byte, lower string) string {
	before, line, after := fieldLine(head, lower)
	if line == nil {
		return ""
	}
	if value, ok := plainValue(line, lower); ok && head[0] != ':' && !MayHaveField(after, lower) && !goesOn(after) &&
		!bytes.Contains(before, []byte("\n\r\n")) && !bytes.Contains(before, []byte("\n\n")) {
		return value
	}
	_, fields := Fields(head)
	return Value(fields, lower)
}

// plainValue is what a line says that has a name, a colon and ASCII behind it.
func plainValue(line []byte, lower string) (string, bool) {
	name, value, ok := bytes.Cut(line, []byte(":"))
	value = bytes.Trim(value, " \t\r")
	for _, c := range value {
		ok = ok && c >= ' ' && c < 0x7f
	}
	return string(value), ok && len(bytes.TrimRight(name, " \t")) == len(lower)
}

// goesOn reports whether a line goes on in what follows, which begins with its end.
func goesOn(after []byte) bool { return len(after) > 1 && (after[1] == ' ' || after[1] == '\t') }

// MayHaveField reports whether a head may have a field, of a name in small letters, without allocating.
func MayHaveField(head []byte, lower string) bool {
	_, line, _ := fieldLine(head, lower)
	return line != nil
}

// fieldLine finds a line, not the first, that begins as a field does; after it comes its line end.
func fieldLine(head []byte, lower string) (before, line, after []byte) {
	for rest := head; len(rest) >= len(lower); {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return nil, nil, nil
		}
		rest = rest[i+1:]
		if len(rest) > len(lower) && rest[0]|0x20 == lower[0] && bytes.EqualFold(rest[:len(lower)], []byte(lower)) {
			before = head[:len(head)-len(rest)]
			if j := bytes.IndexByte(rest, '\n'); j >= 0 {
				return before, rest[:j], rest[j:]
			}
			return before, rest, nil
		}
	}
	return nil, nil, nil
}
