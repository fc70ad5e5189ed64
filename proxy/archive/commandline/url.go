package commandline

import (
	"net/url"
	"strings"

	"posthouse/proxy/reason"
)

// target is a URL taken apart as curl does.
type target struct {
	scheme, authority, path, query string
	hasQuery                       bool
	socket                         bool   // its scheme was ws or wss
	user                           string // user:password, decoded; "" for none
}

func (t target) text() string {
	text := t.scheme + "://" + t.authority + t.path
	if t.hasQuery {
		text += "?" + t.query
	}
	return text
}

// parseURL takes a URL with or without its scheme, and adds pieces to its query.
func parseURL(o option, query []string, asIs bool) (target, error) {
	bad := &fault{o.place, reason.CommandURL.With(shortened(o.value))}
	text, _, _ := strings.Cut(o.value, "#")
	for i := range len(text) {
		if text[i] <= ' ' || text[i] == 0x7f {
			return target{}, bad
		}
	}
	t := target{scheme: "http"}
	scheme, rest, ok := strings.Cut(text, "://")
	switch lower := strings.ToLower(scheme); {
	case !ok:
		rest = text
	case lower == "http" || lower == "https":
		t.scheme = lower
	case lower == "ws" || lower == "wss":
		t.scheme, t.socket = map[string]string{"ws": "http", "wss": "https"}[lower], true
	default:
		return t, bad
	}
	rest = strings.TrimLeft(rest, "/")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	t.authority, rest = rest[:end], rest[end:]
	if at := strings.LastIndexByte(t.authority, '@'); at >= 0 {
		user, err := url.PathUnescape(t.authority[:at])
		if err != nil || strings.ContainsAny(user, "\r\n\x00") {
			return t, bad
		}
		t.user, t.authority = user, t.authority[at+1:]
	}
	t.authority = strings.TrimSuffix(t.authority, map[string]string{"http": ":80", "https": ":443"}[t.scheme])
	host := t.authority
	if strings.HasPrefix(host, "[") {
		_, host, _ = strings.Cut(host, "]") // of an IPv6 address
	}
	if t.authority == "" || t.authority[0] == ':' || strings.ContainsAny(host, `\[]<>"^|`+"`") {
		return t, bad
	}
	t.path, t.query, t.hasQuery = strings.Cut(rest, "?")
	if t.path == "" {
		t.path = "/"
	}
	if !asIs {
		t.path = squashed(t.path)
	}
	t.path, t.query = encoded(t.path), encoded(t.query)
	for _, piece := range query {
		if t.query != "" {
			t.query += "&"
		}
		t.query, t.hasQuery = t.query+encoded(piece), true
	}
	return t, nil
}

// squashed is a path without its dot segments (RFC 3986 section 5.2.4).
func squashed(text string) string {
	if !strings.Contains(text, "/.") {
		return text
	}
	var out []string
	segments := strings.Split(text, "/")
	for i, s := range segments[1:] {
		last := i == len(segments)-2
		switch s {
		case "..":
			out = out[:max(0, len(out)-1)]
		case ".":
		default:
			out = append(out, s)
			continue
		}
		if last {
			out = append(out, "")
		}
	}
	return "/" + strings.Join(out, "/")
}

// encoded writes bytes beyond ASCII, and signs that cannot be in a request line, as RFC
// 3986 section 2.1 has it.
func encoded(text string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c > ' ' && c < 0x7f {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// globbed reports whether curl would make several URLs of one: braces, or brackets that
// are not those of an IPv6 address.
func globbed(text string) bool {
	if strings.Contains(text, "{") {
		return true
	}
	rest := text
	if at := strings.Index(rest, "://"); at >= 0 {
		rest = rest[at+3:]
	}
	return strings.Contains(strings.TrimPrefix(rest, "["), "[")
}

// shortened is a text for a sentence.
func shortened(text string) string {
	if len(text) > 80 {
		text = text[:80] + "..."
	}
	return strings.ToValidUTF8(text, "\ufffd")
}
