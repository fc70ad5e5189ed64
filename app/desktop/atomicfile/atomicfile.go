// Package atomicfile writes files atomically: at any moment the old or the new text
// is there. It removes what a writer left that was killed half-way.
//
// Only a file is replaced. A symbolic link is followed, so that the file it leads
// to is replaced in its own folder, or refused where a secret is written; a device
// or a pipe is written to where that is meant, or refused; a folder is refused.
package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// What stands where a file was to be written; errors wrap one of these, or syscall.EISDIR.
var (
	ErrLink   = errors.New("it is a symbolic link, and a secret is not written through one")
	ErrDevice = errors.New("it is a device or a pipe, not a file")
)

// modeNew is the mode of a new file.
const modeNew = 0o600

// Options say how a file is written. The zero value is what Write does.
type Options struct {
	Mode   fs.FileMode  // of a new file; 0: 0600. A file that is replaced keeps its own
	Secret bool         // a link is refused
	Direct bool         // devices and pipes are written to; such a write is not atomic
	Ready  func() error // asked right before the file takes its name; an error keeps it from that
}

// Write puts text into a file, synced: at any moment the old or the new is there.
func Write(path string, text []byte) error { return Options{}.Write(path, text) }

// Write puts text into a file. What is replaced keeps its mode and, where the
// system lets that be, its owner.
func (o Options) Write(path string, text []byte) error {
	return o.Stream(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// Stream is Write for a text that write makes piece by piece; an error of write leaves the old
// file as it was.
func (o Options) Stream(path string, write func(io.Writer) error) error {
	target, direct, err := o.place(path)
	switch {
	case err != nil:
		return err
	case direct:
		return streamDirect(path, write)
	}
	dir, base := filepath.Split(target)
	if dir == "" {
		dir = "."
	}
	f, err := os.CreateTemp(dir, base) // mode 0600
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return named(filepath.Clean(dir), err)
	case err != nil:
		return named(path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // of no use under that name, however this ends
	err = write(piece{f, path})
	if err == nil {
		err = named(path, o.dress(f, target))
	}
	if err = errors.Join(err, named(path, f.Sync()), named(path, f.Close())); err != nil {
		return err
	}
	if o.Ready != nil {
		if err := o.Ready(); err != nil {
			return err
		}
	}
	if again, _, err := o.place(path); err != nil || again != target {
		return errors.Join(err, pathError(path, errors.New("it was replaced meanwhile")))
	}
	if err := replace(f.Name(), target); err != nil {
		return named(path, err)
	}
	syncFolder(dir)
	return nil
}

// piece is a file under the name that it has until it is whole; what fails is told of path.
type piece struct {
	file *os.File
	path string
}

func (p piece) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	return n, named(p.path, err)
}

// named is an error of the system's about the file that was asked for, not about that under
// which it is made.
func named(path string, err error) error {
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError(path, of.Err)
	}
	if of, ok := errors.AsType[*os.LinkError](err); ok {
		return pathError(path, of.Err)
	}
	return err
}

// dress gives a new file the mode and the owner of the one that it replaces.
func (o Options) dress(f *os.File, target string) error {
	mode := o.Mode
	if mode == 0 {
		mode = modeNew
	}
	if there, err := os.Lstat(target); err == nil {
		mode = keepOwner(f, there)
	}
	return f.Chmod(mode)
}

// maxLinks is how many links may lead from one to the next.
const maxLinks = 40

// place finds the file that is to be replaced; direct is where there is none, but
// something that can be written to.
func (o Options) place(path string) (target string, direct bool, err error) {
	target = path
	for range maxLinks {
		info, err := os.Lstat(target)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return target, false, nil
		case err != nil:
			return "", false, err
		case info.IsDir():
			return "", false, pathError(path, syscall.EISDIR)
		case info.Mode().IsRegular():
			return target, false, nil
		case info.Mode()&fs.ModeSymlink == 0 || ofProcess(target):
			if !o.Direct {
				return "", false, pathError(path, ErrDevice)
			}
			return target, true, nil
		case o.Secret:
			return "", false, pathError(path, ErrLink)
		}
		next, err := os.Readlink(target)
		if err != nil {
			return "", false, err
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(target), next)
		}
		target = next
	}
	return "", false, pathError(path, errors.New("too many symbolic links lead from one to the next"))
}

// ofProcess reports whether a link is one of the system's to what a process has
// open, such as /dev/stdout and /proc/self/fd/1.
func ofProcess(link string) bool {
	link = filepath.Clean(link)
	return strings.HasPrefix(link, "/dev/") || strings.HasPrefix(link, "/proc/")
}

// streamDirect writes to what is no file: nothing is made, cut or replaced.
func streamDirect(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	err = write(f)
	return errors.Join(err, f.Close())
}

func pathError(path string, err error) error {
	return &fs.PathError{Op: "write", Path: path, Err: err}
}

// RemovePieces removes what Writes of path left that were killed: files beside it
// with its name and digits after it. The caller sees to it that none is under way.
func RemovePieces(path string) {
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), base)
		if ok && rest != "" && strings.Trim(rest, "0123456789") == "" && e.Type().IsRegular() {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
