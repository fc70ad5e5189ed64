package ui

import (
	"bytes"
	"strings"

	"posthouse/proxy/content"
)

const (
	// maxPartShown bounds what is shown of the value of a field, in bytes.
	maxPartShown = 64 << 10
	// maxFileShown and maxFileLines bound what is shown of the text in one file,
	// so that the fields after it stay near.
	maxFileShown = 16 << 10
	maxFileLines = 200
	// maxFileRows bounds the lines of all files together.
	maxFileRows = 10_000
)

// partsDoc is a multipart body as a table: a field with its value, a file with
// what is known of it and the beginning of its text. The whole, boundaries and
// heads too, is there as text.
func (p *preparedBody) partsDoc(contentType, charset string, body []byte) *fieldsDoc {
	parts, more := content.Parts(contentType, body)
	if more {
		p.notices = append(p.notices, notice{"body.long_parts", []any{countText(content.MaxParts)}})
	}
	d := &fieldsDoc{}
	room, cut := maxFileRows, false
	for i := range parts {
		part := &parts[i]
		isText := partKind(part).IsText()
		if part.File == "" && isText {
			d.add(rowField, part.Name, partText(part, charset))
			continue
		}
		d.add(rowFile, part.Name, partFacts(part))
		if !isText {
			continue
		}
		lines, whole := fileLines(part, charset, min(maxFileLines, room))
		for _, line := range lines {
			d.add(rowText, "", line)
		}
		room -= len(lines)
		cut = cut || !whole
	}
	if cut {
		p.notices = append(p.notices, notice{"body.long_file", nil})
	}
	return d
}

// partKind is what a part is; one that says nothing is text.
func partKind(part *content.Part) content.Kind {
	if part.ContentType == "" && part.File == "" && bytes.IndexByte(part.Body, 0) < 0 {
		return content.PlainText
	}
	return content.KindOf(part.ContentType, part.Body)
}

// partText is the value of a field.
func partText(part *content.Part, charset string) string {
	shown := part.Body[:min(len(part.Body), maxPartShown)]
	text := decodedPart(part, charset, shown)
	if len(shown) < len(part.Body) {
		text += ellipsis + " · " + sizeText(int64(len(part.Body)))
	}
	return text
}

func decodedPart(part *content.Part, charset string, shown []byte) string {
	contentType := part.ContentType
	if charset != "" {
		contentType = "text/plain; charset=" + charset
	}
	text, _ := content.Text(contentType, shown)
	return text
}

// partFacts are what a file is: "cat.png · image/png · 12 KB".
func partFacts(part *content.Part) string {
	var words []string
	for _, word := range []string{part.File, part.ContentType, sizeText(int64(len(part.Body)))} {
		if word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " · ")
}

// fileLines is the beginning of the text in a file, at most limit lines and one
// that stands for the rest; whole is whether that is all of it.
func fileLines(part *content.Part, charset string, limit int) (lines []string, whole bool) {
	shown := part.Body[:min(len(part.Body), maxFileShown)]
	whole = len(shown) == len(part.Body)
	rest := decodedPart(part, charset, shown)
	for rest != "" && len(lines) < limit {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		lines = append(lines, strings.TrimSuffix(line, "\r"))
	}
	if whole = whole && rest == ""; !whole {
		lines = append(lines, ellipsis)
	}
	return lines, whole
}
