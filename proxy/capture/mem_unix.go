//go:build unix && !race

package capture

import (
	"sync"

	"golang.org/x/sys/unix"
)

// A mapping hands out memory for segments that the Go heap does not count: a
// budget of 128 MiB on the heap would let garbage grow to as much again before
// each collection. Under the race detector the heap is used, because it watches
// nothing else.
type mapping struct {
	mu   sync.Mutex
	live map[*byte][]byte
}

func newMapping() *mapping { return &mapping{live: map[*byte][]byte{}} }

// allocate returns n bytes, or nil if the system refuses.
func (m *mapping) allocate(n int) []byte {
	mem, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|segmentFlags)
	if err != nil {
		return nil
	}
	m.mu.Lock()
	m.live[&mem[0]] = mem
	m.mu.Unlock()
	return mem
}

// release gives segments back to the system.
func (m *mapping) release(segs []*segment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, g := range segs {
		delete(m.live, &g.mem[0])
		unmap(g.mem)
		segs[i] = nil
	}
}

// releaseAll ends the mapping with its store.
func (m *mapping) releaseAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, mem := range m.live {
		unmap(mem)
	}
	clear(m.live)
}

// unmap may fail where it would split one of too many mappings; then the pages
// go back at least.
func unmap(mem []byte) {
	if unix.Munmap(mem) != nil {
		_ = unix.Madvise(mem, unix.MADV_DONTNEED)
	}
}
