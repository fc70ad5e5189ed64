package document

import (
	"bytes"
	"strings"

	"posthouse/proxy/content"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
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

// partsDoc is a multipart body as a table: of a form, a field with its value, a file
// with what is known of it and the beginning of its text; of any other, each part
// with its head. The whole, boundaries too, is there as text.
func (p *Prepared) partsDoc(contentType, charset string, body []byte) *FieldsDoc {
	parts, more := content.Parts(contentType, body)
	if more {
		p.Notices = append(p.Notices, notice{"body.long_parts", []any{words.CountText(content.MaxParts)}})
	}
	media := content.MediaType(contentType)
	isForm := media == "multipart/form-data"
	if !isForm {
		p.format = media
	}
	t := partsTable{doc: &FieldsDoc{}, charset: charset, room: maxFileRows}
	for i := range parts {
		if isForm {
			t.field(&parts[i])
		} else {
			t.doc.Section(i18n.T("details.part", words.CountText(i+1)), parts[i].Head)
			if len(parts[i].Head) == 0 {
				t.doc.Add(rowTitle, i18n.T("details.part", words.CountText(i+1)), "")
			}
			t.file("", &parts[i], words.SizeText(int64(len(parts[i].Body))))
		}
	}
	if t.cut {
		p.Notices = append(p.Notices, notice{"body.long_file", nil})
	}
	return t.doc
}

// partsTable is a table of parts that is being made.
type partsTable struct {
	doc     *FieldsDoc
	charset string // that a person chose
	room    int    // lines of files that may still be added
	cut     bool   // not all of a file is there
}

// field adds a part of a form.
func (t *partsTable) field(part *content.Part) {
	if part.File == "" && partKind(part).IsText() {
		t.doc.Add(RowField, part.Name, partText(part, t.charset))
		return
	}
	t.file(part.Name, part, partFacts(part))
}

// file adds what is known of a part, and the beginning of its text.
func (t *partsTable) file(name string, part *content.Part, facts string) {
	t.doc.Add(rowFile, name, facts)
	if kind := partKind(part); !kind.IsText() && kind != content.Multipart {
		return
	}
	lines, whole := fileLines(part, t.charset, min(maxFileLines, t.room))
	for _, line := range lines {
		t.doc.Add(RowText, "", line)
	}
	t.room -= len(lines)
	t.cut = t.cut || !whole
}

// partKind is what a part is; one that says nothing is text.
func partKind(part *content.Part) content.Kind {
	if part.ContentType == "" && part.File == "" && bytes.IndexByte(part.Body, 0) < 0 {
		return content.PlainText
	}
	kind, _ := content.KindOf(part.ContentType, part.Body)
	return kind
}

// partText is the value of a field.
func partText(part *content.Part, charset string) string {
	shown := part.Body[:min(len(part.Body), maxPartShown)]
	text := decodedPart(part, charset, shown)
	if len(shown) < len(part.Body) {
		text += words.Ellipsis + " · " + words.SizeText(int64(len(part.Body)))
	}
	return text
}

func decodedPart(part *content.Part, charset string, shown []byte) string {
	text, _ := textOf(part.ContentType, charset, shown)
	return text
}

// partFacts are what a file is: "cat.png · image/png · 12 KB".
func partFacts(part *content.Part) string {
	var texts []string
	for _, word := range []string{part.File, part.ContentType, words.SizeText(int64(len(part.Body)))} {
		if word != "" {
			texts = append(texts, word)
		}
	}
	return strings.Join(texts, " · ")
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
		lines = append(lines, words.Ellipsis)
	}
	return lines, whole
}
