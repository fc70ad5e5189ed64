package history

import (
	"bytes"

	"posthouse/proxy/content"
)

// addBody adds a body as it is searched: without its content codings, and as it passed
// where they cannot be undone. A body in a wide charset is added as the text that it is, too.
func (t *trigrams) addBody(head, body []byte) {
	if len(body) == 0 {
		return
	}
	contentType, coding := "", ""
	if hasField(head, "content-encoding") || bytes.IndexByte(body, 0) >= 0 {
		_, fields := content.Fields(head)
		contentType, coding = content.Value(fields, "Content-Type"), content.Value(fields, "Content-Encoding")
	}
	if coding != "" {
		decoded, err := content.Decode(coding, body)
		if err != nil {
			addText(t, body)
		}
		body = decoded.Body
	}
	addText(t, body)
	if bytes.IndexByte(body, 0) >= 0 {
		if kind, _ := content.KindOf(contentType, body); kind.IsText() {
			text, _ := content.Text(contentType, body)
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
