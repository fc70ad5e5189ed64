package settings_test

import (
	"os"
	"path/filepath"
	"testing"

	"posthouse/app/settings"
)

// edited is a settings file that is followed, and a person's editor.
type edited struct {
	*settings.File
	t     *testing.T
	path  string
	force settings.Settings // in force
}

func editing(t *testing.T, text string) *edited {
	t.Helper()
	e := &edited{t: t, path: filepath.Join(t.TempDir(), "settings.toml")}
	e.write(text)
	e.open()
	return e
}

func (e *edited) open() {
	e.File, e.force = settings.Open(settings.FileOptions{Path: e.path}, settings.Default())
}

func (e *edited) write(text string) {
	e.t.Helper()
	if err := os.WriteFile(e.path, []byte(text), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

func (e *edited) text() string {
	e.t.Helper()
	text, err := os.ReadFile(e.path)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(text)
}

// Change puts a change into force and saves it, as the controller does.
func (e *edited) Change(change func(*settings.Settings)) error {
	follow(e.File, func(s settings.Settings) error { e.force = s; return nil })
	next := e.force.Clone()
	change(&next)
	c := settings.Diff(&e.force, &next)
	e.force = c.On(e.force)
	return save(e.File, c)
}

// save writes changes, as the controller does.
func save(f *settings.File, c settings.Changes) error {
	f.Put(c)
	if write := f.Writing(); write != nil {
		return f.Took(write())
	}
	return nil
}

// follow takes what a person wrote, as the controller does.
func follow(f *settings.File, apply func(settings.Settings) error) {
	if f.Take(f.Looking()(), apply) {
		_ = save(f, nil)
	}
}
