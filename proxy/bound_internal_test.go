package proxy

import (
	"net"
	"testing"
	"time"

	"posthouse/proxy/socket"
	"posthouse/proxy/upstream"
)

// When descriptors run out, a login under way is spared, and one that comes to
// nothing is not: else a device that begins many of them would keep them all.
func TestDescriptorsOfLogins(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		step        bool
		since       time.Time
		kept, known bool
	}{
		"no login under way": {false, now, false, false},
		"a step ago":         {true, now, true, true},
		"long ago":           {true, now.Add(-time.Minute), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, one := New(Config{}, nil, nil), &conn{}
			s.conns[one] = struct{}{}
			ours, theirs := net.Pipe()
			defer func() { _ = theirs.Close() }()
			one.bound.keep(&upstream.Conn{Conn: socket.New(ours)}, c.step, c.since)
			s.freeDescriptors()
			o, lost := one.bound.lend(&upstream.Want{})
			if (o != nil) != c.kept || lost != (c.known && !c.kept) {
				t.Errorf("connection %v, lost %v", o != nil, lost)
			}
			_ = ours.Close()
		})
	}
}
