package ui

import (
	"slices"
	"sync/atomic"

	"posthouse/app"
	"posthouse/proxy/flow"
	"posthouse/proxy/redact"
	"posthouse/ui/details"
	"posthouse/ui/i18n"
)

// secrets are what the window shows and hands on without, while a person wants that: for
// whoever looks on. What is read of the store for the screen or the clipboard goes through it,
// on any goroutine; the rest belongs to the UI goroutine.
type secrets struct {
	masker atomic.Pointer[redact.Masker] // nil: all is shown as it passed
	names  []string                      // that the settings added when they were hidden

	given   func() []string // the names that the settings add now
	changed func()          // draws everything anew that may show one
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

// mask is row for one that is there. Its sizes are those that passed, for a row has no body that
// could be masked: they are told roughly.
func (s *secrets) mask(r *flow.Row) flow.Row {
	if m := s.masker.Load(); m != nil {
		masked := m.Row(r)
		masked.RequestSize, masked.ResponseSize = roughly(r.RequestSize), roughly(r.ResponseSize)
		return masked
	}
	return *r
}

// sizeStep is what sizes are rounded up to while secrets are hidden, in bytes: beside that of a
// masked body, an exact one would tell how long its secrets are.
const sizeStep = 1 << 10

func roughly(size int64) int64 { return (size + sizeStep - 1) / sizeStep * sizeStep }

// exchange is an exchange as it is shown.
func (s *secrets) exchange(x flow.Exchange, ok bool) (flow.Exchange, bool) {
	if m := s.masker.Load(); m != nil && ok {
		masked, _ := m.Exchange(&x)
		return masked, true
	}
	return x, ok
}

// named is what an exchange is called where something is said of it.
func (s *secrets) named(x *flow.Exchange) string {
	row := s.mask(&x.Row)
	return row.Method + " " + row.URL()
}

// text is a text as it is handed on.
func (s *secrets) text(text string) string {
	if m := s.masker.Load(); m != nil {
		return m.Text(text)
	}
	return text
}

// set hides secrets, or shows them, and has that drawn.
func (s *secrets) set(on bool) {
	s.hide(on, s.given())
	s.changed()
}

// follow takes other names into account.
func (s *secrets) follow(app.Status) {
	if names := s.given(); s.hidden() && !slices.Equal(names, s.names) {
		s.set(true)
	}
}

// newSecrets begins as the window was left. Each change is remembered, and drawn wherever a
// secret may be in sight.
func (w *Window) newSecrets() {
	s := w.secrets
	s.given = func() []string { return w.controller.Settings().Share.Secrets }
	s.hide(w.memory.HideSecrets, s.given())
	s.changed = func() {
		w.memory.HideSecrets = s.hidden()
		w.memory.save()
		w.tip.Close()
		w.list.Refresh()
		details.Reread(w.details)
		if w.rooms.compose != nil {
			w.rooms.compose.SecretsChanged()
		}
		w.rooms.groups.SecretsChanged()
		w.rooms.waiting.changed()
		w.setups.ruled.secretsChanged()
		w.status.showSecrets(s.hidden())
		w.syncCommands()
	}
}

// showSecrets says in the status bar that secrets are hidden.
func (b *statusBar) showSecrets(hidden bool) {
	text := ""
	if hidden {
		text = i18n.T("secrets.hidden")
	}
	b.secrets.say(text)
	b.object.Refresh() // for its width
}
