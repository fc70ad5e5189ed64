package commandline

import "strings"

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
