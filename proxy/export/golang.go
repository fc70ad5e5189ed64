package export

import (
	"net/http"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/shellquote"
)

// netHTTP is Go's net/http. Where parsing would change the target, the URL is opaque.
var netHTTP = program{
	anyTarget: true,
	spelling:  spelling{lowerHex: true, encoded: true, dots: true, emptyQuery: true},
	value:     printableOrTab,
	host:      true,
	owned: func(name, _ string) (owned, noted bool) {
		return name == "trailer", name == "trailer" // announced by the program's own
	},
}

// writeGo is a program.
func writeGo(x *flow.Exchange) Copy {
	t := netHTTP.plan(x)
	if t == nil {
		return none(NoRequest)
	}
	opaque := !netHTTP.spelling.keeps(t.path)
	var out strings.Builder
	t.goImports(&out, opaque)
	out.WriteString("func main() {\n\treq, err := http.NewRequest(" + goText(t.head.method.text) + ", ")
	if opaque {
		out.WriteString(goText(t.origin()) + ", ")
	} else {
		out.WriteString(goText(t.url) + ", ")
	}
	out.WriteString(t.goBody() + ")\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n")
	if opaque {
		path, query, hasQuery := strings.Cut(t.opaqueTarget(), "?")
		out.WriteString("\treq.URL = &url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Opaque: " + goText(path))
		switch {
		case hasQuery && query == "":
			out.WriteString(", ForceQuery: true")
		case hasQuery:
			out.WriteString(", RawQuery: " + goText(query))
		}
		out.WriteString("}\n")
	}
	if t.sends && t.chunked {
		out.WriteString("\treq.ContentLength, req.TransferEncoding = -1, []string{\"chunked\"}\n")
	}
	t.goFields(&out)
	proxy := "Proxy: http.ProxyFromEnvironment, "
	if opaque {
		proxy = "" // it would be sent the same target
	}
	out.WriteString("\ttransport := &http.Transport{" + proxy + "DisableCompression: true}\n" +
		"\tresp, err := transport.RoundTrip(req)\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\tdefer resp.Body.Close()\n" +
		"\tbody, err := io.ReadAll(resp.Body)\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n" +
		"\tfmt.Printf(\"%d\\n%q\\n\", resp.StatusCode, body)\n}")
	return Copy{out.String(), t.notes}
}

// opaqueTarget is what net/http writes as it stands: it refuses controls, and takes
// what begins with two slashes for an authority.
func (t *plan) opaqueTarget() string {
	if strings.HasPrefix(t.path, "//") {
		t.notes.add(TargetChanged)
		return "/%2F" + t.path[2:]
	}
	if printableOrTab("", t.path) && !strings.Contains(t.path, "\t") {
		return t.path
	}
	t.notes.add(TargetEncoded)
	return percentEncoded(t.path)
}

func (t *plan) goImports(out *strings.Builder, opaque bool) {
	out.WriteString("package main\n\nimport (\n\t\"fmt\"\n\t\"io\"\n\t\"log\"\n\t\"net/http\"\n")
	if opaque {
		out.WriteString("\t\"net/url\"\n")
	}
	if t.sends {
		out.WriteString("\t\"strings\"\n")
	}
	out.WriteString(")\n\n")
}

func (t *plan) goBody() string {
	if !t.sends {
		return "nil"
	}
	return "strings.NewReader(" + literal(t.content, shellquote.Go, " +\n\t\t") + ")"
}

// goFields keeps the names as they were sent, but for those that the library looks
// for in its own spelling.
func (t *plan) goFields(out *strings.Builder) {
	var names []string
	values := map[string][]string{}
	for _, f := range t.fields {
		name := f.name
		switch canonical := http.CanonicalHeaderKey(name); canonical {
		case "Host":
			out.WriteString("\treq.Host = " + goText(f.value) + "\n")
			continue
		case "User-Agent":
			name = canonical
		}
		if values[name] == nil {
			names = append(names, name)
		}
		values[name] = append(values[name], goText(f.value))
	}
	for _, name := range names {
		out.WriteString("\treq.Header[" + goText(name) + "] = []string{" + strings.Join(values[name], ", ") + "}\n")
	}
	if !t.head.has("User-Agent") {
		out.WriteString("\treq.Header[\"User-Agent\"] = nil // else there is Go's own\n")
	}
}

func goText(text string) string { return literal([]byte(text), shellquote.Go, " +\n\t\t") }
