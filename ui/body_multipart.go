package ui

import (
	"bytes"
	"strings"

	"posthouse/proxy/content"
)

// maxPartShown bounds what is shown of the text in one part, in bytes.
const maxPartShown = 64 << 10

// partsDoc is a multipart body as a table: a field with its value, a file with
// what is known of it. The whole, boundaries and heads too, is there as text.
func (p *preparedBody) partsDoc(contentType, charset string, body []byte) *fieldsDoc {
	parts, more := content.Parts(contentType, body)
	if more {
		p.notices = append(p.notices, notice{"body.long_parts", []any{countText(content.MaxParts)}})
	}
	d := &fieldsDoc{}
	for i := range parts {
		d.add(rowField, parts[i].Name, partText(&parts[i], charset))
	}
	return d
}

// partText is the value of a field, or what a file is: "cat.png · image/png · 12 KB".
func partText(part *content.Part, charset string) string {
	kind := content.PlainText
	if part.ContentType != "" || bytes.IndexByte(part.Body, 0) >= 0 {
		kind = content.KindOf(part.ContentType, part.Body)
	}
	if part.File == "" && kind.IsText() {
		shown := part.Body[:min(len(part.Body), maxPartShown)]
		contentType := part.ContentType
		if charset != "" {
			contentType = "text/plain; charset=" + charset
		}
		text, _ := content.Text(contentType, shown)
		if len(shown) < len(part.Body) {
			text += ellipsis + " · " + sizeText(int64(len(part.Body)))
		}
		return text
	}
	var words []string
	for _, word := range []string{part.File, part.ContentType, sizeText(int64(len(part.Body)))} {
		if word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " · ")
}
