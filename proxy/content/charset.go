package content

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// Charset is how a text was read.
type Charset struct {
	Name     string // such as "gbk", in lower case, as the Encoding Standard names it
	Declared string // what was declared and does not fit, "" for nothing
}

// Text is a body as UTF-8: by its byte order mark, else by the charset that its
// Content-Type declares, else by the one that it declares itself (XML 1.0 section
// 4.3.3, HTML's meta, CSS's @charset), else by all of its bytes. A charset that
// does not fit the bytes is passed over: a wrong label does not cost the body.
func Text(contentType string, body []byte) (string, Charset) {
	if c, ok := marked(body); ok {
		return c.read(body), Charset{Name: c.name}
	}
	var used Charset
	m := measure(body)
	for _, label := range []string{Parameters(contentType)["charset"], ownLabel(body)} {
		if label == "" {
			continue
		}
		if c, ok := lookup(label); ok {
			if c, fits := c.fitting(body, &m); fits {
				used.Name = c.name
				return c.read(body), used
			}
		} else if m.plain() {
			continue
		}
		if used.Declared == "" {
			used.Declared = strings.ToLower(label)
		}
	}
	c := sniffedCharset(contentType, body, &m)
	used.Name = c.name
	return c.read(body), used
}

// TextIn is a body as UTF-8, read in a charset that a person chose.
func TextIn(label string, body []byte) (string, Charset) {
	c, ok := lookup(label)
	if !ok {
		c = utf8Codec
	}
	return c.read(body), Charset{Name: c.name}
}

// codec is a charset by its name. Without an encoding it is UTF-8.
type codec struct {
	name string
	enc  encoding.Encoding
}

var (
	utf8Codec    = codec{"utf-8", nil}
	utf16LE      = codec{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)}
	utf16BE      = codec{"utf-16be", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)}
	utf32LE      = codec{"utf-32le", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)}
	utf32BE      = codec{"utf-32be", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)}
	gb18030Codec = codec{"gb18030", simplifiedchinese.GB18030}
)

// lookup knows the labels of the Encoding Standard, and some that it leaves out or
// replaces but that bodies still have.
func lookup(label string) (codec, bool) {
	label = strings.ToLower(strings.TrimSpace(label))
	switch label {
	case "":
		return codec{}, false
	case "hz-gb-2312":
		return codec{label, simplifiedchinese.HZGB2312}, true
	case "utf-16be":
		return utf16BE, true
	case "utf-32", "utf-32le":
		return utf32LE, true
	case "utf-32be":
		return utf32BE, true
	case "utf8mb4", "utf_8":
		return utf8Codec, true
	}
	enc, name := charset.Lookup(label)
	switch {
	case name == "utf-8":
		return utf8Codec, true
	case name == "utf-16le":
		return utf16LE, true
	case name == "gbk": // whose decoder is that of gb18030, as the standard says
		return codec{name, simplifiedchinese.GB18030}, true
	case enc != nil && name != "replacement":
		return codec{name, enc}, true
	}
	if enc, err := ianaindex.IANA.Encoding(label); err == nil && enc != nil {
		return codec{label, enc}, true
	}
	return codec{}, false
}

const byteOrderMark = "\ufeff"

// read is a body as UTF-8, without its byte order mark.
func (c codec) read(body []byte) string {
	if c.enc != nil {
		if text, err := c.enc.NewDecoder().Bytes(body); err == nil {
			return strings.TrimPrefix(string(text), byteOrderMark)
		}
	}
	return strings.ToValidUTF8(string(bytes.TrimPrefix(body, []byte(byteOrderMark))), "\ufffd")
}

func (c codec) wide() bool {
	return strings.HasPrefix(c.name, "utf-16") || strings.HasPrefix(c.name, "utf-32")
}

// fitting reports whether a declared charset fits a body, and returns it, with
// another order of bytes where those say so.
func (c codec) fitting(body []byte, m *utf8Measure) (codec, bool) {
	switch {
	case c.enc == nil:
		return c, !(m.bad > 1 && m.bad > m.multi && looksLikeGB(body))
	case c.wide():
		if order, ok := wideOrder(body); ok {
			return order, true
		}
		return c, m.bad > 0 || m.zeros > 0
	case m.clearlyUTF8():
		return c, false
	case !multiByte[c.name]:
		return c, true
	}
	text := c.read(body)
	bad := strings.Count(text, "\ufffd")
	return c, bad <= 1 || bad*10 < utf8.RuneCountInString(text)-m.ascii || bad <= m.bad
}

// multiByte are the charsets in which bytes can be wrong.
var multiByte = map[string]bool{"gbk": true, "gb18030": true, "hz-gb-2312": true, "big5": true, "shift_jis": true, "euc-jp": true,
	"iso-2022-jp": true, "euc-kr": true}

// marked knows a byte order mark (Unicode 16.0 section 23.8).
func marked(body []byte) (codec, bool) {
	for _, one := range []struct {
		mark string
		c    codec
	}{{"\xff\xfe\x00\x00", utf32LE}, {"\x00\x00\xfe\xff", utf32BE}, {"\xef\xbb\xbf", utf8Codec}, {"\xff\xfe", utf16LE},
		{"\xfe\xff", utf16BE}} {
		if bytes.HasPrefix(body, []byte(one.mark)) {
			return one.c, true
		}
	}
	return codec{}, false
}

// utf8Measure is what a body looks like as UTF-8.
type utf8Measure struct {
	ascii, zeros int
	multi, three int // characters of more than one byte, of more than two
	bad          int // bytes that are none
	tail         int // bytes of a character that the end cuts; they are not bad
}

