// Package commandline makes requests of the commands that people and browsers copy: curl
// in the words of sh, cmd.exe and PowerShell, and PowerShell's Invoke-WebRequest and
// Invoke-RestMethod. The request is what curl 7.88 would send over HTTP/1.1 for it, line
// by line. How it would be sent besides (through a proxy, without checking certificates)
// is told in notes.
//
// Nothing is run and no file is read: a command that names a file for its body gets a
// note instead. What the shell would have to run first ($(...), backquotes) is an error,
// a variable stays as it is written, with a note.
package commandline

import (
	"strings"
	"unicode/utf8"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// MaxText bounds a text, in bytes.
const MaxText = 48 << 20

// Shell is whose rules a command is written by.
type Shell uint8

const (
	AnyShell   Shell = iota // told by the text
	Sh                      // sh, bash, zsh
	Cmd                     // cmd.exe
	PowerShell              // Windows PowerShell and PowerShell
)

// Request is what a command sends.
type Request struct {
	Method string
	URL    string // absolute, with http or https, without credentials and fragment
	Target string // what the request line has instead of path and query; "" for those
	Proto  string // "HTTP/1.0", "HTTP/1.1", "HTTP/2.0" or "HTTP/3.0" where the command says so, else ""
	Fields []Field
	Body   []byte // nil for none; empty where an empty one is sent
	Notes  []Note
	Socket bool // the command named a URL with ws or wss
}

// Field is one field line, in the order in which they are sent.
type Field struct {
	Name, Value string
	Line        string // all of it, as it is sent, without its end
	Added       bool   // the command does not have it; the program adds it
}

// Error says what keeps a text from being a command, and where.
type Error struct {
	Offset       int // byte in the text
	Line, Column int // from 1; the column counts characters
	Why          flow.Reason
}

func (e *Error) Error() string { return reason.English(e.Reason()) }

// Reason is what flow.Explained asks for.
func (e *Error) Reason() flow.Reason { return reason.CommandBroken.With(e.Line, e.Column, e.Why) }

// fault is an error whose place in lines is not yet known.
type fault struct {
	at  int
	why flow.Reason
}

func (f *fault) Error() string { return reason.English(f.why) }

func located(text string, err error) error {
	f, ok := err.(*fault)
	if !ok {
		return err
	}
	before := text[:min(f.at, len(text))]
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{Offset: len(before), Line: strings.Count(before, "\n") + 1, Column: utf8.RuneCountInString(before[start:]) + 1,
		Why: f.why}
}

// Parse is the first request of a text. That there are others is a note.
func Parse(text string) (Request, error) {
	all, err := ParseAll(text, AnyShell)
	if err != nil {
		return Request{}, err
	}
	if len(all) > 1 {
		all[0].Notes = append(all[0].Notes, Note{Kind: NoteMore})
	}
	return all[0], nil
}

// ParseAll is all requests of a text, at least one. The error is an *Error.
func ParseAll(text string, shell Shell) ([]Request, error) {
	if len(text) > MaxText {
		return nil, located(text[:MaxText], &fault{MaxText, reason.CommandLong.With(MaxText)})
	}
	if shell == AnyShell {
		shell = guess(text)
	}
	var all []Request
	var err error
	if shell == PowerShell {
		all, err = parsePowerShell(text)
	} else {
		all, err = parseShell(text, shell)
	}
	if err == nil && len(all) == 0 {
		err = &fault{0, reason.CommandNone.With()}
	}
	if err != nil {
		return nil, located(text, err)
	}
	return all, nil
}

// parseShell reads the commands of sh and of cmd.exe.
func parseShell(text string, shell Shell) ([]Request, error) {
	split := splitSh
	if shell == Cmd {
		split = splitCmd
	}
	commands, err := split(text)
	if err != nil {
		return nil, err
	}
	var all []Request
	for _, c := range commands {
		words := c.words
		for len(words) > 0 && assignment(words[0].text) { // NAME=value before a command
			words = words[1:]
		}
		if len(words) == 0 || !isCurl(words[0].text) {
			continue
		}
		requests, err := readCurl(words[1:], c)
		if err != nil {
			return nil, err
		}
		all = append(all, requests...)
	}
	return all, nil
}

// assignment knows what sets a variable for one command.
func assignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// isCurl knows curl by its name and by its path.
func isCurl(word string) bool {
	word = strings.ToLower(word[strings.LastIndexAny(word, `/\`)+1:])
	return word == "curl" || word == "curl.exe"
}

// guess tells the shell of a text: by the cmdlets of PowerShell, or by the sign that
// stands before a quote or at the end of a line, outside of sh's quotes.
func guess(text string) Shell {
	begin := strings.ToLower(strings.TrimLeft(text, " \t\r\n>"))
	begin = strings.TrimPrefix(begin, "ps ")
	for _, with := range [...]string{"invoke-", "iwr ", "irm ", "$", "& {", "@'", `@"`} {
		if strings.HasPrefix(begin, with) && !strings.HasPrefix(begin, "$ ") {
			return PowerShell
		}
	}
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c, next := text[i], byte('\n')
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch {
		case quote == '\'' && c == '\'', quote == '"' && c == '"':
			quote = 0
		case c == '\\' && quote != '\'':
			i++
		case quote != 0:
		case c == '\'' || c == '"':
			quote = c
		case c == '^' && (next == '"' || next == '\n' || next == '\r'):
			return Cmd
		case c == '`' && (next == '\n' || next == '\r'):
			return PowerShell
		}
	}
	return Sh
}
