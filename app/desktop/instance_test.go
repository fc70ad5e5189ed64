package desktop

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func claim(t *testing.T, dir string) *Instance {
	t.Helper()
	i, err := Claim(dir, "settings.toml", Request{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Close)
	return i
}

func next(t *testing.T, i *Instance) Request {
	t.Helper()
	select {
	case r := <-i.Requests:
		return r
	case <-time.After(10 * time.Second):
		t.Fatal("no request came")
		panic("unreachable")
	}
}

func TestASecondStartAsksTheFirst(t *testing.T) {
	dir := t.TempDir()
	first := claim(t, dir)
	if _, err := Claim(dir, "settings.toml", Request{Start: true, Hidden: true}); !errors.Is(err, ErrRunning) {
		t.Fatalf("a second claim: %v", err)
	}
	if r := next(t, first); !r.Start || !r.Hidden {
		t.Errorf("passed on: %+v", r)
	}
	// Those that are not taken yet become one, and none waits.
	for _, start := range []bool{true, false, false} {
		if _, err := Claim(dir, "settings.toml", Request{Start: start, Hidden: start}); !errors.Is(err, ErrRunning) {
			t.Fatal(err)
		}
	}
	if r := next(t, first); !r.Start || r.Hidden {
		t.Errorf("one of many requests: %+v", r)
	}
	other, err := Claim(dir, "other.toml", Request{})
	if err != nil {
		t.Fatalf("another settings file: %v", err)
	}
	other.Close()
}

// Files of a second start reach the first one, whatever they are called: all of those that are not
// taken yet, up to a bound. What is no absolute path means another file there.
func TestASecondStartHandsFilesOver(t *testing.T) {
	dir := t.TempDir()
	first := claim(t, dir)
	ask := func(files ...string) {
		t.Helper()
		if _, err := Claim(dir, "settings.toml", Request{Files: files}); !errors.Is(err, ErrRunning) {
			t.Fatal(err)
		}
	}
	root := t.TempDir() // absolute on every system
	a, b := filepath.Join(root, "a b.posthouse"), filepath.Join(root, "\xff\n\u9a7f.har")
	ask(a, "relative", b)
	ask(a)
	if r := next(t, first); !slices.Equal(r.Files, []string{a, b, a}) {
		t.Errorf("%q", r.Files)
	}
	long := filepath.Join(root, strings.Repeat("x", 4000))
	ask(slices.Repeat([]string{long}, MaxFiles)...)
	ask(long)
	if r := next(t, first); len(r.Files) != MaxFiles || r.Files[0] != long {
		t.Errorf("%d files", len(r.Files))
	}
}

func TestAnInstanceThatDiedIsNoHindrance(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "DESKTOP_TEST_AS=instance", "DESKTOP_TEST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	if line != "claimed <nil>\n" {
		t.Errorf("the first: %q", line)
	}
	if _, err := Claim(dir, "settings.toml", Request{}); !errors.Is(err, ErrRunning) {
		t.Errorf("while it lives: %v", err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	claim(t, dir)
}

func TestAfterTheFirstHasEndedTheSecondIsIt(t *testing.T) {
	dir := t.TempDir()
	first := claim(t, dir)
	// It is ending, and takes no more requests: whoever asks for it gets no
	// answer here, and it has gone before the next try.
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(address{deaf.Addr().String(), first.token, os.Getpid()})
	if err == nil {
		err = os.WriteFile(first.info, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan error, 1)
	go func() {
		c, err := deaf.Accept()
		if err == nil {
			first.Close()
			err = c.Close()
		}
		asked <- err
	}()
	second := claim(t, dir)
	_ = deaf.Close()
	if err := <-asked; err != nil {
		t.Error("the second did not ask the first:", err)
	}
	if _, err := Claim(dir, "settings.toml", Request{}); !errors.Is(err, ErrRunning) {
		t.Error(err)
	}
	next(t, second)
}

func TestStrangersAreNotHeard(t *testing.T) {
	dir := t.TempDir()
	i := claim(t, dir)
	info, err := os.Stat(i.info)
	if err != nil || info.Mode().Perm()&0o077 != 0 && filepath.Separator == '/' {
		t.Errorf("others can read where it listens: %v %v", info.Mode(), err)
	}
	for _, line := range []string{"{}\n", `{"token":"x","start":true}` + "\n", strings.Repeat("a", 2*maxRequest), "\n"} {
		c, err := net.Dial("tcp", i.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte(line))
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if answer, err := io.ReadAll(c); len(answer) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%.40q was answered %q, %v", line, answer, err)
		}
		_ = c.Close()
	}
	select {
	case r := <-i.Requests:
		t.Errorf("a stranger asked %v", r)
	default:
	}
}

// More talkers than there is room for are turned away, and those inside leave in time.
func TestManyStrangersDoNotShutOutTheUser(t *testing.T) {
	dir := t.TempDir()
	i := claim(t, dir)
	for range 3 * maxTellers {
		c, err := net.Dial("tcp", i.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
	}
	if _, err := Claim(dir, "settings.toml", Request{}); !errors.Is(err, ErrRunning) {
		t.Error(err)
	}
	next(t, i)
}
