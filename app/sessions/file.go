package sessions

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"posthouse/proxy/filelock"
)

// ErrChanged: the file is no longer what was opened, so nothing is written into it.
var ErrChanged = errors.New("another program has changed or replaced the file")

// file is an open file. It is only written at its end, and only as long as it is what was opened.
type file struct {
	*os.File
	path     string // where it must still be to be written to; "" where that does not matter
	size     int64
	readOnly bool // it cannot be written, or another has it open
	appended atomic.Bool
}

// openFile opens a file, to be written where that can be. One that another Posthouse writes to is
// read only.
func openFile(path string) (*file, error) {
	f := &file{path: path}
	var err error
	if f.File, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		f.readOnly = true
		if f.File, err = os.Open(path); err != nil {
			return nil, err
		}
	} else if filelock.Hold(f.File) != nil {
		f.readOnly = true
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() { // it was replaced meanwhile
		err = &fs.PathError{Op: "open", Path: path, Err: ErrNoFile}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	f.size = info.Size()
	return f, nil
}

// reader is what a session is read from: what has no WriteAt is not written.
func (f *file) reader() io.ReaderAt {
	if f.readOnly {
		return unwritten{f.File, f.File}
	}
	return f
}

// unwritten is a reader with the name of its file.
type unwritten struct {
	io.ReaderAt
	named
}

type named interface{ Name() string }

// WriteAt appends. What was written in part is taken away again.
func (f *file) WriteAt(b []byte, at int64) (int, error) {
	if err := f.unchanged(at); err != nil {
		return 0, err
	}
	n, err := f.File.WriteAt(b, at)
	if err != nil {
		return n, errors.Join(err, f.Truncate(at))
	}
	f.appended.Store(true)
	return n, nil
}

// unchanged reports whether the file ends where it did, and still has its name.
func (f *file) unchanged(end int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != end {
		return ErrChanged
	}
	if f.path == "" {
		return nil
	}
	if there, err := os.Stat(f.path); err != nil || !os.SameFile(there, info) {
		return ErrChanged
	}
	return nil
}

// discard closes a file of ours and removes it.
func (f *file) discard() error {
	err := f.Close()
	if gone := os.Remove(f.Name()); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}
