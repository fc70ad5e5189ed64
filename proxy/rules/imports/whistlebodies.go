package imports

import (
	"slices"
	"strconv"
	"strings"

	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// types are what short names of types stand for.
var types = map[string]string{"html": "text/html", "htm": "text/html", "js": "text/javascript", "css": "text/css",
	"json": "application/json",
	"xml":  "application/xml", "text": "text/plain", "txt": "text/plain", "form": "application/x-www-form-urlencoded",
	"urlencoded": "application/x-www-form-urlencoded", "upload": "multipart/form-data", "multipart": "multipart/form-data",
	"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "svg": "image/svg+xml", "webp": "image/webp",
	"ico": "image/x-icon", "pdf": "application/pdf", "wasm": "application/wasm", "bin": "application/octet-stream"}

// typeOf is the type that a name stands for, "" for none.
func typeOf(name string) string { return types[strings.ToLower(name)] }

// kind changes a Content-Type, whose charset stays where none is named.
func (a *action) kind(name, value string) string {
	value, ok := a.w.value(value)
	if !ok {
		return failed
	}
	kind, rest, charset := strings.Cut(value, ";")
	if !strings.Contains(kind, "/") {
		if kind = typeOf(kind); kind == "" {
			return failed
		}
	}
	if charset {
		kind += ";" + rest
	}
	switch e := a.edit(name); {
	case name == "resType" && a.rule.Answer != nil && a.rule.Answer.Text != "":
		a.rule.Answer.Type = kind
		if *e = (rules.Edit{}); true {
			a.rule.Response = nil
		}
	case charset:
		e.Set = append(e.Set, "Content-Type: "+kind)
	default:
		e.Replace = append(e.Replace, rules.Replace{Field: "Content-Type", Find: "/^[^;]*/", With: literal(kind)})
	}
	return ""
}

func (a *action) cookies(name, value string) string {
	all, ok := a.w.items(value)
	if !ok {
		return failed
	}
	p := &rules.Pairs{}
	for i := range all {
		text, is := all[i].text()
		if !is {
			if text, is = cookieOf(&all[i]); !is {
				return failed
			}
		}
		p.Set = append(p.Set, all[i].name+"="+text)
	}
	e := a.edit(name)
	if e.Cookies == nil {
		e.Cookies = &rules.Pairs{}
	}
	e.Cookies.Set = append(e.Cookies.Set, p.Set...)
	return ""
}

// cookieOf is a cookie with attributes, as an object has them.
func cookieOf(i *item) (text string, ok bool) {
	parts, ok := jsonItems(i.value)
	if !ok || len(parts) > maxItems {
		return "", false
	}
	value, attributes := "", ""
	for at := range parts {
		text, is := parts[at].text()
		name := strings.ToLower(parts[at].name)
		if name == "maxage" {
			name = "max-age"
		}
		switch {
		case !is || strings.ContainsAny(text, ";"):
			return "", false
		case name == "value":
			value = text
		case text == "true":
			attributes += "; " + name
		case text != "false" && text != "":
			attributes += "; " + name + "=" + text
		}
	}
	return value + attributes, true
}

func (a *action) reqCors(_, value string) string {
	e := a.edit("req")
	if value == "*" {
		e.Set = append(e.Set, "Origin: *")
		return ""
	}
	return a.named(e, value, map[string]string{"origin": "Origin", "method": "Access-Control-Request-Method",
		"headers": "Access-Control-Request-Headers"})
}

func (a *action) resCors(_, value string) string {
	switch value {
	case "*":
		e := a.edit("res")
		e.Set = append(e.Set, "Access-Control-Allow-Origin: *")
		return ""
	case "enable", "use-credentials":
		a.rule.CORS = true
		return ""
	}
	return a.named(a.edit("res"), value, map[string]string{"origin": "Access-Control-Allow-Origin",
		"methods": "Access-Control-Allow-Methods", "method": "Access-Control-Allow-Methods", "headers": "Access-Control-Allow-Headers",
		"maxAge": "Access-Control-Max-Age", "credentials": "Access-Control-Allow-Credentials"})
}

// named sets the fields that names stand for.
func (a *action) named(e *rules.Edit, value string, fields map[string]string) string {
	all, ok := a.w.items(value)
	for i := range all {
		text, is := all[i].text()
		field := fields[all[i].name]
		if !is || field == "" {
			return failed
		}
		e.Set = append(e.Set, field+": "+text)
	}
	if !ok {
		return failed
	}
	return ""
}

func (a *action) cache(_, value string) string {
	value, ok := a.w.value(value)
	if !ok {
		return failed
	}
	e := a.edit("res")
	seconds, err := strconv.Atoi(value)
	switch {
	case value == "no", value == "no-cache", value == "no-store":
		if value == "no" {
			value = "no-cache"
		}
		e.Set = append(e.Set, "Cache-Control: "+value, "Pragma: no-cache")
	case err != nil || seconds < 0:
		return failed
	default:
		e.Set = append(e.Set, "Cache-Control: max-age="+strconv.Itoa(seconds))
		e.Remove = append(e.Remove, "Pragma")
	}
	e.Remove = append(e.Remove, "Expires")
	return ""
}

func (a *action) attachment(_, value string) string {
	name, ok := a.w.value(value)
	if !ok || strings.ContainsAny(name, "\"\\\r\n") {
		return failed
	}
	e := a.edit("res")
	e.Set = append(e.Set, `Content-Disposition: attachment; filename="`+name+`"`)
	return ""
}

// parameters sets those of the query.
func (a *action) parameters(_, value string) string {
	all, ok := a.w.items(value)
	if !ok {
		return failed
	}
	q := a.query()
	for i := range all {
		text, is := all[i].text()
		if !is {
			return failed
		}
		q.Set = append(q.Set, encoded(all[i].name)+"="+encoded(text))
	}
	return ""
}

func (a *action) query() *rules.Pairs {
	e := a.edit("req")
	if e.Query == nil {
		e.Query = &rules.Pairs{}
	}
	return e.Query
}

// pathReplace looks in the path behind its first slash.
func (a *action) pathReplace(_, value string) string {
	all, ok := a.w.items(value)
	if !ok {
		return failed
	}
	var sends []*rules.Send
	for i := range all {
		text, is := all[i].text()
		find, with, first, good := finding(all[i].name, text)
		if !is || !good {
			return failed
		}
		if strings.HasPrefix(find, "/") {
			if first {
				a.note(reason.ImportOnce.With("pathReplace://"))
			}
			at := strings.Index(find, "^")
			switch {
			case at < 0:
			case strings.Count(find, "^") == strings.Count(find, "[^"):
			case strings.HasPrefix(find, "/^") && strings.Count(find, "^") == 1+strings.Count(find, "[^"):
				find, with = "/^/"+find[2:], "/"+with
			default:
				return failed
			}
		}
		sends = append(sends, &rules.Send{Find: find, With: with})
	}
	if len(sends) == 0 {
		return failed
	}
	if a.rule.Send == nil {
		a.rule.Send, sends = sends[0], sends[1:]
	}
	for _, send := range sends {
		a.other().Send = send
	}
	return ""
}

// give has the rule change a body, or one more rule where it changes it already.
func (a *action) give(name string, b *rules.Body) {
	if e := a.edit(name); e.Body == nil {
		e.Body = b
		return
	}
	one, e := a.other(), &rules.Edit{Body: b}
	if strings.HasPrefix(name, "res") {
		one.Response = e
	} else {
		one.Request = e
	}
}

func (a *action) body(name, value string) string {
	text, ok := a.w.value(value)
	if !ok {
		return failed
	}
	a.give(name, &rules.Body{Text: &text})
	return ""
}

func (a *action) bodyReplace(name, value string) string {
	all, ok := a.w.items(value)
	if !ok {
		return failed
	}
	b := &rules.Body{}
	for i := range all {
		text, is := all[i].text()
		find, with, first, good := finding(all[i].name, text)
		if !is || !good {
			return failed
		}
		if first {
			a.note(reason.ImportOnce.With(name + "://"))
		}
		b.Replace = append(b.Replace, rules.BodyFind{Find: find, With: with})
	}
	a.give(name, b)
	return ""
}

// merge puts values into JSON, or into a form where the line says that it is one.
func (a *action) merge(name, value string) string {
	all, ok := a.w.items(value)
	if !ok {
		return failed
	}
	if e := a.rule.Request; name == "reqMerge" && e != nil && (slices.ContainsFunc(e.Replace, isForm) ||
		slices.ContainsFunc(e.Set, func(f string) bool { return strings.Contains(f, "x-www-form-urlencoded") })) {
		p := &rules.Pairs{}
		for i := range all {
			text, is := all[i].text()
			if !is {
				return failed
			}
			p.Set = append(p.Set, encoded(all[i].name)+"="+encoded(text))
		}
		a.give(name, &rules.Body{Form: p})
		return ""
	}
	b := &rules.Body{}
	for i := range all {
		if ok = len(all[i].name) <= maxPath; ok {
			b.JSON, ok = jsonSets(b.JSON, dotted(all[i].name), all[i].value, 0)
		}
		if !ok {
			return failed
		}
	}
	if slices.ContainsFunc(b.JSON, func(j rules.BodyJSON) bool { return strings.Contains(j.Path, `"]["`) }) {
		a.note(reason.ImportJSONBelow.With(name + "://"))
	}
	if name == "reqMerge" {
		a.note(reason.ImportJSON.With(name + "://"))
	}
	a.give(name, b)
	return ""
}

func isForm(r rules.Replace) bool { return strings.Contains(r.With, "x-www-form-urlencoded") }
