package history

import (
	"bytes"
	"hash/maphash"

	"posthouse/proxy/content"
)

// addBody adds a body as it is searched: without its content codings, and as it passed
// where they cannot be undone. A body that does not have its text as it is, such as UTF-16, is
// added as the text that it is, too.
func (t *trigrams) addBody(head, body []byte) {
	if len(body) == 0 {
		return
	}
	coding := fieldValue(head, "content-encoding")
	if coding != "" {
		decoded, err := content.Decode(coding, body)
		if err != nil {
			t.addLack()
			addText(t, body)
		}
		body = decoded.Body
	}
	if !t.again(body) {
		addText(t, body)
	}
	if content.AsItIs(head, body, true) {
		return
	}
	mediaType := fieldValue(head, "content-type")
	if t.againAs(mediaType, body) {
		return
	}
	if text, binary, copied := content.Searchable(mediaType, body); !binary && copied {
		addText(t, text)
	}
}

// againAs is again for a body that stands for different texts by its media type.
func (t *trigrams) againAs(mediaType string, body []byte) bool {
	var hash maphash.Hash
	hash.SetSeed(t.seed)
	_, _ = hash.WriteString(mediaType) // never fails
	_ = hash.WriteByte(0)
	_, _ = hash.Write(body)
	return t.againHash(hash.Sum64())
}

// fieldValue is content.Value of a head. It looks at one line where that is all that matters.
func fieldValue(head []byte, lower string) string {
	before, line, after := fieldLine(head, lower)
	if line == nil {
		return ""
	}
	if value, ok := plainValue(line, lower); ok && head[0] != ':' && !hasField(after, lower) && !goesOn(after) &&
		!bytes.Contains(before, []byte("\n\r\n")) && !bytes.Contains(before, []byte("\n\n")) {
		return value
	}
	_, fields := content.Fields(head)
	return content.Value(fields, lower)
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

// hasField reports whether a head may have a field, without allocating.
func hasField(head []byte, lower string) bool {
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
