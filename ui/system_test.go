package ui

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"posthouse/app/switches/systemproxy"
	"posthouse/proxy/flow"
	uiwidget "posthouse/ui/widget"
)

// fakeSystem is a system proxy that stands as a test says.
type fakeSystem struct {
	mu      sync.Mutex
	status  systemproxy.Status
	asked   []bool
	changes chan struct{}
}

func newFakeSystem() *fakeSystem {
	return &fakeSystem{status: systemproxy.Status{Phase: systemproxy.Off}, changes: make(chan struct{}, 1)}
}

func (f *fakeSystem) Status() systemproxy.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

func (f *fakeSystem) Set(on bool) { f.asked = append(f.asked, on) }

func (f *fakeSystem) Watch() (<-chan struct{}, func()) { return f.changes, func() {} }

func (f *fakeSystem) become(s systemproxy.Status) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status = s
	select {
	case f.changes <- struct{}{}:
	default:
	}
}

func TestTheSystemProxySwitch(t *testing.T) {
	f := newFakeSystem()
	w := openWindow(t, windowOptions{system: f})
	test.Tap(w.switches.system)
	if len(f.asked) != 1 || !f.asked[0] {
		t.Fatalf("a click on the switch asked for %v", f.asked)
	}
	f.become(systemproxy.Status{Phase: systemproxy.Busy})
	w.until("it is on its way", func() bool { return w.switches.system.Look == uiwidget.ToggleBusy })
	test.Tap(w.switches.system)
	if len(f.asked) != 1 {
		t.Error("a click while it is on its way asks again")
	}
	f.become(systemproxy.Status{Phase: systemproxy.On, Set: true})
	w.until("it is on", func() bool {
		return w.switches.system.Look == uiwidget.ToggleOn && w.switches.system.Text == "System proxy on"
	})
	test.Tap(w.switches.system)
	if len(f.asked) != 2 || f.asked[1] {
		t.Errorf("clicks asked for %v", f.asked)
	}
}

// That another program took the system proxy is said once, with a way back.
func TestATakenSystemProxyIsSaidOnce(t *testing.T) {
	f := newFakeSystem()
	w := openWindow(t, windowOptions{system: f})
	taken := systemproxy.Status{Phase: systemproxy.Taken, Set: true, Since: time.Unix(1, 0)}
	f.become(taken)
	w.until("it is said", func() bool {
		return w.notices.banner.Object.Visible() && w.notices.banner.Remedy.Text == "Take it back"
	})
	test.Tap(w.notices.banner.Remedy)
	if len(f.asked) != 1 || !f.asked[0] {
		t.Errorf("taking back asked for %v", f.asked)
	}
	test.Tap(w.notices.banner.Close)
	w.address.usePort(70000) // another banner comes and goes
	w.address.usePort(0)
	w.followController()
	if w.notices.banner.Object.Visible() {
		t.Errorf("it is said again: %q", w.notices.banner.Text.Text)
	}
	taken.Since = time.Unix(2, 0)
	f.become(taken)
	w.until("another taking is said", func() bool { return w.notices.banner.Object.Visible() })
}

// The tray offers to take back what another program took.
func TestTheTrayTakesBackTheSystemProxy(t *testing.T) {
	f := newFakeSystem()
	w := openWindow(t, windowOptions{system: f})
	for _, c := range []struct {
		status systemproxy.Status
		want   bool
	}{{systemproxy.Status{Phase: systemproxy.Taken, Set: true}, true}, {systemproxy.Status{Phase: systemproxy.On, Set: true}, false},
		{systemproxy.Status{Phase: systemproxy.Off}, true}} {
		f.become(c.status)
		w.switches.takeSystem()
		if got := f.asked[len(f.asked)-1]; got != c.want {
			t.Errorf("%s: asked for %v", c.status.Phase, got)
		}
	}
}

func TestTroubleOfTheSystemProxyIsSaid(t *testing.T) {
	f := newFakeSystem()
	w := openWindow(t, windowOptions{system: f})
	f.become(systemproxy.Status{Phase: systemproxy.Failed, Err: errors.New("no room")})
	w.until("the failure is said", func() bool {
		return w.notices.banner.Object.Visible() && strings.Contains(w.notices.banner.Text.Text, "no room")
	})
	f.become(systemproxy.Status{Phase: systemproxy.Unavailable, Err: errors.New("none")})
	w.until("it is said that there is none", func() bool {
		return w.switches.system.Look == uiwidget.ToggleUnavailable && strings.Contains(w.notices.banner.Text.Text, "no proxy settings")
	})
	f.become(systemproxy.Status{Phase: systemproxy.Off, Repaired: flow.ReasonCode("restored").With("gnome", "mode", "none")})
	w.until("what the start repaired is said", func() bool { return strings.Contains(w.notices.banner.Text.Text, "mode is none again") })
}
