package redact

import (
	"bytes"

	"posthouse/proxy/content"
)

// multipart looks through the parts of a body (RFC 7578), and what lies around them.
func (s *scan) multipart(contentType string) {
	parts, more := content.Parts(contentType, s.b)
	at := 0
	for i := range parts {
		p := &parts[i]
		from := cap(s.b) - cap(p.Body) // a part ends where s.b has room to
		if len(p.Body) == 0 || from < at || from+len(p.Body) > len(s.b) {
			continue
		}
		s.anyText(at, from)
		s.part(p, from, from+len(p.Body))
		at = from + len(p.Body)
	}
	if more || at < len(s.b) {
		s.anyText(at, len(s.b))
	}
}

func (s *scan) part(p *content.Part, from, to int) {
	media := content.MediaType(p.ContentType)
	switch how := s.m.names.shape([]byte(p.Name), inParam); {
	case how != shapeNone && p.File == "":
		s.mask(Bodies, from, to, s.b[from:to], false)
	case media == "application/x-www-form-urlencoded":
		s.parameters(from, to, true)
	case media == "application/http" || media == "message/http":
		s.message(from, to)
	default:
		s.anyText(from, to)
	}
}

// message looks through a request or a response that is a part (RFC 9112 section 10).
func (s *scan) message(from, to int) {
	begin := from
	for at := from; at < to; {
		end := min(s.lineEnd(at), to)
		line := trimmedEnd(s.b, at, end)
		if line == at && at > from {
			_, fields := content.Fields(s.b[begin:end])
			if content.MediaType(content.Value(fields, "Content-Type")) == "application/x-www-form-urlencoded" {
				s.parameters(min(end+1, to), to, true)
			} else {
				s.anyText(min(end+1, to), to)
			}
			return
		}
		s.headLine(at, line, at == from)
		at = end + 1
	}
}

// maxFirstLine is the longest first line that is taken for a delimiter, in bytes (RFC 2046 section 5.1.1).
const maxFirstLine = 2 + 70

// withBoundary is the type of a body of parts, with the boundary of its first line where the one
// that is declared is missing or another.
func withBoundary(contentType string, body []byte) string {
	if kind, _ := content.Declared(contentType); kind != content.Multipart || !bytes.HasPrefix(body, []byte("--")) ||
		content.HasParts(contentType, body) {
		return contentType
	}
	line, _, ok := bytes.Cut(body[:min(len(body), maxFirstLine+2)], []byte("\n"))
	line = bytes.TrimRight(line, "\r \t")
	if !ok || len(line) < 3 || len(line) > maxFirstLine || bytes.ContainsAny(line, "\"\\;") {
		return contentType
	}
	return content.MediaType(contentType) + `; boundary="` + string(line[2:]) + `"`
}

// isForm reports whether a body looks like a form, whatever its type says: it begins with a name
// and an equals sign, and has none of the signs that others are made of.
func isForm(b []byte) bool {
	sample := b[:min(len(b), kindSample)]
	equals := bytes.IndexByte(sample, '=')
	if equals <= 0 || bytes.ContainsAny(sample, "\"{}<> ") || bytes.IndexByte(bytes.TrimRight(sample, "\r\n"), '\n') >= 0 {
		return false
	}
	for _, c := range sample[:equals] {
		if !isParamByte(c) {
			return false
		}
	}
	return true
}
