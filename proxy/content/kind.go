package content

import (
	"bytes"
	"net/http"
	"strings"
	"unicode/utf8"
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
	Multipart // multipart/form-data and its like, in parts
)

// IsText reports whether the body is shown as lines of text.
func (k Kind) IsText() bool { return k >= PlainText && k <= Form }

// MediaType is the type and subtype of a Content-Type, in lower case.
func MediaType(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// KindOf decides by the Content-Type, and by the first bytes where it is
// missing, says nothing, or is plainly wrong.
func KindOf(contentType string, sample []byte) Kind {
	sample = sample[:min(len(sample), 1024)]
	media := MediaType(contentType)
	major, minor, _ := strings.Cut(media, "/")
	switch {
	case media == "image/svg+xml":
		return Markup
	case major == "image":
		return Image
	case major == "multipart":
		if parts, _ := Parts(contentType, sample); len(parts) > 0 {
			return Multipart
		}
	case strings.HasSuffix(minor, "json") || strings.HasSuffix(minor, "+json"):
		return textual(JSON, sample)
	case minor == "html" || minor == "xml" || strings.HasSuffix(minor, "+xml"):
		return textual(Markup, sample)
	case strings.Contains(minor, "javascript") || minor == "css" || minor == "ecmascript":
		return textual(Code, sample)
	case minor == "x-www-form-urlencoded":
		return textual(Form, sample)
	case major == "text":
		return textual(PlainText, sample)
	}
	if media != "" && media != "application/octet-stream" {
		if minor == "grpc" || major == "font" || major == "audio" || major == "video" || minor == "zip" || minor == "gzip" || minor == "pdf" || minor == "wasm" {
			return Bytes
		}
	}
	return sniffed(sample)
}

// textual is k unless the bytes are plainly none.
func textual(k Kind, sample []byte) Kind {
	if bytes.IndexByte(sample, 0) >= 0 && !wide(sample) {
		return Bytes
	}
	return k
}

// wide recognises UTF-16 by its mark.
func wide(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff"))
}

func sniffed(sample []byte) Kind {
	if len(sample) == 0 {
		return PlainText
	}
	guess := MediaType(http.DetectContentType(sample))
	switch {
	case strings.HasPrefix(guess, "image/"):
		return Image
	case guess == "text/html" || guess == "text/xml":
		return Markup
	case strings.HasPrefix(guess, "text/"):
		if trimmed := bytes.TrimLeft(sample, " \t\r\n"); len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
			return JSON
		}
		if utf8.Valid(trimRune(sample)) || wide(sample) {
			return PlainText
		}
	}
	return Bytes
}

// trimRune drops a rune that the end of a sample cuts.
func trimRune(b []byte) []byte {
	for i := 1; i <= min(3, len(b)); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
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
