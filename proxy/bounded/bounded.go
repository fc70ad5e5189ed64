// Package bounded reads and keeps no more than a limit of what others wrote: files,
// connections, the output of programs. It imports nothing of ours.
package bounded

import (
	"errors"
	"io"
	"os"
)

// Errors of bounded reads.
var (
	ErrTooLarge   = errors.New("too large")
	ErrNotRegular = errors.New("not a regular file")
)

// Read reads all of r, limit bytes at most: where there is more, the error is
// ErrTooLarge and nothing is returned.
func Read(r io.Reader, limit int64) ([]byte, error) {
	b, err := ReadHead(r, limit+1)
	if err == nil && int64(len(b)) > limit {
		return nil, ErrTooLarge
	}
	return b, err
}

// ReadHead reads the first limit bytes of r, or as many as there are. What was read
// before an error is returned with it.
func ReadHead(r io.Reader, limit int64) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, limit))
}

// ReadFile reads a regular file of limit bytes at most, else the error is
// ErrTooLarge or ErrNotRegular: opening a pipe would wait for its other end.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	if info, err := f.Stat(); err != nil || info.Size() > limit {
		return nil, errors.Join(err, ErrTooLarge)
	}
	return Read(f, limit)
}

// ReadFileHead reads the first limit bytes of a regular file.
func ReadFileHead(path string, limit int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	return ReadHead(f, limit)
}

// CopyFile copies a regular file of limit bytes at most into a new one that only
// this user can read.
func CopyFile(from, to string, limit int64) (err error) {
	in, err := openRegular(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // read only
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(out, io.LimitReader(in, limit+1))
	if err == nil && n > limit {
		err = ErrTooLarge
	}
	return errors.Join(err, out.Close())
}

func openRegular(path string) (*os.File, error) {
	return Regular(os.OpenFile(path, os.O_RDONLY|nonblock, 0))
}

// OpenIn opens a regular file in a folder to be read; nothing leads out of the folder. Else
// the error is ErrNotRegular, or what os.Root says.
func OpenIn(root *os.Root, name string) (*os.File, error) {
	return Regular(root.OpenFile(name, os.O_RDONLY|nonblock, 0))
}

// Regular is a file that was opened, if it is a regular one; else it is closed.
func Regular(f *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = ErrNotRegular
	}
	if err != nil {
		_ = f.Close() // read only
		return nil, err
	}
	return f, nil
}
