package ui

import (
	"crypto/x509"
	"time"

	"posthouse/app"
	"posthouse/ui/i18n"
	"posthouse/ui/setup"
)

// authorityNews is what is to be known of the certificate authority in use.
type authorityNews struct {
	trusted func(*x509.Certificate) (trusted, known bool) // nil: it is not looked
	looked  *app.Authority                                // whose trust was looked for
	at      time.Time                                     // when
	missing string                                        // fingerprint of one that is not trusted
}

// authorityWarnings are how long before its end a certificate authority is spoken
// of, each once; the shortest first.
var authorityWarnings = []struct {
	left time.Duration
	key  string
}{{3 * 24 * time.Hour, "authority 3 "}, {30 * 24 * time.Hour, "authority 30 "}}

// authorityWarning is the key of the warning that is due, "" for none.
func authorityWarning(end, now time.Time) string {
	for _, warning := range authorityWarnings {
		if end.Sub(now) <= warning.left {
			return warning.key
		}
	}
	return ""
}

// authorityNews reminds of a certificate authority that is about to end, or that
// this computer does not trust while it decrypts: each once.
func (w *Window) authorityNews() []news {
	a := w.controller.Decryption().CA()
	if a == nil {
		return nil
	}
	w.lookForTrust(a)
	end := a.Certificate().NotAfter
	if key := authorityWarning(end, time.Now()); key != "" {
		return w.authorityNote(key+a.Fingerprint(), i18n.T("news.authority.ends", day(end)))
	}
	if w.authority.missing == a.Fingerprint() {
		said := w.authorityNote("authority untrusted "+a.Fingerprint(), i18n.T("news.authority.untrusted"))
		for i := range said {
			said[i].remedy, said[i].act = i18n.T("menu.cert.install"), func() { setup.Install(w.setupDeps()) }
		}
		return said
	}
	return nil
}

// authorityNote says something of the authority once in the life of a user, also
// while the window is hidden.
func (w *Window) authorityNote(key, text string) []news {
	if w.saidBefore(key) {
		return nil
	}
	w.note("authority", true, time.Time{}, func() (string, string) { return i18n.T("note.authority"), text })
	return []news{{key: key, text: text, done: func() { w.say(key) }}}
}

// trustPause is the least time between two looks for the same authority, which may
// be trusted meanwhile.
const trustPause = 30 * time.Second

// lookForTrust looks beside the UI goroutine: tools of the system may be asked.
func (w *Window) lookForTrust(a *app.Authority) {
	if w.authority.trusted == nil || w.authority.looked == a && time.Since(w.authority.at) < trustPause {
		return
	}
	w.authority.looked, w.authority.at = a, time.Now()
	look := w.authority.trusted
	w.work(func() func() {
		trusted, known := look(a.Certificate())
		return func() {
			missing := ""
			if known && !trusted {
				missing = a.Fingerprint()
			}
			if missing != w.authority.missing {
				w.authority.missing = missing
				w.followController()
			}
		}
	})
}
