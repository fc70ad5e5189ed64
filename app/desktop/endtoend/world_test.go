//go:build unix && !darwin

package endtoend

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// world is the home of a user who has a desktop: everything lies in a folder of
// the test, and the bus is its own.
type world struct {
	t    *testing.T
	kind string // gnome or kde
	home string
	env  []string
	bus  *exec.Cmd
}

// tools that a kind of desktop cannot be tested without.
var tools = map[string][]string{
	"gnome": {"gsettings", "dconf", "dbus-daemon", "dbus-run-session"},
	"kde":   {"dbus-daemon"},
}

func newWorld(t *testing.T, kind string) *world {
	t.Helper()
	for _, tool := range tools[kind] {
		if _, err := exec.LookPath(tool); err != nil {
			text := "no " + tool + ": install gsettings-desktop-schemas dconf-gsettings-backend dconf-service dconf-cli libglib2.0-bin dbus"
			if os.Getenv("CI") != "" {
				t.Fatal(text)
			}
			t.Skip(text)
		}
	}
	w := &world{t: t, kind: kind, home: t.TempDir()}
	run := filepath.Join(w.home, "run")
	w.must(os.MkdirAll(run, 0o700))
	w.must(os.MkdirAll(w.path(".config"), 0o700))
	path := os.Getenv("PATH")
	if kind == "kde" { // a desktop without gsettings
		path = filepath.Join(w.home, "bin")
	}
	w.env = []string{"HOME=" + w.home, "XDG_CONFIG_HOME=" + w.path(".config"), "XDG_STATE_HOME=" + w.path(".state"),
		"XDG_DATA_HOME=" + w.path(".local"), "XDG_CACHE_HOME=" + w.path(".cache"), "XDG_RUNTIME_DIR=" + run,
		"XDG_CURRENT_DESKTOP=" + strings.ToUpper(kind), "PATH=" + path, "LANG=C.UTF-8", "GORACE=atexit_sleep_ms=0 log_path=" + raceLog,
		"XDG_DATA_DIRS=/usr/local/share:/usr/share"}
	w.startBus()
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) path(name string) string { return filepath.Join(w.home, name) }

