package settings

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// FileError says where a settings file is not usable, and what to do.
type FileError struct {
	Path    string
	Line    int // from 1; 0 where no line is to blame
	Column  int // from 1; 0 where none is known
	Problem FileProblem
	Args    []any // of the problem, for words in another language
	Msg     string
	Remedy  string
}

// FileProblem is what is wrong with a settings file.
type FileProblem string

// The problems, with their arguments.
const (
	FileUnreadable FileProblem = "unreadable" // the error
	FileUnknown    FileProblem = "unknown"    // the key
	FileMisspelt   FileProblem = "misspelt"   // the key, the one that may have been meant
	FileValue      FileProblem = "value"      // a *ValueError
	// what is taken: a KeyKind, the key as it is written, a line that could stand there, and the value (of sizes and lengths of time)
	FileKind    FileProblem = "kind"
	FileVersion FileProblem = "version" // the version it has, the version known here
	FileSyntax  FileProblem = "syntax"  // what it is: a SyntaxProblem, and the key or header of the line as it is written, or ""
)

// SyntaxProblem is what is not TOML in a line.
type SyntaxProblem string

// The problems that people have, by what they are told.
const (
	SyntaxEquals  SyntaxProblem = "equals"  // a key without = and a value
	SyntaxNoValue SyntaxProblem = "value"   // no value that TOML knows, such as a text without quotes
	SyntaxRest    SyntaxProblem = "rest"    // something behind the value
	SyntaxTwice   SyntaxProblem = "twice"   // a key or a table that appears more than once
	SyntaxOpen    SyntaxProblem = "open"    // a quote or a bracket that is not closed
	SyntaxEscape  SyntaxProblem = "escape"  // a backslash that means nothing
	SyntaxHeader  SyntaxProblem = "header"  // no [table]
	SyntaxNumber  SyntaxProblem = "number"  // no number
	SyntaxBytes   SyntaxProblem = "bytes"   // control characters, or no UTF-8
	SyntaxOther   SyntaxProblem = "another" // all else
)

var syntaxWords = map[SyntaxProblem]string{
	SyntaxEquals:  "behind the key there must be = and a value",
	SyntaxNoValue: "behind = there must be a number, true, false, a text in quotes or a list in [ ]",
	SyntaxRest:    "something stands behind the value. Each setting has its own line, and a comment begins with #",
	SyntaxTwice:   "it appears more than once, and only one can hold",
	SyntaxOpen:    "a quote or a bracket is opened and not closed",
	SyntaxEscape:  `a backslash is written twice in "double quotes", and once in 'single quotes'`,
	SyntaxHeader:  "a table is written as [name], on its own line",
	SyntaxNumber:  "this is not a number that can be used",
	SyntaxBytes:   "a character stands there that must not: the file is plain text in UTF-8",
	SyntaxOther:   "this cannot be read as TOML",
}

// syntaxClues tell by the library's words what it met, the first that fits.
var syntaxClues = []struct {
	part    string
	problem SyntaxProblem
}{
	{"already", SyntaxTwice},
	{"expected '=' after key", SyntaxEquals},
	{"to close", SyntaxHeader}, {"start of key", SyntaxHeader}, {"expected key", SyntaxHeader},
	{"control characters", SyntaxBytes}, {"UTF-8", SyntaxBytes}, {"carriage return", SyntaxBytes},
	{"escape", SyntaxEscape}, {`after \`, SyntaxEscape}, {"hexadecimal digit", SyntaxEscape},
	{"unterminated", SyntaxOpen}, {"not terminated", SyntaxOpen}, {"new lines", SyntaxOpen}, {"incomplete", SyntaxOpen},
	{"after array value", SyntaxOpen}, {"inline table", SyntaxOpen}, {"too many quotes", SyntaxOpen},
	{"expected newline", SyntaxRest},
	{"at start of value", SyntaxNoValue}, {"expected value", SyntaxNoValue}, {"expected keyword", SyntaxNoValue},
	{"must be quoted", SyntaxNoValue},
	{"digit", SyntaxNumber}, {"number", SyntaxNumber}, {"integer", SyntaxNumber}, {"zero", SyntaxNumber},
}

func (e *FileError) Error() string {
	where := e.Path
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.Path, e.Line)
	}
	return where + ": " + e.Msg + ". " + e.Remedy
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// syntaxError says what the TOML library did not take.
func syntaxError(path string, text []byte, err error) *FileError {
	e := &FileError{Path: path, Problem: FileSyntax, Remedy: "Mend the file, or move it away"}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		e.Line, e.Column = bad.Position()
		e.Remedy = "Mend this line"
	}
	problem, key := SyntaxOther, writtenKey(text, e.Line)
	for _, clue := range syntaxClues {
		if strings.Contains(err.Error(), clue.part) {
			problem = clue.problem
			break
		}
	}
	e.Args = []any{problem, key}
	e.Msg = syntaxWords[problem]
	if key != "" {
		e.Msg = key + ": " + e.Msg
	}
	return e
}

// plainKey is a key or a header that can be shown: a value may hold a password.
var plainKey = regexp.MustCompile(`^\[?\[?[A-Za-z0-9_."' \t-]{1,60}\]?\]?$`)

// writtenKey is the key or the header of a line as it is written, "" where
// nothing on it is one for certain.
func writtenKey(text []byte, line int) string {
	lines := bytes.Split(text, []byte("\n"))
	if line < 1 || line > len(lines) {
		return ""
	}
	written := strings.TrimSpace(strings.TrimPrefix(string(lines[line-1]), byteOrderMark))
	if !strings.HasPrefix(written, "[") {
		key, _, _ := strings.Cut(written, "=")
		written = strings.TrimSpace(key)
	}
	if !plainKey.MatchString(written) {
		return ""
	}
	return written
}

// unknownKey says that a key is no setting, and which one may have been meant.
func unknownKey(path string, unknown *toml.StrictMissingError) *FileError {
	first := unknown.Errors[0]
	line, column := first.Position()
	key := strings.Join(first.Key(), ".")
	e := &FileError{Path: path, Line: line, Column: column, Problem: FileUnknown, Args: []any{key}, Msg: key + " is not a setting",
		Remedy: "Remove it"}
	if near := nearestKey(key); near != "" {
		e.Problem, e.Args = FileMisspelt, []any{key, near}
		e.Remedy = "Did you mean " + near + "? Otherwise remove it"
	}
	return e
}
