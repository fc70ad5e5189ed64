package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

const deadline = 20 * time.Second

// asCommand makes this test binary be posthoused itself.
const asCommand = "POSTHOUSED_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// daemon is a posthoused that runs in its own process.
type daemon struct {
	t      *testing.T
	cmd    *exec.Cmd
	addrs  []string
	stdout *bufio.Reader
	stderr *bufio.Reader
}

// command is posthoused with an empty home.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1", "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_STATE_HOME="+home, "AppData="+home,
		"LocalAppData="+home)
	return cmd
}

// start waits until n addresses are said to be listened on.
func start(t *testing.T, n int, args ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, cmd: command(t, args...)}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := d.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(deadline, func() { _ = d.cmd.Process.Kill() })
	t.Cleanup(func() {
		kill.Stop()
		if d.cmd.ProcessState == nil {
			_ = d.cmd.Process.Kill()
			_ = d.cmd.Wait()
		}
	})
	d.stdout, d.stderr = bufio.NewReader(out), bufio.NewReader(errs)
	for len(d.addrs) < n {
		line, err := d.stderr.ReadString('\n')
		if err != nil {
			t.Fatalf("ended before it listened: %q %v", line, err)
		}
		if addr, ok := strings.CutPrefix(line, "listening on "); ok {
			d.addrs = append(d.addrs, strings.TrimSpace(addr))
		}
	}
	return d
}

// end sends a signal and returns exit code and what was written since.
func (d *daemon) end(sig os.Signal) (code int, stdout, stderr string) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(sig); err != nil {
		d.t.Fatal(err)
	}
	errs := make(chan string)
	go func() {
		text, _ := io.ReadAll(d.stderr)
		errs <- string(text)
	}()
	text, _ := io.ReadAll(d.stdout)
	stderr = <-errs
	_ = d.cmd.Wait()
	return d.cmd.ProcessState.ExitCode(), string(text), stderr
}

func (d *daemon) client() *http.Client {
	transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: d.addrs[0]})}
	d.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: deadline}
}

func origin(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "answer to %s", r.URL.Path)
	}))
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	r, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestServesAndTellsEvents(t *testing.T) {
	o := origin(t)
	d := start(t, 2, "-listen", "127.0.0.1:0", "-listen", "127.0.0.1:0")
	if got := get(t, d.client(), o.URL+"/a?b=%22"); got != "answer to /a" {
		t.Fatalf("got %q", got)
	}
	line, err := d.stdout.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var e map[string]any
	if err := json.Unmarshal(line, &e); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	for name, want := range map[string]any{"id": 1.0, "kind": "http", "method": "GET", "scheme": "http", "host": o.Listener.Addr().String(),
		"path": "/a?b=%22", "proto": "HTTP/1.1", "status": 200.0, "type": "text/plain; charset=utf-8", "request_bytes": 0.0,
		"response_bytes": 12.0, "remote": o.Listener.Addr().String()} {
		if e[name] != want {
			t.Errorf("%s is %v, want %v", name, e[name], want)
		}
	}
	if app, _ := e["app"].(map[string]any); runtime.GOOS == "linux" &&
		(app["pid"] != float64(os.Getpid()) || !strings.HasSuffix(os.Args[0], app["name"].(string))) {
		t.Errorf("app %v, want process %d", app, os.Getpid())
	}
	if at, err := time.Parse(time.RFC3339Nano, e["time"].(string)); err != nil || time.Since(at) > time.Minute {
		t.Errorf("time %v, %v", e["time"], err)
	}
	interrupt := os.Signal(os.Interrupt)
	if runtime.GOOS == "windows" {
		t.Skip("signals cannot be sent here")
	}
	if code, _, stderr := d.end(interrupt); code != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// A signal lets exchanges under way end, and their events are written.
func TestSignalDrains(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("signals cannot be sent here")
	}
	asked, answer := make(chan struct{}), make(chan struct{})
	o := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-answer
		_, _ = io.WriteString(w, "late")
	}))
	defer o.Close()
	d := start(t, 1, "-listen", "127.0.0.1:0")
	got := make(chan string)
	go func() {
		r, err := d.client().Get(o.URL)
		if err != nil {
			got <- err.Error()
			return
		}
		defer func() { _ = r.Body.Close() }()
		text, _ := io.ReadAll(r.Body)
		got <- string(text)
	}()
	<-asked
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for { // it has stopped listening: the signal is at work
		c, err := net.Dial("tcp", d.addrs[0])
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(answer)
	if text := <-got; text != "late" {
		t.Errorf("got %q", text)
	}
	out, _ := io.ReadAll(d.stdout)
	_ = d.cmd.Wait()
	if code := d.cmd.ProcessState.ExitCode(); code != 0 || !strings.Contains(string(out), `"response_bytes":4`) {
		t.Errorf("exit code %d, events %s", code, out)
	}
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{"-nope"}, {"extra"}, {"-allow", "phone"}, {"-allow", ""}, {"-allow", "10.0.0.0/99"}, {"-listen", "x"}, {"-listen", "127.0.0.1"},
		{"-listen", "127.0.0.1:99999"}, {"-listen", "example.com:80"}, {"-record", "maybe"}, {"-via=x"}, {"-memory", "lots"},
		{"-body-limit", "-1"}, {"-events", ""}, {"-debug-addr", "0.0.0.0:1"}, {"-debug-addr", "x"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(args, &stdout, &stderr); code != exitUsage || stderr.Len() == 0 || stdout.Len() > 0 {
			t.Errorf("%q: exit code %d, %q, %q", args, code, &stdout, &stderr)
		}
	}
}

func TestVersionAndHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run([]string{"-version"}, &stdout, &stderr); code != 0 || !strings.HasPrefix(stdout.String(), "posthoused ") {
		t.Errorf("-version: %d %q", code, &stdout)
	}
	stdout.Reset()
	if code := run([]string{"-h"}, &stdout, &stderr); code != 0 || !strings.Contains(stderr.String(), "-body-limit") {
		t.Errorf("-h: %d %q", code, &stderr)
	}
	for _, name := range []string{"ca", "check", "convert", "show", "compare", "resend", "rules"} {
		if !strings.Contains(stderr.String(), "posthoused "+name+" ") {
			t.Errorf("-h does not name %s", name)
		}
	}
}

func TestRunTimeErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.toml")
	if err := os.WriteFile(bad, []byte("[proxy]\nprot = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := file(t, "wrong.toml", "[[rule]]\nblock = 'never'\n")
	for name, c := range map[string]struct {
		args []string
		part string
	}{
		"port in use":      {[]string{"-listen", taken.Addr().String()}, "uses this port. Stop that program, or use port "},
		"no such settings": {[]string{"-config", filepath.Join(dir, "none.toml")}, "none.toml"},
		"bad settings":     {[]string{"-config", bad}, "bad.toml:2"},
		"no such rules":    {[]string{"-rules", filepath.Join(dir, "no-rules.toml")}, "-rules cannot be read: "},
		"bad rules":        {[]string{"-rules", wrong}, "wrong.toml:2: block is one of"},
		"events nowhere":   {[]string{"-events", filepath.Join(dir, "no", "file")}, "events cannot be written"},
		"bad upstream":     {[]string{"-upstream", "ftp://u:s3cret@h"}, "ftp://***@h"},
		"too little":       {[]string{"-memory", "1KiB"}, "8 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := command(t, c.args...).CombinedOutput()
			exit, ok := err.(*exec.ExitError)
			if !ok || exit.ExitCode() != exitError || !strings.Contains(string(out), c.part) || strings.Contains(string(out), "s3cret") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// One posthoused through another, with loopback, which otherwise goes directly.
func TestUpstream(t *testing.T) {
	o := origin(t)
	config := filepath.Join(t.TempDir(), "settings.toml")
	if err := os.WriteFile(config, []byte("[proxy]\nupstream_bypass = [\"<-loopback>\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	up := start(t, 1, "-listen", "127.0.0.1:0")
	d := start(t, 1, "-listen", "127.0.0.1:0", "-config", config, "-upstream", "http://user:s3cret@"+up.addrs[0])
	if got := get(t, d.client(), o.URL+"/a"); got != "answer to /a" {
		t.Fatalf("got %q", got)
	}
	var e struct{ Upstream, Remote, Host string }
	for _, c := range []struct {
		d      *daemon
		remote string
		via    string
	}{{d, up.addrs[0], "http://" + up.addrs[0]}, {up, o.Listener.Addr().String(), ""}} {
		line, err := c.d.stdout.ReadBytes('\n')
		if err != nil || bytes.Contains(line, []byte("s3cret")) {
			t.Fatalf("%s: %v", line, err)
		}
		e.Upstream = ""
		if err := json.Unmarshal(line, &e); err != nil || e.Upstream != c.via || e.Remote != c.remote {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestEventsToAFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("signals cannot be sent here")
	}
	o := origin(t)
	path := filepath.Join(t.TempDir(), "events.jsonl")
	for range 2 {
		d := start(t, 1, "-listen", "127.0.0.1:0", "-events", path)
		for range 100 {
			get(t, d.client(), o.URL)
		}
		if code, stdout, _ := d.end(os.Interrupt); code != 0 || stdout != "" {
			t.Fatalf("exit code %d, stdout %q", code, stdout)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || bytes.Count(text, []byte("\n")) != 200 {
		t.Errorf("%d lines, %v", bytes.Count(text, []byte("\n")), err)
	}
}
