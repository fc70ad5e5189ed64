package process

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/socket"
)

// asChild makes this test binary connect to an address and wait for its standard input to end.
const asChild = "POSTHOUSE_TEST_CONNECT"

func init() {
	addr := os.Getenv(asChild)
	if addr == "" {
		return
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		os.Exit(1)
	}
	_, _ = os.Stdout.WriteString("connected\n")
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	_ = c.Close()
	os.Exit(0)
}

func listen(t testing.TB, addr string) net.Listener {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

func accept(t testing.TB, ln net.Listener) question {
	t.Helper()
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return question{client: socket.AddrPort(c.RemoteAddr()), own: socket.AddrPort(c.LocalAddr())}
}

func TestAnotherProcessIsFound(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := New()
	defer f.Close()
	store := capture.New(capture.Options{})
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		ln := listen(t, addr)
		to := ln.Addr().String()
		if addr == ":0" {
			_, port, _ := net.SplitHostPort(to)
			to = "127.0.0.1:" + port // a socket for both families
		}
		child := exec.Command(self)
		child.Env = append(os.Environ(), asChild+"="+to)
		stdin, err := child.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		q := accept(t, ln)
		want := flow.App{Name: filepath.Base(self), Path: self, PID: int32(child.Process.Pid)}
		if app := appOf(t, store, f.Ask(q.client, q.own)); app != want {
			t.Errorf("%s: %+v, want %+v", addr, app, want)
		}
		_ = stdin.Close()
		_ = child.Wait()
		// The process has ended: nobody holds the socket, and nobody is named.
		if app := appOf(t, store, f.Ask(q.client, q.own)); app != (flow.App{}) {
			t.Errorf("after its end: %+v", app)
		}
	}
}

// Nothing is remembered of a PID that now is another process.
func TestRememberedProcessIsVerified(t *testing.T) {
	ln := listen(t, "127.0.0.1:0")
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	q := accept(t, ln)
	s := &system{recent: []found{{flow.App{Name: "stale", Path: "/stale", PID: int32(os.Getpid())}, "1"}}}
	self, _ := os.Executable()
	if app := s.find([]question{q})[0]; app.Path != self || app.PID != int32(os.Getpid()) {
		t.Errorf("app %+v", app)
	}
	if len(s.recent) != 1 || s.recent[0].app.Name == "stale" {
		t.Errorf("remembered %+v", s.recent)
	}
}

func TestRememberedProcessesAreBounded(t *testing.T) {
	s := &system{}
	dir := t.TempDir()
	if err := os.Symlink("/some/program (deleted)", dir+"/exe"); err != nil {
		t.Fatal(err)
	}
	for pid := range 10 * maxRecent {
		if app := s.identify(pid+1, dir, "7"); app.Name != "program" || app.Path != "/some/program" {
			t.Fatalf("app %+v", app)
		}
	}
	if len(s.recent) != maxRecent {
		t.Errorf("%d are remembered", len(s.recent))
	}
}

// A process whose file may not be known still has a name; one that is gone has none.
func TestNamesWithoutAFile(t *testing.T) {
	s := &system{}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/comm", []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if app := s.identify(5, dir, "7"); app != (flow.App{Name: "short", PID: 5}) {
		t.Errorf("app %+v", app)
	}
	if app := s.identify(6, t.TempDir(), ""); app != (flow.App{}) {
		t.Errorf("app %+v", app)
	}
}

func TestStartOf(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"5 (a) b) (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20": "4711", "": "", "5 (x": "", "5 (x) S 1 2": "",
	} {
		if err := os.WriteFile(dir+"/stat", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := startOf(dir); got != want {
			t.Errorf("%q starts at %q", text, got)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	ln := listen(b, "127.0.0.1:0")
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	q := []question{accept(b, ln)}
	for _, fresh := range []bool{true, false} {
		name := "known process"
		if fresh {
			name = "new process"
		}
		b.Run(name, func(b *testing.B) {
			s := &system{}
			for b.Loop() {
				if fresh {
					s.recent = nil
				}
				if s.find(q)[0].Name == "" {
					b.Fatal("not found")
				}
			}
		})
	}
}
