package content

import (
	"bytes"
	"strings"

	"posthouse/proxy/content/raster"
)

// Kind is what a body is, as far as showing it goes.
type Kind uint8

const (
	Bytes Kind = iota // shown in hex
	PlainText
	JSON
	Markup // HTML, XML
	Code   // CSS, JavaScript
	Form   // application/x-www-form-urlencoded
	Image
	Multipart // multipart of whatever subtype, in parts
)

// IsText reports whether the body is shown as lines of text.
func (k Kind) IsText() bool { return k >= PlainText && k <= Form }

// MediaType is the type and subtype of a Content-Type, in lower case.
func MediaType(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// Declared is what a Content-Type says of a body; ok is whether it says anything.
func Declared(contentType string) (k Kind, ok bool) {
	media := MediaType(contentType)
	major, minor, _ := strings.Cut(media, "/")
	switch {
	case media == "" || media == "application/octet-stream" || media == "binary/octet-stream":
		return Bytes, false
	case media == "image/svg+xml":
		return Markup, true
	case major == "image":
		return Image, true
	case major == "multipart":
		return Multipart, true
	case declaredJSON(media):
		return JSON, true
	case minor == "html" || minor == "xml" || strings.HasSuffix(minor, "+xml"):
		return Markup, true
	case strings.Contains(minor, "javascript") || minor == "css" || minor == "ecmascript":
		return Code, true
	case minor == "x-www-form-urlencoded":
		return Form, true
	case major == "text":
		return PlainText, true
	case minor == "grpc" || major == "font" || major == "audio" || major == "video" || minor == "zip" || minor == "gzip" ||
		minor == "pdf" || minor == "wasm":
		return Bytes, true
	}
	return Bytes, false
}

func declaredJSON(media string) bool {
	_, minor, _ := strings.Cut(media, "/")
	for _, ending := range []string{"json", "jsonl", "jsonlines", "ndjson", "json-seq"} {
		if strings.HasSuffix(minor, ending) {
			return true
		}
	}
	return false
}

// KindOf decides what a body is by its Content-Type and by its bytes, which count
// for more where the two do not agree; mislabelled says that they do not.
func KindOf(contentType string, body []byte) (k Kind, mislabelled bool) {
	declared, says := Declared(contentType)
	if len(body) == 0 && !says {
		return PlainText, false
	}
	if !says {
		return sniffed(contentType, body), false
	}
	if len(body) == 0 {
		return declared, false
	}
	switch declared {
	case Multipart:
		if HasParts(contentType, body) {
			return Multipart, false
		}
		return sniffed(contentType, body), true
	case Image:
		if raster.Known(body) {
			return Image, false
		}
		if found := sniffed(contentType, body); found.IsText() {
			return found, true
		}
		return Image, false
	case Bytes:
		if found := sniffed(contentType, body); found == JSON || found == Image || found == Markup {
			return found, true
		}
		return Bytes, false
	}
	if !isText(contentType, body) {
		return sniffedBytes(body), true
	}
	found := labelledText(declared, MediaType(contentType), body)
	return found, found != declared && declared != PlainText
}

// labelledText is what a text is that was declared as some kind of text.
func labelledText(declared Kind, media string, body []byte) Kind {
	switch declared {
	case JSON:
		if looksLikeMarkup(body) {
			return Markup
		}
	case Markup:
		if looksLikeJSON(body) {
			return JSON
		}
	case Code:
		if looksLikeJSON(body) {
			return JSON
		}
		if isDocument(body) {
			return Markup
		}
	case Form:
		if found := textKind(body); found != PlainText || !looksLikeForm(body) {
			return found
		}
	case PlainText:
		switch {
		case media != "text/plain":
		case looksLikeJSON(body):
			return JSON
		case isDocument(body):
			return Markup
		}
	}
	return declared
}

// sampleSize is how much of a body is looked at where all of it says no more, in bytes.
const sampleSize = 1024

func sampleOf(body []byte) []byte { return body[:min(len(body), sampleSize)] }

// isText reports whether a body can be shown as lines: it has no zeros, or is in a
// charset of which they are a part.
func isText(contentType string, body []byte) bool {
	sample := sampleOf(body)
	if raster.Known(body) && isBinary(sample) {
		return false
	}
	if bytes.IndexByte(sample, 0) < 0 {
		return true
	}
	if _, ok := marked(body); ok {
		return true
	}
	if _, ok := wideOrder(body); ok {
		return true
	}
	c, ok := lookup(Parameters(contentType)["charset"])
	return ok && c.wide()
}

// isBinary reports whether there are controls that no text has (MIME Sniffing
// section 3).
func isBinary(sample []byte) bool {
	for _, c := range sample {
		if c <= 8 || c == 0xb || c >= 0xe && c <= 0x1a || c >= 0x1c && c <= 0x1f {
			return true
		}
	}
	return false
}

func sniffedBytes(body []byte) Kind {
	if raster.Known(body) {
		return Image
	}
	return Bytes
}

// sniffed decides by the bytes alone.
func sniffed(contentType string, body []byte) Kind {
	if !isText(contentType, body) {
		return sniffedBytes(body)
	}
	if _, ok := marked(body); ok {
		return textKind(body)
	}
	if _, ok := wideOrder(body); ok {
		return PlainText
	}
	sample := sampleOf(body)
	if isBinary(sample) && !looksLikeISO2022JP(sample) {
		return sniffedBytes(body)
	}
	if m := measure(sample); m.multi >= m.bad || m.bad*4 < len(sample) || looksLikeGB(sample) {
		return textKind(body)
	}
	return Bytes
}

// textKind is what a text is by how it looks.
func textKind(body []byte) Kind {
	switch {
	case looksLikeJSON(body):
		return JSON
	case looksLikeMarkup(body):
		return Markup
	}
	return PlainText
}

// maxLooked bounds the JSON that is read to know it, in bytes.
const maxLooked = 8 << 20

// looksLikeJSON knows objects and arrays, as far as they came.
func looksLikeJSON(body []byte) bool {
	body = body[:min(len(body), maxLooked)]
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	if n := len(guards.Find(body[:min(len(body), 512)])); n > 0 {
		body = body[n:]
	}
	return startsJSON(body) && IsJSON(body, true)
}

// looksLikeMarkup knows what begins with a tag and ends with one, or begins as a
// document.
func looksLikeMarkup(body []byte) bool {
	begin := bytes.TrimLeft(bytes.TrimPrefix(body, []byte(byteOrderMark)), spaces)
	if len(begin) < 3 || begin[0] != '<' {
		return false
	}
	if isDocument(body) {
		return true
	}
	end := bytes.TrimRight(begin, spaces)
	c := begin[1] | 0x20
	return (c >= 'a' && c <= 'z' || c == '!') && end[len(end)-1] == '>'
}

// isDocument knows the beginnings that only documents have.
func isDocument(body []byte) bool {
	begin := bytes.TrimLeft(bytes.TrimPrefix(sampleOf(body), []byte(byteOrderMark)), spaces)
	for _, with := range []string{"<?xml", "<!doctype", "<html", "<head", "<body", "<svg"} {
		if len(begin) >= len(with) && strings.EqualFold(string(begin[:len(with)]), with) {
			return true
		}
	}
	return false
}

// looksLikeForm reports whether a text could be a form: there are no line ends or
// spaces in one, for they are encoded.
func looksLikeForm(body []byte) bool {
	sample := bytes.TrimRight(sampleOf(body), spaces)
	return bytes.IndexByte(sample, '\n') < 0 && (bytes.IndexByte(sample, '=') >= 0 || bytes.IndexByte(sample, ' ') < 0)
}

// shortTypes are names for the list where the subtype would be long or odd.
var shortTypes = map[string]string{
	"application/octet-stream": "bytes", "application/x-www-form-urlencoded": "form", "multipart/form-data": "form",
	"text/plain": "text", "text/javascript": "js", "application/javascript": "js", "application/x-javascript": "js",
	"image/svg+xml": "svg", "image/x-icon": "ico", "image/vnd.microsoft.icon": "ico", "image/jpeg": "jpg", "text/event-stream": "events",
	"application/grpc": "grpc", "application/x-protobuf": "protobuf", "font/woff2": "woff2",
}

// ShortType is what the list shows of a Content-Type: "json", "html", "png".
func ShortType(contentType string) string {
	media := MediaType(contentType)
	if short, ok := shortTypes[media]; ok {
		return short
	}
	_, minor, ok := strings.Cut(media, "/")
	if !ok {
		return media
	}
	if i := strings.LastIndexByte(minor, '+'); i >= 0 && i+1 < len(minor) {
		return minor[i+1:]
	}
	return strings.TrimPrefix(strings.TrimPrefix(minor, "x-"), "vnd.")
}
