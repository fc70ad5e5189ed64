package rules

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// FileError says where a file of rules cannot be used, and why.
type FileError struct {
	Path string
	Line int // from 1; 0 where none is known
	Why  flow.Reason
}

func (e *FileError) Error() string {
	where := e.Path
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.Path, e.Line)
	}
	return where + ": " + reason.English(e.Why)
}

// Reason is what flow.Explained asks for.
func (e *FileError) Reason() flow.Reason { return e.Why }

// content is a file of rules.
type content struct {
	Rules []Rule `toml:"rule"`
}

// Parse reads the text of a file of rules; path is for the error alone, which is a *FileError.
func Parse(path string, text []byte) ([]Rule, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if len(text) > MaxFile {
		return nil, &FileError{Path: path, Why: reason.RuleFileLarge.With(path, MaxFile)}
	}
	var c content
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&c)
	var unknown *toml.StrictMissingError
	var bad *toml.DecodeError
	switch {
	case err == nil:
		return c.Rules, nil
	case errors.As(err, &unknown) && len(unknown.Errors) > 0:
		first := &unknown.Errors[0]
		line, _ := first.Position()
		return nil, &FileError{path, line, reason.RuleUnknown.With(strings.Join(first.Key(), "."))}
	case errors.As(err, &bad):
		line, _ := bad.Position()
		return nil, &FileError{path, line, reason.RuleSyntax.With(strings.TrimPrefix(bad.Error(), "toml: "))}
	}
	return nil, &FileError{Path: path, Why: reason.RuleSyntax.With(err.Error())}
}

// Load makes a set of the text of a file that lies in a folder. The error is a *FileError.
func Load(path string, text []byte, folder string) (*Set, error) {
	list, err := Parse(path, text)
	if err != nil {
		return nil, err
	}
	s, err := Compile(list, folder)
	var rule *RuleError
	if errors.As(err, &rule) {
		return nil, &FileError{path, lineOfRule(text, rule.Number), rule.Why}
	}
	return s, err
}

// Format writes rules as a file has them.
func Format(list []Rule) ([]byte, error) {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.SetIndentTables(false)
	err := e.Encode(content{list})
	return b.Bytes(), err
}

// lineOfRule is the line of the n-th [[rule]], 0 where that cannot be told.
func lineOfRule(text []byte, n int) int {
	line := 0
	for l := range bytes.Lines(text) {
		line++
		head, _, _ := bytes.Cut(l, []byte("#"))
		if string(bytes.Join(bytes.Fields(head), nil)) == "[[rule]]" {
			if n--; n == 0 {
				return line
			}
		}
	}
	return 0
}
