package export

import (
	"posthouse/proxy/flow"
	"posthouse/proxy/shellquote"
)

// wget is GNU Wget 1.x. It has no way to leave out the fields that it adds, but for
// User-Agent.
var wget = program{
	spelling: spelling{path: "[]", query: "[]", lowerHex: true, encoded: true, encodedDots: true, emptyQuery: true},
	method:   upper,
	value:    printableOrTab,
	longest:  maxArgument - 1<<10,
	single:   true,
	host:     true,
	adds: func(r *request) []string {
		names := []string{"Accept", "Accept-Encoding", "Connection"}
		if r.sends {
			names = append(names, "Content-Type")
		}
		return names
	},
}

// writeWget has wget print the answer, whatever its status, follow nothing, try once,
// and add neither credentials from a file nor TLS from its memory.
func writeWget(x *flow.Exchange) Copy {
	t := wget.plan(x)
	if t == nil {
		return none(NoRequest)
	}
	var out shText
	file := t.sends && !shLiteral(t.content)
	if file { // wget reads no body from a pipe
		out.WriteString("(body=$(mktemp) &&\n")
		out.printf(t.content)
		out.WriteString(" >\"$body\" &&\n")
	}
	out.begin("wget -qO- --content-on-error --max-redirect=0 --tries=1 --no-netrc --no-hsts")
	if t.head.method.text != "GET" || t.sends {
		out.word("--method="+shellquote.POSIX(t.head.method.text), false)
	}
	if !t.head.has("User-Agent") {
		out.word("--user-agent=''", true)
	}
	for _, f := range t.fields {
		out.word("--header="+shWord([]byte(f.name+": "+f.value)), true)
	}
	switch {
	case file:
		out.word(`--body-file="$body"`, true)
	case t.sends:
		out.word("--body-data="+shellquote.POSIX(string(t.content)), true)
	}
	out.word(shellquote.POSIX(t.url), true)
	if file {
		out.WriteString("\nrm -f \"$body\")")
	}
	return Copy{out.String(), t.notes}
}
