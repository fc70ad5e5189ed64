package systementry

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/app"
	"posthouse/app/desktop"
	"posthouse/app/settings"
	"posthouse/proxy/proxytest/eventually"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// list is a system's list with one entry.
type list struct {
	mu           sync.Mutex
	on, followed bool
	fail, unfit  error
	unreadable   error
	during       func() // called once, while the entry is being written
}

func (l *list) Enabled() (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.on, l.unreadable
}

func (l *list) put(on bool) error {
	l.mu.Lock()
	if l.fail == nil {
		l.on = on
	}
	during, err := l.during, l.fail
	l.during = nil
	l.mu.Unlock()
	if during != nil {
		during()
	}
	return err
}

func (l *list) Enable() error  { return l.put(true) }
func (l *list) Disable() error { return l.put(false) }
func (l *list) Follow() error  { l.followed = true; return nil }
func (l *list) Unfit() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unfit
}

func keep(t *testing.T, at Setting, e Entry, on bool) (*Keeper, *app.Controller) {
	t.Helper()
	s := settings.Default()
	*at(&s) = on
	c := app.New(app.Options{Settings: &s})
	k := Keep(c, at, e)
	t.Cleanup(func() {
		k.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return k, c
}

func wish(t *testing.T, c *app.Controller, at Setting, on bool) {
	t.Helper()
	s := c.Settings()
	*at(&s) = on
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
}

func (l *list) is(on bool) func() bool {
	return func() bool { now, _ := l.Enabled(); return now == on }
}

// What the system's list says counts at the start, whatever the file says.
func TestTheListIsTheTruth(t *testing.T) {
	for _, on := range []bool{true, false} {
		l := &list{on: on}
		k, c := keep(t, StartAtLogin, l, !on)
		if c.Settings().General.StartAtLogin != on || !l.followed {
			t.Errorf("the list says %v, the setting %v", on, !on)
		}
		_ = l.put(!on) // in the Task Manager
		k.Look()
		if c.Settings().General.StartAtLogin == on || !l.is(!on)() {
			t.Error("what was changed in the system's list is not seen")
		}
	}
}

func TestAChangedSettingChangesTheList(t *testing.T) {
	l := &list{}
	k, c := keep(t, StartAtLogin, l, false)
	wish(t, c, StartAtLogin, true)
	eventually.Holds(t, "the entry is there", l.is(true))
	wish(t, c, StartAtLogin, false)
	eventually.Holds(t, "the entry is gone", l.is(false))
	if k.Err() != nil {
		t.Error(k.Err())
	}
}

func TestWhatCannotBeWrittenIsNotSet(t *testing.T) {
	for name, l := range map[string]*list{"full": {fail: errors.New("no room")}, "temporary": {unfit: errors.New("no place")}} {
		k, c := keep(t, StartAtLogin, l, false)
		if l.unfit != nil && l.followed {
			t.Errorf("%s: the entry was led to a place that does not last", name)
		}
		wish(t, c, StartAtLogin, true)
		eventually.Holds(t, name+" is said, and the setting is off again",
			func() bool { return k.Err() != nil && !c.Settings().General.StartAtLogin })
		if l.is(true)() {
			t.Error(name)
		}
	}
}

// With the real entry, where it lies in files, and a settings file.
func TestInFiles(t *testing.T) {
	if os.PathSeparator == '\\' {
		t.Skip("the registry is not to be written in a test")
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	t.Setenv("TMPDIR", filepath.Join(home, "tmp"))
	e := desktop.AtLogin("-hidden")
	e.Program = "/opt/posthouse"
	_, c := keep(t, StartAtLogin, e, false)
	wish(t, c, StartAtLogin, true)
	eventually.Holds(t, "the entry is there", func() bool { on, err := e.Enabled(); return on && err == nil })
	paths, _ := filepath.Glob(filepath.Join(home, "*", "*", "io.github.posthouse.Posthouse.*"))
	if len(paths) != 1 {
		t.Fatal(paths)
	}
	text, _ := os.ReadFile(paths[0])
	if !strings.Contains(string(text), "/opt/posthouse") || !strings.Contains(string(text), "-hidden") {
		t.Errorf("%s", text)
	}
	wish(t, c, StartAtLogin, false)
	eventually.Holds(t, "the entry is gone", func() bool { _, err := os.Stat(paths[0]); return err != nil })
}
