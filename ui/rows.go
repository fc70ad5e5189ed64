package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/setup"
	"posthouse/ui/style"
	"posthouse/ui/words"
)

// rowActions are what can be done with a row: copy it, narrow the list to it, decrypt its
// host. They belong to the UI goroutine.
type rowActions struct {
	*services
	filter    *filterBar
	setups    *setups
	marks     *marks
	report    func(error)
	resends   *resends
	breakNext func(*flow.Row) // asks what is to break next, beginning with a row

	tabs      *tabs
	edit      func(flow.ID)   // opens a request in Compose
	group     func([]flow.ID) // makes a group of requests
	chosen    chosenRow
	selection func() []flow.ID // the rows selected in the list
	compared  comparedLists
}

// rowMenu is what the other button opens on a row.
func (r *rowActions) rowMenu(id flow.ID, at fyne.Position) {
	if row, ok := r.tiers.Row(id); ok {
		widget.ShowPopUpMenuAtPosition(r.menu(id, &row), r.win.Canvas(), at)
	}
}

// menu is what can be done with a row or, where it is one of several that are selected,
// with all of them.
func (r *rowActions) menu(id flow.ID, row *flow.Row) *fyne.Menu {
	if ids := r.selection(); len(ids) > 1 && slices.Contains(ids, id) {
		return r.severalItems(ids)
	}
	return r.rowItems(id, row)
}

// severalItems are what can be done with several rows.
func (r *rowActions) severalItems(ids []flow.ID) *fyne.Menu {
	title := fyne.NewMenuItem(i18n.T("row.several", words.CountText(len(ids))), nil)
	title.Disabled = true
	menu := fyne.NewMenu("", title, fyne.NewMenuItem(i18n.T("row.copy.urls"), func() { r.copyURLs(ids) }))
	menu.Items = append(append(menu.Items, r.copyAsItems(ids, flow.KindHTTP)...), fyne.NewMenuItemSeparator())
	if len(ids) == 2 {
		menu.Items = append(menu.Items, fyne.NewMenuItem(i18n.T("compare.menu"), func() { r.compare(ids) }), fyne.NewMenuItemSeparator())
	}
	menu.Items = append(menu.Items, fyne.NewMenuItem(i18n.T("row.resend"), func() { r.resends.resend(ids) }),
		fyne.NewMenuItem(i18n.T("command.compose.group"), func() { r.group(ids) }), fyne.NewMenuItemSeparator())
	menu.Items = append(menu.Items, r.marks.menu(ids), fyne.NewMenuItemSeparator(), r.deleteItem(ids))
	return menu
}

// maxURLs bounds the URLs that are copied together, in bytes.
const maxURLs = 16 << 20

// copyURLs copies the URLs of rows, one a line.
func (r *rowActions) copyURLs(ids []flow.ID) {
	from := r.tiers
	r.work(func() func() {
		var b strings.Builder
		copied := 0
		for _, id := range ids {
			row, ok := r.secrets.row(from.Row(id))
			if !ok {
				continue
			}
			url := details.URLText(&row)
			if b.Len()+len(url) > maxURLs {
				break
			}
			if copied++; copied > 1 {
				b.WriteByte('\n')
			}
			b.WriteString(url)
		}
		cut := b.Len() > maxURLs/2 && copied < len(ids)
		return func() {
			r.copy(b.String())
			if cut {
				r.inform("Posthouse", i18n.T("copied.cut", words.CountText(copied), words.CountText(len(ids))))
			}
		}
	})
}

// rowItems are few enough for a window of 600 pixels: what belongs together stands below one of them.
func (r *rowActions) rowItems(id flow.ID, row *flow.Row) *fyne.Menu {
	ids := []flow.ID{id}
	menu := fyne.NewMenu("", r.copyItems(id, row)...)
	add := func(items ...*fyne.MenuItem) {
		if len(items) > 0 {
			menu.Items = append(append(menu.Items, fyne.NewMenuItemSeparator()), items...)
		}
	}
	add(r.resendItems(id, row)...)
	add(append(r.compareItems(id), r.marks.menu(ids))...)
	if filters := r.filterItems(row); len(filters) > 0 {
		menu.Items = append(menu.Items, below("menu.filter", filters))
	}
	var changes []*fyne.MenuItem
	if row.Kind == flow.KindHTTP && r.live() {
		of := *row
		changes = append(changes, fyne.NewMenuItem(i18n.T("row.break"), func() { r.breakNext(&of) }))
	}
	changes = append(changes, r.ruleItems(id, row)...)
	if choices := r.decryptMenu(row); len(choices) > 0 && r.live() {
		changes = append(changes, below("menu.decrypt", choices))
	}
	add(changes...)
	add(r.deleteItem(ids))
	return menu
}

// below is an entry with others below it.
func below(word string, items []*fyne.MenuItem) *fyne.MenuItem {
	item := fyne.NewMenuItem(i18n.T(word), nil)
	item.ChildMenu = fyne.NewMenu("", items...)
	return item
}

