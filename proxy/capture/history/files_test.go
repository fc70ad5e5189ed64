//go:build unix

package history

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"posthouse/proxy/reason"
)

// A link leads to a file of somebody else, and a pipe is waited for: neither is opened, and
// it is said which it is.
func TestWhatIsNoRegularFileIsRefused(t *testing.T) {
	names := []string{lockFile, tailFile, tailFile + newSuffix, notesFile, notesFile + newSuffix,
		indexFile, indexFile + "-wal", indexFile + "-shm", indexFile + "-journal"}
	for _, name := range names {
		foreign := filepath.Join(t.TempDir(), "foreign")
		if err := os.WriteFile(foreign, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		for what, put := range map[string]func(string) error{
			"link":  func(path string) error { return os.Symlink(foreign, path) },
			"stray": func(path string) error { return os.Symlink(foreign+"none", path) },
			"pipe":  func(path string) error { return syscall.Mkfifo(path, 0o600) },
		} {
			dir := t.TempDir()
			if err := errors.Join(openTest(t, Options{Folder: dir}).Close(), os.RemoveAll(filepath.Join(dir, name)),
				put(filepath.Join(dir, name))); err != nil {
				t.Fatal(err)
			}
			h, err := Open(Options{Folder: dir})
			var unusable *UnusableError
			if !errors.As(err, &unusable) || reason.Of(unusable.Err).Code != reason.HistoryNoFile {
				t.Errorf("%s as a %s: %v", name, what, err)
			}
			if h != nil {
				_ = h.Close()
			}
		}
		if b, err := os.ReadFile(foreign); err != nil || string(b) != "mine" {
			t.Errorf("%s: %q is written to another's file, %v", name, b, err)
		}
		if isThere(foreign + "none") {
			t.Errorf("%s: a file was made behind a link", name)
		}
	}
}

// A segment's name that a link has is passed over.
func TestALinkIsNoSegment(t *testing.T) {
	dir, foreign := t.TempDir(), filepath.Join(t.TempDir(), "foreign")
	if err := errors.Join(openTest(t, Options{Folder: dir}).Close(), os.WriteFile(foreign, nil, 0o600),
		os.Symlink(foreign, filepath.Join(dir, "segment-00000001.posthouse"))); err != nil {
		t.Fatal(err)
	}
	h := openTest(t, Options{Folder: dir})
	all := fill(h, newTraffic(false), 1, 10)
	flush(t, h)
	expect(t, h, all)
	if info, err := os.Stat(foreign); err != nil || info.Size() != 0 || !isThere(filepath.Join(dir, "segment-00000001.posthouse")) {
		t.Error("the link was followed, or it is gone", err)
	}
}

// A folder with other things in it stays as it is; one that is empty, or has a history, is closed.
func TestAForeignFolderIsLeftAlone(t *testing.T) {
	open := func(t *testing.T, names ...string) (string, error) {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		h, err := Open(Options{Folder: dir})
		if err == nil {
			err = h.Close()
		}
		return dir, err
	}
	for _, names := range [][]string{nil, {lockFile}, {lockFile, tailFile}, {"other", notesFile}, {"other", "segment-00000001.posthouse"}} {
		dir, err := open(t, names...)
		if info, e := os.Stat(dir); err != nil || e != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v: %v, %v", names, err, info.Mode())
		}
	}
	for _, names := range [][]string{{"other"}, {lockFile, ".profile"}, {"saved.posthouse"}} {
		dir, err := open(t, names...)
		var unusable *UnusableError
		if !errors.As(err, &unusable) || reason.Of(unusable.Err).Code != reason.HistoryForeign {
			t.Errorf("%v: %v", names, err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%v: the folder is changed: %v %v", names, info.Mode(), err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != len(names) {
			t.Errorf("%v: %d files, %v", names, len(entries), err)
		}
	}
}

func TestAFreshHistoryIsClosedToOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	h := openTest(t, Options{Folder: dir})
	checkRights(t, dir)
	fill(h, newTraffic(false), 1, 10)
	flush(t, h)
	checkRights(t, dir)
}
