package app

import (
	"sync"

	"posthouse/app/settings"
)

// settingsFile is the settings file of a controller: followed, and written to, beside its goroutine. What of the file waits
// for no disk is that goroutine's.
type settingsFile struct {
	*settings.File
	c    *Controller
	line *line
}

// enforce puts what a person changed into force, and saves it. The controller's goroutine asks what that is, once, when
// the last edit of the file is in force. A disk that is late is not waited for: the change is saved when it answers.
func (f *settingsFile) enforce(changed func() settings.Changes) error {
	apply := sync.OnceValue(func() error {
		err := ErrClosed
		f.c.ask(func() {
			change := changed()
			if err = f.c.apply(change.On(*f.c.settings.Load())); err == nil {
				f.Put(change)
			}
		})
		return err
	})
	if f.Path() == "" {
		return apply()
	}
	var saved error
	inTime := f.line.do(func() {
		f.follow()
		if apply() == nil {
			saved = f.save()
		}
	})
	if err := apply(); err != nil {
		return err
	}
	if inTime {
		return saved
	}
	return f.saveLater()
}

// follow looks at the settings file, and puts into force what a person wrote there. A work of its line calls it.
func (f *settingsFile) follow() {
	var look func() *settings.Look
	if !f.c.ask(func() { look = f.Looking() }) {
		return
	}
	var found *settings.Look
	f.line.ask(func() { found = look() })
	again := false
	f.c.ask(func() { again = f.Take(found, f.c.apply) })
	if again {
		_ = f.save() // Unsaved tells what fails
	}
}

// save writes what is in force and not in the settings file. A work of its line calls it.
func (f *settingsFile) save() (err error) {
	var write func() *settings.Written
	if !f.c.ask(func() { write = f.Writing() }) || write == nil {
		return nil
	}
	var w *settings.Written
	f.line.ask(func() { w = write() })
	f.c.ask(func() { err = f.Took(w) })
	return err
}

// saveLater has what is unsaved be saved when the disk answers.
func (f *settingsFile) saveLater() (err error) {
	f.c.ask(func() {
		if err = f.Late(errDiskLate); err != nil {
			f.line.owe(func() { _ = f.save() })
		}
	})
	return err
}

// retry puts the file into force where its settings could not be.
func (f *settingsFile) retry() {
	f.line.do(func() {
		f.c.ask(f.Forget)
		f.follow()
	})
}

// replaceBad keeps a file that is not usable under another name, and writes the settings in force in its place.
func (f *settingsFile) replaceBad() (kept string, err error) {
	var w *settings.Written
	bad := ErrClosed
	inTime := f.line.do(func() {
		var replace func() *settings.Written
		if !f.c.ask(func() { replace, bad = f.Replacing(), nil }) || replace == nil {
			return
		}
		f.line.ask(func() { w = replace() })
		f.c.ask(func() { bad = f.Took(w) })
	})
	switch {
	case !inTime:
		return "", &settings.SaveError{Path: f.Path(), Err: errDiskLate}
	case w == nil:
		return "", bad
	}
	return w.Kept, bad
}
