package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/bounded"
)

// maxFile bounds what is read of a settings file, in bytes.
const maxFile = 1 << 20

// SaveError says that settings are in force but could not be written down.
type SaveError struct {
	Path string
	Err  error
}

func (e *SaveError) Error() string {
	return fmt.Sprintf("the settings are in force until you quit, but could not be saved to %s: %v", e.Path, e.Err)
}

func (e *SaveError) Unwrap() error { return e.Err }

// Load reads a settings file. Where there is none it returns the
// defaults. An error is a *FileError, and the settings are the defaults.
func Load(path string) (Settings, error) {
	info, err := os.Stat(path)
	if err == nil && info.Mode()&fs.ModeNamedPipe != 0 { // its other end would be waited for
		return Default(), unreadable(path, &fs.PathError{Op: "read", Path: path, Err: atomicfile.ErrDevice})
	}
	text, err := ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Default(), nil
	}
	if err != nil {
		return Default(), unreadable(path, err)
	}
	return Parse(path, text)
}

func unreadable(path string, err error) *FileError {
	return &FileError{Path: path, Problem: FileUnreadable, Args: []any{err}, Msg: "it cannot be read: " + Reason(err),
		Remedy: "Make it readable for you, or move it away"}
}

var errTooLarge = errors.New("it is larger than 1 MiB")

// ReadFile reads a file of at most 1 MiB, such as the settings or one that they name.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := bounded.Read(f, maxFile)
	if errors.Is(err, bounded.ErrTooLarge) {
		return nil, errTooLarge
	}
	return text, err
}

// Reason is the part of a file error that does not repeat the path.
func Reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
