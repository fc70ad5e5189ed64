//go:build unix && !race

package capture

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tractSegments is how many segments the system is asked for at once.
const tractSegments = 32

// A mapping hands out memory for segments that the Go heap does not count: a
// budget of 128 MiB on the heap would let garbage grow to as much again before
// each collection. Under the race detector the heap is used, because it watches
// nothing else. It asks the system for the addresses of tractSegments segments at once; memory
// is behind those that were handed out.
type mapping struct {
	mu   sync.Mutex
	live map[*byte][]byte
	rest []byte // of the newest tract, what was not handed out
}

func newMapping() *mapping { return &mapping{live: map[*byte][]byte{}} }

// allocate returns n bytes, or nil if the system refuses. n is the same each time.
func (m *mapping) allocate(n int) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.rest) == 0 {
		if m.rest = newTract(n * tractSegments); m.rest == nil {
			return nil
		}
	}
	mem := m.rest[:n:n]
	m.rest = m.rest[n:]
	fill(mem)
	m.live[&mem[0]] = mem
	return mem
}

func newTract(n int) []byte {
	at, err := unix.MmapPtr(-1, 0, nil, uintptr(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	return unsafe.Slice((*byte)(at), n)
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
	if len(m.rest) > 0 {
		unmap(m.rest)
		m.rest = nil
	}
}

// unmap may fail where it would split one of too many mappings; then the pages
// go back at least.
func unmap(mem []byte) {
	if unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(mem)), uintptr(len(mem))) != nil {
		_ = unix.Madvise(mem, unix.MADV_DONTNEED)
	}
}
