package pace

import (
	"testing"
	"time"
)

// As many bytes pass as the line takes, whoever waits and however late, and never more in a
// hundredth of a second than that has, and one piece.
func TestLine(t *testing.T) {
	for _, rate := range []int64{1, 1000, 97_500, 5 << 20, 1 << 40} {
		l := NewLine(rate)
		begin := time.Now()
		now, passed := begin, int64(0)
		window, inWindow := begin, int64(0)
		for now.Sub(begin) < 20*time.Second && passed < 64<<20 {
			n := l.Piece()
			now = now.Add(l.Reserve(n, now) + 300*time.Microsecond) // who waits is late
			passed += int64(n)
			if now.Sub(window) >= tick {
				window, inWindow = now, 0
			}
			if inWindow += int64(n); inWindow > 2*l.Rate()/100+2*int64(n) {
				t.Fatalf("%d bytes/s: %d bytes in 10 ms", rate, inWindow)
			}
		}
		got := float64(passed) / now.Sub(begin).Seconds()
		if want := float64(l.Rate()); got > 1.02*want+float64(2*l.Piece()) || l.Rate() < 10<<20 && got < 0.9*want {
			t.Errorf("%d bytes/s: %.0f passed", l.Rate(), got)
		}
	}
}
