package har

import (
	"bytes"
	"strconv"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// decoded is a body without its coding; ok is false where that cannot be undone whole,
// and the body is as it passed. A body that was cut is undone as far as it goes.
func decoded(lines []line, body *flow.Body) (b []byte, ok bool) {
	coding := codingOf(lines)
	if coding == "" || len(body.Bytes) == 0 {
		return body.Bytes, true
	}
	d, err := content.Decode(coding, body.Bytes)
	if err != nil && (body.State == flow.BodyWhole || len(d.Body) == 0 || err == content.ErrLimit) || d.After {
		return body.Bytes, false
	}
	return d.Body, true
}

// bodyComment says what a reader has to know of a body; "" for nothing.
func bodyComment(body *flow.Body, coding string, undone bool) string {
	kept, size := strconv.Itoa(len(body.Bytes)), decimal(body.Size)
	switch body.State {
	case flow.BodyCut:
		return "The first " + kept + " of " + size + " bytes were kept."
	case flow.BodyArriving:
		return "It was arriving: " + kept + " bytes are here."
	case flow.BodyEvicted:
		return "Its " + size + " bytes left memory to make room."
	case flow.BodyNotRecorded:
		return "Its " + size + " bytes were not recorded."
	}
	if !undone {
		return "It is still in its coding (" + coding + "), which could not be undone."
	}
	return ""
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// content writes the body of the response.
func (h *Writer) content(b []byte, x *flow.Exchange, lines []line, e *extra, f *foreign) []byte {
	body := &x.ResponseBody
	plain, undone := decoded(lines, body)
	if !bytes.Equal(plain, body.Bytes) {
		e.responseBody.wire = body.Bytes
	}
	size := int64(len(plain))
	if body.State != flow.BodyWhole && body.State != flow.BodyNone && codingOf(lines) == "" {
		size = body.Size
	}
	b = number(append(name(b, "content"), '{'), "size", size)
	if body.State == flow.BodyWhole && size != body.Size {
		b = number(b, "compression", size-body.Size)
	}
	b = text(b, "mimeType", mediaType(lines, "x-unknown"))
	switch {
	case len(plain) == 0 && body.State != flow.BodyWhole:
	case readableText(plain):
		b = text(b, "text", plain)
	default:
		b = text(base64Text(b, "text", plain), "encoding", "base64")
	}
	if c := bodyComment(body, codingOf(lines), undone); c != "" {
		b = text(b, "comment", c)
	}
	return end(append(b, f.members[partContent]...), '}')
}

// postData writes the body of the request. HAR has no place for one that is no text:
// that stands where HTTP Toolkit puts it, and in no text that others would send on.
func (h *Writer) postData(b []byte, x *flow.Exchange, lines []line, e *extra, f *foreign) []byte {
	body := &x.RequestBody
	if body.State == flow.BodyNone && len(body.Bytes) == 0 && len(f.members[partPostData]) == 0 {
		return b
	}
	plain, undone := decoded(lines, body)
	if !bytes.Equal(plain, body.Bytes) {
		e.requestBody.wire = body.Bytes
	}
	isText := readableText(plain)
	media := mediaType(lines, "application/octet-stream")
	b = text(append(name(b, "postData"), '{'), "mimeType", media)
	switch kind, _ := content.Declared(media); {
	case kind == content.Form && isText:
		fields, _ := content.FormFields(string(plain), "")
		b = end(params(append(name(b, "params"), '['), fields), ']')
	case kind == content.Multipart:
		b = multipart(b, media, plain)
	}
	if isText && (len(plain) > 0 || body.State == flow.BodyWhole) {
		b = text(b, "text", plain)
	}
	comment := bodyComment(body, codingOf(lines), undone)
	if comment == "" && !isText {
		comment = "It is no text: its bytes are in _content."
	}
	if comment != "" {
		b = text(b, "comment", comment)
	}
	b = end(append(b, f.members[partPostData]...), '}')
	switch {
	case !isText:
		b = text(b, "_requestBodyStatus", "discarded:not-representable")
		b = number(append(name(b, "_content"), '{'), "size", int64(len(plain)))
		b = end(text(base64Text(b, "text", plain), "encoding", "base64"), '}')
	case len(plain) == 0 && body.Size > 0:
		b = text(b, "_requestBodyStatus", "discarded:not-recorded")
	}
	return b
}

// multipart writes the parts of a body; those that are no text without their bytes.
func multipart(b []byte, media string, body []byte) []byte {
	all, _ := content.Parts(media, body)
	b = append(name(b, "params"), '[')
	for _, p := range all {
		b = text(append(b, '{'), "name", p.Name)
		if p.File != "" {
			b = text(b, "fileName", p.File)
		}
		if p.ContentType != "" {
			b = text(b, "contentType", p.ContentType)
		}
		if readableText(p.Body) {
			b = text(b, "value", p.Body)
		}
		b = end(b, '}')
	}
	return end(b, ']')
}
