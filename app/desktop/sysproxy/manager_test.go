//go:build unix && !darwin

package sysproxy

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

const ownAddr = "127.0.0.1:9876"

// home is a KDE without gsettings and without a bus; it returns its state directory.
func home(t *testing.T, kioslaverc string) (dir, path string) {
	t.Helper()
	home := t.TempDir()
	for name, value := range map[string]string{"HOME": home, "XDG_CONFIG_HOME": home, "XDG_CURRENT_DESKTOP": "KDE", "PATH": home,
		"DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": home} {
		t.Setenv(name, value)
	}
	path = filepath.Join(home, "kioslaverc")
	if kioslaverc != "" {
		if err := os.WriteFile(path, []byte(kioslaverc), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(home, "state"), path
}

func manager(t *testing.T, dir string) *Manager {
	t.Helper()
	m := New(Options{Dir: dir})
	t.Cleanup(func() {
		if _, err := m.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return m
}

func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

func enable(t *testing.T, m *Manager) {
	t.Helper()
	if err := m.Enable(context.Background(), ownAddr); err != nil {
		t.Fatal(err)
	}
}

func disable(t *testing.T, m *Manager) Report {
	t.Helper()
	report, err := m.Disable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

const manual = "[Proxy Settings]\nProxyType=1\nhttpProxy=http://10.1.1.1 3128\n"

func TestStateTellsWhatWasBefore(t *testing.T) {
	dir, path := home(t, manual)
	m := manager(t, dir)
	watch := m.Watch()
	defer watch.Close()
	<-watch.C
	enable(t, m)
	<-watch.C
	s := m.State()
	if s.Phase != On || s.Addr != ownAddr || s.Watchdog == 0 || len(s.Previous) != 1 || s.Previous[0].HTTP != "10.1.1.1:3128" {
		t.Errorf("%+v", s)
	}
	enable(t, m) // is on
	if report := disable(t, m); len(report.Restored) == 0 || len(report.Left) != 0 {
		t.Errorf("%+v", report)
	}
	if s := m.State(); s.Phase != Off || s.Watchdog != 0 || contents(t, path) != manual {
		t.Errorf("%+v\n%s", s, contents(t, path))
	}
	if report := disable(t, m); !report.Empty() {
		t.Errorf("twice: %+v", report)
	}
}

func TestAnotherPosthouseIsNotFought(t *testing.T) {
	dir, path := home(t, manual)
	first, second := manager(t, dir), manager(t, dir)
	enable(t, first)
	on := contents(t, path)
	if err := second.Enable(context.Background(), "127.0.0.1:1"); !errors.Is(err, ErrOwned) {
		t.Errorf("the second: %v", err)
	}
	if report, err := second.Repair(context.Background()); report.Busy != os.Getpid() || err != nil || contents(t, path) != on {
		t.Errorf("the second repaired what is in use: %+v, %v", report, err)
	}
	disable(t, first)
	enable(t, second)
	disable(t, second)
	if contents(t, path) != manual {
		t.Error(contents(t, path))
	}
}

func TestNeverOurselvesAsThePreviousState(t *testing.T) {
	dir, path := home(t, "[Proxy Settings]\nProxyType=1\nhttpProxy=http://localhost 9876\nhttpsProxy=http://10.1.1.1 1\n")
	m := manager(t, dir)
	enable(t, m)
	if p := m.State().Previous[0]; p.Mode != ModeNone {
		t.Errorf("previous: %+v", p)
	}
	disable(t, m)
	if text := contents(t, path); strings.Contains(text, "9876") || !strings.Contains(text, "ProxyType=0") ||
		!strings.Contains(text, "10.1.1.1") {
		t.Error(text)
	}
}

func TestADeadPreviousProxyIsSaid(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(ln.Addr().String())
	dir, path := home(t, "[Proxy Settings]\nProxyType=1\nhttpProxy=http://"+host+" "+port+"\n")
	before := contents(t, path)
	m := manager(t, dir)
	enable(t, m)
	if report := disable(t, m); len(report.Dead) != 0 {
		t.Errorf("it answers: %v", report.Dead)
	}
	enable(t, m)
	_ = ln.Close()
	report := disable(t, m)
	if len(report.Dead) != 1 || report.Dead[0] != ln.Addr().String() || !strings.Contains(report.String(), "does not answer") {
		t.Errorf("it does not answer: %+v", report)
	}
	if contents(t, path) != before {
		t.Error("it was not put back")
	}
}

func TestTakenIsSaidOnce(t *testing.T) {
	dir, path := home(t, manual)
	m := manager(t, dir)
	enable(t, m)
	watch := m.Watch()
	defer watch.Close()
	<-watch.C
	theirs := strings.Replace(contents(t, path), "http://127.0.0.1 9876\nhttps", "http://127.0.0.1 7890\nhttps", 1)
	if err := os.WriteFile(path, []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	select {
	case <-watch.C:
	case <-time.After(10 * time.Second):
		t.Fatal("the change was not seen")
	}
	if s := m.State(); s.Phase != Taken || len(s.Now) != 1 || s.Now[0].HTTP != "127.0.0.1:7890" {
		t.Errorf("%+v", s)
	}
	// A second change of theirs is no news.
	if err := os.WriteFile(path, []byte(theirs+"#\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.do(context.Background(), func() error { m.look(); return nil }); err != nil {
		t.Fatal(err)
	}
	select {
	case <-watch.C:
		t.Error("it was said twice")
	default:
	}
	enable(t, m) // takes it back
	if s := m.State(); s.Phase != On || s.Previous[0].HTTP != "127.0.0.1:7890" {
		t.Errorf("taken back: %+v", s)
	}
}

// Switched off by another program where the user had a manual proxy too, so that
// the switch itself was never written.
func TestSwitchedOffByAnotherIsNoticed(t *testing.T) {
	dir, path := home(t, manual)
	m := manager(t, dir)
	enable(t, m)
	if err := os.WriteFile(path, []byte(strings.Replace(contents(t, path), "ProxyType=1", "ProxyType=0", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually.Holds(t, "the change is seen", func() bool { return m.State().Phase == Taken })
	disable(t, m)
	if want := strings.Replace(manual, "=1", "=0", 1); contents(t, path) != want {
		t.Errorf("%q, want %q", contents(t, path), want)
	}
}

func TestRestoredByHandIsNoticed(t *testing.T) {
	dir, path := home(t, manual)
	m := manager(t, dir)
	enable(t, m)
	report, err := Restore(context.Background(), dir)
	if err != nil || len(report.Restored) == 0 || contents(t, path) != manual {
		t.Fatalf("%+v, %v", report, err)
	}
	eventually.Holds(t, "the change is seen", func() bool { return m.State().Phase == Off })
	if m.State().Watchdog != 0 {
		t.Error("the watchdog is still there")
	}
	enable(t, m)
}

// By hand means also from a console, where nothing says which desktop it is.
func TestRestoreFromAConsole(t *testing.T) {
	dir, path := home(t, "")
	m := manager(t, dir)
	enable(t, m)
	if contents(t, path) == "" {
		t.Fatal("nothing was switched on")
	}
	t.Setenv("XDG_CURRENT_DESKTOP", "")
	report, err := Restore(context.Background(), dir)
	if _, statErr := os.Stat(path); err != nil || len(report.Gone) > 0 || !os.IsNotExist(statErr) {
		t.Errorf("%+v, %v, %v", report, err, statErr)
	}
}

func TestNothingIsChangedWithoutAPlaceForTheJournal(t *testing.T) {
	dir, path := home(t, manual)
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file where the directory should be
		t.Fatal(err)
	}
	m := manager(t, dir)
	err := m.Enable(context.Background(), ownAddr)
	if err == nil || !strings.Contains(err.Error(), "was not changed") || contents(t, path) != manual || m.State().Phase != Off ||
		m.State().Err == nil {
		t.Errorf("%v, %+v", err, m.State())
	}
}

func TestWhatTheAdministratorFixedIsNotTouched(t *testing.T) {
	fixed := "[Proxy Settings][$i]\nProxyType=0\n"
	dir, path := home(t, fixed)
	m := manager(t, dir)
	if err := m.Enable(context.Background(), ownAddr); !errors.Is(err, ErrLocked) || contents(t, path) != fixed || hasJournal(dir) {
		t.Errorf("%v\n%s", err, contents(t, path))
	}
}

func TestNoDesktop(t *testing.T) {
	dir, _ := home(t, "")
	t.Setenv("XDG_CURRENT_DESKTOP", "")
	m := manager(t, dir)
	if err := m.Enable(context.Background(), ownAddr); !errors.Is(err, ErrNoBackend) {
		t.Error(err)
	}
	if m.State().Watchdog != 0 {
		t.Error("a watchdog watches nothing")
	}
}

// A watchdog that is ended again and again is not started for ever.
func TestWatchdogsAreNotStartedForEver(t *testing.T) {
	dir, path := home(t, manual)
	m := manager(t, dir)
	enable(t, m)
	for range watchdogTriesLimit + 1 {
		old := m.State().Watchdog
		if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually.Holds(t, "there is another watchdog, or none is started", func() bool {
			s := m.State()
			return s.Watchdog != 0 && s.Watchdog != old || s.Err != nil
		})
	}
	if s := m.State(); s.Watchdog != 0 || s.Err == nil || s.Phase != On {
		t.Errorf("%+v", s)
	}
	disable(t, m)
	if contents(t, path) != manual {
		t.Error(contents(t, path))
	}
}

func TestClosedManager(t *testing.T) {
	dir, _ := home(t, "")
	m := New(Options{Dir: dir})
	if _, err := m.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := m.Enable(context.Background(), ownAddr); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := m.Close(context.Background()); err != nil {
		t.Error(err)
	}
}
