package ui

import (
	"fyne.io/fyne/v2"

	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/i18n"
	"posthouse/ui/setup"
	"posthouse/ui/words"
)

// decryptMenu is what can be chosen about the TLS of a row's host; nothing for
// rows without TLS.
func (w *Window) decryptMenu(row *flow.Row) []*fyne.MenuItem {
	if row.Kind != flow.KindTunnel && row.Scheme != "https" {
		return nil
	}
	host, shown, id := row.Host, words.VisibleText(row.Host), row.ID
	items := []*fyne.MenuItem{
		fyne.NewMenuItem(i18n.T("row.decrypt", shown), func() { w.report(w.controller.Decryption().DecryptHost(host)) }),
		fyne.NewMenuItem(i18n.T("row.pass", shown), func() { w.report(w.controller.Decryption().PassHost(host, true)) }),
		fyne.NewMenuItem(i18n.T("row.pass.session", shown), func() { w.report(w.controller.Decryption().PassHost(host, false)) }),
	}
	if row.TLS.Problem&details.CertificateProblems != 0 {
		items = append(items, fyne.NewMenuItem(i18n.T("row.trust", shown), func() { w.trustCertificate(id) }))
	}
	if row.TLS.Outcome != flow.TLSDecrypted && row.TLS.Outcome != flow.TLSPlain {
		items = append(items, fyne.NewMenuItem(i18n.T("menu.guide"), func() { setup.Guide(w.setupDeps(), host) }))
	}
	return items
}

// trustCertificate pins the certificate that the origin of a row showed.
func (w *Window) trustCertificate(id flow.ID) {
	if x, ok := w.controller.Store().Get(id); ok && x.Secure.Fingerprint != [32]byte{} {
		w.report(w.controller.Decryption().TrustCertificate(x.Host, x.Secure.Fingerprint))
	}
}

// reported shows an error and hands it on.
func (w *Window) reported(err error) error {
	w.report(err)
	return err
}

// remedies are what the Overview offers where TLS went wrong.
func (w *Window) remedies() details.Remedies {
	return details.Remedies{
		Decrypt: func(host string) error { return w.reported(w.controller.Decryption().DecryptHost(host)) },
		Pass: func(host string, always bool) error {
			return w.reported(w.controller.Decryption().PassHost(host, always))
		},
		Trust: func(host string, fingerprint [32]byte) error {
			return w.reported(w.controller.Decryption().TrustCertificate(host, fingerprint))
		},
		Install:  func() { setup.Install(w.setupDeps()) },
		Settings: w.showHTTPSSettings,
	}
}

// showHTTPSSettings opens the settings where they are about HTTPS.
func (w *Window) showHTTPSSettings() {
	w.showSettings()
	w.settings.Open("decrypt.hosts")
}
