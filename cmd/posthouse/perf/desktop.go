//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const screenSize = "1280x900"

// desktop is a screen without a monitor, with the app on it.
type desktop struct {
	dir      string
	env      []string
	running  []*exec.Cmd
	app      *exec.Cmd
	screen   []byte // the X server's memory, in the XWD format
	window   string // X's number for the app's window
	x, y     int    // where it is
	w, h     int
	launched time.Time
	first    start     // of what was launched last
	clicked  int       // how often
	mouse    io.Writer // and keys: commands for a running xdotool, since starting one takes longer than what is measured
}

func newDesktop() (*desktop, error) {
	dir, err := os.MkdirTemp("", "posthouse-perf-")
	if err != nil {
		return nil, err
	}
	d := &desktop{dir: dir, env: os.Environ()}
	for _, sub := range []string{"home", "run", "screen"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	d.set("HOME", filepath.Join(dir, "home"))
	d.set("XDG_RUNTIME_DIR", filepath.Join(dir, "run"))
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"} {
		d.set(name, filepath.Join(dir, "home", strings.ToLower(name)))
	}
	d.set("http_proxy", "")
	d.set("HTTP_PROXY", "")
	d.set("LANG", "en_US.UTF-8")
	d.set("LIBGL_ALWAYS_SOFTWARE", "1")
	d.set("NO_AT_BRIDGE", "1")
	if err := d.furnish(); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *desktop) set(name, value string) { d.env = append(d.env, name+"="+value) }

// furnish starts the screen, the message bus and the window manager.
func (d *desktop) furnish() error {
	display, err := d.startTelling("Xvfb", "-displayfd", "1", "-screen", "0", screenSize+"x24", "-fbdir", filepath.Join(d.dir, "screen"),
		"-nolisten", "tcp", "-nocursor")
	if err != nil {
		return err
	}
	d.set("DISPLAY", ":"+display)
	bus, err := d.startTelling("dbus-daemon", "--session", "--nofork", "--print-address=1")
	if err != nil {
		return err
	}
	d.set("DBUS_SESSION_BUS_ADDRESS", bus)
	if _, err := d.start("xfwm4", "--compositor=off", "--sm-client-disable"); err != nil {
		return err
	}
	if err := d.startMouse(); err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(d.dir, "screen", "Xvfb_screen0"))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	d.screen, err = syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	return err
}

func (d *desktop) start(name string, args ...string) (*exec.Cmd, error) {
	c := exec.Command(name, args...)
	c.Env = d.env
	if err := c.Start(); err != nil {
		return nil, err
	}
	d.running = append(d.running, c)
	return c, nil
}

func (d *desktop) startMouse() error {
	c := exec.Command("xdotool", "-")
	c.Env = d.env
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	d.mouse = in
	d.running = append(d.running, c)
	return c.Start()
}

// startTelling starts a program and reads the line in which it says what it is called.
func (d *desktop) startTelling(name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Env = d.env
	out, err := c.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := c.Start(); err != nil {
		return "", err
	}
	d.running = append(d.running, c)
	line, err := bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(line), err
}

// close ends what was started, the last first.
func (d *desktop) close() {
	for i := len(d.running) - 1; i >= 0; i-- {
		_ = d.running[i].Process.Signal(syscall.SIGTERM)
		_ = d.running[i].Wait()
	}
	_ = os.RemoveAll(d.dir)
}

// launch starts the app on a free port and waits for its window.
func (d *desktop) launch(app string) (port int, err error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port = free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	config := filepath.Join(d.dir, "settings.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "version = 1\n[proxy]\nport = %d\n%s", port, d.withHistory()), 0o600); err != nil {
		return 0, err
	}
	begun := d.shows()
	d.launched = time.Now()
	if d.app, err = d.start(app, "-config", config, "-start"); err != nil {
		return 0, err
	}
	for !begun() {
		if time.Since(d.launched) > 30*time.Second {
			return 0, errors.New("the app shows nothing")
		}
		time.Sleep(4 * time.Millisecond) // looking for the window would take a processor that the app needs
	}
	d.first = start{time.Since(d.launched), d.cpuTime(), d.mainTime()}
	for time.Since(d.launched) < 30*time.Second {
		if out, _ := d.do("xdotool", "search", "--onlyvisible", "--name", "^Posthouse$"); out != "" {
			d.window = strings.Fields(out)[0]
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if d.window == "" {
		return 0, errors.New("the app shows no window")
	}
	return port, d.findWindow()
}

// start is how long an app took to show what it begins with, and how much of that processors worked: all of
// the app, and its thread that draws, figures that another busy program changes less.
type start struct{ wall, cpu, main time.Duration }

func (s start) String() string {
	return fmt.Sprintf("%d ms, %d ms of CPU, %d of them the window's thread", s.wall.Milliseconds(), s.cpu.Milliseconds(),
		s.main.Milliseconds())
}

// shows tells whether an app that is about to be launched is seen: its window, and with a history rows in it.
func (d *desktop) shows() func() bool {
	if d.withHistory() == "" {
		blank := d.picture(d.middle())
		return func() bool { return d.picture(d.middle()) != blank }
	}
	return func() bool { return d.inked(d.rows()) >= d.rows().Dy()/2 }
}

// rows is a part of the screen where any window of the app has its list.
func (d *desktop) rows() image.Rectangle { return image.Rect(500, 300, 900, 300+5*rowHeight) }

// middle is a part of the screen that no window of the app leaves free.
func (d *desktop) middle() image.Rectangle { return image.Rect(630, 440, 650, 460) }

// findWindow asks where the window is. xdotool adds the frame twice, so it is
// not asked.
func (d *desktop) findWindow() error {
	out, err := d.do("xwininfo", "-id", d.window)
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		into := map[string]*int{"Absolute upper-left X": &d.x, "Absolute upper-left Y": &d.y, "Width": &d.w, "Height": &d.h}[name]
		if into != nil {
			*into, _ = strconv.Atoi(strings.TrimSpace(value))
		}
	}
	if d.w == 0 {
		return errors.New("the window has no size")
	}
	return nil
}

func (d *desktop) do(name string, args ...string) (string, error) {
	c := exec.Command(name, args...)
	c.Env = d.env
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

// memory is what the app has in RAM, in MiB.
func (d *desktop) memory() int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.app.Process.Pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kib / 1024
		}
	}
	return 0
}

// cpu is what the app uses while something happens, in percent of a core.
func (d *desktop) cpu(happens func()) float64 {
	before, begun := d.ticks(), time.Now()
	happens()
	return 100 * float64(d.ticks()-before) / ticksPerSecond / time.Since(begun).Seconds()
}

// started reports how the start went.
func (d *desktop) started(what string) { report(what, "<= 800 ms", "%v", d.first) }

const ticksPerSecond = 100 // USER_HZ on every Linux that Go runs on

func (d *desktop) ticks() int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.app.Process.Pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return user + system
}

// cpuTime is how long processors worked for the app.
func (d *desktop) cpuTime() time.Duration {
	return time.Duration(d.ticks()) * time.Second / ticksPerSecond
}

// mainTime is the part of cpuTime that its first thread had.
func (d *desktop) mainTime() time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", d.app.Process.Pid))
	worked, _, _ := strings.Cut(string(text), " ")
	n, _ := strconv.ParseInt(worked, 10, 64)
	return time.Duration(n)
}
