package export

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/flow"
	"posthouse/proxy/shellquote"
)

// whatwg is how a URL is written by the URL standard, and by undici.
var whatwg = spelling{path: "[]|", query: "[]|{}`\\", changes: "'", lowerHex: true, encoded: true, oddPercent: true}

// fetchMethod reports whether fetch takes a method and writes it as it stands.
func fetchMethod(method string) bool {
	switch up := strings.ToUpper(method); up {
	case "CONNECT", "TRACE", "TRACK":
		return false
	case "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT":
		return method == up
	}
	return true
}

func getOrHead(method string) bool { return method == "GET" || method == "HEAD" }

// browser is fetch as every browser has it: what it forbids stands in the Fetch
// standard, "forbidden request-header".
var browser = program{spelling: whatwg, method: fetchMethod, bodyless: getOrHead, value: printableOrTab, single: true,
	owned: ownedByBrowser}

// ownedByBrowser does not speak of what a browser makes anyway, or is told besides.
func ownedByBrowser(name, _ string) (owned, noted bool) {
	switch name {
	case "accept-encoding", "connection", "keep-alive", "referer", "te":
		return true, false
	case "accept-charset", "access-control-request-headers", "access-control-request-method",
		"access-control-request-private-network", "cookie", "cookie2", "date", "dnt", "expect", "origin", "set-cookie",
		"trailer", "upgrade", "via", "x-http-method", "x-http-method-override", "x-method-override":
		return true, true
	}
	return strings.HasPrefix(name, "sec-"), false
}

// nodeJS is fetch as Node.js has it.
var nodeJS = program{spelling: whatwg, method: fetchMethod, bodyless: getOrHead, value: printableOrTab, single: true,
	owned: func(name, value string) (owned, noted bool) {
		switch name {
		case "connection":
			return true, !strings.EqualFold(value, "keep-alive")
		case "sec-fetch-mode":
			return true, value != "cors"
		case "keep-alive", "upgrade", "expect":
			return true, true
		}
		return false, false
	},
	adds: func(r *request) []string {
		names := []string{"Accept", "Accept-Language", "Accept-Encoding", "User-Agent", "Sec-Fetch-Mode", "Connection"}
		if slices.ContainsFunc(r.head.fields, func(f field) bool {
			switch strings.ToLower(f.name) {
			case "if-modified-since", "if-none-match", "if-unmodified-since", "if-match", "if-range":
				return true
			}
			return false
		}) {
			names = append(names, "Pragma", "Cache-Control")
		}
		return names
	},
}

// writeFetch is a call of fetch. It waits, so it goes where await may stand: a
// module, the console of a browser, the prompt of Node.js.
func writeFetch(x *flow.Exchange, p *program) Copy {
	t := p.plan(x)
	if t == nil {
		return none(NoRequest)
	}
	var out strings.Builder
	out.WriteString("await fetch(" + javaScript([]byte(t.url), "") + ", {\n")
	if t.head.method.text != "GET" {
		out.WriteString("  method: " + javaScript([]byte(t.head.method.text), "  ") + ",\n")
	}
	if len(t.fields) > 0 {
		out.WriteString("  headers: {\n")
		for _, f := range t.fields {
			out.WriteString("    " + javaScript([]byte(f.name), "    ") + ": " +
				literal([]byte(f.value), shellquote.JavaScriptBytes, " +\n      ") + ",\n")
		}
		out.WriteString("  },\n")
	}
	if t.sends {
		out.WriteString("  body: " + fetchBody(t) + ",\n")
	}
	if p == &browser {
		if r := t.head.value("Referer"); r != "" && utf8Value("", r) {
			out.WriteString("  referrer: " + javaScript([]byte(r), "  ") + ",\n  referrerPolicy: \"unsafe-url\",\n")
		}
		credentials := "omit"
		if t.head.has("Cookie") {
			credentials = "include"
		}
		out.WriteString("  credentials: \"" + credentials + "\",\n")
	}
	out.WriteString("  redirect: \"manual\",\n});")
	return Copy{out.String(), t.notes}
}

// fetchBody is bytes where a text would have a Content-Type added, or is none.
func fetchBody(t *plan) string {
	switch {
	case !utf8.Valid(t.content):
		text := base64.StdEncoding.EncodeToString(t.content)
		return "Uint8Array.from(atob(" + javaScript([]byte(text), "  ") + "), c => c.charCodeAt(0))"
	case !t.head.has("Content-Type"):
		return "new TextEncoder().encode(" + javaScript(t.content, "  ") + ")"
	}
	return javaScript(t.content, "  ")
}

func javaScript(text []byte, indent string) string {
	return literal(text, shellquote.JavaScript, " +\n"+indent+"  ")
}

// literal is a text of a language on several lines.
func literal(text []byte, l shellquote.Language, glue string) string {
	return strings.Join(shellquote.Literal(text, l), glue)
}
