package history

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// mounted runs a test again in a namespace where things can be mounted, as root or as a user
// who may have one; else it is skipped. It reports whether this is that run.
func mounted(t *testing.T) bool {
	t.Helper()
	if os.Getenv("POSTHOUSE_TEST_MOUNTS") == t.Name() {
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "POSTHOUSE_TEST_MOUNTS="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skip("no namespace to mount something in:", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		if strings.Contains(string(out), "--- SKIP: "+t.Name()) {
			t.Skip(string(out))
		}
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

func mount(t *testing.T, source, dir, kind string, flags uintptr, data string) {
	t.Helper()
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Skip("nothing can be mounted:", err)
	}
	if err := syscall.Mount(source, dir, kind, flags, data); err != nil {
		t.Skip("nothing can be mounted:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// ballast takes all room of a disk.
func ballast(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := 64 << 10; n > 0; {
		if _, err := f.Write(make([]byte, n)); err != nil {
			n /= 2
		}
	}
	_ = f.Close()
}

// told counts the lines of a log.
type told struct{ atomic.Int64 }

func (l *told) Write(line []byte) (int, error) {
	l.Add(1)
	return len(line), nil
}

// On a disk that is really full the history goes on: it says so, counts what is not there, lets
// everything be read, and writes again when there is room. Its index does, too.
func TestAReallyFullDisk(t *testing.T) {
	if !mounted(t) {
		return
	}
	disk := t.TempDir()
	mount(t, "tmpfs", disk, "tmpfs", 0, "size=4m")
	dir, filler := filepath.Join(disk, "history"), filepath.Join(disk, "filler")
	var said told
	h := openTest(t, Options{Folder: dir, Log: slog.New(slog.NewTextHandler(&said, nil))})
	s := capture.New(capture.Options{})
	h.Follow(s)
	tr := newTraffic(false)
	played := uint64(0)
	play := func(n int) {
		for range n {
			x := tr.exchange(1)
			play(s, &x)
		}
		played += uint64(n)
	}
	for round := range 2 {
		play(300)
		wait(t, h, "there is room", func(s Stats) bool { return s.Rows+s.NotOnDisk.Failed == played })
		flush(t, h)
		if s := h.Stats(); !s.Problem.IsZero() {
			t.Fatalf("round %d: %+v", round, s)
		}
		ballast(t, filler)
		failed := h.Stats().NotOnDisk.Failed
		play(1500)
		wait(t, h, "it is said", func(s Stats) bool { return s.Problem.Code == "history-disk-full" && s.NotOnDisk.Failed > failed })
		if _, err := h.Get(1); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		for range 5 { // the log is told once, and again where it may have gone well between
			failed = h.Stats().NotOnDisk.Failed
			play(800)
			wait(t, h, "more is lost", func(s Stats) bool { return s.NotOnDisk.Failed > failed })
		}
		if lines := said.Swap(0); lines == 0 || lines > 3 {
			t.Errorf("round %d: the log says %d times that nothing can be written", round, lines)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		wait(t, h, "all are taken in", func(s Stats) bool { return s.Rows+s.NotOnDisk.Failed == played || !s.Problem.IsZero() })
		play(1)
		flush(t, h)
		wait(t, h, "it is over", func(s Stats) bool { return s.Problem.IsZero() && !s.Indexing && s.Rows+s.NotOnDisk.Failed == played })
	}
	before := h.Stats()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = openTest(t, Options{Folder: dir})
	if s := h.Stats(); s.Rows != before.Rows || s.Damaged > 0 || !s.Problem.IsZero() {
		t.Errorf("%+v, before %+v", s, before)
	}
	n := uint64(0)
	h.Each(func(*flow.Row) { n++ })
	if n != before.Rows {
		t.Errorf("%d rows of %d", n, before.Rows)
	}
}

// A session that a disk has no room for says so.
func TestASessionOnAFullDisk(t *testing.T) {
	if !mounted(t) {
		return
	}
	disk := t.TempDir()
	mount(t, "tmpfs", disk, "tmpfs", 0, "size=1m")
	f, err := os.Create(filepath.Join(disk, "a.posthouse"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	w, tr := NewSessionWriter(f), newTraffic(true)
	for id := flow.ID(1); id < 2000 && err == nil; id++ {
		x := tr.exchange(id)
		err = w.Write(&x)
	}
	if err = errors.Join(err, w.Close()); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenSession(f, size)
	if err != nil {
		t.Fatal(err)
	}
	if rows := s.Rows(1, 5000); len(rows) < 50 {
		t.Errorf("%d rows of what was written can be read", len(rows))
	}
}

// A folder in which nothing can be written is said, when it is opened and when it becomes so;
// nothing is lost silently, and nothing of it is changed.
func TestAReadOnlyFolder(t *testing.T) {
	if !mounted(t) {
		return
	}
	disk := t.TempDir()
	mount(t, "tmpfs", disk, "tmpfs", 0, "size=16m")
	dir := filepath.Join(disk, "history")
	h := openTest(t, Options{Folder: dir})
	all := fill(h, newTraffic(false), 1, 300)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skip("it cannot be made read-only:", err)
	}
	var unusable *UnusableError
	if _, err := Open(Options{Folder: dir}); !errors.As(err, &unusable) || problemOf(err).Code != "history-read-only" {
		t.Errorf("%v", err)
	}
	for name, b := range snapshot(t, dir) {
		if b != before[name] {
			t.Errorf("%s has changed", name)
		}
	}
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	expect(t, openTest(t, Options{Folder: dir}), all)
}

// A folder that is removed while the history runs is said at the latest with its next file,
// and keeps nobody from anything.
func TestAFolderThatIsRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	h := openTest(t, Options{Folder: dir, Budget: 1 << 20})
	tr := newTraffic(true)
	fill(h, tr, 1, 100)
	flush(t, h)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for id := flow.ID(101); id < 2000 && h.Stats().Problem.IsZero(); id += 100 {
		fill(h, tr, id, 100)
		flush(t, h)
	}
	if s := h.Stats(); s.Problem.IsZero() {
		t.Errorf("%+v", s)
	}
	start := time.Now()
	_ = h.Close()
	if took := time.Since(start); took > 20*time.Second {
		t.Error("it took", took)
	}
}
