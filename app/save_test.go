package app_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/app"
	"posthouse/app/settings"
)

// never is a poll that does not come while a test runs.
const never = time.Hour

// edited is a settings file with a controller that has read it, and a person's editor.
type edited struct {
	*app.Controller
	t    *testing.T
	path string
}

func editing(t *testing.T, text string) *edited {
	t.Helper()
	e := &edited{t: t, path: filepath.Join(t.TempDir(), "settings.toml")}
	e.write(text)
	e.Controller = newController(t, app.Options{Path: e.path, Poll: never})
	return e
}

func (e *edited) write(text string) {
	e.t.Helper()
	if err := os.WriteFile(e.path, []byte(text), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

func (e *edited) text() string {
	e.t.Helper()
	text, err := os.ReadFile(e.path)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(text)
}

// A save from the window writes what was changed there, onto what the file holds
// by then: a device that was removed from the list a moment ago does not come back.
func TestSavingKeepsAnEditMadeAMomentAgo(t *testing.T) {
	for name, save := range map[string]func(*app.Controller) error{
		"a switch": func(c *app.Controller) error { return c.SetRecording(false) },
		"the whole": func(c *app.Controller) error {
			s := c.Settings()
			s.Recording.Enabled = false
			return c.Apply(s)
		},
		"a change": func(c *app.Controller) error {
			return c.Change(func(s *settings.Settings) { s.Recording.Enabled = false })
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := editing(t, "[proxy]\nport = 0\n[lan]\nallow = [\"192.168.1.2\", \"192.168.1.3\"]\n")
			e.write("[proxy]\nport = 0\nvia = true\n[lan]\nallow = [\"192.168.1.2\"] # the other is sold\n")
			if err := save(e.Controller); err != nil {
				t.Fatal(err)
			}
			const want = "[proxy]\nport = 0\nvia = true\n[lan]\nallow = [\"192.168.1.2\"] # the other is sold\n\n[recording]\nenabled " +
				"= false\n"
			if got := e.text(); got != want {
				t.Errorf("saved\n%s", got)
			}
			if s := e.Settings(); !s.Proxy.Via || len(s.LAN.Allow) != 1 || s.Recording.Enabled {
				t.Errorf("in force %+v", s)
			}
		})
	}
}

// Of a list what comes and goes is written, so that both hands' changes hold.
func TestListsAreMerged(t *testing.T) {
	e := editing(t, "[lan]\nallow = [\"192.168.1.2\", \"192.168.1.3\"]\n")
	shown := e.Settings()
	e.write("[lan]\nallow = [\"192.168.1.3\", \"192.168.1.9\"]\n")
	shown.LAN.Allow = append(shown.LAN.Allow, "192.168.1.4")
	if err := e.Apply(shown); err != nil {
		t.Fatal(err)
	}
	want := []string{"192.168.1.3", "192.168.1.9", "192.168.1.4"}
	if s, err := settings.Load(e.path); err != nil || !slices.Equal(s.LAN.Allow, want) || !slices.Equal(e.Settings().LAN.Allow, want) {
		t.Errorf("saved %q, in force %q, %v", s.LAN.Allow, e.Settings().LAN.Allow, err)
	}
}

// Two programs with the same file: what each of them changed is there at the end.
func TestTwoProgramsSaveAtTheSameTime(t *testing.T) {
	const rounds = 20
	one := editing(t, "# mine\n[proxy]\nport = 0\n")
	two := newController(t, app.Options{Path: one.path, Poll: never})
	var all sync.WaitGroup
	for i, c := range []*app.Controller{one.Controller, two} {
		all.Go(func() {
			for n := range rounds {
				err := c.Change(func(s *settings.Settings) {
					s.LAN.Allow = append(s.LAN.Allow, fmt.Sprintf("10.%d.0.%d", i, n))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	s, err := settings.Load(one.path)
	if err != nil || len(s.LAN.Allow) != 2*rounds || !strings.HasPrefix(one.text(), "# mine\n") {
		t.Errorf("%d of %d are there, %v", len(s.LAN.Allow), 2*rounds, err)
	}
}

// A file that became unusable in the meantime stays; the change is in force, and is
// written once the file is mended.
func TestSavingIntoAFileThatBecameUnusable(t *testing.T) {
	e := editing(t, "[proxy]\nport = 0\n")
	const broken = "[proxy]\nport = \n"
	e.write(broken)
	var bad *settings.FileError
	if err := e.SetRecording(false); !errors.As(err, &bad) || bad.Line != 2 || !app.InForce(err) {
		t.Fatalf("error %v", err)
	}
	if e.text() != broken || e.Recording() || e.SettingsProblem() == nil {
		t.Errorf("the file is %q, recording %v, problem %v", e.text(), e.Recording(), e.SettingsProblem())
	}
	e.write("[proxy]\nport = 0 # again\n")
	if err := e.Change(func(s *settings.Settings) { s.Proxy.Via = true }); err != nil || e.SettingsProblem() != nil {
		t.Fatalf("error %v, problem %v", err, e.SettingsProblem())
	}
	if s, err := settings.Load(e.path); err != nil || s.Recording.Enabled || !s.Proxy.Via || !strings.Contains(e.text(), "# again") {
		t.Errorf("saved %q, %v", e.text(), err)
	}
}

// What a command line overrides is not written with what a person changes.
func TestOverridesAreNotSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.toml")
	c := newController(t, app.Options{Path: path, Poll: never,
		Change: func(s *settings.Settings) { s.Proxy.Port, s.Proxy.MaxFields = 0, 7 }})
	if err := c.SetRecording(false); err != nil {
		t.Fatal(err)
	}
	if s, err := settings.Load(path); err != nil || s.Proxy.Port != settings.DefaultPort || s.Proxy.MaxFields == 7 || s.Recording.Enabled {
		t.Errorf("saved %+v, %v", s.Proxy, err)
	}
}

// Two edits within the same tick of the clock, of the same length, are told apart.
func TestEditsThatTheClockDoesNotTell(t *testing.T) {
	e := editing(t, "[proxy]\nmax_fields = 11\n")
	info, err := os.Stat(e.path)
	if err != nil {
		t.Fatal(err)
	}
	e.write("[proxy]\nmax_fields = 22\n")
	if err := os.Chtimes(e.path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := e.SetRecording(false); err != nil || e.Settings().Proxy.MaxFields != 22 {
		t.Errorf("%d fields, %v", e.Settings().Proxy.MaxFields, err)
	}
}

// What could not be saved is said until it could be, and is saved then.
func TestUnsavedIsSaidUntilItIsSaved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "home")
	path := filepath.Join(dir, "settings.toml")
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // no folder can be made in its place
		t.Fatal(err)
	}
	c := newController(t, app.Options{Path: path, Poll: never})
	for _, change := range []func(*settings.Settings){
		func(s *settings.Settings) { s.Proxy.Port = 18481 },
		func(s *settings.Settings) { s.LAN.Allow = []string{"10.0.0.1"} },
		func(s *settings.Settings) { s.LAN.Allow = append(s.LAN.Allow, "10.0.0.2") },
	} {
		var save *settings.SaveError
		if err := c.Change(change); !app.InForce(err) || err == nil {
			t.Fatalf("error %v", err)
		} else if c.SettingsProblem() == nil && (!errors.As(err, &save) || c.Unsaved() == nil) {
			t.Errorf("error %v, unsaved %v", err, c.Unsaved())
		}
	}
	if s := c.Settings(); s.Proxy.Port != 18481 || len(s.LAN.Allow) != 2 {
		t.Errorf("in force %+v", s)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := c.SetRecording(false); err != nil || c.Unsaved() != nil || c.SettingsProblem() != nil {
		t.Fatalf("%v, unsaved %v, problem %v", err, c.Unsaved(), c.SettingsProblem())
	}
	if s, err := settings.Load(path); err != nil || s.Proxy.Port != 18481 || len(s.LAN.Allow) != 2 || s.Recording.Enabled {
		t.Errorf("saved %+v, %v", s, err)
	}
}
