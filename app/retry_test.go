package app_test

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"posthouse/app"
	"posthouse/app/settings"
)

// A file that asks for a port that is taken is right: once the port is free it is put into force.
func TestAFileWhosePortIsTakenIsTriedAgain(t *testing.T) {
	e := editing(t, "[proxy]\nport = 0\n")
	e.Start()
	old := await(t, e.Controller, app.Running).Addrs[0]
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("[proxy]\nport = %d\nvia = true\n", taken.Addr().(*net.TCPAddr).Port)
	e.write(text)
	if err := e.Change(func(*settings.Settings) {}); err != nil { // which looks at the file
		t.Fatal(err)
	}
	for range 2 {
		var bind *app.BindError
		if err := e.SettingsProblem(); !errors.As(err, &bind) || e.Settings().Proxy.Via || e.text() != text {
			t.Fatalf("%v, %+v\n%s", err, e.Settings().Proxy, e.text())
		}
		mustServe(t, old)
		app.RetryFile(e.Controller)
	}
	_ = taken.Close()
	app.RetryFile(e.Controller)
	if err := e.SettingsProblem(); err != nil || !e.Settings().Proxy.Via || e.Status().Addrs[0] != taken.Addr().String() {
		t.Errorf("%v, %+v, %v", err, e.Settings().Proxy, e.Status().Addrs)
	}
	mustServe(t, taken.Addr().String())
	if e.text() != text {
		t.Errorf("it was written:\n%s", e.text())
	}
}
