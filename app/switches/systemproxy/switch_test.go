package systemproxy

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/app"
	"posthouse/app/desktop/sysproxy"
	"posthouse/app/settings"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeManager is a system that keeps its settings in memory.
type fakeManager struct {
	mu      sync.Mutex
	state   sysproxy.State
	fail    error
	stuck   error // what Disable fails with; under mu
	before  []sysproxy.Summary
	seen    bool              // that there is nothing to set is seen at the start
	putBack func(addr string) // called before what was there is put back
	changes chan struct{}
	begin   chan struct{}    // before which nothing is looked up by itself; nil: at once
	looked  []sysproxy.Phase // how it stood when it was; under mu
}

func (f *fakeManager) set(s sysproxy.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = s
	select {
	case f.changes <- struct{}{}:
	default:
	}
}

func (f *fakeManager) State() sysproxy.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

func (f *fakeManager) InForce(context.Context) ([]sysproxy.Summary, error) {
	f.mu.Lock()
	f.looked = append(f.looked, f.state.Phase)
	f.mu.Unlock()
	if errors.Is(f.fail, sysproxy.ErrNoBackend) && f.seen {
		return nil, f.fail
	}
	return f.before, nil
}

func (f *fakeManager) Enable(ctx context.Context, addr string) error {
	if f.fail != nil {
		return f.fail
	}
	if f.State().Phase != sysproxy.Off && f.State().Addr != addr {
		_, _ = f.Disable(ctx)
	}
	f.set(sysproxy.State{Phase: sysproxy.On, Addr: addr, Previous: f.before})
	return nil
}

func (f *fakeManager) Disable(context.Context) (sysproxy.Report, error) {
	f.mu.Lock()
	stuck := f.stuck
	f.mu.Unlock()
	if stuck != nil {
		return sysproxy.Report{}, stuck
	}
	if f.putBack != nil {
		f.putBack(f.State().Addr)
	}
	f.set(sysproxy.State{})
	return sysproxy.Report{}, nil
}

type bench struct {
	*Switch
	t    *testing.T
	fake *fakeManager
	c    *app.Controller
}

func newBench(t *testing.T, fake *fakeManager) *bench {
	t.Helper()
	settings := settings.Default()
	settings.Proxy.Port = 0
	fake.changes = make(chan struct{}, 1)
	c := app.New(app.Options{Settings: &settings})
	if fake.begin == nil {
		fake.begin = make(chan struct{})
		close(fake.begin)
	}
	b := &bench{t: t, fake: fake, c: c, Switch: start(c, fake, fake.begin, fake.changes, func() {})}
	t.Cleanup(func() {
		b.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bench) until(phase Phase) {
	b.t.Helper()
	changes, stop := b.Watch()
	defer stop()
	limit := time.After(10 * time.Second)
	for b.Status().Phase != phase {
		select {
		case <-changes:
		case <-limit:
			b.t.Fatalf("it is %+v, not %s", b.Status(), phase)
		}
	}
}

func TestOnStartsTheProxyAndAStopPutsBack(t *testing.T) {
	b := newBench(t, &fakeManager{})
	b.Set(true)
	b.until(On)
	status := b.c.Status()
	if status.State != app.Running || b.fake.State().Addr != status.Addrs[0] || !b.Status().Set {
		t.Errorf("the proxy is %+v, the system %+v", status, b.fake.State())
	}
	b.c.Stop()
	b.until(Off)
	if b.fake.State().Phase != sysproxy.Off {
		t.Error("the system points at a port that is closed")
	}
	b.c.Start()
	if _, err := b.c.Wait(t.Context(), func(s app.Status) bool { return s.State == app.Running }); err != nil {
		t.Fatal(err)
	}
	if b.Status().Phase != Off {
		t.Error("a start by itself points the system here again")
	}
}

func TestAnotherPortIsFollowed(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	b := newBench(t, &fakeManager{})
	b.Set(true)
	b.until(On)
	s := b.c.Settings()
	s.Proxy.Port = port
	if err := b.c.Apply(s); err != nil {
		t.Fatal(err)
	}
	changes, stop := b.Watch()
	defer stop()
	limit := time.After(10 * time.Second)
	for b.fake.State().Addr != "127.0.0.1:"+strconv.Itoa(port) {
		select {
		case <-changes:
		case <-limit:
			t.Fatalf("the system is at %q", b.fake.State().Addr)
		}
	}
}

func TestWhatIsTakenIsLeftUntilAsked(t *testing.T) {
	b := newBench(t, &fakeManager{})
	b.Set(true)
	b.until(On)
	b.fake.set(sysproxy.State{Phase: sysproxy.Taken})
	b.until(Taken)
	s := b.c.Settings()
	s.Proxy.Via = true // a change that makes the switch look again
	if err := b.c.Apply(s); err != nil {
		t.Fatal(err)
	}
	if b.fake.State().Phase != sysproxy.Taken {
		t.Error("it was taken back unasked")
	}
	b.Set(true)
	b.until(On)
	b.fake.set(sysproxy.State{}) // -restore-network
	b.until(Off)
}

func TestWhatCannotBeSetIsSaid(t *testing.T) {
	for want, err := range map[Phase]error{Failed: errors.New("no room"), Unavailable: sysproxy.ErrNoBackend} {
		b := newBench(t, &fakeManager{fail: err})
		b.Set(true)
		b.until(want)
		if s := b.Status(); !errors.Is(s.Err, err) || s.Set {
			t.Errorf("%+v", s)
		}
	}
}

// What could not be put back is tried again when it is asked for, and what is
// asked for is to put it back.
func TestWhatCannotBePutBackIsTriedAgain(t *testing.T) {
	fake := &fakeManager{stuck: errors.New("no")}
	b := newBench(t, fake)
	b.Set(true)
	b.until(On)
	b.Set(false)
	b.until(Failed)
	if s := b.Status(); s.Retry || !s.Set {
		t.Errorf("it is %+v", s)
	}
	fake.mu.Lock()
	fake.stuck = nil
	fake.mu.Unlock()
	b.Set(b.Status().Retry)
	b.until(Off)
}

func TestWhatTheStartRepairedIsSaidUntilTheSwitchIsUsed(t *testing.T) {
	b := newBench(t, &fakeManager{state: sysproxy.State{Report: sysproxy.Report{Damaged: "journal.bad"}}})
	if b.Status().Repaired.IsZero() {
		t.Fatal("nothing is said")
	}
	b.Set(true)
	b.until(On)
	if !b.Status().Repaired.IsZero() {
		t.Error("it is said again")
	}
}

// Who switches it on and takes the port that is offered in the place of one that is
// taken, wants it on.
func TestAWishOutlivesAPortThatIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	b := newBench(t, &fakeManager{})
	s := b.c.Settings()
	s.Proxy.Port = taken.Addr().(*net.TCPAddr).Port
	if err := b.c.Apply(s); err != nil {
		t.Fatal(err)
	}
	is := func(state app.State) {
		t.Helper()
		if _, err := b.c.Wait(t.Context(), func(s app.Status) bool { return s.State == state }); err != nil {
			t.Fatal(err)
		}
	}
	b.Set(true)
	is(app.Failed)
	b.settle()
	b.until(Off)
	s.Proxy.Port = 0
	if err := b.c.Apply(s); err != nil {
		t.Fatal(err)
	}
	b.c.Start()
	b.until(On)

	b.c.Stop()
	b.until(Off)
	b.c.Start()
	is(app.Running)
	b.settle()
	if b.Status().Phase != Off {
		t.Error("the wish was kept after it was granted")
	}
}
