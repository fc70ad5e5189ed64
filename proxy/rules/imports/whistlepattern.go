package imports

import (
	"regexp"
	"strconv"
	"strings"

	"posthouse/proxy/capture/query"
)

// pattern is what a line of whistle is for.
type pattern struct {
	when     string
	base     string // the path whose rest goes on to where a request is sent; "" where none does
	captures bool   // $1 and the like mean something
}

// isExpression reports whether a word is a regular expression.
func isExpression(word string) bool {
	last := strings.LastIndexByte(word, '/')
	return word[0] == '/' && last > 1 && strings.Trim(word[last+1:], "iu") == ""
}

var portOnly = regexp.MustCompile(`^:\d{1,5}$`)

// patternOf is the condition of a pattern.
func patternOf(text string) (p pattern, ok bool) {
	text, not := strings.CutPrefix(text, "!")
	switch {
	case text == "":
		return p, false
	case portOnly.MatchString(text):
		p.when = expression("host", regexp.QuoteMeta(text)+"$", "")
	case isExpression(text):
		last := strings.LastIndexByte(text, '/')
		p.when, p.captures = expression("url", text[1:last], strings.ReplaceAll(text[last+1:], "u", "")), true
	case text[0] == '^', strings.HasPrefix(text, "*/") && strings.Contains(text[2:], "*"):
		p.when, p.captures = wildcard(strings.TrimLeft(text, "^")), true
	default:
		p, ok = urlPattern(text)
		if !ok {
			return p, false
		}
	}
	if not {
		p.when, p.base, p.captures = "-("+p.when+")", "", false
	}
	return p, validFilter(p.when)
}

// What stars stand for, by how many there are.
func hostStars(n int) string {
	if n > 1 {
		return "[^/?]*"
	}
	return "[^/?.]*"
}

func pathStars(n int) string {
	switch {
	case n > 2:
		return ".*"
	case n > 1:
		return "[^?]*"
	}
	return "[^?/]*"
}

func queryStars(n int) string {
	if n > 1 {
		return ".*"
	}
	return "[^&]*"
}

// starred is the regular expression of a text with stars.
func starred(text string, stars func(n int) string) string {
	var b strings.Builder
	for text != "" {
		plain := text
		if at := strings.IndexByte(text, '*'); at >= 0 {
			plain = text[:at]
		}
		b.WriteString(regexp.QuoteMeta(plain))
		rest := strings.TrimLeft(text[len(plain):], "*")
		if n := len(text) - len(plain) - len(rest); n > 0 {
			b.WriteString(stars(n))
		}
		text = rest
	}
	return b.String()
}

// anyPort is behind a host that names none.
const anyPort = `(:\d+)?`

// hostExpression is the regular expression of a host with stars, and its port.
func hostExpression(host string) string {
	if host != "" && strings.Trim(host, "*") == "" {
		return "[^/?]*"
	}
	lead := ""
	switch {
	case strings.HasPrefix(host, "***."): // or nothing there
		lead, host = `([^/?]*\.)?`, host[4:]
	case strings.HasPrefix(host, "."):
		lead, host = `([^/?.]*\.)?`, host[1:]
	}
	out := lead + starred(host, hostStars)
	if !strings.Contains(host, ":") && !strings.HasSuffix(host, "*") {
		out += anyPort
	}
	return out
}

// wildcard is the condition of a pattern in which stars mean something in the path and the query.
func wildcard(text string) string {
	text, whole := strings.CutSuffix(text, "$")
	scheme, rest, has := strings.Cut(text, "://")
	if !has {
		scheme, rest = "*", strings.TrimPrefix(text, "//")
	}
	host, path := rest, ""
	if at := strings.IndexAny(rest, "/?"); at >= 0 {
		host, path = rest[:at], rest[at:]
	}
	path, query, asks := strings.Cut(path, "?")
	if path == "" && (asks || whole) {
		path = "/"
	}
	out := "^" + starred(scheme, func(int) string { return "[a-z]*" }) + "://" + hostExpression(host) + starred(path, pathStars)
	switch {
	case asks:
		out += `\?` + starred(query, queryStars)
	case path == "" && !whole:
		out += "(/|$)"
	case !whole && !strings.HasSuffix(path, "*") && !strings.HasSuffix(path, "/"):
		out += "([/?]|$)"
	}
	if whole {
		out += "$"
	}
	return expression("url", out, "")
}

// urlPattern is a URL, or a part of one: its path is the begin of others, and with a query the whole
// of one. In the host there may be stars.
func urlPattern(text string) (p pattern, ok bool) {
	text, exact := strings.CutPrefix(text, "$")
	from := splitURL(strings.TrimPrefix(text, "//"))
	if from.scheme == "tunnel" {
		from.scheme = ""
	}
	var words []string
	if from.scheme != "" && !strings.Contains(from.scheme, "*") {
		words = append(words, "scheme:"+query.Quoted(strings.ToLower(from.scheme)))
	}
	switch {
	case strings.Contains(from.host, "*"), strings.HasPrefix(from.host, "."), strings.Contains(from.port, "*"):
		host := from.host
		if from.port != "" {
			host += ":" + from.port
		}
		if all := hostExpression(host); all != "[^/?]*" {
			words = append(words, expression("host", "^"+all+"$", "i"))
		}
	case from.host == "":
		return p, false
	default:
		named := place{host: from.host, port: from.port}
		words = append(words, named.hostWord(from.scheme))
	}
	p.base = from.path
	word, fits := whistlePath(&from, exact)
	if word != "" {
		words = append(words, word)
	}
	if len(words) == 0 { // all requests
		words = append(words, "url:/./")
	}
	p.when = strings.Join(words, " ")
	return p, fits
}

