package content

import (
	"errors"
	"io"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxParameters bounds those of one field.
const maxParameters = 64

// Parameters are those of a Content-Type or Content-Disposition field, by their
// names in lower case; the first of a name counts. It takes what people write too:
// values without quotes that need them, and file names as RFC 8187, RFC 2231 and
// RFC 2047 have them, or as old browsers do, with paths.
func Parameters(field string) map[string]string {
	all := map[string]string{}
	_, rest, _ := cutOutside(field, ';')
	for range maxParameters {
		if rest == "" {
			break
		}
		var one string
		one, rest, _ = cutOutside(rest, ';')
		name, value, ok := strings.Cut(one, "=")
		if name = strings.ToLower(strings.TrimSpace(name)); !ok || name == "" {
			continue
		}
		if _, there := all[name]; !there {
			all[name] = unquoted(strings.TrimSpace(value))
		}
	}
	joinContinued(all)
	for name, value := range all {
		if plain, extended := strings.CutSuffix(name, "*"); extended {
			if text, ok := extendedValue(value); ok {
				all[plain] = text // RFC 8187 section 4.2: it is the better one
			}
			delete(all, name)
		}
	}
	return all
}

// cutOutside cuts at the first separator that is not within quotes. A quote that is
// not closed is a sign like others.
func cutOutside(s string, separator byte) (before, after string, found bool) {
	open := false // a quote was not closed, so no later one is
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case separator:
			return s[:i], s[i+1:], true
		case '"':
			if open {
				continue
			}
			end := quoteEnd(s[i:])
			i, open = i+end, end == 0
		}
	}
	return s, "", false
}

// quoteEnd is where the quoted string that s begins with ends, 0 where it does not.
func quoteEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return 0
}

// unquoted takes the quotes off. A backslash is one, as in a path, unless it stands
// before a quote or another one.
func unquoted(s string) string {
	if len(s) < 2 || s[0] != '"' {
		return s
	}
	end := quoteEnd(s)
	if end == 0 {
		return s[1:]
	}
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s[1:end])
}

// extendedValue is charset'language'value with percent-encoding.
func extendedValue(s string) (string, bool) {
	label, rest, ok := strings.Cut(s, "'")
	_, value, ok2 := strings.Cut(rest, "'")
	raw, err := url.PathUnescape(value)
	if !ok || !ok2 || err != nil {
		return "", false
	}
	c, known := lookup(label)
	if !known {
		c = utf8Codec
	}
	return c.read([]byte(raw)), true
}

// joinContinued joins what RFC 2231 section 3 has in parts: name*0, name*1, ...
func joinContinued(all map[string]string) {
	for name := range all {
		plain, first := strings.CutSuffix(name, "*0")
		ending := ""
		if !first {
			if plain, first = strings.CutSuffix(name, "*0*"); !first {
				continue
			}
			ending = "*"
		}
		var whole strings.Builder
		for n := range maxParameters {
			key := plain + "*" + strconv.Itoa(n)
			part, ok := all[key]
			if !ok {
				key += "*"
				if part, ok = all[key]; !ok {
					break
				}
			}
			whole.WriteString(part)
			delete(all, key)
		}
		all[plain+ending] = whole.String()
	}
}

var errNoCharset = errors.New("this charset is not known")

// words undoes what mail has for letters beyond ASCII (RFC 2047).
func words(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	d := mime.WordDecoder{CharsetReader: func(label string, r io.Reader) (io.Reader, error) {
		c, ok := lookup(label)
		b, err := io.ReadAll(r)
		if !ok || err != nil {
			return nil, errNoCharset
		}
		return strings.NewReader(c.read(b)), nil
	}}
	if plain, err := d.DecodeHeader(s); err == nil && utf8.ValidString(plain) {
		return plain
	}
	return s
}
