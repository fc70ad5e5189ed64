package settings

import (
	"errors"
	"log/slog"
	"sync/atomic"

	"posthouse/app/desktop/atomicfile"
)

// FileOptions says which file is followed, and how.
type FileOptions struct {
	Path string // "" keeps the settings in memory only
	// Override is applied to what was read, each time: what a command line sets.
	// It is never saved.
	Override func(*Settings)
	Log      *slog.Logger // problems of the file; nil: nowhere
	Changed  func()       // called after Problem or Unsaved changed; nil: not called
}

// File is the settings file that a running program follows and writes to: what it
// said last, what is in force and not in it, and what is wrong with it.
//
// Path, Problem and Unsaved may be called from any goroutine, and so may what Looking returns; all else from one.
type File struct {
	o       FileOptions
	stamp   Stamp
	saved   Settings // what the file said last
	unsaved Changes  // in force, and not in the file

	problem    atomic.Pointer[error]
	failedSave atomic.Pointer[error]
}

// Open reads a settings file for the first time. initial holds where there is no path.
// The settings that it returns are the ones to begin with, the override applied.
func Open(o FileOptions, initial Settings) (*File, Settings) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	f := &File{o: o}
	s := initial
	if o.Path != "" {
		var err error
		f.stamp = StampOf(o.Path)
		s, err = Load(o.Path)
		f.setProblem(err)
	}
	f.saved = s.Clone()
	if o.Override != nil {
		o.Override(&s)
	}
	return f, s
}

// Path is the settings file, "" if there is none.
func (f *File) Path() string { return f.o.Path }

// Problem says why the file is not in force; nil if it is. A *FileError names the
// line. Until it is mended or replaced nothing is saved.
func (f *File) Problem() error { return load(&f.problem) }

// Unsaved is why settings that are in force are not in the file, a *SaveError; nil:
// they are, or Problem says why not.
func (f *File) Unsaved() error { return load(&f.failedSave) }

// Look is what was found of a file that is followed. Nil has found nothing.
type Look struct {
	before, stamp Stamp
	same          bool
	settings      Settings
	err           error
}

// Looking looks whether a person edited the file when it is called, and may wait for the disk: Take takes what it
// has found.
func (f *File) Looking() func() *Look {
	path, before := f.o.Path, f.stamp
	return func() *Look {
		if path == "" {
			return nil
		}
		l := &Look{before: before}
		if l.stamp, l.same = before.Again(path); !l.same && l.stamp.there {
			l.settings, l.err = Load(path)
		}
		return l
	}
}

// Follow looks whether a person edited the file, and takes what it finds.
func (f *File) Follow(apply func(Settings) error) { f.Take(f.Looking()(), apply) }

// Take has apply put what was found, with what could not be saved yet, into force. What was found before the
// file was written or looked at otherwise is left to the next look.
func (f *File) Take(l *Look, apply func(Settings) error) {
	if l == nil || l.before != f.stamp {
		return
	}
	f.stamp = l.stamp
	if l.same {
		return
	}
	if !l.stamp.there {
		f.setProblem(nil) // the settings in force stay, and the next save writes them
		return
	}
	s, err := l.settings, l.err
	if err == nil {
		f.unsaved = f.unsaved.without(Diff(&f.saved, &s))
		f.saved = s
		if f.o.Override != nil {
			f.o.Override(&s)
		}
		err = apply(f.unsaved.On(s))
	}
	f.setProblem(err)
	if err == nil {
		_ = f.Save(nil) // what waited for the file to be mended; Unsaved tells what fails
	}
}

// Retry is Follow where Problem is not nil, though the file is as it was: what was in its way may have gone.
func (f *File) Retry(apply func(Settings) error) {
	if f.Problem() != nil {
		f.stamp = Stamp{}
		f.Follow(apply)
	}
}

// Save writes changes, and those that could not be written before, into the file
// as it is now. The error is a *SaveError or a *FileError.
func (f *File) Save(c Changes) error {
	if f.o.Path == "" {
		return nil
	}
	f.unsaved = f.unsaved.and(c)
	if len(f.unsaved) == 0 {
		f.setUnsaved(nil)
		return nil
	}
	before, after, err := updateFile(f.o.Path, f.unsaved, f.saved)
	var bad *FileError
	switch {
	case errors.As(err, &bad):
		f.setUnsaved(nil) // the problem says it
		f.setProblem(err)
		return err
	case err != nil:
		err = &SaveError{f.o.Path, err}
		f.setUnsaved(err)
		return err
	}
	f.unsaved = nil
	f.setUnsaved(nil)
	if errors.As(f.Problem(), &bad) {
		f.setProblem(nil)
	}
	f.stamp = Stamp{}                                // the next look finds what others wrote meanwhile
	if before.Equal(f.saved) && f.Problem() == nil { // nothing was written
		f.stamp = StampOf(f.o.Path)
	}
	f.saved = after
	return nil
}

// ReplaceBad keeps a file that is not usable under another name, which it returns,
// and writes the settings in force in its place.
func (f *File) ReplaceBad() (kept string, err error) {
	if f.Problem() == nil {
		return "", nil
	}
	if kept, err = atomicfile.SetAside(f.o.Path); err != nil {
		return kept, err
	}
	f.setProblem(nil)
	f.saved = f.unsaved.On(f.saved)
	if _, _, err = updateFile(f.o.Path, nil, f.saved); err != nil {
		err = &SaveError{f.o.Path, err}
		f.setUnsaved(err)
		return kept, err
	}
	f.unsaved = nil
	f.setUnsaved(nil)
	f.stamp = StampOf(f.o.Path)
	return kept, nil
}

func (f *File) setProblem(err error) {
	if err != nil {
		f.o.Log.Error("settings", "error", err)
	}
	f.store(&f.problem, err)
}

func (f *File) setUnsaved(err error) {
	if err != nil || f.Unsaved() != nil {
		f.store(&f.failedSave, err)
	}
}

func (f *File) store(slot *atomic.Pointer[error], err error) {
	if err == nil {
		slot.Store(nil)
	} else {
		slot.Store(&err)
	}
	if f.o.Changed != nil {
		f.o.Changed()
	}
}

func load(slot *atomic.Pointer[error]) error {
	if p := slot.Load(); p != nil {
		return *p
	}
	return nil
}
