package proxy

import "testing"

// Of the streams that are not open yet the last eight that were prioritized are known.
func TestHTTP2PriorityUpdatesAreBounded(t *testing.T) {
	var u priorityUpdates
	for stream := uint32(1); stream < 40; stream += 2 {
		u.add(priorityUpdate{stream: stream, text: "u=1"})
	}
	u.add(priorityUpdate{stream: 39, text: "u=7"})
	if one, ok := u.take(39); !ok || one.text != "u=7" {
		t.Errorf("the newest: %v, %v", one, ok)
	}
	if one, ok := u.take(25); !ok || one.text != "u=1" {
		t.Errorf("the eighth: %v, %v", one, ok)
	}
	for _, stream := range []uint32{23, 25, 39, 41} {
		if one, ok := u.take(stream); ok {
			t.Errorf("stream %d: %v", stream, one)
		}
	}
}
