package export

import (
	"strings"
	"unicode/utf8"

	"posthouse/proxy/flow"
	"posthouse/proxy/shellquote"
)

// requests is Python's requests 2.26 or later, with urllib3 1.26 or later.
var requests = program{
	method: upper,
	value:  func(name, value string) bool { return value != skipHeader && printableOrTab(name, value) },
	single: true,
	host:   true,
}

// skipHeader is urllib3's sign for a field that it is not to add.
const skipHeader = "@@@SKIP_HEADER@@@"

// writeRequests makes a session: else the fields that the library adds come first,
// and cannot all be taken back.
func writeRequests(x *flow.Exchange) Copy {
	t := requests.plan(x)
	if t == nil {
		return none(NoRequest)
	}
	var out strings.Builder
	out.WriteString("import requests\nimport urllib3\n\nsession = requests.Session()\n" +
		"session.auth = lambda request: request  # nothing from .netrc\nsession.headers = {\n")
	for _, f := range t.fields {
		out.WriteString("    " + python([]byte(f.name)) + ": " + pythonField(f.value) + ",\n")
	}
	for _, name := range []string{"User-Agent", "Accept-Encoding"} {
		if !t.head.has(name) {
			out.WriteString("    \"" + name + "\": urllib3.util.SKIP_HEADER,\n")
		}
	}
	out.WriteString("}\nresponse = session.request(\n    " + python([]byte(t.head.method.text)) + ",\n    " + python([]byte(t.url)) + ",\n")
	switch {
	case t.sends && t.chunked:
		out.WriteString("    data=iter([" + pythonBody(t.content) + "]),\n")
	case t.sends:
		out.WriteString("    data=" + pythonBody(t.content) + ",\n")
	}
	out.WriteString("    allow_redirects=False,\n)\nprint(response)")
	return Copy{out.String(), t.notes}
}

// httpx is Python's httpx.
var httpx = program{
	spelling: spelling{emptyQuery: true},
	method:   upper,
	value:    printableOrTab,
	host:     true,
}

// writeHTTPX makes a request by itself: the fields that a client adds are not in it.
func writeHTTPX(x *flow.Exchange) Copy {
	t := httpx.plan(x)
	if t == nil {
		return none(NoRequest)
	}
	var out strings.Builder
	out.WriteString("import httpx\n\nrequest = httpx.Request(\n    " + python([]byte(t.head.method.text)) + ",\n    " +
		python([]byte(t.url)) + ",\n")
	if len(t.fields) > 0 {
		out.WriteString("    headers=[\n")
		for _, f := range t.fields {
			out.WriteString("        (" + literal([]byte(f.name), shellquote.PythonBytes, "\n         ") + ", " +
				literal([]byte(f.value), shellquote.PythonBytes, "\n         ") + "),\n")
		}
		out.WriteString("    ],\n")
	}
	switch {
	case t.sends && t.chunked:
		out.WriteString("    content=iter([" + pythonBody(t.content) + "]),\n")
	case t.sends:
		out.WriteString("    content=" + pythonBody(t.content) + ",\n")
	}
	out.WriteString(")\nresponse = httpx.Client().send(request, follow_redirects=False)\nprint(response)")
	return Copy{out.String(), t.notes} // without a block, which an interactive Python ends at an empty line alone
}

func python(text []byte) string { return literal(text, shellquote.Python, "\n    ") }

// pythonField is bytes where a text would be written in Latin-1.
func pythonField(value string) string {
	if shellquote.ASCII(strings.ReplaceAll(value, "\t", "")) {
		return literal([]byte(value), shellquote.Python, "\n        ")
	}
	return literal([]byte(value), shellquote.PythonBytes, "\n        ")
}

// pythonBody is bytes, as text where that can be read.
func pythonBody(content []byte) string {
	const glue = "\n    "
	if utf8.Valid(content) && !shellquote.ASCII(strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(string(content))) {
		return "(" + literal(content, shellquote.Python, glue) + ").encode()"
	}
	return literal(content, shellquote.PythonBytes, glue)
}
