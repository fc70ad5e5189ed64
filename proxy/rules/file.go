package rules

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
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

// wrongIn is a FileError that says no more than can be read, whatever the file says.
func wrongIn(path string, line int, why flow.Reason) *FileError {
	return &FileError{path, line, why.Cut()}
}

// Reason is what flow.Explained asks for.
func (e *FileError) Reason() flow.Reason { return e.Why }

// content is a file of rules.
type content struct {
	Presets map[string]OwnPreset `toml:"presets,omitempty"`
	Rules   []Rule               `toml:"rule"`
}

// Parse reads the text of a file of rules; path is for the error alone, which is a *FileError.
func Parse(path string, text []byte) ([]Rule, error) {
	c, own, err := read(path, text)
	if err != nil {
		return nil, err
	}
	namePresets(c.Rules, own)
	return c.Rules, nil
}

// read reads the text of a file of rules, and the presets that it names.
func read(path string, text []byte) (c content, own map[string]*Preset, err error) {
	if c, err = decode(path, text); err != nil {
		return c, nil, err
	}
	own, wrong, why := readPresets(c.Presets)
	if !why.IsZero() {
		return c, nil, wrongIn(path, lineOfPreset(text, wrong, why), why)
	}
	if line := presetsLine(text); len(own) > 0 && line > lineOfRule(text, 1) && lineOfRule(text, 1) > 0 {
		return c, nil, wrongIn(path, line, reason.RulePresetPlace.With())
	}
	return c, own, nil
}

// presetsLine is the first line that presets stand in, 0 where that cannot be told.
func presetsLine(text []byte) int {
	line := 0
	for l := range bytes.Lines(bytes.TrimPrefix(text, bom)) {
		line++
		if word := bytes.TrimLeft(l, "[ \t"); bytes.HasPrefix(word, []byte("presets")) {
			return line
		}
	}
	return 0
}

func decode(path string, text []byte) (c content, err error) {
	text = bytes.TrimPrefix(text, bom)
	if len(text) > MaxFile {
		return c, wrongIn(path, 0, reason.RuleFileLarge.With(path, MaxFile))
	}
	if n := bytes.Count(text, []byte("[[rule]]")); n > 0 {
		c.Rules = make([]Rule, 0, min(n, MaxRules))
	}
	err = toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&c)
	var unknown *toml.StrictMissingError
	var bad *toml.DecodeError
	switch {
	case err == nil:
		return c, nil
	case errors.As(err, &unknown) && len(unknown.Errors) > 0:
		first := &unknown.Errors[0]
		line, _ := first.Position()
		return c, wrongIn(path, line, reason.RuleUnknown.With(strings.Join(first.Key(), ".")))
	case errors.As(err, &bad):
		line, _ := bad.Position()
		if why := otherKind(text, bad); !why.IsZero() {
			return c, wrongIn(path, line, why)
		}
		return c, wrongIn(path, line, reason.RuleSyntax.With(strings.TrimPrefix(bad.Error(), "toml: ")))
	}
	return c, wrongIn(path, 0, reason.RuleSyntax.With(err.Error()))
}

// keyBefore is the key of a value that a line ends in.
var keyBefore = regexp.MustCompile(`([A-Za-z0-9_.-]+)[ \t]*=[^=]*$`)

// otherKind says what a value must be that is of another kind; the zero Reason where that is not what is wrong.
func otherKind(text []byte, bad *toml.DecodeError) flow.Reason {
	_, kind, is := strings.Cut(bad.Error(), " of type ")
	line, column := bad.Position()
	lines := bytes.Split(text, []byte("\n"))
	if !is || line < 1 || line > len(lines) {
		return flow.Reason{}
	}
	before := lines[line-1]
	key := keyBefore.FindSubmatch(before[:max(0, min(column-1, len(before)))])
	if key == nil {
		return flow.Reason{}
	}
	needs := reason.RuleNeedsTable
	switch kind = strings.TrimPrefix(kind, "*"); {
	case strings.HasPrefix(kind, "[]"):
		needs = reason.RuleNeedsList
	case kind == "bool":
		needs = reason.RuleNeedsSwitch
	case kind == "int":
		needs = reason.RuleNeedsNumber
	case kind == "string", kind == "rules.Duration", kind == "rules.Rate":
		needs = reason.RuleNeedsText
	}
	return needs.With(string(key[1]))
}

// Load makes a set of the text of a file that lies in a folder. The error is a *FileError.
func Load(path string, text []byte, folder string) (*Set, error) {
	return load(path, text, folder, nil)
}

// load is Load where other presets may be named than those of the text.
func load(path string, text []byte, folder string, known map[string]*Preset) (*Set, error) {
	c, own, err := read(path, text)
	if err != nil {
		return nil, err
	}
	name := func(list []Rule) {
		namePresets(list, known)
		namePresets(list, own)
	}
	name(c.Rules)
	s, err := Compile(c.Rules, folder)
	var rule *RuleError
	if errors.As(err, &rule) {
		return nil, wrongIn(path, lineOfMistake(text, rule.Number, name, rule.Why), rule.Why)
	}
	s.presets = own
	return s, err
}

// Format writes rules as a file has them.
func Format(list []Rule) ([]byte, error) {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.SetIndentTables(false)
	err := e.Encode(content{Rules: list})
	return b.Bytes(), err
}

// lineOfRule is the line of the n-th [[rule]], from 1, 0 where that cannot be told.
func lineOfRule(text []byte, n int) int {
	if all := linesOfRules(text); n <= len(all) {
		return all[n-1]
	}
	return 0
}

// linesOfRules are the lines of all [[rule]] of a text.
func linesOfRules(text []byte) (all []int) {
	line := 0
	for l := range bytes.Lines(bytes.TrimPrefix(text, bom)) {
		if line++; headerLine.Match(l) {
			all = append(all, line)
		}
	}
	return all
}
