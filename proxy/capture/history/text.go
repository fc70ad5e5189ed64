package history

import (
	"bytes"

	"posthouse/proxy/content"
)

// addBody adds a body as it is searched: without its content codings, and as it passed
// where they cannot be undone. A body that does not have its text as it is, such as UTF-16, is
// added as the text that it is, too.
func (t *trigrams) addBody(head, body []byte) {
	if len(body) == 0 {
		return
	}
	if hasField(head, "content-encoding") {
		_, fields := content.Fields(head)
		if coding := content.Value(fields, "Content-Encoding"); coding != "" {
			decoded, err := content.Decode(coding, body)
			if err != nil {
				t.addLack()
				addText(t, body)
			}
			body = decoded.Body
		}
	}
	addText(t, body)
	if !content.AsItIs(head, body, true) {
		_, fields := content.Fields(head)
		if text, binary, copied := content.Searchable(content.Value(fields, "Content-Type"), body); !binary && copied {
			addText(t, text)
		}
	}
}

// hasField reports whether a head may have a field, without allocating.
func hasField(head []byte, lower string) bool {
	for len(head) >= len(lower) {
		i := bytes.IndexByte(head, '\n')
		if i < 0 {
			return false
		}
		head = head[i+1:]
		if len(head) > len(lower) && bytes.EqualFold(head[:len(lower)], []byte(lower)) {
			return true
		}
	}
	return false
}
