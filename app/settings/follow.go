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
// Path, Problem and Unsaved may be called from any goroutine, and so may what Looking, Writing and Replacing return, which
// wait for the disk: one at a time. All else is called from one goroutine, and waits for nothing.
type File struct {
	o       FileOptions
	stamp   Stamp
	saved   Settings // what the file said last
	unsaved Changes  // in force, and not in the file
	writing Changes  // those of them that are being written

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

// Take has apply put what was found, with what could not be saved yet, into force. What was found before the
// file was written or looked at otherwise is left to the next look. It reports whether there is something to be written
// that waited for the file to be mended.
func (f *File) Take(l *Look, apply func(Settings) error) (waits bool) {
	if l == nil || l.before != f.stamp {
		return false
	}
	f.stamp = l.stamp
	if l.same {
		return false
	}
	if !l.stamp.there {
		f.setProblem(nil) // the settings in force stay, and the next save writes them
		return false
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
	return err == nil
}

// Forget has the next look find the file changed where Problem is not nil: what was in its way may have gone.
func (f *File) Forget() {
	if f.Problem() != nil {
		f.stamp = Stamp{}
	}
}

// Put says that changes are in force, which are not in the file yet.
func (f *File) Put(c Changes) {
	if f.o.Path != "" {
		f.unsaved = f.unsaved.and(c)
	}
}

// Late says that what is not in the file yet is kept waiting, and why; the error is a *SaveError. Nil: all is in it.
func (f *File) Late(why error) error {
	if len(f.unsaved) == 0 && len(f.writing) == 0 {
		return nil
	}
	err := &SaveError{f.o.Path, why}
	f.setUnsaved(err)
	return err
}

// Written is what came of writing to the file.
type Written struct {
	Kept string // the name that the file which was there has now; "" where it was not set aside

	replaced      bool
	before, after Settings
	stamp         Stamp
	err           error
}

// Writing writes the changes that are not in the file, onto what it is then, when it is called: Took takes what came of
// that. Nil: there are none.
func (f *File) Writing() func() *Written {
	if len(f.unsaved) == 0 {
		f.setUnsaved(nil)
		return nil
	}
	f.writing, f.unsaved = f.unsaved, nil
	path, what, fresh := f.o.Path, f.writing, f.saved
	return func() *Written {
		w := new(Written)
		w.before, w.after, w.err = updateFile(path, what, fresh)
		w.stamp = StampOf(path)
		return w
	}
}

// Replacing keeps a file that is not usable under another name, and writes the settings in force in its place, when it is
// called: Took takes what came of that. Nil: the file is usable.
func (f *File) Replacing() func() *Written {
	if f.Problem() == nil {
		return nil
	}
	f.writing, f.unsaved = f.unsaved, nil
	path, fresh := f.o.Path, f.writing.On(f.saved)
	return func() *Written {
		w := &Written{replaced: true, before: fresh, after: fresh}
		if w.Kept, w.err = atomicfile.SetAside(path); w.err != nil {
			w.Kept = ""
			return w
		}
		_, _, w.err = updateFile(path, nil, fresh)
		w.stamp = StampOf(path)
		return w
	}
}

// Took says what came of writing; the error is a *SaveError or a *FileError where not all is in the file that was to be.
func (f *File) Took(w *Written) error {
	if w.err != nil {
		f.unsaved = f.writing.and(f.unsaved)
	}
	f.writing = nil
	if w.Kept != "" {
		f.setProblem(nil)
		f.saved = w.after
	}
	var bad *FileError
	switch {
	case w.err == nil:
	case w.replaced && w.Kept == "":
		return w.err
	case errors.As(w.err, &bad):
		f.setUnsaved(nil) // the problem says it
		f.setProblem(w.err)
		return w.err
	default:
		err := &SaveError{f.o.Path, w.err}
		f.setUnsaved(err)
		return err
	}
	if len(f.unsaved) == 0 {
		f.setUnsaved(nil)
	}
	if errors.As(f.Problem(), &bad) {
		f.setProblem(nil)
	}
	f.stamp = Stamp{}                                  // the next look finds what others wrote meanwhile
	if w.before.Equal(f.saved) && f.Problem() == nil { // nothing was written
		f.stamp = w.stamp
	}
	f.saved = w.after
	return nil
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
