package process

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

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
		if app := appOf(t, store, f.Find(q.client, q.own)); app != want {
			t.Errorf("%s: %+v, want %+v", addr, app, want)
		}
		_ = stdin.Close()
		_ = child.Wait()
		// The process has ended: nothing holds the socket, and that is said.
		if app := appOf(t, store, f.Find(q.client, q.own)); app != flow.AppEnded {
			t.Errorf("after its end: %+v", app)
		}
	}
}

// What is remembered of a PID is only that it is looked at early.
func TestRememberedProcessIsVerified(t *testing.T) {
	ln := listen(t, "127.0.0.1:0")
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	q := accept(t, ln)
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Skip(err)
	}
	s := &system{recent: []int{gone.Process.Pid, 1}, given: lastGiven()}
	self, _ := os.Executable()
	if app := s.find([]question{q})[0]; app.Path != self || app.PID != int32(os.Getpid()) {
		t.Errorf("app %+v", app)
	}
	if slices.Contains(s.recent, gone.Process.Pid) || s.recent[len(s.recent)-1] != os.Getpid() {
		t.Errorf("remembered %v", s.recent)
	}
}

func TestRememberedProcessesAreBounded(t *testing.T) {
	s := &system{}
	for pid := range 10 * maxRecent {
		s.remember(pid + 1)
		s.remember(pid + 1)
	}
	if len(s.recent) != maxRecent || s.recent[0] != 9*maxRecent+1 {
		t.Errorf("%v are remembered", s.recent)
	}
}

func directory(t *testing.T, files map[string]string) node {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/some/program (deleted)", dir+"/exe"); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return node(fd)
}

// A socket that was closed while its process was looked for is looked for no longer.
func TestClosedSocketsAreNotLookedFor(t *testing.T) {
	ln := listen(t, "127.0.0.1:0")
	owners, err := socket.OpenOwners()
	if err != nil {
		t.Skip(err)
	}
	defer owners.Close()
	var questions []question
	var all []wanted
	var conns []net.Conn
	for i := range 2 {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		q := question{client: socket.AddrPort(c.LocalAddr()), own: socket.AddrPort(c.RemoteAddr())}
		h, known := owners.Of(q.client, q.own)
		if !known || h.Inode == 0 {
			t.Fatalf("an open socket is held by %+v, known %t", h, known)
		}
		questions, all, conns = append(questions, q), append(all, wanted{i, h}), append(conns, c)
	}
	_ = conns[0].Close()
	apps := make([]flow.App, len(questions))
	all = stillHeld(owners, questions, all, apps)
	if len(all) != 1 || all[0].index != 1 || apps[0] != flow.AppEnded || apps[1] != (flow.App{}) {
		t.Errorf("looked for are %+v, found %+v", all, apps)
	}
}

// A process whose file may not be known still has a name; one that is gone has none.
func TestNamesOfProcesses(t *testing.T) {
	s := &system{}
	process := directory(t, map[string]string{"comm": "short\n"})
	if path := s.executable(process); path != "/some/program" || nameOf(path, process) != "program" {
		t.Errorf("path %q", path)
	}
	if name := nameOf("", process); name != "short" {
		t.Errorf("name %q", name)
	}
	if name := nameOf("", directory(t, nil)); name != "" {
		t.Errorf("name %q", name)
	}
}

// PIDs begin again below the highest one.
func TestPIDsMadeSince(t *testing.T) {
	for _, c := range []struct {
		pid, before, last int
		want              bool
	}{
		{11, 10, 12, true}, {12, 10, 12, true}, {10, 10, 12, false}, {13, 10, 12, false}, {9, 10, 12, false},
		{32000, 31000, 400, true}, {400, 31000, 400, true}, {401, 31000, 400, false}, {31000, 31000, 400, false},
	} {
		if got := madeSince(c.pid, c.before, c.last); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	pids := processes(os.Getpid())
	if len(pids) == 0 || pids[0] != os.Getpid() {
		t.Errorf("%v does not begin with %d", pids, os.Getpid())
	}
	seen := map[int]bool{}
	for _, pid := range pids {
		if seen[pid] {
			t.Errorf("%d appears twice", pid)
		}
		seen[pid] = true
	}
	if lastGiven() == 0 {
		t.Error("no PID was given")
	}
}

// A program that runs for a moment is named, one after the other without a rest.
func TestProgramsThatRunForAMoment(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ln := listen(t, "127.0.0.1:0")
	f := New()
	defer f.Close()
	store := capture.New(capture.Options{})
	for i := range 10 {
		child := exec.Command(self)
		child.Env = append(os.Environ(), asChild+"="+ln.Addr().String())
		stdin, err := child.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		q := accept(t, ln)
		process := f.Find(q.client, q.own)
		app := appOf(t, store, process) // it may end as soon as it was looked for
		_ = stdin.Close()
		_ = child.Wait()
		if app.PID != int32(child.Process.Pid) {
			t.Errorf("program %d: %+v", i, app)
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
			name = "new process" // among the newest
		}
		b.Run(name, func(b *testing.B) {
			s := &system{}
			for b.Loop() {
				if fresh {
					s.recent, s.given = nil, 0
				}
				if s.find(q)[0].Name == "" {
					b.Fatal("not found")
				}
			}
		})
	}
}
