package trayhost

import (
	"errors"
	"sync/atomic"
	"testing"

	godbus "github.com/godbus/dbus/v5"
	"go.uber.org/goleak"

	"posthouse/app/desktop/dbus/dbustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// properties answers for a watcher of trays.
type properties struct{ host atomic.Bool }

func (p *properties) Get(string, string) (godbus.Variant, *godbus.Error) {
	return godbus.MakeVariant(p.host.Load()), nil
}

func TestATrayComesAndGoes(t *testing.T) {
	dbustest.Start(t)
	var a Asker
	defer a.Close()
	if !MayCome() || a.Present() || Present() {
		t.Error("on a bus without a watcher there is a tray, or none may come")
	}
	kept := a.conn
	p := &properties{}
	conn := dbustest.Serve(t, watcher, "org.freedesktop.DBus.Properties", p)
	if a.Present() {
		t.Error("a watcher without a host is taken for a tray")
	}
	p.host.Store(true)
	if !a.Present() || a.conn != kept {
		t.Error("the tray is not seen, or each question opens a connection")
	}
	_ = conn.Close()
	if a.Present() {
		t.Error("the tray is still seen")
	}
}

func TestWithoutABus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	if MayCome() || Present() {
		t.Error("there is a tray")
	}
	if !BusGone(error(godbus.ErrClosed)) || BusGone(errors.New("another")) || BusGone("text") {
		t.Error("BusGone")
	}
}
