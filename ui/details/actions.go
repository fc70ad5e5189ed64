package details

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/content"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// openCopyMenu offers the parts of the exchange.
func (d *Details) openCopyMenu() {
	x := d.Exchange
	if x == nil {
		return
	}
	d.feedback()
	showMenuUnder(d.copyMenu, d.CopyItems(x))
}

// CopyItems is the menu of what can be copied of an exchange.
func (d *Details) CopyItems(x *flow.Exchange) *fyne.Menu {
	text := func(key, text string) *fyne.MenuItem {
		item := fyne.NewMenuItem(i18n.T(key), func() { d.copy(text) })
		item.Disabled = text == ""
		return item
	}
	body := func(key string, response bool) *fyne.MenuItem {
		m := inSight(d, x, response)
		item := fyne.NewMenuItem(m.named(key), func() { d.copyBody(m) })
		item.Disabled = len(m.body.Bytes) == 0
		return item
	}
	head := func(key string, response bool) *fyne.MenuItem {
		m := inSight(d, x, response)
		item := text(key, string(m.head))
		item.Label = m.named(key)
		return item
	}
	items := []*fyne.MenuItem{text("details.copy_url", URLText(&x.Row))}
	items = append(items, CopyAsItems(x.Kind, func(f export.Form) { d.copyAs(x, f) })...)
	return fyne.NewMenu("", append(items, fyne.NewMenuItemSeparator(),
		head("details.copy_request_head", false), body("details.copy_request_body", false),
		head("details.copy_response_head", true), body("details.copy_response_body", true))...)
}

// copy puts a text on the clipboard, and the button says so.
func (d *Details) copy(text string) {
	d.deps.Copy(text)
	d.copyMenu.SetIcon(theme.ConfirmIcon())
}

// feedback takes the signs of what was copied and saved away.
func (d *Details) feedback() {
	d.copyMenu.SetIcon(theme.ContentCopyIcon())
	d.saveMenu.SetIcon(theme.DocumentSaveIcon())
}

// maxCopied bounds what is put on the clipboard, in bytes: the toolkit hands it
// on while the window stands still.
const maxCopied = 16 << 20

// copyOut has the worker make a text, and puts it on the clipboard.
func (d *Details) copyOut(text func(limit int) (text string, whole bool)) {
	d.worker.Post(document.TaskCopy, func(ctx context.Context) {
		made, whole := text(maxCopied)
		d.worker.HandOver(ctx, func() {
			switch {
			case !whole:
				d.tell(i18n.T("details.copy_too_long", words.SizeText(maxCopied)))
			case made != "":
				d.copy(made)
			}
		})
	})
}

// copyAs puts the exchange on the clipboard in a form; it may have left memory.
func (d *Details) copyAs(x *flow.Exchange, f export.Form) {
	d.deps.CopyAs(func(yield func(*flow.Exchange) bool) { yield(x) }, f, func() { d.copyMenu.SetIcon(theme.ConfirmIcon()) })
}

// copyBody puts a body on the clipboard as readable text, as it is on the page.
func (d *Details) copyBody(m message) {
	source := m.source()
	d.copyOut(func(limit int) (string, bool) {
		decoded, _ := content.Decode(source.Codings, source.Body.Bytes)
		text, _ := content.Text(source.ContentType, decoded.Body)
		return text, len(text) <= limit
	})
}

// openSaveMenu offers the bodies.
func (d *Details) openSaveMenu() {
	x := d.Exchange
	if x == nil {
		return
	}
	d.feedback()
	showMenuUnder(d.saveMenu, d.saveItems(x))
}

func (d *Details) saveItems(x *flow.Exchange) *fyne.Menu {
	item := func(key string, response, decode bool) *fyne.MenuItem {
		m := inSight(d, x, response)
		save := fyne.NewMenuItem(m.named(key), func() { d.AskSave(m, decode) })
		save.Disabled = len(m.body.Bytes) == 0
		return save
	}
	items := []*fyne.MenuItem{item("details.save_response", true, true), item("details.save_request", false, true)}
	for _, response := range []bool{true, false} {
		if m := inSight(d, x, response); m.source().Codings != "" && len(m.body.Bytes) > 0 {
			key := map[bool]string{true: "details.save_response_sent", false: "details.save_request_sent"}[response]
			items = append(items, item(key, response, false))
		}
	}
	return fyne.NewMenu("", items...)
}

func (d *Details) tell(text string) {
	d.deps.Open(dialog.NewInformation("Posthouse", text, d.deps.Window))
}
