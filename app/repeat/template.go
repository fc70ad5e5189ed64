package repeat

import (
	"bytes"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/content"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
)

// Bounds of values.
const (
	MaxRows    = 10_000
	MaxColumns = 100
	MaxCSV     = 16 << 20 // bytes
)

// Values are those of a CSV file: the first line names them.
type Values struct {
	Names []string
	Rows  [][]string
}

// ParseValues reads a CSV file. The error, a reason, says what is wrong with it.
func ParseValues(r io.Reader) (*Values, error) {
	all, err := io.ReadAll(io.LimitReader(r, MaxCSV+1))
	if err != nil {
		return nil, err
	}
	if len(all) > MaxCSV {
		return nil, reason.New(reason.ValuesLarge, strconv.Itoa(MaxCSV))
	}
	read := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(all, []byte("\xef\xbb\xbf"))))
	names, err := read.Read()
	if err != nil {
		return nil, wrong(err)
	}
	if len(names) > MaxColumns {
		return nil, reason.New(reason.ValuesMany, strconv.Itoa(MaxRows), strconv.Itoa(MaxColumns))
	}
	v := &Values{Names: names}
	for i := range v.Names {
		v.Names[i] = strings.TrimSpace(v.Names[i])
	}
	for {
		row, err := read.Read()
		if errors.Is(err, io.EOF) {
			return v, nil
		}
		if err != nil {
			return nil, wrong(err)
		}
		if len(v.Rows) == MaxRows {
			return nil, reason.New(reason.ValuesMany, strconv.Itoa(MaxRows), strconv.Itoa(MaxColumns))
		}
		v.Rows = append(v.Rows, row)
	}
}

func wrong(err error) error {
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		return reason.New(reason.ValuesLine, strconv.Itoa(bad.Line))
	}
	return reason.New(reason.ValuesNone)
}

// lookup finds the value of a name; ok is false where there is none, and the text stays.
type lookup func(name string) (value string, ok bool)

// of is what the n-th request is filled with, from 1.
func (v *Values) of(n int) lookup {
	at := time.Now().UTC()
	return func(name string) (string, bool) {
		switch name {
		case "n":
			return strconv.Itoa(n), true
		case "uuid":
			return uuid(), true
		case "time":
			return at.Format("2006-01-02T15:04:05.000Z"), true
		}
		if v == nil || len(v.Rows) == 0 {
			return "", false
		}
		row := v.Rows[(n-1)%len(v.Rows)]
		for i, column := range v.Names {
			if column == name && i < len(row) {
				return row[i], true
			}
		}
		return "", false
	}
}

// uuid is a random one (RFC 9562 section 5.4).
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// fill replaces {{name}} in host, target, fields and body. In a target what cannot stand
// there is percent-encoded, and in a form what would end a value. A value with a line end or a
// NUL in a head is an error. A body that is read from a file stays as it is.
func fill(m outgoing.Message, find lookup) (outgoing.Message, error) {
	var bad error
	inHead := func(name string) (string, bool) {
		value, ok := find(name)
		if ok && strings.ContainsAny(value, "\r\n\x00") {
			bad = reason.New(reason.ValueControl, name)
		}
		return value, ok
	}
	inTarget := func(name string) (string, bool) {
		value, ok := inHead(name)
		return escaped(value), ok
	}
	m.Host = string(replaced([]byte(m.Host), inHead))
	if m.Protocol == outgoing.HTTP2 {
		fields := make([]outgoing.Field, len(m.Fields))
		for i, f := range m.Fields {
			by := inHead
			if f.Name == ":path" {
				by = inTarget
			}
			f.Value = string(replaced([]byte(f.Value), by))
			fields[i] = f
		}
		m.Fields = fields
	} else {
		end := bytes.IndexByte(m.Head, '\n') + 1
		m.Head = append(bytes.Clone(replaced(m.Head[:end], inTarget)), replaced(m.Head[end:], inHead)...)
	}
	if m.Body.Reader == nil {
		inBody := find
		if isForm(&m) {
			inBody = func(name string) (string, bool) {
				value, ok := find(name)
				return url.QueryEscape(value), ok
			}
		}
		m.Body.Bytes = replaced(m.Body.Bytes, inBody)
	}
	return m, bad
}

// isForm reports whether the body is a form, in which values are encoded.
func isForm(m *outgoing.Message) bool {
	head := m.Head
	if m.Protocol == outgoing.HTTP2 {
		head = outgoing.FieldsText(m.Fields)
	}
	_, fields := content.Fields(head)
	media, _, _ := strings.Cut(content.Value(fields, "Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded")
}

// escaped is a value as it can stand in a target.
func escaped(value string) string {
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; c <= ' ' || c >= 0x7f || c == '#' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// maxName bounds the name of a value, in bytes.
const maxName = 64

// replaced is text with the values in it. What names none stays as it stands.
func replaced(text []byte, find lookup) []byte {
	if !bytes.Contains(text, []byte("{{")) {
		return text
	}
	var out []byte
	for {
		i := bytes.Index(text, []byte("{{"))
		if i < 0 {
			return append(out, text...)
		}
		end := bytes.Index(text[i:min(len(text), i+maxName+4)], []byte("}}"))
		if end < 0 {
			out, text = append(out, text[:i+1]...), text[i+1:]
			continue
		}
		value, ok := find(strings.TrimSpace(string(text[i+2 : i+end])))
		if !ok {
			out, text = append(out, text[:i+1]...), text[i+1:]
			continue
		}
		out = append(append(out, text[:i]...), value...)
		text = text[i+end+2:]
	}
}
