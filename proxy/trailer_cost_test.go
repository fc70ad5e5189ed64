package proxy

import (
	"testing"

	"posthouse/proxy/http1"
)

// A body without trailers costs nothing, also where its last line comes late.
func TestNoTrailersCostNothing(t *testing.T) {
	x := &http1Exchange{}
	x.respChunks.MaxTrailer, x.respChunks.MaxFields = 1<<10, 10
	for _, pieces := range [][]string{{"0\r\n\r\n"}, {"0\r\n", "\r\n"}, {"0\r\n\r", "\n"}} {
		var all [][]byte
		for _, piece := range pieces {
			all = append(all, []byte(piece))
		}
		n := testing.AllocsPerRun(100, func() {
			x.respChunks.Reset()
			for _, b := range all {
				if _, err := (relaying{x}).unframe(b, false); err != nil {
					t.Fatal(err)
				}
			}
		})
		if n > 0 || !x.respChunks.Done() {
			t.Errorf("%q: %v allocations, done: %v", pieces, n, x.respChunks.Done())
		}
	}
	if got := passedTrailer([]byte("A: 1\r\n"), &http1.Head{}, false); string(got) != "A: 1\r\n\r\n" {
		t.Errorf("%q", got)
	}
}
