package main

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPaceSendsNoMoreThanIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pace{begun: time.Now(), rate: 1000, requests: 7}
		taken := func() (n int) {
			for p.take() == turnNow {
				n++
			}
			return n
		}
		if n := taken(); n != 0 {
			t.Errorf("%d at the beginning", n)
		}
		time.Sleep(5 * time.Millisecond)
		if n := taken(); n != 5 || p.take() != turnLater {
			t.Errorf("%d after 5 ms", n)
		}
		time.Sleep(time.Second)
		if n := taken(); n != 2 || p.take() != turnOver {
			t.Errorf("%d to the end", n)
		}
	})
	if p := (&pace{}); p.take() != turnNow || p.take() != turnNow {
		t.Error("without a rate one has to wait")
	}
}
