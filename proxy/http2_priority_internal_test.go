package proxy

import "testing"

// Of the streams that are not open yet the last eight that were prioritized are known.
func TestHTTP2PriorityUpdatesAreBounded(t *testing.T) {
	var u priorityUpdates
	for stream := uint32(1); stream < 40; stream += 2 {
		u.add(stream, "u=1")
	}
	u.add(39, "u=7")
	if text, ok := u.take(39); !ok || text != "u=7" {
		t.Errorf("the newest: %q, %v", text, ok)
	}
	if text, ok := u.take(25); !ok || text != "u=1" {
		t.Errorf("the eighth: %q, %v", text, ok)
	}
	for _, stream := range []uint32{23, 25, 39, 41} {
		if text, ok := u.take(stream); ok {
			t.Errorf("stream %d: %q", stream, text)
		}
	}
}
