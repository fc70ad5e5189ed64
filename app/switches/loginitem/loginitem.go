// Package loginitem keeps the setting general.start_at_login and the system's own
// list of programs that start at login the same.
//
// The truth is the system's list. A person may have removed the entry there (the
// Task Manager, GNOME Tweaks), so the setting follows it: at the start, and each
// time it is looked at. A change of the setting while Posthouse runs, in the
// window or in the file, writes or removes the entry.
//
// Its states and what changes them are a table: states.md. All methods are safe for
// concurrent use.
package loginitem

import (
	"sync"

	"posthouse/app"
	"posthouse/app/settings"
)

// Entry is what is used of an autostart.Entry.
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
	entry      Entry
	quit, done chan struct{}
	once       sync.Once

	mu  sync.Mutex // held while entry and setting are compared or changed
	on  bool       // what the setting was when both were the same
	err error      // of the last change of the entry
}

// Keep looks at the system's list, has its entry follow this program where that
// has moved, and begins to keep both the same.
func Keep(c *app.Controller, e Entry) *Keeper {
	k := &Keeper{controller: c, entry: e, quit: make(chan struct{}), done: make(chan struct{})}
	if e.Unfit() == nil { // else an entry of a Posthouse that stays would be led to one that does not
		k.err = e.Follow()
	}
	k.on = c.Settings().General.StartAtLogin
	k.Look()
	go k.run()
	return k
}

// Look has the setting say what the system's list says. It reads a small file, or
// a value of the registry.
func (k *Keeper) Look() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.controller.Settings().General.StartAtLogin != k.on {
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
		if s.General.StartAtLogin == was {
			s.General.StartAtLogin = on
		}
	})
}

// Unfit says why this program cannot be started at login; nil: it can.
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
	want := k.controller.Settings().General.StartAtLogin
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
