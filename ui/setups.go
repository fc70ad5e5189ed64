package ui

import (
	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/app/desktop/atomicfile"
	"posthouse/app/settings"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	uisettings "posthouse/ui/settings"
	"posthouse/ui/setup"
	"posthouse/ui/words"
)

// setups open what is set up in dialogs: the settings, the certificate, the first steps.
// They belong to the UI goroutine.
type setups struct {
	ruled *ruled // the rules, and their room
	*services
	system   SystemProxy
	login    uisettings.SystemEntry // nil: this system starts no program at login
	opens    uisettings.SystemEntry // nil: this system has no list of what opens files
	stores   []trust.Store          // where the certificate is installed
	report   func(error)
	changed  func()             // has every part of the window follow the controller
	settings *uisettings.Dialog // the one that was opened last
	// authority is whether there is a certificate authority, as was last looked.
	authority bool
}

// phone shows how another device uses the proxy.
func (c *setups) phone() {
	if !c.covered() {
		setup.Phone(c.deps(), setup.PhoneOptions{})
	}
}

// https opens the settings where they are about HTTPS.
func (c *setups) https() { c.openSetting("decrypt.hosts") }

// openSetting opens the settings where one of them is.
func (c *setups) openSetting(key string) {
	c.openSettings()
	c.settings.Open(key)
}

// openSettings opens the settings.
func (c *setups) openSettings() {
	for _, entry := range []uisettings.SystemEntry{c.login, c.opens} {
		if entry != nil {
			entry.Look()
		}
	}
	c.settings = uisettings.New(uisettings.Deps{
		Window: c.win, Path: c.controller.Path(), Current: c.controller.Settings, Copy: c.copy, Login: c.login, Files: c.opens,
		Setup: c.deps(),
		Change: func(change func(*settings.Settings)) error {
			err := c.controller.Change(change)
			if app.InForce(err) {
				c.report(err)
			}
			c.changed()
			return err
		},
	})
	c.open(c.settings.Dialog)
}

// saveCertificate asks for a file and puts the certificate into it.
func (c *setups) saveCertificate() {
	kinds := []filedialog.Kind{{Name: i18n.T("choose.certificates"), Extensions: []string{"pem", "crt", "cer"}}}
	c.files.Save(filedialog.Options{Title: i18n.T("cert.save.title"), Name: "posthouse-ca.pem", Kinds: kinds}, c.writeCertificate)
}

// writeCertificate puts the certificate into a file, never the key.
func (c *setups) writeCertificate(path string) {
	a, err := c.controller.Decryption().Authority()
	if err != nil {
		c.certificateSaved(err)
		return
	}
	c.work(func() func() {
		err := atomicfile.Options{Mode: 0o644, Direct: true}.Write(path, a.PEM())
		return func() { c.certificateSaved(err) }
	})
}

func (c *setups) certificateSaved(err error) {
	text := i18n.T("cert.saved")
	if err != nil {
		text = i18n.T("cert.unsaved", words.ReasonText(err))
	}
	c.inform(i18n.T("cert.save.title"), text)
}

// deps is what the dialogs of package setup need of the window.
func (c *setups) deps() setup.Deps {
	return setup.Deps{
		Window: c.win, Controller: c.controller, Stores: c.stores, Context: c.ctx,
		System: c.system, Work: c.work, Copy: c.copy, Open: c.open, Changed: c.certificateChanged, Save: c.saveCertificate,
		Reason: func(err error) string {
			text, _ := words.ProblemText(err)
			return text
		},
		Problem: words.ProblemText,
	}
}

// certificateChanged shows another authority where one is shown.
func (c *setups) certificateChanged() {
	if c.settings != nil && !c.settings.Closed {
		c.settings.Refresh()
	}
	c.look()
	c.changed()
}

// look finds out whether there is a certificate authority: files may be read for that.
func (c *setups) look() {
	_, err := c.controller.Decryption().Authority()
	c.authority = err == nil
}

// hasAuthority reports whether there is a certificate authority.
func (c *setups) hasAuthority() bool { return c.authority }
