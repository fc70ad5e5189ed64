package imports

import (
	"regexp"
	"strings"

	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// listed are the words of a list that | and & divide, unless a backslash stands before; no more than
// an operation can have.
func listed(value string) (words []string) {
	begin := 0
	for at := 0; at < len(value) && len(words) <= maxItems; at++ {
		switch value[at] {
		case '\\':
			at++
		case '|', '&':
			words = append(words, value[begin:at])
			begin = at + 1
		}
	}
	return append(words, value[begin:])
}

// remove takes parts out of requests and responses.
func (a *action) remove(_, value string) string {
	words := listed(value)
	if len(words) > maxItems {
		return failed
	}
	for _, word := range words {
		if len(word) > maxPath {
			return failed
		}
		names := dotted(word)
		what := names[0]
		rest := strings.TrimPrefix(strings.TrimPrefix(word, what), ".")
		switch name := strings.Join(names[1:], "."); {
		case what == "urlParams" && len(names) == 1:
			if a.rule.Send != nil {
				return failed
			}
			a.rule.Send = &rules.Send{Find: `/\?.*$/`}
		case what == "reqBody" && len(names) == 1, what == "resBody" && len(names) == 1:
			empty := ""
			a.give(what, &rules.Body{Text: &empty})
		case len(names) == 1:
			return failed
		case what == "urlParams":
			a.query().Remove = append(a.query().Remove, encoded(name))
		case what == "reqHeaders", what == "reqH", what == "resHeaders", what == "resH":
			e := a.edit(what)
			e.Remove = append(e.Remove, name)
		case what == "reqCookies", what == "reqCookie", what == "resCookies", what == "resCookie":
			e := a.edit(what)
			if e.Cookies == nil {
				e.Cookies = &rules.Pairs{}
			}
			e.Cookies.Remove = append(e.Cookies.Remove, name)
		case what == "reqBody", what == "resBody":
			if what == "reqBody" {
				a.note(reason.ImportJSON.With("delete://" + what + "." + rest))
			}
			a.give(what, &rules.Body{JSON: []rules.BodyJSON{{Path: jsonPath(names[1:]), Remove: true}}})
		default:
			return failed
		}
	}
	return ""
}

// disable switches off what each of some words names.
func (a *action) disable(_, value string) string {
	for _, word := range listed(value) {
		req := func(names ...string) { a.edit("req").Remove = append(a.edit("req").Remove, names...) }
		res := func(names ...string) { a.edit("res").Remove = append(a.edit("res").Remove, names...) }
		switch word {
		case "cache":
			a.rule.NoCache = true
		case "cookies", "cookie":
			req("Cookie")
			res("Set-Cookie")
		case "reqCookies", "reqCookie":
			req("Cookie")
		case "resCookies", "resCookie":
			res("Set-Cookie")
		case "csp":
			res("Content-Security-Policy", "Content-Security-Policy-Report-Only", "X-Content-Security-Policy", "X-Webkit-CSP")
		case "ajax":
			req("X-Requested-With")
		case "clientIp", "clientIP":
			req("X-Forwarded-For")
		case "gzip":
			a.rule.Plain = true
		case "capture", "https", "intercept":
			no := false
			a.rule.Decrypt = &no
		default:
			return failed
		}
	}
	return ""
}

// enable switches on what each of some words names.
func (a *action) enable(_, value string) string {
	for _, word := range listed(value) {
		switch word {
		case "abort", "abortReq":
			a.rule.Block = rules.BlockReset
		case "capture", "https", "intercept":
			yes := true
			a.rule.Decrypt = &yes
		default:
			return failed
		}
	}
	return ""
}

var unsent = regexp.MustCompile(`[^A-Za-z0-9\-._~!$'()*,;:@/?\[\]]`)

// encoded is a text as a query or a form has it.
func encoded(text string) string {
	return unsent.ReplaceAllStringFunc(text, func(one string) string {
		var b strings.Builder
		for i := range len(one) {
			b.WriteString("%" + strings.ToUpper(hex(one[i])))
		}
		return b.String()
	})
}

func hex(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}
