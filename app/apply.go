package app

import (
	"errors"
	"slices"
)

// Apply puts settings into force, as far as they differ from those in force. See Change.
func (c *Controller) Apply(s Settings) error {
	err := ErrClosed
	c.ask(func() {
		wish := changed(c.settings.Load(), &s)
		c.reread()
		err = c.enforce(wish)
	})
	return err
}

// Change has change say what is to be another way, puts that into force and writes
// it to the settings file: what change leaves as it was stays as the file has it by
// then. It is called once, with the settings in force, the last edit of the file
// among them. A running proxy listens on new addresses before the old ones are let go.
// The error is
//   - a *ValueError or *BindError, and nothing has changed; or
//   - a *SaveError or *FileError: it is in force but not saved (see InForce).
func (c *Controller) Change(change func(*Settings)) error {
	err := ErrClosed
	c.ask(func() { err = c.changeSettings(change) })
	return err
}

// InForce reports whether what Apply or Change was asked for holds, saved or not.
func InForce(err error) bool {
	var save *SaveError
	var file *FileError
	return err == nil || errors.As(err, &save) || errors.As(err, &file)
}

func (c *Controller) changeSettings(change func(*Settings)) error {
	c.reread()
	now := *c.settings.Load()
	s := now.clone()
	change(&s)
	return c.enforce(changed(&now, &s))
}

// enforce puts what a person changed into force, and saves it.
func (c *Controller) enforce(wish changes) error {
	if err := c.apply(wish.on(*c.settings.Load())); err != nil {
		return err
	}
	return c.save(wish)
}

// apply puts settings into force.
func (c *Controller) apply(s Settings) error {
	s.Version = settingsVersion
	s = s.clone()
	if err := s.Validate(); err != nil {
		return err
	}
	decryption, err := c.prepare(&s.Decrypt)
	if err != nil {
		return err
	}
	old := c.settings.Load()
	if places := c.wanted(&s); c.Status().State == Running && !slices.Equal(places, c.run.wanted) {
		// A network that has gone is no reason to refuse other settings.
		patient := slices.Equal(onLAN(places), onLAN(c.run.wanted))
		if err := c.rebind(places, patient); err != nil {
			return err
		}
	}
	c.settings.Store(&s)
	c.decryption.Store(decryption)
	if c.run != nil {
		c.run.server.Configure(c.engine(&s))
	}
	if s.Recording.Enabled != old.Recording.Enabled {
		c.store.SetRecording(s.Recording.Enabled)
	}
	if s.Recording.Memory != old.Recording.Memory || s.Recording.Body != old.Recording.Body {
		c.store.SetLimits(int64(s.Recording.Memory), s.Recording.bodyLimit())
	}
	c.watchers.signal()
	return nil
}

// save writes what a person changed, and what could not be written before, into
// the file as it is now.
func (c *Controller) save(wish changes) error {
	if c.path == "" {
		return nil
	}
	c.unsaved = c.unsaved.and(wish)
	if len(c.unsaved) == 0 {
		c.setUnsaved(nil)
		return nil
	}
	before, after, err := updateFile(c.path, c.unsaved, c.filed)
	var file *FileError
	switch {
	case errors.As(err, &file):
		c.setUnsaved(nil) // the problem says it
		c.setProblem(err)
		return err
	case err != nil:
		err = &SaveError{c.path, err}
		c.setUnsaved(err)
		return err
	}
	c.unsaved = nil
	c.setUnsaved(nil)
	if errors.As(c.SettingsProblem(), &file) {
		c.setProblem(nil)
	}
	c.stamp = fileStamp{}                                 // what others wrote meanwhile comes into force with the next look
	if before.Equal(c.filed) && c.problem.Load() == nil { // nothing was
		c.stamp = stampOf(c.path)
	}
	c.filed = after
	return nil
}

func (c *Controller) setUnsaved(err error) {
	if err == nil && c.failedSave.Load() == nil {
		return
	}
	if err == nil {
		c.failedSave.Store(nil)
	} else {
		c.failedSave.Store(&err)
	}
	c.watchers.signal()
}

// Unsaved is why settings that are in force are not in the file, a *SaveError; nil:
// they are, or SettingsProblem says why not.
func (c *Controller) Unsaved() error {
	if p := c.failedSave.Load(); p != nil {
		return *p
	}
	return nil
}

// ReplaceBadFile keeps a settings file that is not usable under another name,
// which it returns, and writes the settings in force in its place.
func (c *Controller) ReplaceBadFile() (kept string, err error) {
	err = ErrClosed
	c.ask(func() {
		if err = nil; c.problem.Load() == nil {
			return
		}
		if kept, err = setAside(c.path); err != nil {
			return
		}
		c.setProblem(nil)
		c.filed = c.unsaved.on(c.filed)
		if _, _, err = updateFile(c.path, nil, c.filed); err != nil {
			err = &SaveError{c.path, err}
			c.setUnsaved(err)
			return
		}
		c.unsaved = nil
		c.setUnsaved(nil)
		c.stamp = stampOf(c.path)
	})
	return kept, err
}

// reread looks whether a person changed the file, and follows it.
func (c *Controller) reread() {
	if c.path == "" {
		return
	}
	stamp, same := c.stamp.again(c.path)
	if same {
		c.stamp = stamp
		return
	}
	c.stamp = stamp
	if !stamp.there {
		c.setProblem(nil) // the settings in force stay, and the next save writes them
		return
	}
	s, err := LoadSettings(c.path)
	if err == nil {
		c.unsaved = c.unsaved.without(changed(&c.filed, &s))
		c.filed = s
		if c.change != nil {
			c.change(&s)
		}
		err = c.apply(c.unsaved.on(s))
	}
	c.setProblem(err)
	if err == nil {
		_ = c.save(nil) // what waited for the file to be mended; Unsaved tells what fails
	}
}
