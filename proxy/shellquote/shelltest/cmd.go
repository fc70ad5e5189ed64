// Package shelltest takes commands apart as shells do that are not on every
// machine: it is for tests. What it knows is written from what the makers publish
// and what is known of cmd.exe's phases, not from the code that it judges.
package shelltest

import (
	"errors"
	"fmt"
	"strings"
)

// Variables are set in the cmd.exe that Cmd stands for.
var Variables = map[string]string{"PATH": `C:\Windows & calc`, "OS": "Windows_NT", "A": "1", "20": "x"}

// Cmd is the words that a program gets from a line at cmd.exe's prompt. The error
// says that the line does more than to start one program.
func Cmd(line string) ([]string, error) {
	text, err := unescape(expand(line))
	if err != nil {
		return nil, err
	}
	return arguments(text), nil
}

// expand is the first phase: variables, whatever stands around them. At the
// prompt what is not set stays as it stands.
func expand(line string) string {
	var out strings.Builder
	for {
		at := strings.IndexByte(line, '%')
		if at < 0 {
			return out.String() + line
		}
		out.WriteString(line[:at])
		line = line[at:]
		end := strings.IndexByte(line[1:], '%') + 1
		if end == 0 {
			return out.String() + line
		}
		name, _, _ := strings.Cut(line[1:end], ":")
		value, set := Variables[strings.ToUpper(name)]
		if !set {
			out.WriteByte('%')
			line = line[1:]
			continue
		}
		out.WriteString(value)
		line = line[end+1:]
	}
}

// unescape is the second phase: quotes keep signs from meaning something, and so
// does a caret outside of quotes.
func unescape(line string) (string, error) {
	var out strings.Builder
	quoted := false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\n' || c == '\r':
			return "", errors.New("a line ends, and what follows is a command")
		case c == '^' && !quoted:
			if i++; i == len(line) {
				return "", errors.New("the line goes on")
			}
			c = line[i]
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte("&|<>()", c) >= 0:
			return "", fmt.Errorf("%q is cmd.exe's at %d", c, i)
		}
		out.WriteByte(c)
	}
	return out.String(), nil
}

// arguments is how Microsoft's C runtime makes words of a line ("Parsing C
// command-line arguments").
func arguments(line string) []string {
	var words []string
	var word strings.Builder
	open, quoted := false, false
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case (c == ' ' || c == '\t') && !quoted:
			if open {
				words = append(words, word.String())
				word.Reset()
			}
			open = false
			i++
		case c == '\\':
			n := 0
			for i < len(line) && line[i] == '\\' {
				n++
				i++
			}
			open = true
			if i == len(line) || line[i] != '"' {
				word.WriteString(strings.Repeat(`\`, n))
				continue
			}
			word.WriteString(strings.Repeat(`\`, n/2))
			if n%2 == 1 {
				word.WriteByte('"')
				i++
			}
		case c == '"':
			open = true
			if quoted && i+1 < len(line) && line[i+1] == '"' {
				word.WriteByte('"')
				i += 2
				continue
			}
			quoted = !quoted
			i++
		default:
			open = true
			word.WriteByte(c)
			i++
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words
}
