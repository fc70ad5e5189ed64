package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/natefinch/atomic"
	"github.com/pelletier/go-toml/v2"
)

// maxFile bounds what is read of a settings file, in bytes.
const maxFile = 1 << 20

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
	FileVersion    FileProblem = "version"    // the version it has, the version known here
	FileSyntax     FileProblem = "syntax"     // what the TOML parser says
)

func (e *FileError) Error() string {
	where := e.Path
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.Path, e.Line)
	}
	return where + ": " + e.Msg + ". " + e.Remedy
}

// SaveError says that settings are in force but could not be written down.
type SaveError struct {
	Path string
	Err  error
}

func (e *SaveError) Error() string {
	return fmt.Sprintf("the settings are in force until you quit, but could not be saved to %s: %v", e.Path, e.Err)
}

func (e *SaveError) Unwrap() error { return e.Err }

// LoadSettings reads a settings file. Where there is none it returns the
// defaults. An error is a *FileError, and the settings are the defaults.
func LoadSettings(path string) (Settings, error) {
	text, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Default(), nil
	}
	if err != nil {
		return Default(), &FileError{Path: path, Problem: FileUnreadable, Args: []any{err}, Msg: "it cannot be read: " + reason(err), Remedy: "Make it readable for you, or move it away"}
	}
	return ParseSettings(path, text)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		return nil, errors.New("it is larger than 1 MiB")
	}
	return text, err
}

// ParseSettings reads the text of a settings file; path is for the error alone.
// What the text leaves out has its default.
func ParseSettings(path string, text []byte) (Settings, error) {
	s := Default()
	s.Version = 0
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&s)
	if err != nil {
		return Default(), decodeProblem(path, err)
	}
	if s.Version == 0 {
		s.Version = settingsVersion
	}
	if s.Version != settingsVersion {
		return Default(), &FileError{Path: path, Line: lineOf(text, "version"), Problem: FileVersion, Args: []any{s.Version, settingsVersion},
			Msg:    fmt.Sprintf("version = %d is not known to this Posthouse", s.Version),
			Remedy: fmt.Sprintf("Use the Posthouse that wrote it, or write version = %d", settingsVersion)}
	}
	if err := s.Validate(); err != nil {
		var bad *ValueError
		errors.As(err, &bad)
		return Default(), &FileError{Path: path, Line: lineOf(text, bad.Key), Problem: FileValue, Args: []any{bad}, Msg: bad.Key + " = " + bad.Value + " cannot be used", Remedy: sentence(bad.Remedy)}
	}
	return s, nil
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// decodeProblem finds line and remedy for what the TOML library did not take.
func decodeProblem(path string, err error) *FileError {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		first := unknown.Errors[0]
		line, column := first.Position()
		key := strings.Join(first.Key(), ".")
		e := &FileError{Path: path, Line: line, Column: column, Problem: FileUnknown, Args: []any{key}, Msg: key + " is not a setting", Remedy: "Remove it"}
		if near := nearestKey(key); near != "" {
			e.Problem, e.Args = FileMisspelt, []any{key, near}
			e.Remedy = "Did you mean " + near + "? Otherwise remove it"
		}
		return e
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, column := bad.Position()
		msg := strings.TrimPrefix(bad.Error(), "toml: ")
		return &FileError{Path: path, Line: line, Column: column, Problem: FileSyntax, Args: []any{msg}, Msg: msg, Remedy: "Mend this line"}
	}
	msg := strings.TrimPrefix(err.Error(), "toml: ")
	return &FileError{Path: path, Problem: FileSyntax, Args: []any{msg}, Msg: msg, Remedy: "Mend the file, or move it away"}
}

// reason is the part of a file error that does not repeat the path.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// saveSettings writes s so that at any moment either the old or the new file is
// whole. What a person wrote around the values stays.
func saveSettings(path string, s Settings) error {
	target := path
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		target = resolved
	}
	old, err := readFile(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text := renderSettings(s)
	if len(old) > 0 {
		patched, whole := patchSettings(old, s)
		if whole {
			text = patched
		} else if err := os.WriteFile(target+".bak", old, 0o600); err != nil {
			return err // what a person wrote must not be lost
		}
	}
	if bytes.Equal(text, old) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	return atomic.WriteFile(target, bytes.NewReader(text))
}

// setAside renames a file that is not usable, so that it is not lost.
func setAside(path string) (string, error) {
	for i := range 100 {
		aside := path + ".bad-" + time.Now().Format("20060102-150405")
		if i > 0 {
			aside += fmt.Sprintf("-%d", i)
		}
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			return aside, os.Rename(path, aside)
		}
	}
	return "", errors.New("no free name to keep the old file under")
}
