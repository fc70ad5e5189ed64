package notify

import (
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"

	"posthouse/app/desktop/dbus/dbustest"
	"posthouse/proxy/proxytest/eventually"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shown is a note as the service gets it.
type shown struct {
	app, title, body, desktop string
	replaces                  uint32
	actions                   []string
	expire                    int32
}

// fakeDaemon is a notification service.
type fakeDaemon struct {
	conn  *dbus.Conn
	has   []string
	notes chan shown
	taken chan uint32
	last  uint32
}

func (d *fakeDaemon) GetCapabilities() ([]string, *dbus.Error) { return d.has, nil }

func (d *fakeDaemon) Notify(app string, replaces uint32, _, title, body string, actions []string, hints map[string]dbus.Variant,
	expire int32) (uint32, *dbus.Error) {
	desktop, _ := hints["desktop-entry"].Value().(string)
	number := replaces
	if number == 0 {
		d.last++
		number = d.last
	}
	d.notes <- shown{app, title, body, desktop, replaces, actions, expire}
	return number, nil
}

func (d *fakeDaemon) CloseNotification(number uint32) *dbus.Error {
	d.taken <- number
	return nil
}

// serve begins a notification service on the bus.
func serve(t *testing.T, has ...string) *fakeDaemon {
	t.Helper()
	return serveInto(t, make(chan shown, 100), has...)
}

func serveInto(t *testing.T, notes chan shown, has ...string) *fakeDaemon {
	t.Helper()
	d := &fakeDaemon{has: has, notes: notes, taken: make(chan uint32, 100)}
	d.conn = dbustest.Serve(t, daemon, daemon.Name, d)
	return d
}

func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func notifier(t *testing.T, clicked func(string)) *Notifier {
	n := New(Options{AppName: "Posthouse", Desktop: "io.github.posthouse.Posthouse", Clicked: clicked})
	t.Cleanup(n.Close)
	return n
}

func TestANoteIsReplacedExpiresAndIsTakenBack(t *testing.T) {
	dbustest.Start(t)
	d := serve(t, "body", "body-markup", "actions")
	n := notifier(t, func(string) {})
	n.Show(Note{Topic: "a", Title: "One", Body: "a < b & c", Expire: 8 * time.Second})
	first := next(t, d.notes)
	if first.app != "Posthouse" || first.title != "One" || first.body != "a &lt; b &amp; c" || first.expire != 8000 ||
		first.replaces != 0 ||
		first.desktop != "io.github.posthouse.Posthouse" || len(first.actions) != 2 {
		t.Errorf("%+v", first)
	}
	n.Show(Note{Topic: "b", Title: "Other"})
	if other := next(t, d.notes); other.replaces != 0 || other.expire != -1 {
		t.Errorf("%+v", other)
	}
	n.Show(Note{Topic: "a", Title: "Two"})
	if second := next(t, d.notes); second.replaces != 1 {
		t.Errorf("it does not take the first one's place: %+v", second)
	}
	n.Withdraw("a")
	if number := next(t, d.taken); number != 1 {
		t.Errorf("%d was taken back", number)
	}
	n.Withdraw("a") // is not there
	n.Close()
	if number := next(t, d.taken); number != 2 {
		t.Errorf("at the end %d was taken back", number)
	}
}

func TestAClickIsTold(t *testing.T) {
	dbustest.Start(t)
	d := serve(t, "actions")
	clicks := make(chan string, 1)
	n := notifier(t, func(topic string) { clicks <- topic })
	n.Show(Note{Topic: "taken", Title: "T", Body: "<b>"})
	if note := next(t, d.notes); note.body != "<b>" {
		t.Errorf("without markup the body is %q", note.body)
	}
	if err := d.conn.Emit(daemon.Path, daemon.Name+".ActionInvoked", uint32(77), "default"); err != nil { // another's
		t.Fatal(err)
	}
	if err := d.conn.Emit(daemon.Path, daemon.Name+".ActionInvoked", uint32(1), "default"); err != nil {
		t.Fatal(err)
	}
	if topic := next(t, clicks); topic != "taken" {
		t.Errorf("clicked %q", topic)
	}
	// What the desktop took away is a new note the next time.
	if err := d.conn.Emit(daemon.Path, daemon.Name+".NotificationClosed", uint32(1), uint32(2)); err != nil {
		t.Fatal(err)
	}
	for {
		n.Show(Note{Topic: "taken", Title: "T"})
		if note := next(t, d.notes); note.replaces == 0 {
			return
		}
	}
}

// Without a service, without a bus, and with one that is gone, a note is dropped
// without a wait; a service that comes later shows the next one.
func TestWithoutAService(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	n := notifier(t, nil)
	n.Show(Note{Topic: "a", Title: "nowhere"})
	n.Close()

	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	n = notifier(t, nil)
	n.Show(Note{Topic: "a", Title: "nowhere"})
	n.Close()

	dbustest.Start(t)
	n = notifier(t, nil)
	n.Show(Note{Topic: "a", Title: "too early"})
	eventually.Holds(t, "it is being refused, or was", func() bool { return n.waiting() == 0 })
	d := serve(t)
	n.Show(Note{Topic: "a", Title: "in time"})
	for note := next(t, d.notes); note.title != "in time"; note = next(t, d.notes) {
	}
}

func (n *Notifier) waiting() int { return len(n.asks) }

// A service that hangs costs what waits, and no more.
func TestWhatDoesNotFitIsDropped(t *testing.T) {
	dbustest.Start(t)
	d := serveInto(t, make(chan shown)) // it hangs in the first one
	n := notifier(t, nil)
	for range 10 * maxWaiting {
		n.Show(Note{Topic: "a", Title: "one of many"})
	}
	if n.waiting() > maxWaiting {
		t.Error(n.waiting())
	}
	got := 0
	for title := ""; title != "the end"; got++ {
		if n.waiting() == 0 {
			n.Show(Note{Topic: "a", Title: "the end"})
		}
		title = next(t, d.notes).title
	}
	if got > maxWaiting+4 {
		t.Errorf("%d of %d were shown", got, 10*maxWaiting)
	}
	go func() { // the end may have been said more than once
		for range d.notes {
		}
	}()
	n.Close()
	close(d.notes)
}
