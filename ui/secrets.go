package ui

import (
	"slices"
	"sync/atomic"

	"posthouse/app"
	"posthouse/proxy/flow"
	"posthouse/proxy/redact"
	"posthouse/ui/i18n"
)

// secrets are what the window shows and hands on without, while a person wants that: for
// whoever looks on. What is read of the store for the screen or the clipboard goes through it,
// on any goroutine; the rest belongs to the UI goroutine.
type secrets struct {
	masker atomic.Pointer[redact.Masker] // nil: all is shown as it passed
	names  []string                      // that the settings add
}

// hidden reports whether secrets are hidden.
func (s *secrets) hidden() bool { return s.masker.Load() != nil }

// hide hides them, or shows them; names are those that the settings add.
func (s *secrets) hide(on bool, names []string) {
	s.names = slices.Clone(names)
	if !on {
		s.masker.Store(nil)
		return
	}
	// A body that cannot be looked into is shown in hex: nothing is left out here.
	s.masker.Store(redact.New(redact.Options{Names: names, KeepUnreadable: true}))
}

// row is a row as it is shown.
func (s *secrets) row(r flow.Row, ok bool) (flow.Row, bool) {
	if ok {
		r = s.mask(&r)
	}
	return r, ok
}

// mask is row for one that is there.
func (s *secrets) mask(r *flow.Row) flow.Row {
	if m := s.masker.Load(); m != nil {
		return m.Row(r)
	}
	return *r
}

// exchange is an exchange as it is shown.
func (s *secrets) exchange(x flow.Exchange, ok bool) (flow.Exchange, bool) {
	if m := s.masker.Load(); m != nil && ok {
		masked, _ := m.Exchange(&x)
		return masked, true
	}
	return x, ok
}

// text is a text as it is handed on.
func (s *secrets) text(text string) string {
	if m := s.masker.Load(); m != nil {
		return m.Text(text)
	}
	return text
}

// hideSecrets has the window show placeholders in place of secrets, or what passed.
func (w *Window) hideSecrets(on bool) {
	w.secrets.hide(on, w.controller.Settings().Share.Secrets)
	w.memory.HideSecrets = on
	w.memory.save()
	w.showSecrets()
}

// followSecrets takes other names into account.
func (w *Window) followSecrets(app.Status) {
	names := w.controller.Settings().Share.Secrets
	if w.secrets.hidden() && !slices.Equal(names, w.secrets.names) {
		w.secrets.hide(true, names)
		w.showSecrets()
	}
}

// showSecrets draws everything anew that may show one.
func (w *Window) showSecrets() {
	w.tip.Close()
	w.list.Refresh()
	w.details.Reread()
	w.showSecretsSign()
	w.syncCommands()
}

// showSecretsSign says in the status bar that secrets are hidden.
func (w *Window) showSecretsSign() {
	text := ""
	if w.secrets.hidden() {
		text = i18n.T("secrets.hidden")
	}
	w.status.secrets.say(text)
	w.status.object.Refresh() // for its width
}
