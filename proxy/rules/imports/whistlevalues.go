package imports

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/rules"
)

// item is a name with its value, which is JSON.
type item struct {
	name  string
	value json.RawMessage
}

// text is a value as a text.
func (i *item) text() (string, bool) {
	var s string
	if json.Unmarshal(i.value, &s) == nil {
		return s, true
	}
	v := strings.TrimSpace(string(i.value))
	if v == "" || v[0] == '{' || v[0] == '[' {
		return "", false
	}
	if v == "null" {
		v = ""
	}
	return v, true
}

func textItem(name, value string) item {
	quoted, _ := json.Marshal(value)
	return item{name, quoted}
}

// value is what an operation has: in brackets, embedded or kept beside the rules, or as it stands.
// ok is false where it lies elsewhere, or is made anew for each request.
func (w *whistle) value(text string) (value string, ok bool) {
	n := len(text)
	switch {
	case n > 1 && text[0] == '(' && text[n-1] == ')':
		return text[1 : n-1], true
	case n > 1 && text[0] == '{' && text[n-1] == '}' && !strings.Contains(text, `"`):
		value, known := w.values[text[1:n-1]]
		w.used += len(value)
		return value, known && w.used <= rules.MaxFile // no more could be written
	case text[0] == '`', isElsewhere(text):
		return "", false
	}
	return text, true
}

// isElsewhere reports whether a value is a file, or lies at a URL.
func isElsewhere(text string) bool {
	_, _, web := strings.Cut(text, "://")
	return text[0] == '<' || web || text[0] == '/' && !isExpression(text) && strings.Count(text, "/") > 1 && !strings.Contains(text, "=") ||
		strings.HasPrefix(text, "temp/") || strings.HasPrefix(text, "~/") || len(text) > 2 && text[1] == ':' && text[2] == '\\'
}

// items are the names and values of an operation: JSON, lines, or a query.
func (w *whistle) items(text string) (all []item, ok bool) {
	text, ok = w.value(text)
	if !ok {
		return nil, false
	}
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "{"):
		all, ok = jsonItems([]byte(text))
		return all, ok && len(all) <= maxItems
	case strings.Contains(text, "\n"), strings.Contains(text, ": "), !strings.Contains(text, "=") && strings.Contains(text, ":"):
		for line := range strings.SplitSeq(text, "\n") {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			name, value, has := strings.Cut(line, ": ")
			if !has {
				name, value, _ = strings.Cut(line, ":")
			}
			if all = append(all, lineItem(strings.TrimSpace(name), strings.TrimSpace(value))); len(all) > maxItems {
				return nil, false
			}
		}
		return all, len(all) > 0
	}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		if all = append(all, textItem(decoded(name), decoded(value))); len(all) > maxItems {
			return nil, false
		}
	}
	return all, len(all) > 0
}

// What an operation names at most: a rule could not have more.
const (
	maxItems = 1000
	maxPath  = 4096 // bytes of the path of a value in JSON
)

// lineItem is a value of a line: a number, a word of JSON, or a text.
func lineItem(name, value string) item {
	if value == "true" || value == "false" || value == "null" || plainNumber.MatchString(value) {
		return item{name, json.RawMessage(value)}
	}
	return textItem(name, value)
}

var plainNumber = regexp.MustCompile(`^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$`)

func decoded(text string) string {
	if plain, err := url.PathUnescape(text); err == nil && utf8.ValidString(plain) {
		return plain
	}
	return text
}

// jsonItems are the members of an object, in order; of one with more than maxItems no more than tell so.
func jsonItems(text []byte) (all []item, ok bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		name, err := d.Token()
		key, is := name.(string)
		var value json.RawMessage
		if err != nil || !is || d.Decode(&value) != nil {
			return nil, false
		}
		if all = append(all, item{key, value}); len(all) > maxItems {
			return all, true
		}
	}
	_, err := d.Token()
	return all, err == nil && len(all) > 0 && !d.More()
}

// dotted are the names of a path whose dots divide; a backslash makes a character one of a name.
func dotted(path string) (names []string) {
	var b strings.Builder
	escaped := false
	for _, r := range path {
		switch {
		case escaped:
			if at := strings.IndexRune("tnrfv", r); at >= 0 {
				r = rune("\t\n\r\f\v"[at])
			}
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '.':
			names = append(names, b.String())
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	return append(names, b.String())
}

// jsonPath is a path of names as a rule has it.
func jsonPath(names []string) string {
	var b strings.Builder
	b.WriteByte('$')
	for _, name := range names {
		if indexName.MatchString(name) {
			b.WriteString("[" + name + "]")
			continue
		}
		quoted, _ := json.Marshal(name)
		b.WriteString("[" + string(quoted) + "]")
	}
	return b.String()
}

var indexName = regexp.MustCompile(`^(0|[1-9]\d{0,8})$`)

// jsonSets adds what sets all values below a name; it is not ok where that is too much.
func jsonSets(to []rules.BodyJSON, names []string, value json.RawMessage, depth int) (_ []rules.BodyJSON, ok bool) {
	if inner, is := jsonItems(value); is && depth < maxDepth {
		for i := range inner {
			to, ok = jsonSets(to, append(names[:len(names):len(names)], inner[i].name), inner[i].value, depth+1)
			if !ok {
				return nil, false
			}
		}
		return to, true
	}
	path := jsonPath(names)
	return append(to, rules.BodyJSON{Path: path, Value: string(value)}), len(to) < maxItems && len(path) <= maxPath
}

// finding is what an operation looks for, as a rule has it. first says that the other program
// replaces only what it finds first. It is not ok where it is no expression that a rule has.
func finding(text, with string) (find, put string, first, ok bool) {
	last := strings.LastIndexByte(text, '/')
	if len(text) < 3 || text[0] != '/' || last < 2 || strings.Trim(text[last+1:], "gimu") != "" {
		if n := len(text); n > 2 && text[0] == '/' && text[n-1] == '/' {
			return "", "", false, false
		}
		return text, with, false, text != ""
	}
	flags := text[last+1:]
	first = !strings.Contains(flags, "g")
	if kept := strings.Map(func(r rune) rune {
		if r == 'i' || r == 'm' {
			return r
		}
		return -1
	}, flags); kept != "" {
		text = "/(?" + kept + ")" + text[1:]
		last += len(kept) + 3
	}
	find = text[:last+1]
	_, err := regexp.Compile(find[1:last])
	return find, groups(with), first, err == nil
}

// groups is what comes in the place of a match as a rule has it: there $& is $0, and a group's name
// ends with its bracket.
func groups(with string) string {
	var b strings.Builder
	for at := 0; at < len(with); at++ {
		c := with[at]
		switch {
		case c != '$':
			b.WriteByte(c)
		case at+1 < len(with) && with[at+1] == '&':
			b.WriteString("${0}")
			at++
		case at+1 < len(with) && '0' <= with[at+1] && with[at+1] <= '9':
			b.WriteString("${" + with[at+1:at+2] + "}")
			at++
		default:
			b.WriteString("$$")
		}
	}
	return b.String()
}
