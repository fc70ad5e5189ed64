package systemproxy

import (
	"errors"
	"net"
	"slices"
	"testing"

	"posthouse/app"
	"posthouse/app/desktop/sysproxy"
	"posthouse/app/settings"
	"posthouse/app/switches/internal/statetable"
)

var errNo = errors.New("no")

// steps brings a switch into each state of the table.
var steps = map[string]struct {
	fail, stuck error // of the system's settings
	into        func(b *bench)
}{
	"off":     {},
	"waiting": {into: func(b *bench) { b.occupy(); b.ask(true) }},
	"on":      {into: func(b *bench) { b.ask(true) }},
	"taken": {into: func(b *bench) {
		b.ask(true)
		b.fake.set(sysproxy.State{Phase: sysproxy.Taken, Addr: b.fake.State().Addr})
	}},
	"cannot be set":      {fail: errNo, into: func(b *bench) { b.ask(true) }},
	"cannot be put back": {stuck: errNo, into: func(b *bench) { b.ask(true); b.ask(false) }},
	"unavailable":        {fail: sysproxy.ErrNoBackend, into: func(b *bench) { b.ask(true) }},
}

var happens = map[string]func(b *bench){
	"ask on":       func(b *bench) { b.ask(true) },
	"ask off":      func(b *bench) { b.ask(false) },
	"proxy starts": func(b *bench) { b.onPort(0); b.c.Start(); b.rest() },
	"proxy stops":  func(b *bench) { b.c.Stop(); b.rest() },
	"proxy moves":  func(b *bench) { b.onPort(b.free()) },
	"taken": func(b *bench) {
		b.fake.set(sysproxy.State{Phase: sysproxy.Taken, Addr: b.fake.State().Addr})
	},
	"ours again": func(b *bench) {
		b.fake.set(sysproxy.State{Phase: sysproxy.On, Addr: b.fake.State().Addr})
	},
	"put back by hand": func(b *bench) { b.fake.set(sysproxy.State{}) },
}

// ask asks the switch, and waits until the proxy runs or does not.
func (b *bench) ask(on bool) {
	b.Set(on)
	for len(b.asks) > 0 {
		b.settle()
	}
	b.rest()
}

// rest waits until the proxy is on no way, and the switch has followed it.
func (b *bench) rest() {
	b.t.Helper()
	b.settle()
	atRest := []app.State{app.Stopped, app.Running, app.Failed}
	if _, err := b.c.Wait(b.t.Context(), func(s app.Status) bool { return slices.Contains(atRest, s.State) }); err != nil {
		b.t.Fatal(err)
	}
	b.settle()
}

func (b *bench) onPort(port int) {
	b.t.Helper()
	if err := b.c.Change(func(s *settings.Settings) { s.Proxy.Port = port }); err != nil {
		b.t.Fatal(err)
	}
	b.settle()
}

func (b *bench) listener() net.Listener {
	b.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	return ln
}

// occupy has the proxy want a port that is taken.
func (b *bench) occupy() {
	ln := b.listener()
	b.t.Cleanup(func() { _ = ln.Close() })
	b.onPort(ln.Addr().(*net.TCPAddr).Port)
}

func (b *bench) free() int {
	ln := b.listener()
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
}

// Every event in every state, as states.md has it.
func TestStates(t *testing.T) {
	events, rows := statetable.Read(t, "states.md")
	if len(events) != len(happens) || len(rows) != len(steps) {
		t.Fatalf("%d events and %d states are written down, %d and %d are known", len(events), len(rows), len(happens), len(steps))
	}
	for _, row := range rows {
		state, ok := steps[row.State]
		if !ok {
			t.Fatalf("no way into %q", row.State)
		}
		for i, want := range row.After {
			if want == "-" {
				continue
			}
			t.Run(row.State+"/"+events[i], func(t *testing.T) {
				b := newBench(t, &fakeManager{fail: state.fail, stuck: state.stuck, seen: true})
				if state.into != nil {
					state.into(b)
					b.settle()
				}
				happens[events[i]](b)
				b.settle()
				if got := b.Status(); string(got.Phase) != want {
					t.Errorf("it is %+v, want %s", got, want)
				}
				if running := b.c.Status().State == app.Running; b.Status().Phase == On && !running {
					t.Error("the system points at a proxy that does not run")
				}
			})
		}
	}
}
