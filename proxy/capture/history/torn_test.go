package history

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"posthouse/proxy/flow"
)

// call is a change of a file.
type call struct {
	path string
	at   int64 // -1: it was cut to len
	b    []byte
	len  int64
}

// calls notes all changes of files.
type calls struct {
	mu  sync.Mutex
	all []call
}

type notedFile struct {
	file
	path string
	to   *calls
}

func (f notedFile) WriteAt(p []byte, at int64) (int, error) {
	f.to.mu.Lock()
	f.to.all = append(f.to.all, call{filepath.Base(f.path), at, append([]byte(nil), p...), 0})
	f.to.mu.Unlock()
	return f.file.WriteAt(p, at)
}

func (f notedFile) Truncate(size int64) error {
	f.to.mu.Lock()
	f.to.all = append(f.to.all, call{filepath.Base(f.path), -1, nil, size})
	f.to.mu.Unlock()
	return f.file.Truncate(size)
}

// through has files opened by another function.
func through(t *testing.T, wrap func(file, string) file) {
	t.Helper()
	before := openFile
	openFile = func(path string) (file, int64, error) {
		f, size, err := before(path)
		if err == nil {
			f = wrap(f, path)
		}
		return f, size, err
	}
	t.Cleanup(func() { openFile = before })
}

// After a kill behind each write, and within each at any byte, what had been written before
// is read, and nothing is taken for damage.
func TestAKillAtEachWrite(t *testing.T) {
	noted := &calls{}
	through(t, func(f file, path string) file { return notedFile{f, path, noted} })
	h := openTest(t, Options{Folder: t.TempDir()})
	tr := newTraffic(false)
	var safe []flow.ID // after how many calls which IDs are there
	mark := func(id flow.ID) {
		for len(safe) < len(noted.all) {
			safe = append(safe, id)
		}
	}
	f := &follower{h: h}
	id := flow.ID(0)
	for round := range 4 {
		before := id
		fill(h, tr, id+1, 3)
		mark(before)
		id += 3
		f.tail()
		_ = h.do(func() error { return nil })
		mark(before)
		safe[len(safe)-1] = id
		if round%2 == 1 {
			flush(t, h)
		}
		_ = h.Annotate(id, flow.Annotation{Star: true})
		mark(id)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	mark(id)
	openFile = func(path string) (file, int64, error) { // as it was
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, 0, err
		}
		info, err := f.Stat()
		return f, info.Size(), err
	}
	state := map[string][]byte{}
	for i, c := range noted.all {
		step := max(1, len(c.b)/12)
		if testing.Short() {
			step = max(1, len(c.b)/3)
		}
		for part := 0; part < len(c.b); part += step {
			torn := c
			torn.b = c.b[:part]
			expectSafe(t, applied(state, torn), safe[max(i-1, 0)], i, part)
		}
		state = applied(state, c)
		expectSafe(t, state, safe[i], i, len(c.b))
	}
}

func applied(state map[string][]byte, c call) map[string][]byte {
	next := map[string][]byte{}
	for name, b := range state {
		next[name] = b
	}
	b := append([]byte(nil), next[c.path]...)
	if c.at < 0 {
		b = b[:min(c.len, int64(len(b)))]
	} else {
		for int64(len(b)) < c.at+int64(len(c.b)) {
			b = append(b, 0)
		}
		copy(b[c.at:], c.b)
	}
	next[c.path] = b
	return next
}

func expectSafe(t *testing.T, state map[string][]byte, safe flow.ID, call, part int) {
	t.Helper()
	dir, err := os.MkdirTemp(shm(), "history")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for name, b := range state {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h, err := Open(Options{Folder: dir})
	if err != nil {
		t.Fatalf("call %d, %d bytes of it: %v", call, part, err)
	}
	defer func() { _ = h.Close() }()
	for id := flow.ID(1); id <= safe; id++ {
		if x, err := h.Get(id); err != nil || x.ID != id {
			t.Fatalf("call %d, %d bytes of it: exchange %d of %d: %v", call, part, id, safe, err)
		}
	}
	if s := h.Stats(); s.Damaged > 0 {
		t.Fatalf("call %d, %d bytes of it: %+v", call, part, s)
	}
}

// shm is a folder in memory, where there is one.
func shm() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}
