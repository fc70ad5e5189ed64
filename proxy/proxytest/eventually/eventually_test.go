package eventually_test

import (
	"testing"
	"testing/synctest"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		after := func(d time.Duration) func() bool { return func() bool { return time.Since(begin) >= d } }
		if !eventually.Wait(time.Second, after(300*time.Millisecond)) || time.Since(begin) > 400*time.Millisecond {
			t.Error("what holds was not seen to hold, or late")
		}
		begin = time.Now()
		if eventually.Wait(time.Second, after(time.Hour)) || time.Since(begin) != time.Second {
			t.Error("what never holds held, or was not given up in time")
		}
		if !eventually.Wait(0, func() bool { return true }) {
			t.Error("what holds already did not")
		}
	})
}