// copyItems copy a row: its URL, this system's form, and below the others and its headers.
func (r *rowActions) copyItems(id flow.ID, row *flow.Row) []*fyne.MenuItem {
	copyOf := func(word string, text func(*flow.Exchange) string) *fyne.MenuItem {
		return fyne.NewMenuItem(i18n.T(word), func() { r.copyText(id, text) })
	}
	forms := r.copyAsItems([]flow.ID{id}, row.Kind)
	others := forms[len(forms)-1].ChildMenu
	others.Items = append(others.Items, fyne.NewMenuItemSeparator(),
		copyOf("command.copy.request", func(x *flow.Exchange) string { return string(x.RequestHead) }),
		copyOf("command.copy.response", func(x *flow.Exchange) string { return string(x.ResponseHead) }))
	return append([]*fyne.MenuItem{copyOf("row.copy.url", func(x *flow.Exchange) string { return details.URLText(&x.Row) })}, forms...)
}

// filterItems narrow the list to the host or the app of a row, or leave them out.
func (r *rowActions) filterItems(row *flow.Row) (items []*fyne.MenuItem) {
	if host := feed.HostGroup(row); host != "" {
		items = append(items, r.scopeItems(feed.ScopeKeys[0], host)...)
	}
	if row.App != "" {
		items = append(items, r.scopeItems(feed.ScopeKeys[1], row.App)...)
	}
	return items
}

// deleteItem deletes rows; in a session it says why it does not.
func (r *rowActions) deleteItem(ids []flow.ID) *fyne.MenuItem {
	if r.live() {
		return fyne.NewMenuItem(i18n.T("row.delete"), func() { r.marks.remove(ids) })
	}
	item := fyne.NewMenuItem(i18n.T("row.delete.session"), nil)
	item.Disabled = true
	return item
}

// menuNameWidth bounds a name that was sent, in pixels: a menu of the toolkit is as wide as
// its words, and would have the window become as wide.
const menuNameWidth = 260

// menuName is a name that was sent, as a menu shows it.
func menuName(name string) string {
	return style.CutText(words.VisibleText(words.ShortText(name, menuNameWidth)), menuNameWidth)
}

// scopeItems are the choices at a host or an app, in the list and in the sidebar.
func (r *rowActions) scopeItems(key, name string) []*fyne.MenuItem {
	word, shown := feed.ScopeWord(key, name), menuName(name)
	return []*fyne.MenuItem{
		fyne.NewMenuItem(i18n.T("row.only", shown), func() { r.filter.set(feed.OnlyScope(r.filter.text(), word)) }),
		fyne.NewMenuItem(i18n.T("row.hide", shown), func() { r.filter.add("-" + word) }),
	}
}

// decryptMenu is what can be chosen about the TLS of a row's host; nothing for
// rows without TLS.
func (r *rowActions) decryptMenu(row *flow.Row) []*fyne.MenuItem {
	if !hasTLS(row) {
		return nil
	}
	host, shown, id := row.Host, menuName(row.Host), row.ID
	items := []*fyne.MenuItem{
		fyne.NewMenuItem(i18n.T("row.decrypt", shown), func() { r.report(r.controller.Decryption().DecryptHost(host)) }),
		fyne.NewMenuItem(i18n.T("row.pass", shown), func() { r.report(r.controller.Decryption().PassHost(host, true)) }),
		fyne.NewMenuItem(i18n.T("row.pass.session", shown), func() { r.report(r.controller.Decryption().PassHost(host, false)) }),
	}
	if row.TLS.Problem&details.CertificateProblems != 0 {
		items = append(items, fyne.NewMenuItem(i18n.T("row.trust", shown), func() { r.trustCertificate(id) }))
	}
	if row.TLS.Outcome != flow.TLSDecrypted && row.TLS.Outcome != flow.TLSPlain {
		items = append(items, fyne.NewMenuItem(i18n.T("menu.guide"), func() { setup.Guide(r.setups.deps(), host) }))
	}
	return items
}

// hasTLS reports whether a row is of a connection with TLS.
func hasTLS(row *flow.Row) bool { return row.Kind == flow.KindTunnel || row.Scheme == "https" }

// trustCertificate pins the certificate that the origin of a row showed.
func (r *rowActions) trustCertificate(id flow.ID) {
	if x, ok := r.tiers.Get(id); ok && x.Secure.Fingerprint != [32]byte{} {
		r.report(r.controller.Decryption().TrustCertificate(x.Host, x.Secure.Fingerprint))
	}
}

// reported shows an error and hands it on.
func (r *rowActions) reported(err error) error {
	r.report(err)
	return err
}

// remedies are what the Overview offers where TLS went wrong.
func (r *rowActions) remedies() details.Remedies {
	return details.Remedies{
		Decrypt: func(host string) error { return r.reported(r.controller.Decryption().DecryptHost(host)) },
		Pass: func(host string, always bool) error {
			return r.reported(r.controller.Decryption().PassHost(host, always))
		},
		Trust: func(host string, fingerprint [32]byte) error {
			return r.reported(r.controller.Decryption().TrustCertificate(host, fingerprint))
		},
		Install:  func() { setup.Install(r.setups.deps()) },
		Settings: r.setups.https,
	}
}
