package ui

import (
	"crypto/x509"
	"time"

	"posthouse/app"
	"posthouse/ui/i18n"
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
func (n *notices) authorityNews() []notice {
	a := n.controller.Decryption().CA()
	if a == nil {
		return nil
	}
	n.lookForTrust(a)
	end := a.Certificate().NotAfter
	if key := authorityWarning(end, time.Now()); key != "" {
		return n.authorityNote(key+a.Fingerprint(), i18n.T("news.authority.ends", day(end)))
	}
	if n.authority.missing == a.Fingerprint() {
		said := n.authorityNote("authority untrusted "+a.Fingerprint(), i18n.T("news.authority.untrusted"))
		for i := range said {
			said[i].remedy, said[i].act = i18n.T("menu.cert.install"), n.install
		}
		return said
	}
	return nil
}

// authorityNote says something of the authority once in the life of a user, also
// while the window is hidden.
func (n *notices) authorityNote(key, text string) []notice {
	if n.memory.said(key) {
		return nil
	}
	n.notes.note("authority", true, time.Time{}, func() (string, string) { return i18n.T("note.authority"), text })
	return []notice{{source: source{kind: ofAuthority, what: key}, text: text, done: func() { n.memory.say(key) }}}
}

// trustPause is the least time between two looks for the same authority, which may
// be trusted meanwhile.
const trustPause = 30 * time.Second

// lookForTrust looks beside the UI goroutine: tools of the system may be asked.
func (n *notices) lookForTrust(a *app.Authority) {
	if n.authority.trusted == nil || n.authority.looked == a && time.Since(n.authority.at) < trustPause {
		return
	}
	n.authority.looked, n.authority.at = a, time.Now()
	look := n.authority.trusted
	n.work(func() func() {
		trusted, known := look(a.Certificate())
		return func() {
			missing := ""
			if known && !trusted {
				missing = a.Fingerprint()
			}
			if missing != n.authority.missing {
				n.authority.missing = missing
				n.changed()
			}
		}
	})
}
