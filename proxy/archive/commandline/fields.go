package commandline

import (
	"path"
	"strings"
)

// customs are the -H of a command: what is sent, and what keeps curl from adding a field.
type customs struct {
	send []Field
	has  map[string]bool // lower-case names that were given, be it to leave a field out
	host *Field
}

func (t *transfer) customs() customs {
	c := customs{has: map[string]bool{}}
	list := t.headers
	for _, o := range list {
		f, given, ok := custom(o.value)
		if !given {
			continue
		}
		lower := strings.ToLower(f.Name)
		if lower == "host" && c.has[lower] {
			continue // curl looks at the first alone
		}
		c.has[lower] = true
		switch {
		case lower == "host":
			if ok {
				f.Name, f.Line = "Host", "Host"+f.Line[len(f.Name):]
				c.host = &f
			}
		case ok:
			c.send = append(c.send, f)
		}
	}
	if t.json {
		for _, f := range []Field{added("Content-Type", "application/json"), added("Accept", "application/json")} {
			if !c.has[strings.ToLower(f.Name)] {
				c.has[strings.ToLower(f.Name)] = true
				c.send = append(c.send, f)
			}
		}
	}
	return c
}

// custom reads a value of -H: "Name: value", "Name;" for an empty one, "Name:" for none.
// Given says that it is one of these, ok that it is sent.
func custom(text string) (f Field, given, ok bool) {
	text, _, _ = strings.Cut(strings.TrimRight(text, "\r\n"), "\x00")
	if at := strings.IndexByte(text, ':'); at >= 0 {
		f = Field{Name: text[:at], Value: strings.Trim(text[at+1:], " \t"), Line: text}
		return f, at > 0, f.Value != "" && !strings.ContainsAny(text, "\r\n")
	}
	at := strings.IndexByte(text, ';')
	if at <= 0 || strings.Trim(text[at+1:], " \t") != "" {
		return f, false, false
	}
	return Field{Name: text[:at], Line: text[:at] + ":"}, true, true
}

func added(name, value string) Field { return Field{name, value, name + ": " + value, true} }

// fields are the field lines in curl's order: its own first, then those of the command,
// then what it says of the body.
func (t *transfer) fields(r *Request, authority, boundary string) []Field {
	c := t.customs()
	var all []Field
	own := func(name, value string, computed bool) {
		if value != "" && !c.has[strings.ToLower(name)] {
			f := added(name, value)
			f.Added = computed
			all = append(all, f)
		}
	}
	switch {
	case c.host != nil:
		all = append(all, *c.host)
	case !c.has["host"]:
		all = append(all, added("Host", authority))
	}
	switch {
	case t.bearer != "":
		own("Authorization", "Bearer "+t.bearer, false)
	case t.user != nil && t.auth == "":
		user := *t.user
		if !strings.Contains(user, ":") {
			user += ":"
		}
		own("Authorization", basic(user), false)
	}
	if t.span != "" {
		own("Range", "bytes="+t.span, false)
	}
	if t.agent != nil {
		own("User-Agent", *t.agent, false)
	} else {
		own("User-Agent", UserAgent, true)
	}
	own("Accept", "*/*", true)
	if t.compress {
		own("Accept-Encoding", acceptEncoding, false)
	}
	own("Referer", t.referer, false)
	own("Cookie", strings.Join(t.cookies, ";"), false)
	all = append(all, c.send...)
	if r.Body == nil {
		return all
	}
	if !c.has["transfer-encoding"] {
		own("Content-Length", length(r.Body), true)
	}
	if boundary != "" {
		return withBoundary(all, c, boundary)
	}
	own("Content-Type", "application/x-www-form-urlencoded", true)
	return all
}

// withBoundary says where the parts of a form end: in a Content-Type of the command too.
func withBoundary(all []Field, c customs, boundary string) []Field {
	kind := "multipart/form-data"
	for i, f := range all {
		if strings.EqualFold(f.Name, "Content-Type") {
			kind = f.Value
			all = append(all[:i:i], all[i+1:]...)
			break
		}
	}
	return append(all, added("Content-Type", kind+"; boundary="+boundary))
}

// multipart is the body of -F, of what is not in files.
func (t *transfer) multipart() (body []byte, boundary string) {
	boundary = "------------------------posthouse0000000"
	disposition := "form-data"
	for _, o := range t.headers {
		f, _, ok := custom(o.value)
		if ok && strings.EqualFold(f.Name, "Content-Type") && !strings.EqualFold(f.Value, "multipart/form-data") {
			disposition = "attachment" // as curl has it in a body of another kind
		}
	}
	var b strings.Builder
	for _, o := range t.form {
		name, value, _ := strings.Cut(o.value, "=")
		kind, filename, ok := "", "", true
		if o.name == "form" {
			value, kind, filename, ok = t.part(o, value)
		}
		if !ok {
			continue
		}
		quote := strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A")
		b.WriteString("--" + boundary + "\r\nContent-Disposition: " + disposition + "; name=\"" + quote.Replace(name) + `"`)
		if filename != "" {
			b.WriteString(`; filename="` + quote.Replace(filename) + `"`)
		}
		if kind == "" && filename != "" {
			kind = kindOf(filename)
		}
		if kind != "" {
			b.WriteString("\r\nContent-Type: " + strings.NewReplacer("\r", " ", "\n", " ").Replace(kind))
		}
		b.WriteString("\r\n\r\n" + value + "\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	return []byte(b.String()), boundary
}

// kindOf is the type that curl gives a part with a file's name.
func kindOf(filename string) string {
	known := map[string]string{".gif": "image/gif", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png",
		".svg": "image/svg+xml", ".txt": "text/plain", ".htm": "text/html", ".html": "text/html", ".pdf": "application/pdf",
		".xml": "application/xml"}
	if kind := known[strings.ToLower(path.Ext(filename))]; kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// part is a value of -F: text with ;type= and ;filename= behind it, or a file.
func (t *transfer) part(o option, value string) (text, kind, filename string, ok bool) {
	if name := strings.TrimLeft(value, "@<"); name != value && value != "" {
		name, _, _ = strings.Cut(name, ";")
		if value[0] == '<' {
			if content, ok := t.file(o, name, false); ok {
				return string(content), "", "", true
			}
			return "", "", "", false
		}
		t.note(NoteFile, o.name, name)
		return "", "", "", false
	}
	if strings.HasPrefix(value, `"`) { // a quoted value, with options behind
		if end := strings.LastIndexByte(value[1:], '"'); end >= 0 {
			rest := value[end+2:]
			kind, filename = partOptions(rest)
			return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(value[1 : end+1]), kind, filename, true
		}
	}
	text, rest, more := strings.Cut(value, ";")
	if more {
		kind, filename = partOptions(";" + rest)
		if kind == "" && filename == "" {
			return value, "", "", true
		}
	}
	return text, kind, filename, true
}

func partOptions(text string) (kind, filename string) {
	for one := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
		switch name {
		case "type":
			kind = value
		case "filename":
			filename = strings.Trim(value, `"`)
		}
	}
	return kind, filename
}
