package process

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	mine  = netip.MustParseAddrPort("127.0.0.1:9876")
	yours = netip.MustParseAddrPort("127.0.0.1:50000")
)

// start is a Finder that looks with find and pays by the clock on the wall.
func start(find func([]question) []flow.App) *Finder {
	return startTimed(find, func(do func()) time.Duration {
		began := time.Now()
		do()
		return time.Since(began)
	})
}

// appOf is what an exchange of this process has in the end.
func appOf(t *testing.T, s *capture.Store, a *capture.ClientProcess) flow.App {
	t.Helper()
	r := s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte("GET /"), Scheme: "http", Process: a})
	id := r.ID()
	r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
	watch := s.Watch()
	defer watch.Close()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		if row, ok := s.Row(id); ok && row.Phase.Final() {
			return flow.App{Name: row.App, Path: row.AppPath, PID: row.AppPID}
		}
		select {
		case <-watch.C:
		case <-late.C:
			t.Fatal("the row does not end")
		}
	}
}

func TestOnlyThisMachineIsLookedUp(t *testing.T) {
	f := start(func(q []question) []flow.App { return make([]flow.App, len(q)) })
	defer f.Close()
	lan := netip.MustParseAddrPort("192.0.2.1:9876")
	for _, c := range []struct {
		client, own netip.AddrPort
		want        bool
	}{
		{yours, mine, true},
		{netip.MustParseAddrPort("[::1]:5"), netip.MustParseAddrPort("[::1]:6"), true},
		{netip.MustParseAddrPort("192.0.2.1:5"), lan, true}, // this machine by its own address
		{netip.MustParseAddrPort("192.0.2.2:5"), lan, false},
		{netip.AddrPort{}, lan, false},
	} {
		if got := f.Find(c.client, c.own) != nil; got != c.want {
			t.Errorf("%v to %v: %v", c.client, c.own, got)
		}
	}
}

// Looking up takes a tenth of the time at most, but for the credit, and none waits long for it.
func TestSlowSystemsAreSpared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var looked []time.Duration
		f := start(func(q []question) []flow.App {
			looked = append(looked, time.Since(began))
			time.Sleep(time.Second)
			return make([]flow.App, len(q))
		})
		s := capture.New(capture.Options{})
		ask := func(at time.Duration) bool {
			time.Sleep(at - time.Since(began))
			a := f.Find(yours, mine)
			if a == nil {
				return false
			}
			r := s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte("GET /"), Scheme: "http", Process: a})
			r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
			return true
		}
		if !ask(0) || !ask(1100*time.Millisecond) {
			t.Error("a question was not taken")
		}
		if ask(2*time.Second) || ask(9400*time.Millisecond) {
			t.Error("a question was taken while resting")
		}
		if n := s.Stats().Active; n != 0 {
			t.Errorf("%d rows still wait", n)
		}
		if !ask(9600 * time.Millisecond) {
			t.Error("no question was taken after the rest")
		}
		f.Close()
		if len(looked) != 2 || looked[1] < 9500*time.Millisecond {
			t.Errorf("looked at %v", looked)
		}
	})
}

// Many short look-ups need no rest until the credit is used up; then they take a tenth of the time.
func TestShortLookUpsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const each = 10 * time.Millisecond
		var looked atomic.Int32
		f := start(func(q []question) []flow.App {
			looked.Add(1)
			time.Sleep(each)
			return make([]flow.App, len(q))
		})
		ask := func(n int, every time.Duration) int {
			looked.Store(0)
			for range n {
				f.Find(yours, mine)
				time.Sleep(every)
			}
			return int(looked.Load())
		}
		if n := ask(100, share*each+time.Millisecond); n != 100 { // at this pace for ever
			t.Errorf("%d of 100 were looked up", n)
		}
		if n := ask(int(credit/each), each+time.Millisecond); n != int(credit/each) {
			t.Errorf("%d were looked up together", n)
		}
		if n := ask(1000, each); n > 1000/share+int(credit/each) {
			t.Errorf("%d of 1000 were looked up in ten seconds", n)
		}
		f.Close()
	})
}

