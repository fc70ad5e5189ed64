//go:build e2e && linux

package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

// desktop is a desktop session without a screen, with its own home.
type desktop struct {
	t    *testing.T
	dir  string   // everything of this session lies here
	env  []string // what a program of this session sees
	bus  string   // address of the session bus
	size string   // WIDTHxHEIGHT

	display, busProcess *process

	panel *process
	shots int
}

type desktopOptions struct {
	noTray bool   // no panel: the desktop shows no tray icons, as plain GNOME does
	lang   string // LANG; "" is en_US.UTF-8
	size   string // WIDTHxHEIGHT; "" is 1280x800
}

func newDesktop(t *testing.T, o desktopOptions) *desktop {
	t.Helper()
	if skipReason != "" {
		t.Skip(skipReason)
	}
	dir, err := os.MkdirTemp("", "posthouse-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	d := &desktop{t: t, dir: dir, size: o.size}
	if d.size == "" {
		d.size = "1280x800"
	}
	if o.lang == "" {
		o.lang = "en_US.UTF-8"
	}
	t.Cleanup(d.remove)
	d.furnish(o.lang)
	d.startDisplay()
	d.startBus()
	wm := d.start("xfwm4", "xfwm4", "--compositor=off", "--sm-client-disable")
	eventually.Within(t, patience, "the window manager runs", func() bool {
		wm.mustRun(t)
		out, err := d.try("wmctrl", "-m")
		return err == nil && strings.Contains(strings.ToLower(out), "xfwm4")
	})
	if !o.noTray {
		d.startPanel()
	}
	return d
}

// furnish makes the home directory and the environment.
func (d *desktop) furnish(lang string) {
	xfconf := filepath.Join(d.dir, "home/.config/xfce4/xfconf/xfce-perchannel-xml")
	for _, dir := range []string{xfconf, d.path("logs"), d.path("screen"), d.path("tmp")} {
		d.must(os.MkdirAll(dir, 0o755))
	}
	d.must(os.Mkdir(d.path("run"), 0o700))
	d.must(os.WriteFile(filepath.Join(xfconf, "xfce4-panel.xml"), []byte(panelSettings), 0o644))
	d.must(os.WriteFile(filepath.Join(xfconf, "xfwm4.xml"), []byte(windowManagerSettings), 0o644))
	d.env = []string{
		"POSTHOUSE_E2E_SESSION=" + d.dir,
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + d.path("home"),
		"TMPDIR=" + d.path("tmp"),
		"XDG_RUNTIME_DIR=" + d.path("run"),
		"XDG_CURRENT_DESKTOP=XFCE",
		"XDG_SESSION_TYPE=x11",
		"LANG=" + lang,
		"LIBGL_ALWAYS_SOFTWARE=1",
		"NO_AT_BRIDGE=1", // no accessibility bus, which would outlive the test
	}
}

func (d *desktop) startDisplay() {
	read, write, err := os.Pipe()
	d.must(err)
	x := d.startWith("xvfb", []*os.File{write}, "Xvfb", "-displayfd", "3", "-screen", "0", d.size+"x24",
		"-fbdir", d.path("screen"), "-nolisten", "tcp", "-noreset", "-nocursor",
		"+extension", "GLX", "+extension", "XTEST", "-dpi", "96", "-s", "0")
	write.Close()
	number, _ := bufio.NewReader(read).ReadString('\n')
	read.Close()
	d.display = x
	if _, err := strconv.Atoi(strings.TrimSpace(number)); err != nil {
		d.t.Fatalf("the X server did not start: %s", x.log())
	}
	d.env = append(d.env, "DISPLAY=:"+strings.TrimSpace(number))
}

func (d *desktop) startBus() {
	socket := d.path("bus")
	d.bus = "unix:path=" + socket
	bus := d.start("dbus", "dbus-daemon", "--session", "--nofork", "--nopidfile", "--nosyslog", "--address="+d.bus)
	d.busProcess = bus
	d.env = append(d.env, "DBUS_SESSION_BUS_ADDRESS="+d.bus)
	eventually.Within(d.t, patience, "the message bus runs", func() bool {
		bus.mustRun(d.t)
		_, err := os.Stat(socket)
		return err == nil
	})
}

// startPanel starts the tray host.
func (d *desktop) startPanel() {
	d.t.Helper()
	d.panel = d.start("panel", "xfce4-panel", "--sm-client-disable", "-d")
	tray := d.tray()
	eventually.Within(d.t, patience, "the tray host runs", func() bool {
		d.panel.mustRun(d.t)
		return tray.hostRegistered()
	})
}

func (d *desktop) path(name string) string { return filepath.Join(d.dir, name) }

func (d *desktop) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// remove ends what the session started, and keeps pictures and logs of a failure.
func (d *desktop) remove() {
	d.endStragglers()
	if d.t.Failed() {
		d.t.Logf("pictures and logs: %s", d.dir)
		os.RemoveAll(d.path("screen"))
		return
	}
	os.RemoveAll(d.dir)
}

// endStragglers ends what the bus or the panel started by themselves. They are
// known by the session's mark in their environment.
func (d *desktop) endStragglers() {
	mark := []byte("POSTHOUSE_E2E_SESSION=" + d.dir + "\x00")
	left := func() (pids []int) {
		files, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range files {
			if env, err := os.ReadFile(file); err == nil && bytes.Contains(env, mark) {
				pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
				pids = append(pids, pid)
			}
		}
		return pids
	}
	eventually.Wait(5*time.Second, func() bool {
		pids := left()
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		return len(pids) == 0
	})
}

// try runs a program of the session to its end.
func (d *desktop) try(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = d.env
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%s %s: %w %s", name, strings.Join(args, " "), err, exit.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

func (d *desktop) do(name string, args ...string) string {
	d.t.Helper()
	out, err := d.try(name, args...)
	d.must(err)
	return out
}

const panelSettings = `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="30"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/><value type="int" value="2"/><value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist"/>
    <property name="plugin-2" type="string" value="separator">
      <property name="expand" type="bool" value="true"/><property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-3" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
  </property>
</channel>
`

const windowManagerSettings = `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfwm4" version="1.0">
  <property name="general" type="empty">
    <property name="use_compositing" type="bool" value="false"/>
    <property name="theme" type="string" value="Default"/>
    <property name="placement_mode" type="string" value="center"/>
    <property name="workspace_count" type="int" value="1"/>
  </property>
</channel>
`
