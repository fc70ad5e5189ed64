package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ebitengine/purego"

	"posthouse/proxy/proxytest/eventually"
)

const tellLoading = "POSTHOUSE_TELL_LOADING"

// init has a child of the test say whether graphics are prepared early, and whether the driver is there then.
func init() {
	if os.Getenv(tellLoading) == "" {
		return
	}
	names, _ := filepath.Glob("/proc/self/task/*/comm")
	if !slices.ContainsFunc(names, func(name string) bool {
		comm, _ := os.ReadFile(name)
		return string(comm) == "graphics\n"
	}) {
		os.Exit(4)
	}
	_ = awaitScreen()
	loadGraphics()
	if eventually.Wait(20*time.Second, func() bool {
		maps, _ := os.ReadFile("/proc/self/maps")
		return strings.Contains(string(maps), "libGLX_mesa")
	}) {
		os.Exit(3)
	}
	os.Exit(5)
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
		{"", "LANG=C", false},
		{"", "", false},
		{"-hidden", ":0", false},
		{"-start -hidden", ":0", false},
		{"-version", ":0", false},
		{"-start-watchdog a b", ":0", false},
	} {
		child := exec.Command(self, strings.Fields(c.args)...)
		child.Env = []string{tellLoading + "=1", "LANG=en_US.UTF-8"}
		if c.display == "LANG=C" { // where the program starts itself again
			c.display, child.Env[1] = ":0", c.display
		}
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
