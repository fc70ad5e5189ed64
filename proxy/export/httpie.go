package export

import (
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/shellquote"
)

// httpie is HTTPie 3.
var httpie = program{
	spelling: spelling{dots: true},
	method: func(method string) bool { // anything else it takes for the URL, and writes each in upper case
		return strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	},
	value:   httpieValue,
	longest: maxArgument - 1<<10,
	host:    true,
	adds:    func(*request) []string { return []string{"User-Agent", "Accept-Encoding"} }, // the library below it does
}

// httpieSigns are those of its separators, which a backslash before them makes plain.
const httpieSigns = ":;=@"

// httpieValue reports whether a value can be written: a backslash that stands before
// one of its signs cannot, for two are two and one is none.
func httpieValue(name, value string) bool {
	for i := 1; i < len(value); i++ {
		if value[i-1] == '\\' && strings.IndexByte(httpieSigns, value[i]) >= 0 {
			return false
		}
	}
	return value != skipHeader && utf8Value(name, value)
}

// httpieItem is a field as HTTPie takes it: an empty one with a semicolon, and never
// with a sign behind the colon that would have it read a file or JSON.
func httpieItem(f field) []byte {
	if f.value == "" {
		return []byte(f.name + ";")
	}
	value := f.value
	if strings.IndexByte(httpieSigns, value[0]) >= 0 {
		value = `\` + value
	}
	return []byte(f.name + ":" + value)
}

// writeHTTPie has it read nothing but what stands there.
func writeHTTPie(x *flow.Exchange) Copy {
	t := httpie.plan(x)
	if t == nil {
		return none(NoRequest)
	}
	var out shText
	pipe := t.sends && !shLiteral(t.content)
	if pipe {
		out.printf(t.content)
		out.WriteString(" |\n")
	}
	out.begin("http --ignore-netrc --path-as-is")
	if !pipe {
		out.word("--ignore-stdin", false)
	}
	if t.chunked && t.sends {
		out.word("--chunked", false)
	}
	if t.sends && !pipe {
		out.word("--raw="+shellquote.POSIX(string(t.content)), true)
	}
	out.word("-- "+t.head.method.text, true)
	out.word(shellquote.POSIX(t.url), false)
	for _, f := range t.fields {
		out.word(shWord(httpieItem(f)), true)
	}
	names := []string{"Accept", "Connection"}
	if t.sends {
		names = append(names, "Content-Type")
	}
	for _, name := range names {
		if !t.head.has(name) {
			out.word(name+":", true)
		}
	}
	return Copy{out.String(), t.notes}
}