func measure(body []byte) (m utf8Measure) {
	m.zeros = bytes.Count(body, []byte{0})
	for at := 0; at < len(body); {
		for len(body)-at >= 8 && binary.LittleEndian.Uint64(body[at:])&0x8080808080808080 == 0 {
			at, m.ascii = at+8, m.ascii+8
		}
		if at < len(body) && body[at] < utf8.RuneSelf {
			at, m.ascii = at+1, m.ascii+1
			continue
		}
		if at == len(body) {
			break
		}
		r, n := utf8.DecodeRune(body[at:])
		switch {
		case r == utf8.RuneError && n == 1:
			if !utf8.FullRune(body[at:]) {
				m.tail = len(body) - at
				return m
			}
			m.bad++
		case n > 2:
			m.three++
			fallthrough
		default:
			m.multi++
		}
		at += n
	}
	return m
}

// plain reports whether all is ASCII, which means the same in nearly every charset.
func (m *utf8Measure) plain() bool { return m.multi == 0 && m.bad == 0 && m.zeros == 0 && m.tail == 0 }

// clearlyUTF8 reports whether bytes are UTF-8 that hardly come about in another charset.
func (m *utf8Measure) clearlyUTF8() bool { return m.bad == 0 && (m.three > 1 || m.multi > 5) }

// sniffedCharset finds a charset by all bytes of a body.
func sniffedCharset(contentType string, body []byte, m *utf8Measure) codec {
	if order, ok := wideOrder(body); ok {
		return order
	}
	if m.bad == 0 && (m.multi > 0 || m.tail != 1 || declaredJSON(MediaType(contentType))) { // one byte may be a letter of Latin-1
		if m.multi == 0 && looksLikeISO2022JP(body) {
			c, _ := lookup("iso-2022-jp")
			return c
		}
		return utf8Codec
	}
	switch {
	case m.multi >= m.bad && m.multi > 0:
		return utf8Codec
	case looksLikeGB(body):
		return gb18030Codec
	case declaredJSON(MediaType(contentType)): // RFC 8259 section 8.1
		return utf8Codec
	}
	c, _ := lookup("windows-1252")
	return c
}

// wideSample is how much of a body wideOrder looks at, in bytes.
const wideSample = 1024

// wideOrder knows UTF-16 without a mark by its zeros: most texts have ASCII in
// them, and hardly a zero otherwise.
func wideOrder(body []byte) (codec, bool) {
	sample := body[:min(len(body), wideSample)&^1]
	var zeros [2]int
	for i, c := range sample {
		switch {
		case c == 0:
			zeros[i&1]++
		case c < 0x20 && sample[i^1] == 0 && c != '\t' && c != '\n' && c != '\r':
			return codec{}, false // a small number, not a letter
		}
	}
	pairs := len(sample) / 2
	switch {
	case pairs < 2:
	case zeros[0] == 0 && zeros[1]*5 >= pairs*2:
		return utf16LE, true
	case zeros[1] == 0 && zeros[0]*5 >= pairs*2:
		return utf16BE, true
	}
	return codec{}, false
}

// looksLikeGB knows Chinese text in GB 2312 and what grew from it: nearly all of it
// is made of the first level of that set's characters.
func looksLikeGB(body []byte) bool {
	pairs, common, late, bad := 0, 0, 0, 0
	for i := 0; i < len(body); i++ {
		lead := body[i]
		if lead < 0x80 {
			continue
		}
		if i+1 == len(body) {
			break // the end cuts a character
		}
		trail := body[i+1]
		if lead == 0x80 || lead == 0xff || trail < 0x40 || trail == 0x7f || trail == 0xff {
			bad++
			continue
		}
		i++
		pairs++
		if trail >= 0xa1 && (lead >= 0xa1 && lead <= 0xa9 || lead >= 0xb0 && lead <= 0xd7) {
			common++
		}
		if lead >= 0xc9 && lead <= 0xd7 {
			late++ // Korean has none there
		}
	}
	return pairs > 1 && bad*50 <= pairs && common*5 >= pairs*4 && (pairs < 10 || late > 0)
}

// looksLikeISO2022JP knows the escapes that change to Japanese.
func looksLikeISO2022JP(body []byte) bool {
	return bytes.Contains(body, []byte("\x1b$B")) || bytes.Contains(body, []byte("\x1b$@"))
}

// ownSample is how far browsers look for what a page says of itself, in bytes.
const ownSample = 1024

var (
	xmlLabel  = regexp.MustCompile(`^<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)
	cssLabel  = regexp.MustCompile(`^@charset "([^"]{1,40})";`)
	htmlLabel = regexp.MustCompile(`(?i)<meta\s[^>]*?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]+)`)
	comments  = regexp.MustCompile(`(?s)<!--.*?-->`)
)

// ownLabel is the charset that a text declares itself, "" for none.
func ownLabel(body []byte) string {
	begin := body[:min(len(body), ownSample)]
	first := func(r *regexp.Regexp, b []byte) string {
		if found := r.FindSubmatch(b); found != nil {
			return string(found[1])
		}
		return ""
	}
	if label := first(cssLabel, begin); label != "" {
		return label
	}
	begin = bytes.TrimLeft(begin, spaces)
	if !bytes.HasPrefix(begin, []byte("<")) {
		return ""
	}
	if label := first(xmlLabel, begin); label != "" {
		return label
	}
	label := first(htmlLabel, comments.ReplaceAll(begin, nil))
	if strings.HasPrefix(strings.ToLower(label), "utf-16") {
		return "utf-8" // it could be read: HTML section 13.2.3.2
	}
	return label
}

const spaces = " \t\r\n\f"
