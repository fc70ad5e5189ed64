package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ebitengine/purego"
)

const tellLoading = "POSTHOUSE_TELL_LOADING"

// init has a child of the test say whether the graphics driver is being loaded, or is.
func init() {
	if os.Getenv(tellLoading) == "" {
		return
	}
	names, _ := filepath.Glob("/proc/self/task/*/comm")
	for _, name := range names {
		if comm, _ := os.ReadFile(name); string(comm) == "graphics\n" {
			os.Exit(3)
		}
	}
	if maps, _ := os.ReadFile("/proc/self/maps"); strings.Contains(string(maps), "libGLX_mesa") {
		os.Exit(3)
	}
	os.Exit(4)
}

// The graphics driver is loaded early where a window will be, and nowhere else.
func TestTheDriverIsLoadedForAWindow(t *testing.T) {
	if _, err := os.Stat("/proc/driver/nvidia/version"); err == nil {
		t.Skip("the driver is another one")
	}
	if _, err := purego.Dlopen("libGLX_mesa.so.0", purego.RTLD_NOW); err != nil {
		t.Skip("it is not there:", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args, display string
		loaded        bool
	}{
		{"", ":0", true},
		{"-config a.toml -start", ":0", true},
		{"--lang=en a.har", ":0", true},
		{"", "", false},
		{"-hidden", ":0", false},
		{"-start -hidden", ":0", false},
		{"-version", ":0", false},
		{"-start-watchdog a b", ":0", false},
	} {
		child := exec.Command(self, strings.Fields(c.args)...)
		child.Env = []string{tellLoading + "=1"}
		if c.display != "" {
			child.Env = append(child.Env, "DISPLAY="+c.display)
		}
		_ = child.Run()
		switch code := child.ProcessState.ExitCode(); {
		case code != 3 && code != 4:
			t.Errorf("%q ended with %d", c.args, code)
		case (code == 3) != c.loaded:
			t.Errorf("%q with the display %q: loaded %v", c.args, c.display, code == 3)
		}
	}
}
