package settings

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/filelock"
)

const (
	// saveTries is how often a file is read again that is edited while it is written.
	saveTries = 5
	// lockTime is how long another Posthouse is waited for that writes the same file.
	lockTime = 2 * time.Second
)

// errEdited: somebody wrote the file after it was read.
var errEdited = errors.New("it is edited at this moment")

// updateFile makes changes to what a settings file holds now, and to nothing else
// in it; where there is none, to the settings in fresh. It returns what the file
// said before and says then. A file that cannot be used stays as it is (*FileError).
func updateFile(path string, c Changes, fresh Settings) (before, after Settings, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return before, after, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lockTime)
	defer cancel()
	held, err := filelock.TakeFolder(ctx, filepath.Dir(path))
	if err != nil {
		return before, after, err
	}
	defer held.Release()
	for range saveTries {
		before, after, err = updateOnce(path, c, fresh)
		if !errors.Is(err, errEdited) {
			break
		}
	}
	return before, after, err
}

func updateOnce(path string, c Changes, fresh Settings) (before, after Settings, err error) {
	old, err := readSettingsFile(path)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case missing:
		before = fresh
	case errors.Is(err, atomicfile.ErrDevice):
		return before, after, err
	case err != nil:
		return before, after, unreadable(path, err)
	default:
		if before, err = Parse(path, old); err != nil {
			return before, after, err
		}
	}
	after = c.On(before)
	if err := after.Validate(); err != nil {
		return before, after, err
	}
	text := renderSettings(after)
	if len(bytes.TrimSpace(old)) > 0 {
		if text, err = patchText(old, before, after); err != nil {
			return before, after, err
		}
	}
	if len(text) > maxFile {
		return before, after, errTooLarge
	}
	if !missing && bytes.Equal(text, old) {
		return before, after, nil
	}
	unchanged := func() error {
		now, err := readSettingsFile(path)
		if missing && errors.Is(err, fs.ErrNotExist) || !missing && err == nil && bytes.Equal(now, old) {
			return nil
		}
		return errEdited
	}
	return before, after, atomicfile.Options{Ready: unchanged}.Write(path, text)
}

// readSettingsFile reads a file, and waits for no pipe.
func readSettingsFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: atomicfile.ErrDevice}
	}
	return ReadFile(path)
}

// settling is how long after a write another one may leave the time and the size of a file the same.
const settling = 3 * time.Second

// Stamp tells one state of a file from another. Its zero value is that of one that is not there.
type Stamp struct {
	modified time.Time
	size     int64
	there    bool
	text     [sha256.Size]byte // of its text
	early    bool              // it was taken so soon after a write that time and size do not tell
}

// StampOf is the stamp of a file as it is now.
func StampOf(path string) Stamp {
	info, err := os.Stat(path)
	if err != nil {
		return Stamp{}
	}
	s := Stamp{modified: info.ModTime(), size: info.Size(), there: true, early: time.Since(info.ModTime()) < settling}
	if text, err := readSettingsFile(path); err == nil {
		s.text = sha256.Sum256(text)
	}
	return s
}

// Again is the stamp of the file now; same where nothing has changed since.
func (s Stamp) Again(path string) (now Stamp, same bool) {
	info, err := os.Stat(path)
	if !s.early && s.there == (err == nil) && (err != nil || info.ModTime().Equal(s.modified) && info.Size() == s.size) {
		return s, true
	}
	now = StampOf(path)
	return now, now.there == s.there && now.modified.Equal(s.modified) && now.size == s.size && now.text == s.text
}
