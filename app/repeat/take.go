package repeat

import (
	"bytes"
	"strconv"
	"strings"

	"posthouse/proxy/content/jsonquery"
	"posthouse/proxy/reason"
)

// Origin is where a value of an answer stands.
type Origin uint8

const (
	FromJSON   Origin = iota // in the body, at a path of JSONPath or by a question of jq
	FromField                // a header field
	FromCookie               // a cookie that is set
)

// Take names a value of an answer for the requests that follow: {{Name}}.
type Take struct {
	Name string
	From Origin
	At   string // the path, the field or the cookie
}

// MaxTakes bounds the values of one answer.
const MaxTakes = 16

// Check says why nothing can be taken like that: a reason, or *jsonquery.Error of a path.
func (t *Take) Check() error {
	switch {
	case Own(t.Name):
		return reason.New(reason.TakeOwn, t.Name)
	case !isName(t.Name):
		return reason.New(reason.TakeName, strconv.Itoa(maxName))
	case strings.TrimSpace(t.At) == "":
		return reason.New(reason.TakeNowhere)
	case t.From == FromJSON:
		return jsonquery.Check(t.At)
	case !isToken(t.At):
		return reason.New(reason.TakeToken)
	}
	return nil
}

// isName reports whether a text is the name of a value: what else stands between braces is
// not looked for.
func isName(text string) bool {
	for i, c := range text {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '-' || c == '.')) {
			return false
		}
	}
	return text != "" && len(text) <= maxName
}

// isToken reports whether a text is the name of a field or a cookie (RFC 9110 section 5.6.2).
func isToken(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return text != ""
}

// maxNames bounds what Names finds.
const maxNames = 100

// Names are the names between {{ and }} in texts, each once, in their order.
func Names(texts ...[]byte) (names []string) {
	seen := map[string]bool{}
	for _, text := range texts {
		for bytes.Contains(text, []byte("{{")) && len(names) < maxNames {
			name, rest := firstName(text)
			text = rest
			if name != "" && !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// firstName is what stands between the first braces, "" where that is no name, and what
// follows it.
func firstName(text []byte) (name string, rest []byte) {
	i := bytes.Index(text, []byte("{{"))
	end := bytes.Index(text[i:min(len(text), i+maxPlace)], []byte("}}"))
	if end >= 0 {
		if name = withoutBlanks(string(text[i+2 : i+end])); isName(name) {
			return name, text[i+end+2:]
		}
	}
	return "", text[i+1:]
}

// Own reports whether a name has a value of its own in a group.
func Own(name string) bool { return name == "n" || name == "uuid" || name == "time" }
