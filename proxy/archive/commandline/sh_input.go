package commandline

import (
	"strings"

	"posthouse/proxy/reason"
)

// operator takes & && | ||, each of which ends a command. Only a plain pipe hands on what
// is written.
func (r *shReader) operator(c byte) error {
	double := r.at+1 < len(r.text) && r.text[r.at+1] == c
	if c == '&' && r.at+1 < len(r.text) && r.text[r.at+1] == '>' {
		return r.redirection()
	}
	r.at++
	if double {
		r.at++
	}
	r.endCommand(c == '|' && !double)
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 && c == '|' {
		r.at++ // a line may end behind a pipe
	}
	return nil
}

// redirection takes < > >> 2>&1 &> with their file, which is not touched, and << with the
// word that ends a here-document.
func (r *shReader) redirection() error {
	if r.begun && strings.Trim(r.word.String(), "0123456789") == "" {
		r.word.Reset() // the number of a descriptor
		r.begun = false
	}
	r.endWord()
	start := r.at
	for r.at < len(r.text) && strings.IndexByte("<>&|-", r.text[r.at]) >= 0 {
		r.at++
	}
	sign := r.text[start:r.at]
	for r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\t') {
		r.at++
	}
	before := len(r.now.words)
	quoted := r.at < len(r.text) && strings.IndexByte(`'"\`, r.text[r.at]) >= 0
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n;&|<>", r.text[r.at]) < 0 {
		if err := r.step(); err != nil {
			return err
		}
	}
	r.endWord()
	if len(r.now.words) == before {
		if strings.HasPrefix(sign, "<") {
			return &fault{start, reason.CommandValue.With(sign)}
		}
		return nil
	}
	name := r.now.words[before].text
	r.now.words = r.now.words[:before]
	switch {
	case sign == "<<<":
		r.now.stdin, r.now.piped = []byte(name+"\n"), true
	case strings.HasPrefix(sign, "<<"):
		r.heredoc, r.literal = name, quoted
	}
	return nil
}

// document takes a here-document, up to the line that ends it.
func (r *shReader) document() {
	end := r.heredoc
	r.heredoc = ""
	var lines strings.Builder
	for r.at < len(r.text) {
		line, _, more := strings.Cut(r.text[r.at:], "\n")
		r.at += len(line)
		if more {
			r.at++
		}
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimLeft(line, "\t") == end {
			break
		}
		lines.WriteString(line + "\n")
	}
	text := lines.String()
	if !r.literal {
		text = strings.NewReplacer(`\$`, "$", "\\`", "`", `\\`, `\`, "\\\n", "").Replace(text)
	}
	r.now.stdin, r.now.piped = []byte(text), true
}

// output is what a command writes, as far as that is plain: printf '%b' and '%s', echo, cat.
func (c *command) output() ([]byte, bool) {
	if len(c.words) == 0 {
		return nil, false
	}
	args := c.words[1:]
	switch c.words[0].text {
	case "cat":
		return c.stdin, c.piped && len(args) == 0
	case "echo":
		end := "\n"
		if len(args) > 0 && args[0].text == "-n" {
			args, end = args[1:], ""
		}
		return []byte(joined(args, " ") + end), len(args) > 0 && !strings.HasPrefix(args[0].text, "-")
	case "printf":
		if len(args) < 2 {
			return []byte(joined(args, "")), len(args) == 1 && !strings.ContainsAny(args[0].text, `%\`)
		}
		switch args[0].text {
		case "%s":
			return []byte(joined(args[1:], "")), true
		case "%b":
			return unescapedB(joined(args[1:], "")), true
		}
	}
	return nil, false
}

func joined(words []word, between string) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = w.text
	}
	return strings.Join(all, between)
}

// unescapedB is what %b makes of a text (POSIX printf): \0 and up to three digits is a byte.
func unescapedB(text string) []byte {
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out = append(out, text[i])
			continue
		}
		i++
		if text[i] == '0' {
			value, digits := number(text[i+1:], 3, 8)
			out = append(out, byte(value))
			i += digits
			continue
		}
		n, one := ansiEscape(text[i:])
		out = append(out, one...)
		i += n - 1
	}
	return out
}
