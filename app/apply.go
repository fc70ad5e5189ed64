package app

import (
	"os"
	"slices"
	"time"
)

// Apply puts settings into force. A running proxy listens on new addresses
// before the old ones are let go. The error is
//   - a *ValueError or *BindError, and nothing has changed; or
//   - a *SaveError or *FileError: the settings are in force but not saved.
func (c *Controller) Apply(s Settings) error {
	err := ErrClosed
	c.ask(func() { err = c.apply(s, true) })
	return err
}

func (c *Controller) apply(s Settings, save bool) error {
	s.Version = settingsVersion
	s.Proxy.Listen = slices.Clone(s.Proxy.Listen)
	s.Decrypt, s.LAN = s.Decrypt.clone(), s.LAN.clone()
	s.Proxy.UpstreamBypass = slices.Clone(s.Proxy.UpstreamBypass)
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
	if !save {
		return nil
	}
	return c.save(s)
}

func (c *Controller) save(s Settings) error {
	if c.path == "" {
		return nil
	}
	if c.problem.Load() != nil {
		return c.SettingsProblem()
	}
	if err := saveSettings(c.path, s); err != nil {
		return &SaveError{c.path, err}
	}
	c.stamp = stampOf(c.path)
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
		err = c.save(*c.settings.Load())
	})
	return kept, err
}

// fileStamp tells one state of a file from another.
type fileStamp struct {
	modified time.Time
	size     int64
	there    bool
}

func stampOf(path string) fileStamp {
	info, err := os.Stat(path)
	if err != nil {
		return fileStamp{}
	}
	return fileStamp{info.ModTime(), info.Size(), true}
}

// reread looks whether a person changed the file, and follows it.
func (c *Controller) reread() {
	if c.path == "" {
		return
	}
	stamp := stampOf(c.path)
	if stamp == c.stamp {
		return
	}
	c.stamp = stamp
	if !stamp.there {
		c.setProblem(nil) // the settings in force stay, and the next save writes them
		return
	}
	s, err := LoadSettings(c.path)
	if err == nil {
		if c.change != nil {
			c.change(&s)
		}
		err = c.apply(s, false)
	}
	c.setProblem(err)
}
