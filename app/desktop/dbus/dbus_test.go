package dbus

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAddress(t *testing.T) {
	dir := t.TempDir()
	with := filepath.Join(dir, "with")
	if err := os.MkdirAll(filepath.Join(with, "bus"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ address, runtime, want string }{
		"said":               {"unix:path=/a", with, "unix:path=/a"},
		"beside the session": {"", with, "unix:path=" + with + "/bus"},
		"no bus there":       {"", dir, ""},
	} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", c.address)
		t.Setenv("XDG_RUNTIME_DIR", c.runtime)
		if got := Address(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A bus that takes connections and says nothing costs a bounded time.
func TestABusThatIsSilent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no unix sockets here:", err)
	}
	defer func() { _ = ln.Close() }()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	begun := time.Now()
	if _, err := Connect(); err == nil || Answered(err) {
		t.Errorf("it answered: %v", err)
	}
	if took := time.Since(begun); took > connectLimit+5*time.Second {
		t.Errorf("it took %v", took)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	if _, err := Connect(); !errors.Is(err, ErrNoBus) {
		t.Errorf("without a bus: %v", err)
	}
}
