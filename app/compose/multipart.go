package compose

import (
	"bytes"
	"crypto/rand"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/content"
)

// Multipart is a body in parts (RFC 2046 section 5.1.1, RFC 7578). Preamble, the parts that are
// not off, and Closing are its bytes.
type Multipart struct {
	Boundary string
	Preamble string
	Parts    []Part
	Closing  string // the last delimiter and what stands behind it
}

// Part is one part: Delimiter is the line before it, End the line end before the next one.
type Part struct {
	Off       bool
	Delimiter string
	Head      []Line
	Blank     string // the empty line behind the head
	Body      []byte
	Path      string // the file whose bytes are sent in place of Body; "" for none
	End       string
}

// NewMultipart is a body without parts.
func NewMultipart() Multipart {
	boundary := "----posthouse" + rand.Text()
	return Multipart{Boundary: boundary, Closing: "--" + boundary + "--" + crlf}
}

// ParseMultipart takes a body apart; ok is whether Bytes would give the same bytes back.
func ParseMultipart(contentType string, body []byte) (m Multipart, ok bool) {
	m.Boundary = content.Parameters(contentType)["boundary"]
	if m.Boundary == "" {
		return m, false
	}
	rest := body
	at, length, last := delimiter(rest, m.Boundary)
	if at < 0 {
		return m, false
	}
	m.Preamble, rest = string(rest[:at]), rest[at:]
	for !last {
		if len(m.Parts) == MaxLines {
			return m, false
		}
		p := Part{Delimiter: string(rest[:length])}
		rest = rest[length:]
		at, length, last = delimiter(rest, m.Boundary)
		if at < 0 {
			return m, false
		}
		p.take(rest[:at])
		m.Parts, rest = append(m.Parts, p), rest[at:]
	}
	m.Closing = string(rest)
	again, whole := m.Bytes()
	return m, whole && bytes.Equal(again, body)
}

// delimiter finds the next line that is one, -1 for none.
func delimiter(b []byte, boundary string) (at, length int, last bool) {
	mark := []byte("--" + boundary)
	for from := 0; ; {
		next := bytes.Index(b[from:], mark)
		if next < 0 {
			return -1, 0, false
		}
		at = from + next
		from = at + len(mark)
		if at > 0 && b[at-1] != '\n' {
			continue
		}
		if bytes.HasPrefix(b[from:], []byte("--")) {
			return at, len(b) - at, true
		}
		line, _, ended := bytes.Cut(b[from:], []byte("\n"))
		if ended && len(bytes.TrimRight(line, " \t\r")) == 0 {
			return at, from - at + len(line) + 1, false
		}
	}
}

// take takes the bytes between two delimiters.
func (p *Part) take(b []byte) {
	content := bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	p.End = string(b[len(content):])
	rest := string(content)
	for rest != "" {
		line, after := cutLine(rest)
		if strings.Trim(line, crlf) == "" {
			p.Blank, rest = line, after
			break
		}
		if !strings.HasSuffix(line, "\n") { // there is no body: all was its head, and no empty line follows
			break
		}
		rest = after
		if n := len(p.Head); n > 0 && strings.Contains(blank, line[:1]) {
			last := &p.Head[n-1]
			text, end := cutEnd(line)
			last.Value, last.End = last.Value+last.End+text, end
			continue
		}
		p.Head = append(p.Head, parseLine(line))
	}
	p.Body = []byte(rest)
}

// Bytes are the body; whole is false where a part is a file, which is not read.
func (m *Multipart) Bytes() (body []byte, whole bool) {
	var b bytes.Buffer
	whole = true
	m.each(func(text []byte, path string) {
		b.Write(text)
		whole = whole && path == ""
	})
	return b.Bytes(), whole
}

// each visits what is sent in order: bytes, and files by their paths.
func (m *Multipart) each(visit func(text []byte, path string)) {
	visit([]byte(m.Preamble), "")
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Off {
			continue
		}
		head := p.Delimiter
		for j := range p.Head {
			head += p.Head[j].Raw()
		}
		visit([]byte(head+p.Blank), "")
		visit(p.Body, p.Path)
		visit([]byte(p.End), "")
	}
	visit([]byte(m.Closing), "")
}

// Add adds an empty part.
func (m *Multipart) Add() *Part {
	m.Parts = append(m.Parts, Part{Delimiter: "--" + m.Boundary + crlf, Blank: crlf, End: crlf,
		Head: []Line{{Name: "Content-Disposition", Sep: ": ", Value: `form-data; name=""`, End: crlf}}})
	return &m.Parts[len(m.Parts)-1]
}

func (p *Part) parameters() map[string]string {
	return content.Parameters((&Head{Lines: p.Head}).Value("Content-Disposition"))
}

// Name is the name of the field.
func (p *Part) Name() string { return p.parameters()["name"] }

// File is the name of the file that the part says it is, "" for none.
func (p *Part) File() string { return p.parameters()["filename"] }

// Type is the Content-Type, "" for none.
func (p *Part) Type() string { return (&Head{Lines: p.Head}).Value("Content-Type") }

// Value is the body as text, and whether it can be edited on one line.
func (p *Part) Value() (text string, plain bool) {
	text = string(p.Body)
	return text, p.Path == "" && p.File() == "" && utf8.Valid(p.Body) && !strings.ContainsAny(text, "\r\n\x00")
}

// SetName changes the name of the field.
func (p *Part) SetName(name string) error { return p.describe(name, p.File()) }

// SetValue makes the part a text.
func (p *Part) SetValue(text string) error {
	if strings.ContainsAny(text, "\r\n\x00") {
		return ErrLineEnd
	}
	if p.Path != "" || p.File() != "" {
		return ErrFolded
	}
	p.Body = []byte(text)
	return nil
}

// SetFile has the part be a file; "" makes it an empty text.
func (p *Part) SetFile(path, name, contentType string) error {
	if err := p.describe(p.Name(), name); err != nil {
		return err
	}
	p.Path, p.Body = path, nil
	return p.SetType(contentType)
}

// SetContent has the part be a file whose bytes are known; a name of "" makes it an empty text.
func (p *Part) SetContent(name, contentType string, body []byte) error {
	err := p.SetFile("", name, contentType)
	if err == nil {
		p.Body = body
	}
	return err
}

// SetType changes the Content-Type; "" takes it away.
func (p *Part) SetType(contentType string) error {
	if strings.ContainsAny(contentType, "\r\n\x00") {
		return ErrLineEnd
	}
	h := Head{Start: crlf, Lines: p.Head}
	if contentType != "" {
		h.set("Content-Type", contentType)
	} else if l := h.find("Content-Type"); l != nil {
		*l = Line{}
	}
	p.Head = h.Lines
	return nil
}

// quoted is a parameter as browsers write it (HTML section 4.10.21.8).
var quoted = strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A")

func (p *Part) describe(name, file string) error {
	if strings.ContainsAny(name+file, "\r\n\x00") {
		return ErrLineEnd
	}
	value := `form-data; name="` + quoted.Replace(name) + `"`
	if file != "" {
		value += `; filename="` + quoted.Replace(file) + `"`
	}
	h := Head{Start: crlf, Lines: p.Head}
	h.set("Content-Disposition", value)
	p.Head = h.Lines
	return nil
}
