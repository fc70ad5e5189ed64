// Package filetypes has Windows open session files with this program by a double click, and offer
// it under "Open with" for HAR files and Fiddler's archives. It writes for this user alone, below
// HKEY_CURRENT_USER\Software\Classes, and takes all of that away again. What a person or another
// program has chosen for session files stays: then it is an error, and nothing is written.
//
// On Linux the packages bring the type, on macOS the bundle does; there is no entry there. macOS hands
// files over by an event, which comes out of Handed.
package filetypes

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"posthouse/app/desktop/autostart"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// What session files are called.
const (
	sessionExt  = ".posthouse"
	sessionType = "application/vnd.posthouse.session"
)

// The kinds of files, as Windows names them (programmatic identifiers).
const (
	sessionKind  = "Posthouse.Session"
	exchangeKind = "Posthouse.Exchanges"
)

// offered are the files of other programs that Posthouse is offered for.
var offered = []string{".har", ".saz"}

// sessionIcon is the number of the icon of session files in the program (.ci/pack/winres.go).
const sessionIcon = "1"

// classes is what is used of the registry. A key is a path; its default value has the name "".
type classes interface {
	// Class is a value of the user or, where there is none, of the computer (HKEY_CLASSES_ROOT);
	// "" where there is none.
	Class(key, name string) (string, error)
	// Chosen is the kind that a person has chosen for an extension in Windows; "" for none.
	Chosen(ext string) (string, error)
	// Set writes a value of the user.
	Set(key, name, value string) error
	// Unset removes a value of the user's, if there is one, and keys that are empty then: this one and
	// those above it.
	Unset(key, name string) error
	// Changed tells Windows that something was written.
	Changed()
}

// Entry is this program among those that open files.
type Entry struct {
	Program string  // absolute path; empty: this program
	classes classes // nil: those of this system
}

// TakenError says that another program is to open session files.
type TakenError struct {
	By string // as Windows names it
}

func (e *TakenError) Error() string { return reason.English(e.Reason()) }

// Reason is what flow.Explained asks for.
func (e *TakenError) Reason() flow.Reason { return reason.SessionFilesTaken.With(e.By) }

// Unfit returns an *autostart.UnfitError where the program lies in a place that does not last.
func (e Entry) Unfit() error { return autostart.Entry{Program: e.Program}.Unfit() }

// Enabled reports whether a double click on a session file reaches a program of this name: another one
// may have been chosen since.
func (e Entry) Enabled() (bool, error) {
	c := e.registry()
	kind, err := c.Class(sessionExt, "")
	if err != nil || kind != sessionKind {
		return false, err
	}
	command, err := c.Class(commandOf(sessionKind), "")
	if err != nil || command == "" {
		return false, err
	}
	chosen, err := c.Chosen(sessionExt)
	return err == nil && e.ours(chosen), err
}

// Enable writes the entry. The error is a *TakenError where session files are another program's, and
// nothing is written then.
func (e Entry) Enable() error {
	program, err := e.program()
	if err != nil {
		return err
	}
	c := e.registry()
	chosen, err := c.Chosen(sessionExt)
	if err != nil {
		return err
	}
	kind, err := c.Class(sessionExt, "")
	switch {
	case err != nil:
		return err
	case !e.ours(chosen):
		return &TakenError{chosen}
	case kind != "" && kind != sessionKind:
		return &TakenError{kind}
	}
	if err := write(c, values(program)); err != nil {
		return errors.Join(err, e.Disable()) // no half of it
	}
	return nil
}

// Follow is for each start: an entry that is in force and leads to another program is written anew.
func (e Entry) Follow() error {
	on, err := e.Enabled()
	if err != nil || !on {
		return err
	}
	return e.Enable()
}

// Disable removes the entry; it does nothing where there is none. What a person chose in Windows stays.
func (e Entry) Disable() (err error) {
	c := e.registry()
	written := values("")
	for i := len(written) - 1; i >= 0; i-- {
		v := &written[i]
		if v.shared { // another program may have written it since
			switch is, readErr := c.Class(v.key, v.name); {
			case readErr != nil:
				err = errors.Join(err, readErr)
				continue
			case is != v.value:
				continue
			}
		}
		err = errors.Join(err, c.Unset(v.key, v.name))
	}
	c.Changed()
	return err
}

// value is one that is written.
type value struct {
	key, name, value string
	shared           bool // the key is not ours alone
}

// values are all that are written for a program; the last one is what a double click follows.
func values(program string) []value {
	command := `"` + strings.ReplaceAll(program, "%", "%%") + `" "%1"`
	all := []value{
		{key: sessionKind, value: "Posthouse session"},
		{key: sessionKind + `\DefaultIcon`, value: `"` + program + `",` + sessionIcon},
		{key: commandOf(sessionKind), value: command},
		{key: exchangeKind, value: "HTTP exchanges"},
		{key: exchangeKind + `\DefaultIcon`, value: `"` + program + `",` + sessionIcon},
		{key: commandOf(exchangeKind), value: command},
		{key: sessionExt + `\OpenWithProgids`, name: sessionKind},
		{key: sessionExt, name: "Content Type", value: sessionType, shared: true},
	}
	for _, ext := range offered {
		all = append(all, value{key: ext + `\OpenWithProgids`, name: exchangeKind})
	}
	return append(all, value{key: sessionExt, value: sessionKind, shared: true})
}

func commandOf(kind string) string { return kind + `\shell\open\command` }

// write writes the values that differ. One that is empty is written anew each time that others are.
func write(c classes, values []value) error {
	changed := false
	for _, v := range values {
		is, err := c.Class(v.key, v.name)
		if err != nil {
			return err
		}
		changed = changed || is != v.value
	}
	if !changed {
		return nil
	}
	for _, v := range values {
		if err := c.Set(v.key, v.name, v.value); err != nil {
			return err
		}
	}
	c.Changed()
	return nil
}

// ours reports whether a kind that was chosen leads to this program: none was, it is the entry's, or
// the person has looked for the program on the disk.
func (e Entry) ours(chosen string) bool {
	program, err := e.program()
	if chosen == "" || chosen == sessionKind {
		return true
	}
	return err == nil && strings.EqualFold(chosen, `Applications\`+baseName(program))
}

// baseName is the name of a program's file; both kinds of slashes count, so that tests run everywhere.
func baseName(path string) string { return path[strings.LastIndexAny(path, `\/`)+1:] }

func (e Entry) program() (string, error) {
	if e.Program != "" {
		return e.Program, nil
	}
	path, err := os.Executable()
	return filepath.Clean(path), err
}

func (e Entry) registry() classes {
	if e.classes != nil {
		return e.classes
	}
	return system()
}
