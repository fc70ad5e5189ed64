package sessions

import (
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
)

// streamed is how much the test of memory streams, in MiB: 32, or what the environment says.
func streamed(t *testing.T) int {
	text := os.Getenv("POSTHOUSE_STREAM_MIB")
	if text == "" {
		return 32
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// random are exchanges whose bodies, of 64 KiB each, no compression makes smaller.
func random(n int, heap *peak) iter.Seq[*flow.Exchange] {
	return func(yield func(*flow.Exchange) bool) {
		state := uint64(1)
		for i := range n {
			x := exchange(flow.ID(i+1), 64<<10)
			for at := range x.ResponseBody.Bytes {
				state = state*6364136223846793005 + 1442695040888963407
				x.ResponseBody.Bytes[at] = byte(state >> 56)
			}
			if i%16 == 0 {
				heap.look()
			}
			if !yield(x) {
				return
			}
		}
	}
}

// peak is the most that was in use of the heap, and of the system, in bytes.
type peak struct{ from, most uint64 }

func (p *peak) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if p.from == 0 {
		p.from = m.HeapInuse
	}
	p.most = max(p.most, m.HeapInuse)
}

// Saving and opening hold some blocks, however large the file is.
func TestFilesAreStreamed(t *testing.T) {
	n := streamed(t) * 16
	const bound = 48 << 20 // bytes of heap beyond that at the start, with what the collector has not taken yet
	dir := t.TempDir()
	for _, f := range []archive.Format{archive.Session, archive.HAR} {
		heap := &peak{}
		runtime.GC()
		heap.look()
		path := filepath.Join(t.TempDir(), "x"+f.Ending())
		written, err := Saving{Format: f, Exchanges: random(n, heap), Count: n}.Save(t.Context(), path, nil)
		if err != nil || written != n {
			t.Fatal(written, err)
		}
		saving := heap.most - heap.from
		*heap = peak{}
		runtime.GC()
		heap.look()
		watched := opening{dir: dir, out: func(w io.Writer) io.Writer { return looking{w, heap} }}
		o, err := watched.open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		heap.look()
		x, ok := o.Exchanges.Get(flow.ID(n))
		heap.look()
		if got := count(o); !ok || got != n || len(x.ResponseBody.Bytes) != 64<<10 {
			t.Errorf("%v: %d of %d, %v, %d", f, got, n, ok, len(x.ResponseBody.Bytes))
		}
		opening := heap.most - heap.from
		t.Logf("%v: %d MiB; heap while saving +%d MiB, opening +%d MiB", f, n/16, saving>>20, opening>>20)
		if saving > bound || opening > bound {
			t.Errorf("%v: %d bytes while it is saved, %d while it is opened; the bound is %d", f, saving, opening, bound)
		}
		if err := errors.Join(o.Close(), os.Remove(path)); err != nil {
			t.Error(err)
		}
	}
}

// looking looks at the heap with each write.
type looking struct {
	io.Writer
	heap *peak
}

func (l looking) Write(b []byte) (int, error) {
	l.heap.look()
	return l.Writer.Write(b)
}
