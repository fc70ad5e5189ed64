package commandline

import (
	"strings"

	"posthouse/proxy/reason"
)

func webCommand(lower string) bool {
	return lower == "invoke-webrequest" || lower == "invoke-restmethod" || lower == "iwr" || lower == "irm"
}

// web is the parameters of a web request.
type web struct {
	url, method, kind string
	headers           []Field
	body              psValue
	hasBody           bool
	at                int
}

// webSwitches take no value; those of others are read and left out.
var webSwitches = map[string]bool{"usebasicparsing": true, "usedefaultcredentials": true, "disablekeepalive": true, "passthru": true,
	"skipcertificatecheck": true, "nobodylimit": true, "skipheadervalidation": true, "skiphttperrorcheck": true, "noproxy": true,
	"verbose": true, "allowunencryptedauthentication": true, "preserveauthorizationonredirect": true}

func (s *psScript) webRequest(name psToken) error {
	w := web{method: "GET", at: name.at}
	r := Request{}
	for s.at < len(s.tokens) {
		t := s.tokens[s.at]
		if t.kind == ';' || t.kind == '|' || t.kind == '}' {
			break
		}
		if t.kind != psBare || !strings.HasPrefix(t.text, "-") {
			if v, ok := s.value(); ok {
				w.url, w.at = v.text, v.at
			} else {
				s.at++
			}
			continue
		}
		s.at++
		parameter, inline, hasInline := strings.Cut(strings.ToLower(t.text[1:]), ":")
		if webSwitches[parameter] {
			if parameter == "skipcertificatecheck" && inline != "$false" {
				r.Notes = append(r.Notes, Note{NoteSending, "insecure", ""})
			}
			continue
		}
		v, ok := s.value()
		if hasInline && inline != "" {
			v, ok = psValue{text: t.text[len(parameter)+2:], at: t.at}, true
		}
		if !ok && parameter != "websession" && parameter != "sessionvariable" && parameter != "credential" {
			return &fault{t.at, reason.CommandValue.With(t.text)}
		}
		w.take(parameter, v, &r)
	}
	return s.finish(w, r)
}

func (w *web) take(parameter string, v psValue, r *Request) {
	switch parameter {
	case "uri":
		w.url, w.at = v.text, v.at
	case "method", "custommethod":
		w.method = strings.ToUpper(v.text)
	case "headers":
		w.headers = v.pairs
	case "contenttype":
		w.kind = v.text
	case "body":
		w.body, w.hasBody = v, true
	case "useragent":
		w.headers = append([]Field{{Name: "User-Agent", Value: v.text}}, w.headers...)
	case "infile":
		r.Notes = append(r.Notes, Note{NoteFile, parameter, v.text})
	case "proxy", "timeoutsec", "maximumredirection":
		r.Notes = append(r.Notes, Note{NoteSending, parameter, withoutCredentials(v.text)})
	case "credential", "authentication", "certificate", "proxycredential":
		r.Notes = append(r.Notes, Note{NoteAuth, parameter, ""})
	}
}

// finish makes the request: Host, the session's fields, those of the command, those of the body.
func (s *psScript) finish(w web, r Request) error {
	if w.url == "" {
		return &fault{w.at, reason.CommandNoURL.With()}
	}
	t, err := parseURL(option{value: w.url, place: w.at}, nil, true)
	if err != nil {
		return err
	}
	for _, name := range s.named {
		r.Notes = append(r.Notes, Note{NoteVariable, "", name})
	}
	r.URL, r.Method = t.text(), w.method
	has := map[string]bool{}
	own := func(name, value string) {
		name = strings.NewReplacer("\r", "", "\n", "", "\x00", "", ":", "").Replace(name)
		value = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ").Replace(value)
		if name != "" && !has[strings.ToLower(name)] {
			has[strings.ToLower(name)] = true
			r.Fields = append(r.Fields, added(name, value))
			r.Fields[len(r.Fields)-1].Added = false
		}
	}
	host := t.authority
	for _, f := range w.headers {
		if strings.EqualFold(f.Name, "Host") {
			host = f.Value
		}
	}
	own("Host", host)
	if s.agent != "" {
		own("User-Agent", s.agent)
	}
	for _, f := range w.headers {
		if !pseudo(f.Name) {
			own(f.Name, f.Value)
		}
	}
	if len(s.cookies) > 0 {
		own("Cookie", strings.Join(s.cookies, "; "))
	}
	if w.hasBody {
		r.Body = []byte(w.body.text)
		if w.body.pairs != nil {
			r.Body = []byte(form(w.body.pairs))
		}
		if w.kind == "" {
			w.kind = "application/x-www-form-urlencoded"
		}
	}
	if w.kind != "" {
		own("Content-Type", w.kind)
	}
	if w.hasBody {
		own("Content-Length", length(r.Body))
	}
	s.all = append(s.all, r)
	return nil
}

// pseudo knows the fields of HTTP/2 that browsers list among the others, without their colon.
func pseudo(name string) bool {
	switch strings.TrimPrefix(strings.ToLower(name), ":") {
	case "authority", "method", "path", "scheme":
		return true
	}
	return false
}

// form is a body of pairs.
func form(pairs []Field) string {
	all := make([]string, len(pairs))
	for i, p := range pairs {
		all[i] = escaped(p.Name) + "=" + escaped(p.Value)
	}
	return strings.Join(all, "&")
}
