package clients

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

const deadline = 60 * time.Second

// posthoused is the program under test, built once.
var posthoused string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "posthouse-clients-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	posthoused = filepath.Join(dir, "posthoused")
	if runtime.GOOS == "windows" {
		posthoused += ".exe"
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", posthoused, "posthouse/cmd/posthoused")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	code := 1
	if said, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building posthoused: %v\n%s", err, said)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// event is what a test looks at of an event line.
type event struct {
	Kind     string `json:"kind"`
	Method   string `json:"method"`
	Host     string `json:"host"`
	Path     string `json:"path"`
	Proto    string `json:"proto"`
	Status   int    `json:"status"`
	Sent     int64  `json:"request_bytes"`
	Received int64  `json:"response_bytes"`
	Failure  string `json:"failure"`
	Detail   string `json:"detail"`
	TLS      struct {
		Seen    bool   `json:"seen"`
		ALPN    string `json:"alpn"`
		Version string `json:"version"`
		Padlock string `json:"padlock"`
		Problem string `json:"problem"`
	} `json:"tls"`
}

// daemon is a running posthoused whose events are read.
type daemon struct {
	t    *testing.T
	addr string
	home string

	mu     sync.Mutex
	events []event
}

// start runs posthoused with more flags on a free port.
func start(t *testing.T, flags ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, home: t.TempDir()}
	cmd := exec.Command(posthoused, append([]string{"-listen", "127.0.0.1:0"}, flags...)...)
	cmd.Env = append(os.Environ(), "HOME="+d.home, "XDG_CONFIG_HOME="+d.home, "XDG_DATA_HOME="+d.home)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		readers.Wait()
		kill.Stop()
		if err := cmd.Wait(); err != nil && runtime.GOOS != "windows" {
			t.Errorf("posthoused ended with %v", err)
		}
	})
	errs := bufio.NewReader(stderr)
	for d.addr == "" {
		line, err := errs.ReadString('\n')
		if err != nil {
			t.Fatalf("posthoused did not start: %q", line)
		}
		if addr, ok := strings.CutPrefix(line, "listening on "); ok {
			d.addr = strings.TrimSpace(addr)
		}
	}
	readers.Go(func() { _, _ = io.Copy(io.Discard, errs) })
	readers.Go(func() { d.read(stdout) })
	return d
}

func (d *daemon) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			d.t.Errorf("event %q: %v", lines.Text(), err)
			continue
		}
		d.mu.Lock()
		d.events = append(d.events, e)
		d.mu.Unlock()
	}
}

// event waits for one that fits.
func (d *daemon) event(what string, fits func(event) bool) event {
	d.t.Helper()
	var found event
	if !eventually.Wait(deadline, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		i := slices.IndexFunc(d.events, fits)
		if i >= 0 {
			found = d.events[i]
		}
		return i >= 0
	}) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.t.Fatalf("no event of %s among %+v", what, d.events)
	}
	return found
}

// get is the event of a request that went well.
func (d *daemon) get(method, path string) event {
	d.t.Helper()
	return d.event(method+" "+path, func(e event) bool { return e.Method == method && e.Path == path && e.Failure == "" })
}

// program finds a program by one of its names.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing", names[0])
	}
	t.Skipf("%s is missing: install it to run this test", names[0])
	return ""
}

// run runs a program with an empty home and no proxy in its environment but the given one.
func (d *daemon) run(name string, env []string, args ...string) string {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	for _, v := range os.Environ() {
		if key, _, _ := strings.Cut(v, "="); !strings.HasSuffix(strings.ToLower(key), "_proxy") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(append(cmd.Env, "HOME="+d.home, "GIT_CONFIG_NOSYSTEM=1", "no_proxy="), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("%s %q: %v\n%s", filepath.Base(name), args, err, out)
	}
	return string(out)
}

func (d *daemon) url() string { return "http://" + d.addr }

// answer is a handler that always says the same.
func answer(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}
