package content

import (
	"bytes"
	"unicode/utf8"
)

// Searchable is a decoded body as it is searched: what is text as UTF-8, in the charset that
// Text finds; all else as it is, and binary is true. copied is whether it takes memory beside
// the body.
func Searchable(contentType string, body []byte) (text []byte, binary, copied bool) {
	if plainlyUTF8(contentType, body) {
		return bytes.TrimPrefix(body, []byte(byteOrderMark)), false, false
	}
	if kind, _ := KindOf(contentType, body); kind == Bytes || kind == Image {
		return body, true, false
	}
	if media := MediaType(contentType); len(media) > 10 && media[:10] == "multipart/" && !utf8.Valid(body) {
		return body, true, false // of parts each has its own charset
	}
	s, _ := Text(contentType, body)
	return []byte(s), false, true
}

// plainlyUTF8 reports whether Text would return the body as it is, as far as that is seen quickly.
func plainlyUTF8(contentType string, body []byte) bool {
	switch charset := Parameters(contentType)["charset"]; charset {
	case "", "utf-8", "UTF-8", "utf8", "us-ascii":
	default:
		return false
	}
	return utf8.Valid(body) && bytes.IndexByte(body, 0) < 0 && bytes.IndexByte(body, 0x1b) < 0 && !mayLabel(body)
}

// mayLabel reports whether a body may declare its charset itself (ownLabel).
func mayLabel(body []byte) bool {
	begin := bytes.TrimLeft(body[:min(len(body), ownSample)], spaces)
	if len(begin) == 0 || begin[0] != '<' && begin[0] != '@' {
		return false
	}
	begin = bytes.ToLower(begin)
	return bytes.Contains(begin, []byte("charset")) || bytes.Contains(begin, []byte("encoding"))
}
