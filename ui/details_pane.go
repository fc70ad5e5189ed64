package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
)

// detailsDeps is what the details pane needs of the window.
type detailsDeps struct {
	Get    func(flow.ID) (flow.Exchange, bool) // called on the pane's own goroutine
	Copy   func(string)
	Curl   func(get func() (flow.Exchange, bool), s export.Shell, copied func()) // copies the command for a shell
	Open   func(dialog.Dialog)                                                   // shows a dialog so that Escape closes it
	Window fyne.Window
	// What can be done about TLS that failed; its zero value does nothing.
	Remedies remedies
	icons    *uiwidget.ProgramIcons
	Unfilter func()       // empties the filter
	do       func(func()) // has the UI goroutine call a function
}

// The tabs, in their order.
const (
	tabOverview = iota
	tabRequest
	tabResponse
	tabTiming
	tabRaw
	tabCount
)

// details shows one exchange. All of it belongs to the UI goroutine, but for
// the worker, which reads exchanges and prepares bodies; what it prepared is
// dropped if another exchange was chosen meanwhile.
type details struct {
	deps   detailsDeps
	worker *document.Worker
	saves  *saver

	id       flow.ID        // chosen, 0 for none
	exchange *flow.Exchange // shown; nil until it was read
	gone     bool           // it left memory before it could be read

	loading bool      // the worker has a load to do
	changes uint64    // how often the chosen exchange was said to have changed
	seen    uint64    // changes when what is shown was read
	nextAt  time.Time // the next state of an exchange under way is read no sooner

	read readState // the worker's; touched on its goroutine alone

	tabs     *uiwidget.TabBar
	copyMenu *uiwidget.BarButton
	saveMenu *uiwidget.BarButton
	hidden   *hiddenNotice
	overview *overview
	request  *messagePane
	response *messagePane
	timing   *timingPane
	raw      *rawPane
	empty    *emptyHint
	pages    [tabCount]fyne.CanvasObject
	object   fyne.CanvasObject
}

func newDetails(deps detailsDeps) *details {
	d := &details{deps: deps, worker: document.NewWorker(deps.do), saves: newSaver(deps.do), empty: newEmptyHint()}
	d.tabs = uiwidget.NewTabBar(func(int) { d.showTab() })
	d.overview = newOverview(deps.Copy, deps.Remedies, deps.icons)
	d.request = newMessagePane(d, false)
	d.response = newMessagePane(d, true)
	d.timing = newTimingPane()
	d.raw = newRawPane(d.worker, d.copyOut)
	d.copyMenu = uiwidget.NewBarButton(theme.ContentCopyIcon(), d.openCopyMenu)
	d.saveMenu = uiwidget.NewBarButton(theme.DocumentSaveIcon(), d.openSaveMenu)
	d.pages = [tabCount]fyne.CanvasObject{d.overview.object, d.request.object, d.response.object, d.timing.object, d.raw.object}
	bar := uiwidget.NewBar(d.tabs, d.copyMenu, d.saveMenu)
	d.hidden = newHiddenNotice(deps.Unfilter)
	stack := container.NewStack(uiwidget.NewShade(theme.ColorNameInputBackground))
	for _, p := range d.pages {
		stack.Add(p)
	}
	stack.Add(d.empty.object)
	d.object = uiwidget.NewPage(container.New(uiwidget.TightColumn{}, bar, d.hidden.object), stack)
	d.Retranslate()
	return d
}

// Object is the pane.
func (d *details) Object() fyne.CanvasObject { return d.object }

// Close calls the worker off and waits for it, and for bodies that are being saved.
func (d *details) Close() {
	d.worker.Close()
	d.saves.close()
}

// Show opens an exchange.
func (d *details) Show(id flow.ID) {
	if id == d.id {
		d.Changed(id)
		return
	}
	d.id, d.gone, d.nextAt = id, false, time.Time{}
	d.worker.Cancel(document.TaskSearch)
	d.changes++
	for tab, m := range map[int]*messagePane{tabRequest: d.request, tabResponse: d.response} {
		if tab != d.tabs.Selected { // the one in sight keeps its content until the next is there
			m.forget()
		}
	}
	d.load()
}

// Clear shows nothing, and keeps nothing.
func (d *details) Clear() {
	d.id, d.gone, d.loading = 0, false, false
	d.worker.Cancel(document.TaskSearch)
	d.request.forget()
	d.response.forget()
	d.render(nil, nil)
	d.worker.Post(document.TaskShow, func(context.Context) {
		d.forgetRead()
		d.giveBack()
	})
}

// Changed reads an exchange again if it is the one that is shown.
func (d *details) Changed(id flow.ID) {
	if id == d.id && id != 0 && !d.gone {
		d.changes++
		d.follow()
	}
}

// follow reads an exchange that has changed since it was read, at its time. A
// load under way is not called off: however fast the exchange changes, what was
// begun to be shown is shown, and then what came after.
func (d *details) follow() {
	if d.changes != d.seen && !d.loading {
		d.load()
	}
}

// Tick brings the clock of an exchange under way up to date.
func (d *details) Tick() {
	x := d.exchange
	switch {
	case x == nil || x.Phase.Final():
	case d.tabs.Selected == tabOverview:
		d.overview.show(x)
	case d.tabs.Selected == tabTiming:
		d.timing.show(&x.Row)
	}
}

// Retranslate puts all words in the language in force.
func (d *details) Retranslate() {
	d.tabs.SetLabels(i18n.T("details.overview"), i18n.T("details.request"), i18n.T("details.response"), i18n.T("details.timing_tab"), i18n.T("details.raw"))
	d.copyMenu.SetLabel(i18n.T("details.copy"))
	d.saveMenu.SetLabel(i18n.T("details.save"))
	d.request.body.retranslate()
	d.response.body.retranslate()
	d.raw.retranslate()
	d.hidden.retranslate()
	d.render(d.exchange, nil)
	d.object.Refresh()
}

// showTab shows the page of the tab that was chosen.
func (d *details) showTab() {
	d.render(d.exchange, nil)
	if d.id != 0 && !d.gone {
		d.loadNow()
	}
}

// render shows an exchange on the page that is open. body is nil where it was
// not prepared, or the page needs none.
func (d *details) render(x *flow.Exchange, body *document.Prepared) {
	d.exchange = x
	for i, p := range d.pages {
		uiwidget.SetShown(p, x != nil && i == d.tabs.Selected)
	}
	d.copyMenu.SetVisible(x != nil)
	d.saveMenu.SetVisible(x != nil)
	d.empty.show(x == nil, d.id != 0, d.gone)
	if x == nil {
		return
	}
	switch d.tabs.Selected {
	case tabOverview:
		d.overview.show(x)
	case tabRequest:
		d.request.show(x, body)
	case tabResponse:
		d.response.show(x, body)
	case tabTiming:
		d.timing.show(&x.Row)
	case tabRaw:
		d.raw.show(x)
	}
}
