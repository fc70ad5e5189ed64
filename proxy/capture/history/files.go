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
	names := []string{lockFile, tailFile, tailFile + newSuffix, notesFile, notesFile + newSuffix}
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
	if _, is := filtersOf(name); is {
		return true
	}
	return slices.Contains([]string{tailFile, notesFile, indexFile}, name)
}

// replaced puts a file with other frames in the place of one, as a whole: a kill leaves one of
// them. With an error the old one is returned, nil where it is not open any more.
func replaced(old *growing, folder, name string, kind uint8, frames [][]byte) (*growing, error) {
	if err := removeNew(folder, name); err != nil {
		return old, err
	}
	g, err := openGrowing(folder, name+newSuffix, kind, 0)
	if err != nil {
		return old, err
	}
	for _, b := range frames {
		if err = g.append(b); err != nil {
			break
		}
	}
	if err == nil {
		err = g.file.Sync()
	}
	if err = errors.Join(err, g.close()); err != nil {
		return old, errors.Join(err, removeNew(folder, name))
	}
	_ = old.close() // Windows gives no name to another file while it is open
	err = os.Rename(filepath.Join(folder, name+newSuffix), filepath.Join(folder, name))
	g, err2 := openGrowing(folder, name, kind, 0)
	return g, errors.Join(err, err2)
}

// removeNew removes what a kill has left of one that was to be put in a place.
func removeNew(folder, name string) error {
	err := os.Remove(filepath.Join(folder, name+newSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