// whistlePath is the condition of path and query, in which stars mean themselves.
func whistlePath(from *place, exact bool) (word string, ok bool) {
	path := from.path
	switch {
	case path == "" && from.query == "":
		return "", true
	case path == "":
		path = "/"
	case path == "/*" && from.query == "": // as it is written often, and meant
		return "", true
	}
	out := "^" + regexp.QuoteMeta(path)
	switch {
	case from.query != "" && exact:
		out += `\?` + regexp.QuoteMeta(from.query) + "$"
	case from.query != "":
		out += `\?` + regexp.QuoteMeta(from.query)
	case exact && !strings.ContainsFunc(path, query.Quote):
		return "path:=" + query.Quoted(path), true
	case exact:
		out += `(\?|$)`
	case path == "/" && from.query == "":
		return "", true
	case !strings.HasSuffix(path, "/"):
		out += "([/?]|$)"
	}
	return expression("path", out, ""), true
}

// filters is what the filters of a line say.
type filters struct {
	when  string
	share string // of requests
	lacks string // what cannot be asked for here
}

// filtersOf reads the filters of a line: one of those that include must fit, and none of those that
// exclude.
func filtersOf(words []string) (f filters) {
	var include, exclude []string
	for _, word := range words {
		name, value, _ := strings.Cut(word, "://")
		in := name == "includeFilter"
		value, not := strings.CutPrefix(value, "!")
		if n := len(value); n > 1 && (value[0] == '(' && value[n-1] == ')' || value[0] == '<' && value[n-1] == '>') {
			value = value[1 : n-1]
		}
		if share, is := strings.CutPrefix(value, "chance:"); is && in && !not && f.share == "" {
			if f.share = shareOf(share); f.share != "" {
				continue
			}
		}
		when, ok := filterOf(value)
		if !ok {
			f.lacks = word
			continue
		}
		if not {
			when = "-(" + when + ")"
		}
		if in {
			include = append(include, when)
		} else {
			exclude = append(exclude, when)
		}
	}
	if len(include) > 0 && f.share != "" { // one of these or the share
		f.lacks = "chance:"
	}
	if f.when = either(include); len(exclude) > 0 {
		f.when = both(f.when, "-("+either(exclude)+")")
	}
	return f
}

// shareOf is a probability, or a percentage, as a rule has it; "" where it is none.
func shareOf(text string) string {
	number, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(number, 64)
	if !percent {
		n *= 100
	}
	if err != nil || !(n > 0 && n <= 100) {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64) + "%"
}

var filterKind = regexp.MustCompile(`^([A-Za-z]+)[:.=](.*)$`)

// filterOf is the condition of one filter.
func filterOf(value string) (when string, ok bool) {
	m := filterKind.FindStringSubmatch(value)
	if m == nil {
		return filterPattern(value)
	}
	expr := isExpressionText(m[2])
	switch m[1] {
	case "m", "method":
		if expr {
			when = expression("method", m[2][1:strings.LastIndexByte(m[2], '/')], "i")
		} else {
			when = "method:" + query.Quoted(strings.ToLower(m[2]))
		}
	case "s", "statusCode":
		if expr {
			return "", false
		}
		when = "status:" + m[2]
	case "host":
		if expr {
			when = expression("host", m[2][1:strings.LastIndexByte(m[2], '/')], "i")
		} else {
			when = "host:=" + query.Quoted(m[2])
		}
	case "b", "body", "i", "ip", "h", "header", "env", "from", "clientIp", "clientIP", "clientPort", "remoteAddress", "remotePort",
		"serverIp", "serverIP", "serverPort", "chance", "probability", "req", "res", "reqH", "resH", "reqHeader", "resHeader", "reqHeaders",
		"resHeaders":
		return "", false
	default:
		return filterPattern(value)
	}
	return when, validFilter(when)
}

func isExpressionText(text string) bool { return text != "" && isExpression(text) }

// filterPattern is a filter that is a pattern; one that begins with a slash is a path.
func filterPattern(value string) (when string, ok bool) {
	if value == "" {
		return "", false
	}
	if value[0] == '/' && !strings.HasPrefix(value, "//") && !isExpression(value) {
		out := "^" + starred(value, pathStars)
		if !strings.HasSuffix(value, "/") && !strings.HasSuffix(value, "*") {
			out += "([/?]|$)"
		}
		when = expression("path", out, "")
		return when, validFilter(when)
	}
	if !isExpression(value) && strings.Contains(value, "*") && value[0] != '^' {
		value = "^" + value
	}
	p, ok := patternOf(value)
	return p.when, ok
}
