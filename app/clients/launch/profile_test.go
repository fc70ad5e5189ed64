package launch

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// markedFolder is one of ours with a marker as given.
func markedFolder(t *testing.T, parent, name, marker string) string {
	t.Helper()
	dir := filepath.Join(parent, name)
	if err := os.MkdirAll(filepath.Join(dir, "profile", "Default"), 0o700); err != nil {
		t.Fatal(err)
	}
	if marker != "" {
		if err := os.WriteFile(filepath.Join(dir, markerName), []byte(marker), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What a crash left is removed; what is in use, or not ours, is not.
func TestSweep(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making links takes rights there")
	}
	parent := t.TempDir()
	now := time.Now()
	made := func(pid int, ago time.Duration) string {
		return fmt.Sprintf(`{"pid":%d,"made":%q}`, pid, now.Add(-ago).UTC().Format(time.RFC3339))
	}
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	living := filepath.Join(parent, "posthouse-living")
	browser := exec.Command(os.Args[0], "--user-data-dir="+living)
	browser.Env = append(os.Environ(), playing+"=browser")
	if err := browser.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = browser.Process.Kill(); _ = browser.Wait() }()

	removed := []string{
		markedFolder(t, parent, "posthouse-gone", made(gone.Process.Pid, time.Hour)),
		markedFolder(t, parent, "posthouse-reused", made(os.Getpid(), time.Hour)), // the number is another program's
		markedFolder(t, parent, "posthouse-never", made(0, time.Hour)),
	}
	elsewhere := markedFolder(t, t.TempDir(), "posthouse-elsewhere", made(0, time.Hour))
	link := filepath.Join(parent, "posthouse-link")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	inside := markedFolder(t, parent, "posthouse-inside", made(0, time.Hour))
	if err := os.Symlink(elsewhere, filepath.Join(inside, "profile", "link")); err != nil {
		t.Fatal(err)
	}
	removed = append(removed, inside)
	kept := []string{
		markedFolder(t, parent, "posthouse-living", made(browser.Process.Pid, time.Hour)),
		markedFolder(t, parent, "posthouse-new", made(0, time.Second)),
		markedFolder(t, parent, "posthouse-unmarked", ""),
		markedFolder(t, parent, "posthouse-damaged", `{"pid":`),
		markedFolder(t, parent, "holiday-pictures", made(0, time.Hour)),
		elsewhere, filepath.Join(elsewhere, "profile"), link,
	}
	if n := sweep(parent, now); n != len(removed) {
		t.Errorf("%d folders were removed, want %d", n, len(removed))
	}
	for _, path := range removed {
		if exists(path) {
			t.Errorf("%s is still there", filepath.Base(path))
		}
	}
	for _, path := range kept {
		if !exists(path) {
			t.Errorf("%s was removed", filepath.Base(path))
		}
	}
	if n := sweep(filepath.Join(parent, "none"), now); n != 0 {
		t.Errorf("%d folders were removed where there is none", n)
	}
}

// A folder whose removal fails half way is still known to be ours.
func TestTheMarkerGoesLast(t *testing.T) {
	f, err := newFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(f.dir); err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("others can look into it: %v, %v", info, err)
	}
	if err := f.remove(); err != nil || exists(f.dir) {
		t.Errorf("it is not removed: %v", err)
	}
	if err := f.remove(); err != nil {
		t.Errorf("what is gone already cannot be removed: %v", err)
	}
}
