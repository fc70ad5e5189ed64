package app

import (
	"errors"
	"slices"

	"posthouse/app/settings"
)

// Apply puts settings into force, as far as they differ from those in force. See Change.
func (c *Controller) Apply(s settings.Settings) error {
	change := settings.Diff(c.settings.Load(), &s)
	return c.file.enforce(func() settings.Changes { return change })
}

// Change has change say what is to be another way, puts that into force and writes
// it to the settings file: what change leaves as it was stays as the file has it by
// then. It is called once, with the settings in force, the last edit of the file
// among them. A running proxy listens on new addresses before the old ones are closed.
// The error is
//   - a *ValueError or *BindError, and nothing has changed; or
//   - a *SaveError or *FileError: it is in force but not saved (see InForce).
func (c *Controller) Change(change func(*settings.Settings)) error {
	return c.file.enforce(func() settings.Changes {
		now := *c.settings.Load()
		s := now.Clone()
		change(&s)
		return settings.Diff(&now, &s)
	})
}

// InForce reports whether what Apply or Change was asked for holds, saved or not.
func InForce(err error) bool {
	var save *settings.SaveError
	var file *settings.FileError
	return err == nil || errors.As(err, &save) || errors.As(err, &file)
}

// apply puts settings into force.
func (c *Controller) apply(s settings.Settings) error {
	s.Version = settings.Version
	s = s.Clone()
	if err := s.Validate(); err != nil {
		return err
	}
	decryption, err := c.decryption.prepare(&s.Decrypt)
	if err != nil {
		return err
	}
	old := c.settings.Load()
	if endpoints := c.wanted(&s); c.Status().State == Running && !slices.Equal(endpoints, c.run.wanted) {
		// A network that has gone is no reason to refuse other settings.
		patient := slices.Equal(onLAN(endpoints), onLAN(c.run.wanted))
		if err := c.run.rebind(endpoints, patient); err != nil {
			return blame(err)
		}
	}
	c.settings.Store(&s)
	c.decryption.inForce.Store(decryption)
	c.configure(&s)
	if s.Recording.Enabled != old.Recording.Enabled {
		c.store.SetRecording(s.Recording.Enabled)
	}
	if s.Recording.Memory != old.Recording.Memory || s.Recording.Body != old.Recording.Body {
		c.store.SetLimits(int64(s.Recording.Memory), s.Recording.BodyLimit())
	}
	if s.History != old.History {
		c.history.wake.Set()
	}
	if s.Breakpoints != old.Breakpoints {
		c.setBreaks(&s.Breakpoints)
	}
	c.watchers.signal()
	return nil
}

// Unsaved is why settings that are in force are not in the file, a *SaveError; nil:
// they are, or SettingsProblem says why not.
func (c *Controller) Unsaved() error { return c.file.Unsaved() }

// SettingsProblem says why the settings file is not in force; nil if it is. A
// *FileError names the line. Until it is mended or replaced nothing is saved.
func (c *Controller) SettingsProblem() error { return c.file.Problem() }

// RetryFile puts a settings file into force whose settings could not be.
func RetryFile(c *Controller) { c.file.retry() }

// Path is the settings file, "" if there is none.
func (c *Controller) Path() string { return c.file.Path() }

// ReplaceBadFile keeps a settings file that is not usable under another name,
// which it returns, and writes the settings in force in its place.
func (c *Controller) ReplaceBadFile() (kept string, err error) { return c.file.replaceBad() }
