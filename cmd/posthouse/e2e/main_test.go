//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// appBinary is the app under test.
var appBinary string

// tools are the programs without which no test here can run.
var tools = []string{"Xvfb", "dbus-daemon", "xfwm4", "xfce4-panel", "xdotool", "xwininfo", "wmctrl", "xclip", "curl"}

func TestMain(m *testing.M) {
	// What ignores SIGHUP, as under nohup, hands that down; what handles it does not.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if lacking := missingTools(); len(lacking) > 0 {
		fmt.Printf("missing: %s (Debian: make test installs them)\n", strings.Join(lacking, ", "))
		if os.Getenv("CI") != "" {
			return 1
		}
		skipReason = "missing: " + strings.Join(lacking, ", ")
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "posthouse-e2e-binary-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	if appBinary = os.Getenv("POSTHOUSE_E2E_BINARY"); appBinary == "" {
		appBinary = filepath.Join(dir, "posthouse")
		if err := build(appBinary); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	return m.Run()
}

// skipReason is why every test is skipped, or empty.
var skipReason string

func missingTools() (lacking []string) {
	for _, name := range tools {
		if _, err := exec.LookPath(name); err != nil {
			lacking = append(lacking, name)
		}
	}
	return lacking
}

// build makes the app with the flags of make run, so that both share one build
// of the graphics library.
func build(out string) error {
	name := os.Getenv("GO")
	if name == "" {
		name = "go"
	}
	said, err := exec.Command(name, "build", "-buildvcs=false", "-tags", "migrated_fynedo", "-o", out,
		"posthouse/cmd/posthouse").CombinedOutput()
	if err != nil {
		return fmt.Errorf("building the app: %w\n%s", err, said)
	}
	return nil
}

// patience bounds what must happen but is not measured: on a machine that is busy
// with other things, everything takes its time.
const patience = 45 * time.Second