func (w *world) startBus() {
	w.bus = exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1")
	w.bus.Env = w.env
	out, err := w.bus.StdoutPipe()
	w.must(err)
	w.must(w.bus.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	w.must(err)
	w.env = append(w.env, "DBUS_SESSION_BUS_ADDRESS="+strings.TrimSpace(line))
	w.t.Cleanup(w.stopBus)
}

func (w *world) stopBus() {
	if w.bus.ProcessState == nil {
		_ = w.bus.Process.Kill()
		_ = w.bus.Wait()
	}
}

// tool runs a program of the desktop as the user would.
func (w *world) tool(name string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = w.env
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}

// picture is everything that the desktop has of the proxy, to the byte.
func (w *world) picture() string {
	w.t.Helper()
	if w.kind == "gnome" {
		return w.tool("gsettings", "list-recursively", "org.gnome.system.proxy") + w.tool("dconf", "dump", "/system/proxy/")
	}
	f, err := os.Open(w.kioslaverc()) // once: it may go away meanwhile
	if os.IsNotExist(err) {
		return "no file"
	}
	w.must(err)
	defer f.Close()
	text, err := io.ReadAll(f)
	w.must(err)
	info, err := f.Stat()
	w.must(err)
	return info.Mode().String() + "\n" + string(text)
}

func (w *world) kioslaverc() string { return w.path(".config/kioslaverc") }

// befores are the kinds of settings that a user may have had.
var befores = []string{"none", "manual", "pac"}

const kdeManual = "# mine\r\n[Other Group]\nKey = kept  \n\n[Proxy Settings]\nAuthMode=0\nProxyType=1\nhttpProxy=http://10.1.1.1 3128\n" +
	"httpsProxy[$e]=http://10.1.1.2:3129\nsocksProxy=socks://10.1.1.3 " +
	"1080\nNoProxyFor=.corp,localhost\nReversedException=false\n\n[Last]\nno newline=at the end"

// set gives the user settings.
func (w *world) set(before string) {
	w.t.Helper()
	if w.kind == "kde" {
		switch before {
		case "manual":
			w.must(os.WriteFile(w.kioslaverc(), []byte(kdeManual), 0o644))
		case "pac":
			w.must(os.WriteFile(w.kioslaverc(), []byte("[Proxy Settings]\nProxyType=2\nProxy Config "+
				"Script=http://pac.corp/x.pac\nsocksProxy=old 1\n"), 0o600))
		}
		return
	}
	const schema = "org.gnome.system.proxy"
	var keys [][3]string
	switch before {
	case "manual":
		keys = [][3]string{{"", "mode", "manual"}, {".http", "host", "10.1.1.1"}, {".http", "port", "3128"},
			{".https", "host", "it's.corp"}, {".https", "port", "3129"},
			{".http", "use-authentication", "true"}, {".http", "authentication-user", "me"}, {".socks", "host", "10.1.1.3"},
			{".socks", "port", "1080"}, {"", "ignore-hosts", "['*.corp', 'localhost']"}}
	case "pac":
		// A port that is set to what is its default anyway must stay set.
		keys = [][3]string{{"", "mode", "auto"}, {"", "autoconfig-url", "http://pac.corp/x.pac"}, {".socks", "host", "old.corp"},
			{".https", "port", "0"}}
	}
	for _, k := range keys {
		w.tool("gsettings", "set", schema+k[0], k[1], k[2])
	}
}

// meddle changes settings as another program does: another key only, or the
// proxy itself.
func (w *world) meddle(takeOver bool) {
	w.t.Helper()
	if w.kind == "kde" {
		text, err := os.ReadFile(w.kioslaverc())
		w.must(err)
		line := func(key, value string) {
			text = regexp.MustCompile(`(?m)^`+key+`(\[\$e\])?=.*$`).ReplaceAll(text, []byte(key+"="+value))
		}
		if takeOver {
			line("ProxyType", "1")
			line("httpProxy", "http://127.0.0.1 7890")
		} else {
			line("NoProxyFor", "theirs")
		}
		w.must(os.WriteFile(w.kioslaverc(), text, 0o644))
		return
	}
	if !takeOver {
		w.tool("gsettings", "set", "org.gnome.system.proxy", "ignore-hosts", "['theirs']")
		return
	}
	w.tool("gsettings", "set", "org.gnome.system.proxy.http", "host", "127.0.0.1")
	w.tool("gsettings", "set", "org.gnome.system.proxy.http", "port", "7890")
	w.tool("gsettings", "set", "org.gnome.system.proxy", "mode", "manual")
}

// deadline bounds every step of these tests but the one that is measured.
const deadline = 20 * time.Second

// resident is a running program under test.
type resident struct {
	w     *world
	cmd   *exec.Cmd
	in    *os.File
	out   *bufio.Reader
	notes []string
}

// start starts it and waits until it has done what comes first.
func (w *world) start() *resident { return w.startAs(binary) }

func (w *world) startAs(program string, args ...string) *resident {
	w.t.Helper()
	r := &resident{w: w, cmd: exec.Command(program, args...)}
	r.cmd.Env = w.env
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell does
	in, out, err := os.Pipe()
	w.must(err)
	r.cmd.Stdin, r.in = in, out
	stdout, err := r.cmd.StdoutPipe()
	w.must(err)
	r.out = bufio.NewReader(stdout)
	w.must(r.cmd.Start())
	w.must(in.Close())
	w.t.Cleanup(func() {
		_ = r.in.Close()
		if r.cmd.ProcessState == nil {
			_ = r.cmd.Process.Kill()
			_ = r.cmd.Wait()
		}
	})
	if got := r.answer(); got != "started" {
		w.t.Fatalf("start: %q", got)
	}
	return r
}

func (r *resident) send(line string) {
	r.w.t.Helper()
	_, err := r.in.WriteString(line + "\n")
	r.w.must(err)
}

// answer is the next line that is not a note.
func (r *resident) answer() string {
	r.w.t.Helper()
	defer r.endAfter(3 * deadline)()
	for {
		line, err := r.out.ReadString('\n')
		if err != nil {
			return err.Error()
		}
		line = strings.TrimSpace(line)
		note, ok := strings.CutPrefix(line, "# ")
		if !ok {
			return line
		}
		r.notes = append(r.notes, note)
	}
}

func (r *resident) ask(line, want string) {
	r.w.t.Helper()
	r.send(line)
	if got := r.answer(); !strings.HasPrefix(got, want) {
		r.w.t.Fatalf("%s: %q, want %q", line, got, want)
	}
}

func (r *resident) signal(sig syscall.Signal) {
	r.w.t.Helper()
	r.w.must(r.cmd.Process.Signal(sig))
}

func (r *resident) wait() {
	defer r.endAfter(3 * deadline)()
	_ = r.cmd.Wait()
}

// endAfter ends one that says nothing, or does not end, unless it is stopped before.
func (r *resident) endAfter(limit time.Duration) (stop func()) {
	timer := time.AfterFunc(limit, func() { _ = r.cmd.Process.Kill() })
	return func() { timer.Stop() }
}

// watchdog is the process ID of its watchdog.
func (r *resident) watchdog() int {
	r.w.t.Helper()
	r.send("state")
	words := strings.Fields(r.answer())
	if len(words) != 4 {
		r.w.t.Fatalf("state: %q", words)
	}
	pid := 0
	for _, c := range words[2] {
		pid = pid*10 + int(c-'0')
	}
	return pid
}
