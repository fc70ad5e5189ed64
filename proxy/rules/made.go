package rules

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// Condition is a filter that a request meets, and those others of its method, host and path,
// whatever their query.
func Condition(r *flow.Row) string {
	var words []string
	add := func(key, value string) {
		if value != "" {
			words = append(words, key+query.Quoted(value))
		}
	}
	if utf8.ValidString(r.Host) && !strings.ContainsFunc(r.Host, query.Quote) {
		add("host:=", r.Host)
	}
	if path, _, _ := strings.Cut(r.Path, "?"); plainPath(path) {
		add("path:=", path)
	} else {
		words = append(words, "path:"+beginning(path))
	}
	if isToken(r.Method) {
		add("method:", strings.ToLower(r.Method))
	}
	return strings.Join(words, " ")
}

// maxPlain bounds a path that stands in a condition as it is, in bytes, and the beginning of
// one that does not.
const (
	maxPlain     = 2000
	maxBeginning = 200
)

// plainPath reports whether a path can stand in a condition.
func plainPath(path string) bool {
	return len(path) <= maxPlain && utf8.ValidString(path) && !strings.ContainsFunc(path, func(r rune) bool {
		return query.Quote(r) || unicode.IsControl(r)
	})
}

// beginning is an expression for what begins as a path does that cannot stand in a condition.
func beginning(path string) string {
	var b strings.Builder
	b.WriteString("/^")
	for _, r := range path {
		if b.Len() > maxBeginning {
			break
		}
		switch {
		case r == utf8.RuneError, query.Space(r), query.Quote(r), unicode.IsControl(r):
			b.WriteByte('.')
		case r == '/':
			b.WriteString(`\/`)
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteString("/s")
	return b.String()
}

// notKept are fields of a response that say something of the moment, of the origin's
// connection, or of who asked: what a rule answers does without them.
var notKept = []string{"content-type", "date", "age", "via", "expires", "etag", "last-modified", "accept-ranges", "content-range",
	"alt-svc",
	"server-timing", "set-cookie", "set-cookie2", "report-to", "nel", "x-request-id", "x-cache", "strict-transport-security",
	"public-key-pins", "content-md5", "digest", "content-digest", "repr-digest", "proxy-authenticate", "clear-site-data"}

// AnswerFields are the fields of a response that a rule answers with, as lines, and the names
// of those that it leaves out.
func AnswerFields(fields []Field) (kept, left []string) {
	for _, f := range fields {
		if strings.HasPrefix(f.Name, ":") || strings.EqualFold(f.Name, "Content-Type") {
			continue
		}
		line := f.Name + ": " + f.Value
		_, why := readField(line)
		if len(kept) < maxEdits && why.IsZero() && utf8.ValidString(line) && !slices.Contains(notKept, strings.ToLower(f.Name)) {
			kept = append(kept, line)
		} else if !slices.Contains(left, f.Name) && len(left) < maxEdits {
			left = append(left, f.Name)
		}
	}
	return kept, left
}

// Block writes the lines of one rule, with remarks above it.
func Block(r Rule, remarks ...string) ([]byte, error) {
	text, err := Format([]Rule{r})
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, remark := range remarks {
		for line := range strings.SplitSeq(remark, "\n") {
			b.WriteString(strings.TrimRight("# "+cleanRemark(line), " ") + "\n")
		}
	}
	return append([]byte(b.String()), text...), nil
}

// cleanRemark is a text as it may stand in a remark of TOML.
func cleanRemark(text string) string {
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text), "")
}
