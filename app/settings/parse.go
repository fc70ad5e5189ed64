package settings

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Parse reads the text of a settings file; path is for the error alone.
// What the text leaves out has its default.
func Parse(path string, text []byte) (Settings, error) {
	plain := bytes.TrimPrefix(text, []byte(byteOrderMark))
	var tree map[string]any
	if err := toml.Unmarshal(plain, &tree); err != nil {
		return Default(), syntaxError(path, plain, err)
	}
	l, _ := readLayout(plain)
	if err := l.checkKinds(path); err != nil {
		return Default(), err
	}
	s, err := decodeSettings(plain)
	if err != nil {
		return Default(), l.decodeProblem(path, err)
	}
	if s.Version != Version {
		return Default(), &FileError{Path: path, Line: lineOf(text, "version"), Problem: FileVersion, Args: []any{s.Version, Version},
			Msg:    fmt.Sprintf("version = %d is not known to this Posthouse", s.Version),
			Remedy: fmt.Sprintf("Use the Posthouse that wrote it, or write version = %d", Version)}
	}
	if err := s.Validate(); err != nil {
		var bad *ValueError
		errors.As(err, &bad)
		return Default(), &FileError{Path: path, Line: lineOf(text, bad.Key), Problem: FileValue, Args: []any{bad},
			Msg: bad.Key + " = " + bad.Value + " cannot be used", Remedy: sentence(bad.Remedy)}
	}
	return s, nil
}

// decodeSettings reads what a file says, usable or not.
func decodeSettings(text []byte) (Settings, error) {
	s := Default()
	s.Version = 0
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&s)
	if s.Version == 0 {
		s.Version = Version
	}
	return s, err
}

// decodeProblem finds line and remedy for what cannot be decoded.
func (l *layout) decodeProblem(path string, err error) *FileError {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		return unknownKey(path, unknown)
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, _ := bad.Position()
		for i := range l.entries {
			e := &l.entries[i]
			if k, ok := kinds()[strings.ToLower(strings.Join(e.path, "."))]; ok && l.line(e.value.start) <= line &&
				line <= l.line(e.value.end) {
				return l.kindError(path, e, k)
			}
		}
	}
	return syntaxError(path, l.text, err)
}

// KeyKind is what a setting takes.
type KeyKind string

// The kinds of settings.
const (
	KindBool     KeyKind = "bool"
	KindNumber   KeyKind = "number"
	KindText     KeyKind = "text"
	KindTexts    KeyKind = "list" // a list of texts
	KindSize     KeyKind = "size"
	KindDuration KeyKind = "duration"
	KindTable    KeyKind = "table"
)

var kindWords = map[KeyKind]string{
	KindBool:     "takes true or false",
	KindNumber:   "takes a whole number",
	KindText:     "takes a text in quotes",
	KindTexts:    "takes a list of texts in quotes",
	KindSize:     "takes a size: a number of bytes, or one with KiB, MiB or GiB in quotes",
	KindDuration: "takes a length of time in quotes, such as \"500ms\", \"30s\", \"2m\" or \"1h30m\", or \"0\" for none",
	KindTable:    "is a table of settings",
}

// keyKind is a setting or a table, and a line that could stand there.
type keyKind struct {
	kind    KeyKind
	example string
}

// kinds has all settings and tables by their names.
func kinds() map[string]keyKind {
	all := map[string]keyKind{}
	for _, l := range leaves(Default()) {
		all[l.name()] = keyKind{l.kind, l.key + " = " + l.value}
		if l.table != "" {
			all[l.table] = keyKind{KindTable, "[" + l.table + "]"}
		}
	}
	return all
}

// checkKinds finds the first value that is of another kind than its setting.
func (l *layout) checkKinds(path string) error {
	known := kinds()
	for i := range l.sections[1:] {
		s := &l.sections[i+1]
		k, ok := known[strings.ToLower(strings.Join(s.path, "."))]
		if !ok || k.kind == KindTable && !s.array {
			continue
		}
		header := l.str(s.header)
		e := fileKind(path, header, k, "")
		e.Line = l.line(s.header.start)
		return e
	}
	for i := range l.entries {
		e := &l.entries[i]
		if k, ok := known[strings.ToLower(strings.Join(e.path, "."))]; ok && !l.fits(e, k.kind) {
			return l.kindError(path, e, k)
		}
	}
	return nil
}

// fits reports whether a value is of a kind, by how it is written.
func (l *layout) fits(e *entry, kind KeyKind) bool {
	written := l.str(e.value)
	_, err := strconv.ParseInt(written, 0, 64)
	switch kind {
	case KindBool:
		return written == "true" || written == "false"
	case KindNumber:
		return e.kind == kindBare && err == nil
	case KindText:
		return e.kind == kindText
	case KindSize:
		return e.kind == kindText || e.kind == kindBare && err == nil
	case KindDuration:
		return e.kind == kindText || written == "0" // a bare number has no unit
	case KindTexts:
		for _, one := range e.items {
			if c := l.text[one.start]; c != '"' && c != '\'' {
				return false
			}
		}
		return e.kind == kindList
	case KindTable:
		return e.kind == kindInline
	}
	return true
}

func (l *layout) kindError(path string, e *entry, k keyKind) *FileError {
	value := ""
	if k.kind == KindSize || k.kind == KindDuration {
		value = l.str(e.value)
		if len(value) > maxShown || strings.ContainsAny(value, "\r\n") {
			value = ""
		}
	}
	bad := fileKind(path, l.written(e), k, value)
	bad.Line = l.line(e.key.start)
	return bad
}

// maxShown bounds what is shown of a value, in bytes.
const maxShown = 60

func fileKind(path, key string, k keyKind, value string) *FileError {
	e := &FileError{Path: path, Problem: FileKind, Args: []any{k.kind, key, k.example, value}, Remedy: "Write for example " + k.example}
	e.Msg = key + " " + kindWords[k.kind]
	if value != "" {
		e.Msg = key + " = " + value + " cannot be used: it " + kindWords[k.kind]
	}
	return e
}
