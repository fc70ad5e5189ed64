package imports

import (
	"regexp"
	"strings"
	"unicode"

	"posthouse/proxy/capture/query"
)

// place is where a rule of another program is for. What is "" is anything; * and ? stand for any
// characters and for one, where a text is a glob.
type place struct {
	scheme, host, port, path, query string
	method                          string
	below                           bool // paths that begin with this one too
}

// condition is the filter for a place; ok is false where it cannot be told.
func (p *place) condition() (when string, ok bool) {
	var words []string
	add := func(word string) { words = append(words, word) }
	scheme := strings.ToLower(p.scheme)
	if scheme != "" && scheme != "*" {
		add("scheme:" + query.Quoted(scheme))
	}
	if word := p.hostWord(scheme); word != "" {
		add(word)
	}
	word, ok := p.pathWord()
	if word != "" {
		add(word)
	}
	if p.method != "" && !strings.EqualFold(p.method, "any") {
		add("method:" + query.Quoted(strings.ToLower(p.method)))
	}
	when = strings.Join(words, " ")
	_, err := query.Parse(when)
	return when, ok && err == nil
}

// defaultPort is the port that is not written.
func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	}
	return ""
}

func (p *place) hostWord(scheme string) string {
	host, port := strings.Trim(p.host, "[]"), p.port
	if port == "*" || port == defaultPort(scheme) {
		port = ""
	}
	if host == "*" {
		host = ""
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	domain, below := strings.CutPrefix(host, "*.")
	switch {
	case host == "" && port == "":
		return ""
	case host == "":
		return expression("host", ":"+regexp.QuoteMeta(port)+"$", "")
	case port == "" && !isGlob(host), port == "" && below && !isGlob(domain):
		return "host:=" + query.Quoted(host)
	case !isGlob(host) && !isGlob(port):
		return "host:=" + query.Quoted(host+":"+port)
	case port == "":
		return expression("host", "^"+glob(host)+`(:\d+)?$`, "i")
	}
	return expression("host", "^"+glob(host)+":"+glob(port)+"$", "i")
}

func (p *place) pathWord() (word string, ok bool) {
	path := p.path
	if path != "" && path[0] != '/' && path[0] != '*' {
		path = "/" + path
	}
	if path == "*" || path == "/*" {
		path = ""
	}
	switch {
	case path == "" && p.query == "":
		return "", true
	case p.query != "":
		if path == "" {
			path = "*"
		}
		return expression("path", "^"+glob(path)+`\?`+glob(p.query)+"$", ""), true
	case p.below && strings.HasSuffix(path, "/"):
		return expression("path", "^"+glob(path), ""), true
	case p.below:
		return expression("path", "^"+glob(path)+"([/?]|$)", ""), true
	case !isGlob(path):
		return "path:=" + query.Quoted(path), !strings.ContainsFunc(path, query.Quote)
	}
	if begin, open := strings.CutSuffix(path, "*"); open {
		return expression("path", "^"+glob(begin), ""), true
	}
	return expression("path", "^"+glob(path)+`(\?|$)`, ""), true
}

func isGlob(text string) bool { return strings.ContainsAny(text, "*?") }

// glob is the regular expression of a text with * and ?.
func glob(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch r {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return b.String()
}

// expression is a word of a filter whose value is a regular expression.
func expression(key, pattern, flags string) string { return key + ":" + slashed(pattern) + flags }

// slashed is a regular expression between slashes, as a filter takes it: nothing in it ends the
// word.
func slashed(pattern string) string {
	var b strings.Builder
	b.WriteByte('/')
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			escaped = false
			b.WriteRune(r)
			continue
		case r == '\\':
			escaped = true
		case r == '/', query.Space(r):
			b.WriteByte('\\')
		case unicode.IsControl(r):
			r = '.'
		}
		b.WriteRune(r)
	}
	if escaped {
		b.WriteByte('\\')
	}
	b.WriteByte('/')
	return b.String()
}

// either is a filter for one of some.
func either(all []string) string {
	switch len(all) {
	case 0:
		return ""
	case 1:
		return all[0]
	}
	for _, when := range all {
		if when == "" {
			return ""
		}
	}
	return "(" + strings.Join(all, ") | (") + ")"
}

// both is a filter for what meets two.
func both(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return "(" + a + ") (" + b + ")"
}

// splitURL takes a URL apart that may have * in it, and may lack its scheme.
func splitURL(text string) (p place) {
	if scheme, rest, has := strings.Cut(text, "://"); has {
		p.scheme, text = scheme, rest
		if scheme == "http*" || scheme == "*" {
			p.scheme = ""
		}
	}
	if at := strings.IndexAny(text, "/?"); at >= 0 && (text[at] == '/' || strings.Contains(text[:at], ".")) {
		p.host, p.path = text[:at], text[at:]
	} else {
		p.host = text
	}
	p.host = p.host[strings.LastIndexByte(p.host, '@')+1:] // no host has a login
	if host, port, has := strings.Cut(p.host, ":"); has && !strings.Contains(port, ":") {
		p.host, p.port = host, port
	}
	if path, query, has := strings.Cut(p.path, "?"); has && p.path != "" && !strings.HasSuffix(p.path, "?") {
		p.path, p.query = path, query
	}
	return p
}

// validFilter reports whether a text is a filter that says something.
func validFilter(when string) bool {
	_, err := query.Parse(when)
	return err == nil && when != ""
}
