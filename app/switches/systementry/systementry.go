// Package systementry keeps a setting and an entry for this program in a list of the
// system the same: of the programs that start at login, and of those that open files.
//
// The truth is the system's list. A person may have removed the entry there (the
// Task Manager, GNOME Tweaks, *Open with*), so the setting follows it: at the start, and
// each time it is looked at. A change of the setting while Posthouse runs, in the
// window or in the file, writes or removes the entry.
//
// Its states and what changes them are a table: states.md. All methods are safe for
// concurrent use.
package systementry

import (
	"sync"

	"posthouse/app"
	"posthouse/app/settings"
)

// A Setting is where a setting is that is kept the same with an entry.
type Setting func(*settings.Settings) *bool

// The settings that are.
var (
	StartAtLogin Setting = func(s *settings.Settings) *bool { return &s.General.StartAtLogin }
	SessionFiles Setting = func(s *settings.Settings) *bool { return &s.General.SessionFiles }
)

// of is what the setting is.
func (at Setting) of(s settings.Settings) bool { return *at(&s) }

// Entry is what is used of an autostart.Entry, or of a filetypes.Entry.
type Entry interface {
	Enabled() (bool, error)
	Enable() error
	Disable() error
	Follow() error
	Unfit() error
}

// Keeper keeps both the same until it is closed.
type Keeper struct {
	controller *app.Controller
	setting    Setting
	entry      Entry
	quit, done chan struct{}
	once       sync.Once

	mu  sync.Mutex // held while entry and setting are compared or changed
	on  bool       // what the setting was when both were the same
	err error      // of the last change of the entry
}

// Keep looks at the system's list, has its entry follow this program where that
// has moved, and begins to keep both the same.
func Keep(c *app.Controller, at Setting, e Entry) *Keeper {
	k := &Keeper{controller: c, setting: at, entry: e, quit: make(chan struct{}), done: make(chan struct{})}
	if e.Unfit() == nil { // else an entry of a Posthouse that stays would be led to one that does not
		k.err = e.Follow()
	}
	k.on = at.of(c.Settings())
	k.Look()
	go k.run()
	return k
}

// Look has the setting say what the system's list says. It reads a small file, or
// values of the registry.
func (k *Keeper) Look() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.setting.of(k.controller.Settings()) != k.on {
		return // a wish that is about to be followed
	}
	k.adopt(k.on)
}

// adopt makes the setting what the entry is, unless a person has changed it
// meanwhile from what it was: that is followed next. The caller holds the lock.
func (k *Keeper) adopt(was bool) {
	on, err := k.entry.Enabled()
	if err != nil {
		k.err = err
		return
	}
	k.on = on
	if on == was {
		return
	}
	_ = k.controller.Change(func(s *settings.Settings) { // Unsaved tells that it cannot be saved
		if at := k.setting(s); *at == was {
			*at = on
		}
	})
}

// Unfit says why this program cannot have an entry; nil: it can.
func (k *Keeper) Unfit() error { return k.entry.Unfit() }

// Err is why the entry could not be read or changed the last time; nil: it could.
func (k *Keeper) Err() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.err
}

// Close ends the keeping; the entry stays.
func (k *Keeper) Close() {
	k.once.Do(func() { close(k.quit) })
	<-k.done
}

func (k *Keeper) run() {
	defer close(k.done)
	w := k.controller.Watch()
	defer w.Close()
	for {
		select {
		case <-w.C:
			k.follow()
		case <-k.quit:
			return
		}
	}
}

// follow changes the entry where the setting was changed.
func (k *Keeper) follow() {
	k.mu.Lock()
	defer k.mu.Unlock()
	want := k.setting.of(k.controller.Settings())
	if want == k.on {
		return
	}
	switch {
	case !want:
		k.err = k.entry.Disable()
	default:
		if k.err = k.entry.Unfit(); k.err == nil {
			k.err = k.entry.Enable()
		}
	}
	err := k.err
	k.adopt(want) // where the change failed, the setting goes back
	if err != nil {
		k.err = err
	}
}
