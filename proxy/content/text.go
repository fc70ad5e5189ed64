package content

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// Text is a body as UTF-8, by its byte order mark, its declared charset, or
// what the markup says of itself. The charset's name is returned with it.
func Text(contentType string, body []byte) (text string, name string) {
	enc, name, certain := charset.DetermineEncoding(body[:min(len(body), 1024)], contentType)
	if name == "utf-8" || !certain && utf8.Valid(body) {
		return strings.ToValidUTF8(string(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))), "\ufffd"), "utf-8"
	}
	decoded, err := io.ReadAll(enc.NewDecoder().Reader(bytes.NewReader(body)))
	if err != nil {
		return strings.ToValidUTF8(string(body), "\ufffd"), "utf-8"
	}
	return strings.TrimPrefix(string(decoded), "\ufeff"), name
}

// Pretty indents JSON; numbers, order and double names stay as sent. Text that
// is no JSON, or was cut, is returned as it is.
func Pretty(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}

// FormFields are the fields of a form or a query, decoded, in order. What cannot be
// decoded stays as sent.
func FormFields(text string) []Field {
	var fields []Field
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		fields = append(fields, Field{unescape(name), unescape(value)})
	}
	return fields
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil && utf8.ValidString(plain) {
		return plain
	}
	return s
}
