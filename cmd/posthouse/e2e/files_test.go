//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"posthouse/proxy/proxytest/eventually"
)

// recent are the files that were opened last, the latest first.
func (d *desktop) recent() []string {
	var state struct {
		Recent []string `json:"recent"`
	}
	text, err := os.ReadFile(d.path("home/.local/state/posthouse/window.json"))
	if err != nil || json.Unmarshal(text, &state) != nil {
		return nil
	}
	return state.Recent
}

// Files of the command line are opened: by the app that they start and, by a second start, in the one that
// runs, whose window comes up. What was made of them goes when it ends.
func TestFilesOfTheCommandLineAreOpened(t *testing.T) {
	d := newDesktop(t, desktopOptions{})
	folder := d.path("home/some files")
	d.must(os.Mkdir(folder, 0o700))
	first, second := filepath.Join(folder, "a b.http"), filepath.Join(folder, "-start")
	for _, path := range []string{first, second} {
		d.must(os.WriteFile(path, []byte("GET http://a.test/ HTTP/1.1\r\n\r\n"), 0o600))
	}
	port := freePort(t)
	d.settings(onPort(port))
	p := d.launchAs("env", "-C", folder, appBinary, "-hidden", "a b.http")
	p.window() // with something to be seen it is not hidden
	eventually.Within(t, patience, "the file is open", func() bool { return slices.Equal(d.recent(), []string{first}) })

	p.trayItem()
	p.window().close()
	eventually.Within(t, patience, "the window is hidden", func() bool { return !p.visible() })
	again := d.start("second", "env", "-C", folder, appBinary, "--", "-start")
	if !again.endsWithin(patience) || again.code != 0 {
		t.Fatalf("the second start runs, or ended with %d: %s", again.code, again.log())
	}
	p.window()
	eventually.Within(t, patience, "both are open", func() bool { return slices.Equal(d.recent(), []string{second, first}) })
	mustNotListen(t, port) // -start was a file
	opened := d.path("home/.local/state/posthouse/opened")
	if made, err := os.ReadDir(opened); len(made) != 2 {
		t.Errorf("%v in %s: %v", made, opened, err)
	}
	d.shot("files-opened")

	missing := d.start("third", appBinary, "nothing.har")
	if !missing.endsWithin(patience) || missing.code != 2 {
		t.Errorf("with a missing file it ended with %d: %s", missing.code, missing.log())
	}
	d.must(syscall.Kill(p.pid, syscall.SIGTERM))
	p.mustEnd()
	if left, _ := os.ReadDir(opened); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}
