package commandline

import (
	"strings"

	"posthouse/proxy/reason"
)

// psValue is what a variable or a parameter holds: a text, or pairs of a hash table.
type psValue struct {
	text  string
	pairs []Field
	at    int
}

// psScript goes through statements and remembers what the requests need of them.
type psScript struct {
	tokens    []psToken
	at        int
	variables map[string]psValue // by name in lower case, with $
	agent     string
	cookies   []string
	stdin     string // a text before a pipe
	piped     bool
	named     []string // variables that stay as they are written
	all       []Request
}

func parsePowerShell(text string) ([]Request, error) {
	text = strings.TrimLeft(text, " \t\r\n")
	skipped := 0
	if strings.HasPrefix(strings.ToUpper(text), "PS ") { // a prompt
		if at := strings.IndexByte(text, '>'); at >= 0 && !strings.Contains(text[:at], "\n") {
			skipped = at + 1
		}
	}
	r, err := psTokens(strings.Repeat(" ", skipped) + text[skipped:])
	if err != nil {
		return nil, err
	}
	s := &psScript{tokens: r.all, variables: map[string]psValue{}, named: r.variables}
	for s.at < len(s.tokens) {
		if err := s.statement(); err != nil {
			return nil, err
		}
	}
	return s.all, nil
}

// statement takes what stands before the next semicolon or line end.
func (s *psScript) statement() error {
	first := s.tokens[s.at]
	lower := strings.ToLower(first.text)
	switch {
	case first.kind == ';' || first.kind == '}' || first.text == "&" && s.kind(1) == '{': // a block that is run as it stands
		s.at++
		if first.text == "&" {
			s.at++
		}
		return nil
	case first.kind == psString && s.kind(1) == '|':
		s.stdin, s.piped = first.text, true
		s.at += 2
		for s.kind(0) == ';' {
			s.at++
		}
		return nil
	case strings.HasPrefix(lower, "$") && s.kind(1) == '=':
		return s.assign(lower)
	case lower == "$session.cookies.add" || strings.HasSuffix(lower, ".cookies.add"):
		s.cookie()
	case strings.HasPrefix(lower, "$") && strings.HasSuffix(lower, ".add") && s.kind(1) == '(':
		s.addPair(strings.TrimSuffix(lower, ".add"))
	case webCommand(lower):
		s.at++
		return s.webRequest(first)
	case first.kind != '=' && isCurl(first.text):
		return s.curl()
	}
	s.skip()
	return nil
}

func (s *psScript) kind(n int) byte {
	if s.at+n < len(s.tokens) {
		return s.tokens[s.at+n].kind
	}
	return 0
}

// skip goes to the end of a statement.
func (s *psScript) skip() {
	for depth := 0; s.at < len(s.tokens); s.at++ {
		switch s.tokens[s.at].kind {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		case ';', '|':
			if depth <= 0 {
				s.at++
				return
			}
		}
	}
}

// assign remembers $name = value; a request whose answer is kept is a request.
func (s *psScript) assign(name string) error {
	s.at += 2
	if s.at == len(s.tokens) {
		return nil
	}
	if lower := strings.ToLower(s.tokens[s.at].text); webCommand(lower) || isCurl(lower) && s.kind(0) == psBare {
		return s.statement()
	}
	v, ok := s.value()
	switch {
	case ok && strings.HasSuffix(name, ".useragent"):
		s.agent = v.text
	case ok:
		s.variables[name] = v
	}
	s.skip()
	return nil
}

// value takes a text, a hash table, a variable, or the text inside of a call such as
// ([System.Text.Encoding]::UTF8.GetBytes("...")).
func (s *psScript) value() (v psValue, ok bool) {
	if s.at >= len(s.tokens) {
		return v, false
	}
	t := s.tokens[s.at]
	v.at = t.at
	switch t.kind {
	case '{':
		s.at++
		v.pairs = s.hash()
		return v, true
	case '(':
		return s.inParentheses()
	case psString, psBare:
		s.at++
		if known, found := s.variables[strings.ToLower(t.text)]; found && t.kind == psBare {
			return known, true
		}
		v.text = t.text
		return v, t.kind == psString || !strings.HasPrefix(t.text, "$") && !strings.EqualFold(t.text, "New-Object")
	}
	return v, false
}

// inParentheses is the first quoted text in parentheses.
func (s *psScript) inParentheses() (v psValue, ok bool) {
	for depth := 0; s.at < len(s.tokens); {
		t := s.tokens[s.at]
		s.at++
		switch t.kind {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return v, ok
			}
		case psString:
			if !ok {
				v, ok = psValue{text: t.text, at: t.at}, true
			}
		case psBare:
			if known, found := s.variables[strings.ToLower(t.text)]; found && !ok {
				v, ok = known, true
			}
		}
	}
	return v, ok
}

// hash takes pairs up to the closing brace.
func (s *psScript) hash() []Field {
	var pairs []Field
	for s.at < len(s.tokens) {
		t := s.tokens[s.at]
		switch {
		case t.kind == '}':
			s.at++
			return pairs
		case (t.kind == psBare || t.kind == psString) && s.kind(1) == '=':
			s.at += 2
			if v, ok := s.value(); ok {
				pairs = append(pairs, Field{Name: t.text, Value: v.text})
			}
		default:
			s.at++
		}
	}
	return pairs
}

// cookie takes ...Cookies.Add((New-Object System.Net.Cookie("name", "value", "/", "host"))).
func (s *psScript) cookie() {
	var texts []string
	start := s.at
	s.skip()
	for _, t := range s.tokens[start:s.at] {
		if t.kind == psString {
			texts = append(texts, t.text)
		}
	}
	if len(texts) >= 2 {
		s.cookies = append(s.cookies, texts[0]+"="+texts[1])
	}
	s.at-- // skip went behind the semicolon; it is looked at again
	if s.at > start && s.kind(0) != ';' {
		s.at++
	}
}

// addPair takes $headers.Add("name", "value").
func (s *psScript) addPair(name string) {
	s.at += 2
	key, ok := s.value()
	if ok && s.kind(0) == ',' {
		s.at++
		if value, ok := s.value(); ok {
			v := s.variables[name]
			v.pairs = append(v.pairs, Field{Name: key.text, Value: value.text})
			s.variables[name] = v
		}
	}
}

func webCommand(lower string) bool {
	return lower == "invoke-webrequest" || lower == "invoke-restmethod" || lower == "iwr" || lower == "irm"
}

// curl takes curl's words, as PowerShell hands them on: a backslash before a quote is the
// runtime's then.
func (s *psScript) curl() error {
	c := command{variables: s.named, stdin: []byte(s.stdin + "\n"), piped: s.piped}
	at := s.tokens[s.at].at
	for s.at++; s.at < len(s.tokens); s.at++ {
		t := s.tokens[s.at]
		if t.kind == ';' || t.kind == '|' || t.kind == '}' {
			break
		}
		text := strings.ReplaceAll(t.text, `\"`, `"`)
		c.words = append(c.words, word{text, t.at})
	}
	s.stdin, s.piped = "", false
	requests, err := readCurl(c.words, c)
	if err != nil {
		if f, ok := err.(*fault); ok && f.at == 0 {
			f.at = at
		}
		return err
	}
	s.all = append(s.all, requests...)
	return nil
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
