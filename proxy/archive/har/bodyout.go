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

// postData writes the body of the request. HAR has no place for one that is no text: that
// stands where HTTP Toolkit puts it. Then there is no postData, for many who read HAR rely
// on its text.
func (h *Writer) postData(b []byte, x *flow.Exchange, lines []line, e *extra, f *foreign) []byte {
	body, members := &x.RequestBody, f.members[partPostData]
	if body.State == flow.BodyNone && len(body.Bytes) == 0 && len(members) == 0 {
		return b
	}
	plain, undone := decoded(lines, body)
	if !bytes.Equal(plain, body.Bytes) {
		e.requestBody.wire = body.Bytes
	}
	media := mediaType(lines, "application/octet-stream")
	comment := bodyComment(body, codingOf(lines), undone)
	isText := readableText(plain)
	switch {
	case !isText:
		b = text(b, "_requestBodyStatus", "discarded:not-representable")
		b = text(append(name(b, "_content"), '{'), "mimeType", media)
		b = text(base64Text(number(b, "size", int64(len(plain))), "text", plain), "encoding", "base64")
	case len(plain) == 0 && body.State != flow.BodyWhole && len(members) == 0:
		b = text(b, "_requestBodyStatus", "discarded:not-recorded")
		if comment != "" {
			b = text(b, "comment", comment)
		}
		return b
	default:
		b = text(append(name(b, "postData"), '{'), "mimeType", media)
		b = formParams(b, media, plain)
		b = text(b, "text", plain)
	}
	if comment != "" {
		b = text(b, "comment", comment)
	}
	return end(append(b, members...), '}')
}

// formParams writes the fields of a form, or the parts of a multipart body.
func formParams(b []byte, media string, body []byte) []byte {
	switch kind, _ := content.Declared(media); kind {
	case content.Form:
		fields, _ := content.FormFields(string(body), "")
		return end(params(append(name(b, "params"), '['), fields), ']')
	case content.Multipart:
		return multipart(b, media, body)
	}
	return b
}

// multipart writes the parts of a body.
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
		b = end(text(b, "value", p.Body), '}')
	}
	return end(b, ']')
}
