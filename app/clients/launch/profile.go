package launch

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/shirou/gopsutil/v4/process"

	"posthouse/proxy/bounded"
)

const (
	folderPrefix = "posthouse-"
	markerName   = "posthouse-browser.json"
	maxMarker    = 4 << 10 // bytes
	// startTime is how long a folder may be without a browser: it is being made.
	startTime = time.Minute
	// A browser's helpers may write for a moment after its end.
	removeTries = 30
	removePause = 100 * time.Millisecond
)

// marker says that a folder is ours, and which process lives in it.
type marker struct {
	PID  int       `json:"pid"` // of the browser; 0 while it is being started
	Made time.Time `json:"made"`
}

// DefaultProfilesDir is where folders of browsers are made unless told otherwise: they
// are no data, so that lies under the XDG cache directory.
func DefaultProfilesDir() string { return filepath.Join(xdg.CacheHome, "posthouse", "browsers") }

// profilesDir is where a browser can write: a snap sees no hidden folder of the home.
func (b *Browser) profilesDir(standard string) string {
	if b.Snap != "" {
		return snapProfilesDir(xdg.Home, b.Snap)
	}
	return standard
}

func snapProfilesDir(home, snap string) string {
	return filepath.Join(home, "snap", snap, "common", "posthouse-browsers")
}

// profilesDirs are all places where folders can be.
func profilesDirs(standard, home string) []string {
	all := []string{standard}
	for _, c := range candidates {
		if c.Snap != "" {
			all = append(all, snapProfilesDir(home, c.Snap))
		}
	}
	return all
}

// folder is where one browser lives, with its profile in it.
type folder struct{ dir string }

// newFolder makes one that only this user can read.
func newFolder(parent string) (folder, error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return folder{}, err
	}
	dir, err := os.MkdirTemp(parent, folderPrefix)
	if err != nil {
		return folder{}, err
	}
	f := folder{dir}
	if err = f.mark(0); err == nil {
		err = os.Mkdir(f.profile(), 0o700)
	}
	if err != nil {
		_ = f.remove() // what went wrong before is what is said
	}
	return f, err
}

func (f folder) profile() string { return filepath.Join(f.dir, "profile") }

// mark says which process lives here.
func (f folder) mark(pid int) error {
	text, err := json.Marshal(marker{pid, time.Now().UTC()})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(f.dir, markerName), append(text, '\n'), 0o600)
}

// remove removes the folder; the marker goes last, so that what is left after a
// failure is still known to be ours.
func (f folder) remove() error {
	var err error
	for range removeTries {
		if err = f.removeOnce(); err == nil {
			return nil
		}
		time.Sleep(removePause)
	}
	return err
}

func (f folder) removeOnce() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	for _, e := range entries {
		if e.Name() != markerName {
			if err := os.RemoveAll(filepath.Join(f.dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return os.RemoveAll(f.dir)
}

// sweep removes the folders below parent whose browser has ended, and nothing else.
// It returns how many.
func sweep(parent string, now time.Time) (removed int) {
	info, err := os.Lstat(parent)
	if err != nil || !info.IsDir() {
		return 0
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if f := (folder{filepath.Join(parent, e.Name())}); f.ours(e) && f.left(now) && f.removeOnce() == nil {
			removed++
		}
	}
	return removed
}

// ours reports whether a folder was made here: a link, or a folder without the
// marker, was not.
func (f folder) ours(e fs.DirEntry) bool {
	if !e.IsDir() || !strings.HasPrefix(e.Name(), folderPrefix) {
		return false
	}
	info, err := os.Lstat(filepath.Join(f.dir, markerName))
	return err == nil && info.Mode().IsRegular()
}

// left reports whether no browser lives in the folder.
func (f folder) left(now time.Time) bool {
	text, err := bounded.ReadFile(filepath.Join(f.dir, markerName), maxMarker)
	var m marker
	if err != nil || json.Unmarshal(text, &m) != nil {
		return false
	}
	if m.PID <= 0 {
		return now.Sub(m.Made) > startTime
	}
	p, err := process.NewProcess(int32(m.PID))
	if err != nil {
		return true // there is no such process
	}
	line, err := p.Cmdline()
	if err != nil {
		exists, known := process.PidExists(int32(m.PID))
		return known == nil && !exists
	}
	return !strings.Contains(line, f.dir) // the number is another program's by now
}
