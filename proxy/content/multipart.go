package content

import (
	"bytes"
	"unicode/utf8"
)

// Part is one part of a multipart body.
type Part struct {
	Name        string // from Content-Disposition, "" for none
	File        string // the file's name there, "" for none
	ContentType string
	Head        []Field // all of its head
	Body        []byte  // part of the body that was taken apart
}

const (
	// MaxParts bounds the parts that a multipart body is taken apart into.
	MaxParts = 1000
	// maxPartHead bounds the head of one, in bytes; what is longer belongs to its body.
	maxPartHead = 16 << 10
	// maxBoundary is RFC 2046 section 5.1.1.
	maxBoundary = 70
)

// Parts takes a multipart body apart at its boundary (RFC 2046 section 5.1.1,
// RFC 7578). It takes bare line feeds, and a body that ends early: then the last
// part is what there is of it. There are no parts where the boundary is missing;
// more is whether there are more than MaxParts.
func Parts(contentType string, body []byte) (parts []Part, more bool) {
	boundary := boundaryOf(contentType)
	if boundary == "" {
		return nil, false
	}
	mark := []byte("--" + boundary)
	_, rest, last := cutPart(body, mark)
	for !last {
		if len(parts) == MaxParts {
			return parts, true
		}
		var one []byte
		one, rest, last = cutPart(rest, mark)
		if len(one) > 0 || !last {
			parts = append(parts, partOf(one))
		}
	}
	return parts, false
}

// HasParts reports whether Parts would find any.
func HasParts(contentType string, body []byte) bool {
	boundary := boundaryOf(contentType)
	if boundary == "" {
		return false
	}
	_, rest, last := cutPart(body, []byte("--"+boundary))
	return !last && len(rest) > 0
}

// boundaryOf is the boundary that is declared, "" for none that can be one.
func boundaryOf(contentType string) string {
	boundary := Parameters(contentType)["boundary"]
	if len(boundary) > maxBoundary {
		return ""
	}
	return boundary
}

// cutPart cuts at the next line that is a delimiter; last is whether it closes
// the body, or there is none.
func cutPart(b, mark []byte) (part, rest []byte, last bool) {
	for at := 0; ; {
		next := bytes.Index(b[at:], mark)
		if next < 0 {
			return b, nil, true
		}
		at += next
		end := at + len(mark)
		closing := bytes.HasPrefix(b[end:], []byte("--"))
		after, ok := lineAfter(b[end:])
		if begins := at == 0 || b[at-1] == '\n'; begins && (ok || closing) {
			part = bytes.TrimSuffix(bytes.TrimSuffix(b[:at], []byte("\n")), []byte("\r"))
			return part, after, closing
		}
		at = end
	}
}

// lineAfter is what follows a line of white space.
func lineAfter(b []byte) (rest []byte, ok bool) {
	for i, c := range b {
		switch c {
		case '\n':
			return b[i+1:], true
		case ' ', '\t', '\r':
		default:
			return nil, false
		}
	}
	return nil, true
}

// partOf takes the head of a part off.
func partOf(b []byte) (p Part) {
	head, body := b[:0], b
	if first, after, ok := bytes.Cut(b[:min(len(b), maxPartHead)], []byte("\n")); ok && len(bytes.TrimSpace(first)) == 0 {
		body = b[len(b[:min(len(b), maxPartHead)])-len(after):] // no head at all
	} else if end, n := headEnd(b[:min(len(b), maxPartHead)]); n > 0 {
		head, body = b[:end], b[end+n:]
	}
	if !utf8.Valid(head) { // names of files in another charset
		text, _ := Text("", head)
		head = []byte(text)
	}
	_, p.Head = Fields(append([]byte("\n"), head...))
	p.ContentType = Value(p.Head, "Content-Type")
	disposition := Parameters(Value(p.Head, "Content-Disposition"))
	p.Name, p.File = words(disposition["name"]), words(disposition["filename"])
	p.Body = body
	return p
}

// headEnd is where the empty line after a head begins, and its length with the
// end of the line before it; 0 where there is none.
func headEnd(b []byte) (at, length int) {
	crlf, lf := bytes.Index(b, []byte("\r\n\r\n")), bytes.Index(b, []byte("\n\n"))
	if crlf >= 0 && (lf < 0 || crlf < lf) {
		return crlf, 4
	}
	if lf >= 0 {
		return lf, 2
	}
	return 0, 0
}
