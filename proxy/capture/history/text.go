package history

import (
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
	coding := content.HeadValue(head, "content-encoding")
	if coding != "" {
		decoded, err := content.DecodeIn(t.decoded, coding, body)
		switch {
		case err != nil:
			t.addLack()
			addText(t, body)
		case decoded.Codings != "" && cap(decoded.Body) <= blockSize: // else it may be the record's
			t.decoded = decoded.Body
		}
		body = decoded.Body
	}
	if !t.again(body) {
		addText(t, body)
	}
	if content.AsItIs(head, body, true) {
		return
	}
	mediaType := content.HeadValue(head, "content-type")
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
