package clientcheck

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"posthouse/proxy/filelock"
)

// What a killed checkup left goes; what is another's, or in use, stays.
func TestSweep(t *testing.T) {
	parent := t.TempDir()
	folder := func(name, file string) string {
		t.Helper()
		dir := filepath.Join(parent, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "key4.db"), []byte("keys"), 0o600); err != nil {
			t.Fatal(err)
		}
		if file != "" {
			if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	killed, running := folder(folderPrefix+"1", lockName), folder(folderPrefix+"2", lockName)
	held, err := filelock.Try(filepath.Join(running, lockName))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	young, old := folder(folderPrefix+"3", ""), folder(folderPrefix+"4", "")
	before := time.Now().Add(-2 * longAgo)
	if err := os.Chtimes(old, before, before); err != nil {
		t.Fatal(err)
	}
	other := folder("somebody-elses", lockName)
	link := filepath.Join(parent, folderPrefix+"5")
	if err := os.Symlink(other, link); err != nil {
		t.Log("no symbolic links here:", err)
	}
	if n := sweep(parent); n != 2 {
		t.Errorf("%d removed", n)
	}
	for path, want := range map[string]bool{killed: false, old: false, running: true, young: true, other: true,
		filepath.Join(other, "key4.db"): true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v", filepath.Base(path), err == nil)
		}
	}
}

// A checkup keeps its folder locked, and leaves none.
func TestTempIsLockedWhileItIsUsed(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("TMP", os.Getenv("TMPDIR"))
	dir, held, err := newTemp()
	if err != nil {
		t.Fatal(err)
	}
	if n := sweep(os.TempDir()); n != 0 || !filelock.Held(filepath.Join(dir, lockName)) {
		t.Errorf("%d were removed while it is used", n)
	}
	held.Release() // as the system does for a process that was killed
	if n := sweep(os.TempDir()); n != 1 {
		t.Errorf("%d were removed after it was killed", n)
	}
}
