package history

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"posthouse/proxy/reason"
)

// indexSuffixes are what SQLite puts behind the name of its file.
var indexSuffixes = [...]string{"", "-wal", "-shm", "-journal"}

// checkRegular refuses what is there and is no regular file: a link leads to a file that is
// somebody else's, and a pipe is waited for without end. Nobody else can put one there
// afterwards, for the folder is its user's alone.
func checkRegular(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = reason.New(reason.HistoryNoFile, filepath.Base(path))
	}
	return err
}

// isThere reports whether something has a name.
func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// openRegular opens a file to read, if it is one.
func openRegular(path string) (*os.File, error) {
	if err := checkRegular(path); err != nil {
		return nil, err
	}
	return os.Open(path)
}

// checkFiles looks at all files with a fixed name before one of them is opened.
func checkFiles(folder string) error {
	names := []string{lockFile, tailFile, newTailFile, notesFile}
	for _, suffix := range indexSuffixes {
		names = append(names, indexFile+suffix)
	}
	for _, name := range names {
		if err := checkRegular(filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// makeFolder makes the folder. One that is there is taken if it is empty or has a history:
// others would no longer get at what else is in it.
func makeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	foreign := false
	for _, e := range entries {
		if isOurs(e.Name()) {
			return nil
		}
		foreign = foreign || e.Name() != lockFile // which another one may just have made
	}
	if foreign {
		return reason.New(reason.HistoryForeign)
	}
	return nil
}

// isOurs reports whether a name is one that only a history has.
func isOurs(name string) bool {
	if _, _, is := segmentOf(name); is {
		return true
	}
	return slices.Contains([]string{tailFile, notesFile, indexFile}, name)
}
