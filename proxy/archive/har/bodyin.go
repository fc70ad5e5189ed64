package har

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	coding "posthouse/proxy/archive/message"
	"posthouse/proxy/content"
	"posthouse/proxy/content/raster"
	"posthouse/proxy/flow"
)

// bodies makes bodies of what the file tells of them. It has them without their
// codings, in Unicode: here they are as they passed, as far as that can be made of it.
func (e *entry) bodies(x *flow.Exchange) {
	lines, _ := cutLines(e.lines, bytes.TrimSuffix(e.response.block, []byte("\r\n")))
	x.ContentType = contentType(lines, e.response.body.media)
	e.response.made(&x.ResponseBody, lines, e)
	if x.Kind == flow.KindUpgraded || x.Method == "HEAD" || x.Status == 204 || x.Status == 304 {
		if len(x.ResponseBody.Bytes) == 0 {
			x.ResponseBody = flow.Body{}
		}
	}
	x.ResponseSize = x.ResponseBody.Size

	lines, _ = cutLines(lines, bytes.TrimSuffix(e.request.block, []byte("\r\n")))
	if e.lines = lines; cap(lines) > 1024 {
		e.lines = nil
	}
	if body := &e.request.body; !body.has && len(body.params) > 0 {
		body.text, body.has = body.form(value(lines, "content-type")), true
	}
	e.request.made(&x.RequestBody, lines, e)
	x.RequestSize = x.RequestBody.Size
}

// made makes a body. One with a size and without a text was not written down.
func (m *message) made(body *flow.Body, lines []line, e *entry) {
	t := &m.body
	size := max(m.size, 0)
	if !t.has || len(t.text) == 0 {
		if size == 0 {
			size = max(t.size, 0)
		}
		if body.Size = size; size > 0 {
			body.State = flow.BodyNotRecorded
		}
		return
	}
	media := value(lines, "content-type")
	if media == "" {
		media = t.media
	}
	wire := passed(lines, m.size)
	size = max(wire, 0)
	b := t.octets(media, wire)
	body.State = flow.BodyWhole
	if t.lost > 0 || int64(len(b)) > e.limits.Body {
		b = b[:min(int64(len(b)), e.limits.Body)]
		body.State = flow.BodyCut
	}
	if name := codingOf(lines); name != "" && body.State == flow.BodyWhole && !coding.IsCoded(name, b) {
		if coded, ok := coding.Recoded(name, b); ok {
			b = coded
		}
	}
	body.Bytes = b
	body.Size = size
	if size == 0 || size < int64(len(b)) && body.State == flow.BodyCut {
		body.Size = max(int64(len(b)), t.size, wire)
	}
}

// passed is how many bytes a body had on the wire, by its head where that says so: Chrome
// counts those of its own text.
func passed(lines []line, told int64) int64 {
	if n, err := strconv.ParseInt(value(lines, "content-length"), 10, 64); err == nil && n >= 0 && codingOf(lines) == "" {
		return n
	}
	return told
}

// octets are the bytes of a text. Most say what it is in; the rest is known by its looks.
func (t *bodyText) octets(media string, size int64) []byte {
	if strings.EqualFold(t.encoding, "base64") {
		return unbase64(t.text)
	}
	kind, says := content.Declared(media)
	isBinary := says && (kind == content.Bytes || kind == content.Image) || !says && media != ""
	if isBinary && t.encoding == "" {
		if b, ok := unsaidBase64(t.text, t.size); ok {
			return b
		}
	}
	if int64(len(t.text)) == size {
		return inCharset(media, t.text)
	}
	b, ok := latin1(t.text)
	switch {
	case !ok:
	case int64(len(b)) == size:
		return b
	case int64(len(t.text)) == t.size:
	case int64(len(b)) == t.size && !declaresUTF8(media), isBinary:
		return b
	}
	return inCharset(media, t.text)
}

// unsaidBase64 decodes a text that is base64 and does not say so: its bytes are as many
// as the file says, or it is a picture.
func unsaidBase64(text []byte, size int64) ([]byte, bool) {
	if len(text) < 4 || int64(len(text)) == size {
		return nil, false
	}
	b, err := base64.StdEncoding.DecodeString(string(text))
	return b, err == nil && (int64(len(b)) == size || raster.Known(b))
}

// latin1 makes bytes of a text that has a character for each; false for one that has
// others, and for one of ASCII alone, which is the same both ways.
func latin1(text []byte) ([]byte, bool) {
	ascii := true
	for i := 0; i < len(text); {
		if i+8 <= len(text) && binary.LittleEndian.Uint64(text[i:])&0x8080808080808080 == 0 {
			i += 8
			continue
		}
		switch c := text[i]; {
		case c < utf8.RuneSelf:
			i++
		case (c == 0xc2 || c == 0xc3) && i+1 < len(text):
			ascii = false
			i += 2
		default:
			return nil, false
		}
	}
	if ascii {
		return nil, false
	}
	b := make([]byte, 0, len(text))
	for _, r := range string(text) {
		b = append(b, byte(r))
	}
	return b, true
}

func declaresUTF8(media string) bool {
	return strings.EqualFold(content.Parameters(media)["charset"], "utf-8")
}

// inCharset is a text in the charset that its type declares, or else in UTF-8.
func inCharset(media string, text []byte) []byte {
	if _, said, _ := strings.Cut(media, ";"); said == "" || strings.EqualFold(strings.TrimSpace(said), "charset=utf-8") {
		return bytes.Clone(text) // as it is mostly
	}
	label := content.Parameters(media)["charset"]
	if label == "" {
		return bytes.Clone(text)
	}
	to, name := charset.Lookup(label)
	if to == nil || name == "utf-8" {
		return bytes.Clone(text)
	}
	if b, err := to.NewEncoder().Bytes(text); err == nil {
		return b
	}
	return bytes.Clone(text)
}

// form is a body of the fields that the file has in its place.
func (t *bodyText) form(media string) []byte {
	if media == "" {
		media = t.media
	}
	if boundary := content.Parameters(media)["boundary"]; boundary != "" && content.MediaType(media) == "multipart/form-data" {
		return t.multipart(boundary)
	}
	var b []byte
	for i, p := range t.params {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(escaped(b, p.name), '=')
		b = escaped(b, p.value)
	}
	return b
}

// escaped writes a part of a form. Some files have them as they passed and some decoded,
// so what is in place is left alone.
func escaped(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			b = append(b, '+')
		case c < ' ' || c >= 0x7f || c == '&' || c == '=' || c == '#':
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		default:
			b = append(b, c)
		}
	}
	return b
}

func (t *bodyText) multipart(boundary string) []byte {
	var b []byte
	quote := strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A")
	for _, p := range t.params {
		b = append(append(append(b, "--"...), boundary...), "\r\nContent-Disposition: form-data; name=\""...)
		b = append(append(b, quote.Replace(p.name)...), '"')
		if p.file != "" {
			b = append(append(append(b, `; filename="`...), quote.Replace(p.file)...), '"')
		}
		if p.media != "" {
			b = append(append(b, "\r\nContent-Type: "...), oneLine(p.media)...)
		}
		b = append(append(append(b, "\r\n\r\n"...), p.value...), "\r\n"...)
	}
	return append(append(append(b, "--"...), boundary...), "--\r\n"...)
}
