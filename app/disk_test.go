package app

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/app/settings"
)

// asleep is a controller whose disks answer nothing until they are woken.
type asleep struct {
	*Controller
	t     *testing.T
	asked chan string // which one was asked
	awake chan struct{}
}

// sleep has the disks of a controller fall asleep, which looks at them every poll.
func sleep(t *testing.T, poll time.Duration, kinds ...string) *asleep {
	t.Helper()
	c := New(Options{Path: filepath.Join(t.TempDir(), "settings.toml"), Addrs: []string{"127.0.0.1:0"}, Poll: poll})
	a := &asleep{Controller: c, t: t, asked: make(chan string, 100), awake: make(chan struct{})}
	for kind, l := range map[string]*line{"settings": c.file.line, "rules": c.rules.line} {
		if !slices.Contains(kinds, kind) {
			continue
		}
		l.turn <- struct{}{} // none is under way
		l.slow = func() {
			a.asked <- kind
			<-a.awake
		}
		<-l.turn
	}
	return a
}

func (a *asleep) wake() { close(a.awake) }

// soon fails unless f ends in the time that a person waits for.
func (a *asleep) soon(what string, f func()) {
	a.t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f()
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		a.t.Fatalf("%s waits for the disk", what)
	}
}

// runs fails unless the proxy starts and stops.
func (a *asleep) runs() {
	a.t.Helper()
	a.soon("the proxy", func() {
		ctx, stop := context.WithTimeout(a.t.Context(), 10*time.Second)
		defer stop()
		a.Start()
		if _, err := a.Wait(ctx, func(s Status) bool { return s.State == Running }); err != nil {
			a.t.Error(err)
		}
		a.Stop()
	})
}

func (a *asleep) close() {
	a.t.Helper()
	a.soon("the end", func() {
		if err := a.Close(a.t.Context()); err != nil {
			a.t.Error(err)
		}
	})
}

// A disk that does not answer while the settings or the rules are looked at keeps neither what is asked of the
// controller, nor its end.
func TestADiskThatSleepsKeepsNobody(t *testing.T) {
	a := sleep(t, time.Millisecond, "settings", "rules")
	defer a.wake()
	if one, other := <-a.asked, <-a.asked; one == other {
		t.Errorf("%s is asked twice", one)
	}
	a.runs()
	a.close()
	if len(a.asked) > 0 {
		t.Errorf("%d looks more", len(a.asked))
	}
}

// What a person changes on a disk that sleeps is in force, is said to be unsaved, and is saved when the disk wakes; who
// changes more meanwhile, starts, stops or ends the proxy waits for nothing.
func TestChangesOnADiskThatSleeps(t *testing.T) {
	t.Parallel()
	a := sleep(t, time.Hour, "settings")
	unsaved := func(err error) bool {
		var save *settings.SaveError
		return errors.As(err, &save) && errors.Is(err, errDiskLate) && InForce(err)
	}
	a.soon("a change", func() {
		if err := a.Change(func(s *settings.Settings) { s.Proxy.MaxFields = 77 }); !unsaved(err) || !unsaved(a.Unsaved()) {
			t.Errorf("%v, unsaved %v", err, a.Unsaved())
		}
	})
	began := time.Now()
	for _, device := range []string{"10.0.0.1", "10.0.0.2"} {
		if err := a.Change(func(s *settings.Settings) { s.LAN.Allow = append(s.LAN.Allow, device) }); !unsaved(err) {
			t.Errorf("%v", err)
		}
	}
	if err := a.SetRecording(false); !unsaved(err) || a.Recording() {
		t.Errorf("%v, recording %v", err, a.Recording())
	}
	if took := time.Since(began); took > diskTime/2 {
		t.Errorf("changes that follow took %v", took)
	}
	a.runs()
	if len(a.asked) != 1 {
		t.Errorf("the disk was asked %d times", len(a.asked))
	}
	w := a.Watch()
	defer w.Close()
	a.wake()
	a.soon("the last save", func() {
		for a.Unsaved() != nil {
			<-w.C
		}
	})
	a.close()
	s, err := settings.Load(a.Path())
	if err != nil || s.Proxy.MaxFields != 77 || !slices.Equal(s.LAN.Allow, []string{"10.0.0.1", "10.0.0.2"}) || s.Recording.Enabled {
		t.Errorf("saved %+v, %v", s, err)
	}
}

// An edit of the rules on a disk that sleeps fails, and is not done when the disk wakes: the person was told so.
func TestRulesAreEditedOnADiskThatSleeps(t *testing.T) {
	t.Parallel()
	a := sleep(t, time.Hour, "rules")
	changed := false
	edit := func(text []byte) ([]byte, error) {
		changed = true
		return []byte("[[rule]]\nblock = \"403\"\n"), nil
	}
	a.soon("an edit", func() {
		if err := a.Rules().Edit(edit); !errors.Is(err, errDiskLate) {
			t.Errorf("%v", err)
		}
	})
	began := time.Now()
	if err := a.Rules().Edit(edit); !errors.Is(err, errDiskLate) || time.Since(began) > diskTime/2 {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	a.runs()
	a.wake()
	a.soon("the next edit", func() {
		for errors.Is(a.Rules().Edit(func(text []byte) ([]byte, error) {
			if changed || len(text) > 0 {
				t.Errorf("the first edit was done: %q", text)
			}
			return []byte("[[rule]]\nmark = \"red\"\n"), nil
		}), errDiskLate) {
			t.Log("late still")
		}
	})
	a.close()
	text, err := a.Rules().Text()
	if err != nil || !strings.Contains(string(text), "red") || len(a.Rules().Set().Rules) != 1 {
		t.Errorf("%q, %v", text, err)
	}
}

// What an authority's disk keeps waiting is told, and its next question is not waited for.
func TestAnAuthorityOnADiskThatSleeps(t *testing.T) {
	t.Parallel()
	a := sleep(t, time.Hour)
	wakes := make(chan struct{})
	ask := func() (took time.Duration, err error) {
		began := time.Now()
		a.ask(func() {
			_, err = within(&a.decryption, func() (int, error) {
				<-wakes
				return 1, nil
			})
		})
		return time.Since(began), err
	}
	if took, err := ask(); !errors.Is(err, errDiskLate) || took < diskTime {
		t.Errorf("%v after %v", err, took)
	}
	if took, err := ask(); !errors.Is(err, errDiskLate) || took > diskTime/2 {
		t.Errorf("%v after %v", err, took)
	}
	a.runs()
	close(wakes)
	<-a.decryption.disk
	if _, err := ask(); err != nil {
		t.Errorf("%v", err)
	}
	a.close()
}

// The window waits for no disk when it says how it stands, and what it said last is written.
func TestAWindowOnADiskThatSleeps(t *testing.T) {
	wakes, begun := make(chan struct{}), make(chan struct{}, 3)
	f := &WindowFile{Path: filepath.Join(t.TempDir(), "window.json"), slow: func() {
		begun <- struct{}{}
		<-wakes
	}}
	w := DefaultWindowState()
	for _, w.Filter = range []string{"one", "two", "three"} {
		f.Save(w)
		if w.Filter == "one" {
			<-begun
		}
	}
	began := time.Now()
	if f.End(); time.Since(began) < diskEnd {
		t.Errorf("the end waited for %v", time.Since(began))
	}
	close(wakes)
	f.End()
	if got := LoadWindowState(f.Path).Filter; got != "three" || len(begun) != 1 {
		t.Errorf("%q is kept, %d more writes", got, len(begun))
	}
}