// Many connections that come together are looked up together, for a twentieth of the time; single
// ones, a hundred a second, one by one and without a wait.
func TestACrowdIsGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looked, asked atomic.Int32
		var cost atomic.Int64
		f := start(func(q []question) []flow.App {
			looked.Add(1)
			asked.Add(int32(len(q)))
			time.Sleep(time.Duration(cost.Load()))
			return make([]flow.App, len(q))
		})
		defer f.Close()
		ask := func(n int, every time.Duration) (looks, questions int) {
			looked.Store(0)
			asked.Store(0)
			for range n {
				f.Find(yours, mine)
				time.Sleep(every)
			}
			time.Sleep(time.Second)
			return int(looked.Load()), int(asked.Load())
		}
		const second = 1000
		if looks, questions := ask(second, time.Millisecond); questions != second || looks > int(time.Second/gather)+crowd+1 {
			t.Errorf("%d looks at %d of a thousand in a second", looks, questions)
		}
		if looks, _ := ask(100, 10*time.Millisecond); looks != 100 {
			t.Errorf("%d looks at a hundred in a second", looks)
		}
		const each = 5 * time.Millisecond
		cost.Store(int64(each))
		// the crowd is seen after a while
		if looks, _ := ask(10*second, time.Millisecond); looks > int(10*time.Second/each)/(2*share)+int(credit/each)+
			int(crowdTime/each)/share+1 {
			t.Errorf("%d looks of %v in ten seconds", looks, each)
		}
	})
}

// A look-up without an end keeps no row and no Close waiting.
func TestALookUpThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		f := start(func(q []question) []flow.App {
			<-goOn
			return []flow.App{{Name: "late"}}
		})
		first := f.Find(yours, mine)
		time.Sleep(time.Millisecond)
		second := f.Find(yours, mine)
		began := time.Now()
		s := capture.New(capture.Options{})
		for _, a := range []*capture.ClientProcess{first, second} {
			if app := appOf(t, s, a); app != (flow.App{}) {
				t.Errorf("app %+v", app)
			}
		}
		if took := time.Since(began); took > lookLimit {
			t.Errorf("rows waited %v", took)
		}
		if f.Find(yours, mine) != nil {
			t.Error("a question was taken meanwhile")
		}
		f.Close()
		if took := time.Since(began); took > lookLimit {
			t.Errorf("closed after %v", took)
		}
		close(goOn)
	})
}

// One that ends late is followed by others.
func TestALookUpThatEndsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(func(q []question) []flow.App {
			time.Sleep(2 * lookLimit)
			return make([]flow.App, len(q))
		})
		f.Find(yours, mine)
		time.Sleep(2*lookLimit + 10*2*lookLimit)
		if f.Find(yours, mine) == nil {
			t.Error("a question was not taken after it")
		}
		f.Close()
		time.Sleep(2 * lookLimit) // until it has ended
	})
}

// While no look-up ends, only so many wait, asking does not, and Close answers all.
func TestQueueIsBounded(t *testing.T) {
	begun, goOn := make(chan struct{}, 1), make(chan struct{})
	f := start(func(q []question) []flow.App {
		begun <- struct{}{}
		<-goOn
		return make([]flow.App, len(q))
	})
	first := f.Find(yours, mine)
	<-begun
	var processes []*capture.ClientProcess
	for range maxQueue + 100 {
		if a := f.Find(yours, mine); a != nil {
			processes = append(processes, a)
		}
	}
	if len(processes) != maxQueue {
		t.Errorf("%d wait", len(processes))
	}
	close(goOn)
	f.Close()
	f.Close()
	s := capture.New(capture.Options{})
	for _, a := range append(processes, first) {
		if app := appOf(t, s, a); app != (flow.App{}) {
			t.Errorf("app %+v", app)
		}
	}
	if f.Find(yours, mine) != nil {
		t.Error("it takes questions after Close")
	}
}
