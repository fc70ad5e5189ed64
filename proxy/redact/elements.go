package redact

import "bytes"

// Elements of XML and HTML: <password>x</password>, and property lists, where a key stands before.

// maxElement is how much text in an element is masked, in bytes.
const maxElement = 4 << 10

const (
	cdata    = "<![CDATA["
	cdataEnd = "]]>"
)

// elements masks what stands in elements that are named like a secret.
func (s markup) elements(from, to int) {
	open, closes := -1, true // the last element that began, and whether CDATA ends further on
	for at := from; ; {
		n := bytes.IndexByte(s.b[at:to], '<')
		if n < 0 {
			return
		}
		end := at + n
		at = end + 1
		switch {
		case at == to:
		case s.b[at] == '/':
			name := end + 2
			for at = name; at < to && isElementByte(s.b[at]); at++ {
			}
			s.element(from, open, end, at, to)
			open = -1
		case s.b[at] != '!':
			open = end
		case closes && bytes.HasPrefix(s.b[end:to], []byte(cdata)):
			if n = bytes.Index(s.b[end:to], []byte(cdataEnd)); n >= 0 {
				at = end + n + len(cdataEnd)
			}
			closes = n >= 0
		}
	}
}

func isElementByte(c byte) bool { return isTokenByte(c) || c == ':' }

// element masks the text of one that ends at end, if its name says so; behind is behind its name.
func (s markup) element(from, open, end, behind, to int) {
	name := s.b[end+2 : behind]
	label := name[bytes.LastIndexByte(name, ':')+1:]
	isKey := string(label) == "key"
	if !isKey && s.m.names.shape(label, inMember) == shapeNone {
		return
	}
	begin := s.textBegin(open, end, name)
	if begin < 0 {
		begin = max(from, end-maxElement)
		begin += bytes.LastIndexByte(s.b[begin:end], '>') + 1
		if begin == from || s.b[begin-1] != '>' {
			return
		}
	}
	if isKey {
		s.propertyOf(s.b[begin:end], behind, to)
		return
	}
	s.elementText(begin, end)
}

// textBegin is where the text of an element begins whose tag is the last one before its end; -1
// where that is another one.
func (s markup) textBegin(open, end int, name []byte) int {
	if open < 0 || end-open > maxElement {
		return -1
	}
	tag := s.b[open+1 : end]
	n := bytes.IndexByte(tag, '>')
	if n < len(name) || !bytes.HasPrefix(tag, name) || isElementByte(tag[len(name)]) {
		return -1
	}
	return open + 1 + n + 1
}

func (s markup) elementText(begin, end int) {
	text := s.b[begin:end]
	if trimmed := bytes.TrimSpace(text); bytes.HasPrefix(trimmed, []byte(cdata)) && bytes.HasSuffix(trimmed, []byte(cdataEnd)) {
		begin += bytes.Index(text, []byte(cdata)) + len(cdata)
		end = begin + bytes.LastIndex(s.b[begin:end], []byte(cdataEnd))
	}
	if begin >= end || s.json && bytes.IndexByte(s.b[begin:end], '"') >= 0 {
		return
	}
	s.mask(Bodies, begin, end, bytes.TrimSpace(s.b[begin:end]), false)
}

// propertyOf masks the text of the element behind a key: <key>password</key><string>x</string>.
func (s markup) propertyOf(key []byte, at, to int) {
	if s.m.names.shape(bytes.TrimSpace(key), inMember) == shapeNone || at == to || s.b[at] != '>' {
		return
	}
	at = s.skipGap(at+1, to)
	tag := s.b[at:min(to, at+maxElement)]
	begin := bytes.IndexByte(tag, '>') + 1
	if begin < 3 || tag[0] != '<' || tag[1] == '/' || tag[begin-2] == '/' {
		return
	}
	if end := bytes.IndexByte(tag[begin:], '<'); end >= 0 {
		s.elementText(at+begin, at+begin+end)
	}
}
