//go:build unix && !race

package capture

import (
	"bytes"
	"testing"
)

// Segments have memory of their own, wherever the system's addresses for many of them begin and end,
// and giving some back leaves the others.
func TestSegmentsShareNoMemory(t *testing.T) {
	const size, count = 16 << 10, 2*tractSegments + 3
	m := newMapping()
	defer m.releaseAll()
	all := make([]*segment, count)
	for i := range all {
		mem := m.allocate(size)
		if len(mem) != size || cap(mem) != size {
			t.Fatalf("%d bytes of %d, wanted %d", len(mem), cap(mem), size)
		}
		copy(mem, bytes.Repeat([]byte{byte(i + 1)}, size))
		all[i] = &segment{mem: mem}
	}
	if rest := len(m.rest); rest != (tractSegments-3)*size {
		t.Errorf("%d bytes are not handed out, wanted %d", rest, (tractSegments-3)*size)
	}
	m.release(all[tractSegments/2 : tractSegments+5])
	for i, g := range all {
		if g != nil && !bytes.Equal(g.mem, bytes.Repeat([]byte{byte(i + 1)}, size)) {
			t.Errorf("segment %d does not hold what it was given", i)
		}
	}
	if len(m.live) != count-tractSegments/2-5 {
		t.Errorf("%d segments are held, %d were given back", len(m.live), tractSegments/2+5)
	}
	m.releaseAll()
	if len(m.live) != 0 || m.rest != nil {
		t.Error("the end leaves memory")
	}
	if mem := m.allocate(size); len(mem) != size {
		t.Error("nothing more is to be had")
	}
}
