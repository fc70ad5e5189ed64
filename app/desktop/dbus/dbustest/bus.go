// Package dbustest starts a message bus for one test.
package dbustest

import (
	"bufio"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"

	ours "posthouse/app/desktop/dbus"
)

// Start starts a bus that is the session's until the test ends, or until it is stopped.
func Start(t *testing.T) (stop func()) {
	t.Helper()
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("there is no dbus-daemon here")
	}
	cmd := exec.Command(program, "--session", "--nofork", "--print-address=1", "--address=unix:dir="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	t.Cleanup(stop)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	return stop
}

// Serve puts an object on the bus under a name. The connection is closed with the test.
func Serve(t *testing.T, at ours.Object, face string, service any) *dbus.Conn {
	t.Helper()
	conn, err := ours.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.Export(service, at.Path, face); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName(at.Name, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return conn
}
