//go:build unix && !darwin

package endtoend

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

const (
	fullDisk = "disk full at journal time"
	noGrowth = "no file may grow at journal time"
)

// A journal that cannot be written is a reason to change nothing: on a file system
// that has no byte left, and where no file may grow.
func TestDiskFullAtJournalTime(t *testing.T) {
	for _, kind := range []string{"gnome", "kde"} {
		for _, before := range befores {
			for _, how := range []string{fullDisk, noGrowth} {
				t.Run(kind+"/"+how+"/"+before, func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, kind)
					w.set(before)
					want := w.picture()
					var r *resident
					if how == fullDisk {
						r = w.startOnFullDisk()
					} else {
						r = w.start()
						r.ask("full", "full")
					}
					w.cannotEnable(r, want, how)
				})
			}
		}
	}
}

// cannotEnable has one that has no room for a journal try to switch on.
func (w *world) cannotEnable(r *resident, want, how string) {
	w.t.Helper()
	r.send("enable " + addr)
	reason := map[string]string{fullDisk: "no space left on device", noGrowth: "file too large"}[how]
	if got := r.answer(); !strings.Contains(got, "was not changed") || !strings.Contains(got, "cannot be written down") ||
		!strings.Contains(got, reason) {
		w.t.Errorf("it said %q", got)
	}
	took := w.restored(want, time.Now())
	byOrder("quit")(w, r)
	result(how, w.kind, max(took, w.restored(want, time.Now())))
}

// onFullDisk has the state directory lie on a separate file system that is full,
// in a mount namespace that ends with the program.
const onFullDisk = `set -e
/bin/mkdir -p "$XDG_STATE_HOME/posthouse"
/bin/mount -t tmpfs -o size=64k,mode=0700 tmpfs "$XDG_STATE_HOME/posthouse"
/bin/dd if=/dev/zero of="$XDG_STATE_HOME/posthouse/filler" bs=4096 2>/dev/null || true
exec "$0"`

// startOnFullDisk skips the test where this user may make no mount namespace.
func (w *world) startOnFullDisk() *resident {
	w.t.Helper()
	unshare, err := exec.LookPath("unshare")
	if err == nil {
		err = exec.Command(unshare, "-rm", "/bin/mount", "-t", "tmpfs", "tmpfs", w.t.TempDir()).Run()
	}
	if err != nil {
		w.t.Skipf("no file system can be mounted here: %v", err)
	}
	return w.startAs(unshare, "-rm", "/bin/sh", "-c", onFullDisk, binary)
}
