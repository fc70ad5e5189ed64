package details

import (
	"context"
	"iter"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"

	"posthouse/assets"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
)

// Deps is what the details pane needs of the window.
type Deps struct {
	Get    func(flow.ID) (flow.Exchange, bool) // called on the pane's own goroutine
	Row    func(flow.ID) (flow.Row, bool)      // likewise, without copying bodies
	Copy   func(string)
	CopyAs func(all iter.Seq[*flow.Exchange], f export.Form, copied func()) // copies them in a form, and says how they differ
	Open   func(dialog.Dialog)                                              // shows a dialog so that Escape closes it
	Save   func(o filedialog.Options, chosen func(path string))             // asks for a name to save to
	Window fyne.Window
	// What can be done about TLS that failed; its zero value does nothing.
	Remedies Remedies
	Icons    *uiwidget.ProgramIcons
	Unfilter func()        // empties the filter
	Turn     func()        // puts the pane beside the list or below it; nil: it stands where it does
	Compare  func(flow.ID) // compares the messages of an exchange as they came with those that went; nil: nothing does
	Drawn    func()        // called after another state was drawn; nil: nobody wants to know
	Do       func(func())  // has the UI goroutine call a function
}

// The tabs, in their order.
const (
	TabOverview = iota
	tabRequest
	TabResponse
	tabTiming
	tabRaw
	tabCount
)

// Details shows one exchange. All of it belongs to the UI goroutine, but for
// the worker, which reads exchanges and prepares bodies; what it prepared is
// dropped if another exchange was chosen meanwhile.
type Details struct {
	deps   Deps
	worker *document.Worker
	saves  *saver

	id       flow.ID        // chosen, 0 for none
	Exchange *flow.Exchange // shown; nil until it was read
	gone     bool           // it left memory before it could be read

	loading bool      // the worker has a load to do
	changes uint64    // how often the chosen exchange was said to have changed
	seen    uint64    // changes when what is shown was read
	anew    uint64    // how often all that was read became void
	nextAt  time.Time // the next state of an exchange under way is read no sooner

	read readState // the worker's; touched on its goroutine alone

	Tabs     *uiwidget.TabBar
	copyMenu *uiwidget.BarButton
	saveMenu *uiwidget.BarButton
	turn     *uiwidget.BarButton // puts the pane beside the list or below it
	hidden   *hiddenNotice
	Overview *overview
	request  *messagePane
	response *messagePane
	timing   *timingPane
	raw      *rawPane
	empty    *emptyHint
	several  *severalPane
	pages    [tabCount]fyne.CanvasObject
	object   fyne.CanvasObject
}

// New makes the pane, which shows nothing yet. Close ends its worker.
func New(deps Deps) *Details {
	d := &Details{deps: deps, worker: document.NewWorker(deps.Do), saves: newSaver(deps.Do), empty: newEmptyHint()}
	d.Tabs = uiwidget.NewTabBar(func(int) { d.showTab() })
	d.Overview = newOverview(deps.Copy, deps.Remedies, deps.Icons)
	d.request = newMessagePane(d, false)
	d.response = newMessagePane(d, true)
	d.timing = newTimingPane()
	d.raw = newRawPane(d.worker, d.copyOut)
	d.copyMenu = uiwidget.NewBarButton(theme.ContentCopyIcon(), d.openCopyMenu)
	d.saveMenu = uiwidget.NewBarButton(theme.DocumentSaveIcon(), d.openSaveMenu)
	d.pages = [tabCount]fyne.CanvasObject{d.Overview.object, d.request.object, d.response.object, d.timing.object, d.raw.object}
	d.turn = uiwidget.NewBarButton(panesBeside, deps.Turn)
	d.turn.Hide()
	d.several = newSeveralPane(deps.Copy)
	bar := uiwidget.NewBar(container.NewStack(d.Tabs, d.several.tabs), d.copyMenu, d.saveMenu, d.turn)
	d.hidden = newHiddenNotice(deps.Unfilter)
	stack := container.NewStack(uiwidget.NewShade(theme.ColorNameInputBackground))
	for _, p := range d.pages {
		stack.Add(p)
	}
	stack.Add(d.empty.object)
	stack.Add(d.several.object)
	d.object = uiwidget.NewPage(container.New(uiwidget.TightColumn{}, bar, d.hidden.object), stack)
	d.Retranslate()
	return d
}

// Object is the pane.
func (d *Details) Object() fyne.CanvasObject { return d.object }

// Where the button at the end of the bar puts the pane.
var (
	panesBeside = theme.NewThemedResource(fyne.NewStaticResource("panes-beside.svg", assets.PanesBeside))
	panesBelow  = theme.NewThemedResource(fyne.NewStaticResource("panes-below.svg", assets.PanesBelow))
)

// SetBeside says whether the pane is to stand beside the list, and whether there is room for that.
func (d *Details) SetBeside(beside, fits bool) {
	icon := panesBeside
	if beside {
		icon = panesBelow
	}
	d.turn.SetIcon(icon)
	d.turn.SetVisible(fits && d.deps.Turn != nil)
}

// Close calls the worker off and waits for it, and for bodies that are being saved.
func (d *Details) Close() {
	d.worker.Close()
	d.saves.close()
}

// Show opens an exchange.
func (d *Details) Show(id flow.ID) {
	if id == d.id {
		d.Changed(id)
		return
	}
	d.leaveSeveral()
	d.id, d.gone, d.nextAt = id, false, time.Time{}
	d.worker.Cancel(document.TaskSearch)
	d.changes++
	for tab, m := range map[int]*messagePane{tabRequest: d.request, TabResponse: d.response} {
		if tab != d.Tabs.Selected { // the one in sight keeps its content until the next is there
			m.forget()
		}
	}
	d.load()
}

// Clear shows nothing, and keeps nothing.
func (d *Details) Clear() {
	d.leaveSeveral()
	d.id, d.gone, d.loading = 0, false, false
	d.worker.Cancel(document.TaskSearch)
	d.request.forget()
	d.response.forget()
	d.request.versions.went, d.response.versions.went = 0, 0
	d.render(nil, nil)
	d.worker.Post(document.TaskShow, func(context.Context) {
		d.forgetRead()
		d.giveBack()
	})
}

// Changed reads an exchange again if it is the one that is shown.
func (d *Details) Changed(id flow.ID) {
	if id == d.id && id != 0 && !d.gone {
		d.changes++
		d.follow()
	}
}

// Reread forgets what was read and reads it again: Get has become another.
func Reread(d *Details) {
	d.anew++
	d.changes++
	d.worker.Cancel(document.TaskSearch)
	if d.Several() {
		d.several.changed, d.several.loading, d.several.nextAt = true, false, time.Time{}
		d.several.follow(d)
	}
	if d.id == 0 {
		return
	}
	d.request.forget()
	d.response.forget()
	if !d.gone {
		d.render(nil, nil) // nothing of it stays in sight meanwhile
		d.loadNow()
	}
}

// Turn has what is shown next be read of another list: Get and Row have become others. Of one
// that came from a file nothing is done on this computer: no host of it is decrypted, no
// certificate trusted, no program looked for.
func Turn(d *Details, fromFile bool) {
	o := d.Overview
	o.remedies, o.icons, o.advice.id = d.deps.Remedies, d.deps.Icons, 0
	if fromFile {
		o.remedies, o.icons = Remedies{}, nil
	}
	d.Clear()
	Reread(d)
}

// follow reads an exchange that has changed since it was read, at its time. A
// load under way is not called off: however fast the exchange changes, what was
// begun to be shown is shown, and then what came after.
func (d *Details) follow() {
	if d.changes != d.seen && !d.loading {
		d.load()
	}
}

// Tick brings the clock of an exchange under way up to date.
func (d *Details) Tick() {
	x := d.Exchange
	switch {
	case x == nil || x.Phase.Final():
	case d.Tabs.Selected == TabOverview:
		d.Overview.Show(x)
	case d.Tabs.Selected == tabTiming:
		d.timing.show(&x.Row)
	}
}

// Retranslate puts all words in the language in force.
func (d *Details) Retranslate() {
	d.Tabs.SetLabels(i18n.T("details.overview"), i18n.T("details.request"), i18n.T("details.response"), i18n.T("details.timing_tab"),
		i18n.T("details.raw"))
	d.several.tabs.SetLabels(i18n.T("several.summary"))
	d.copyMenu.SetLabel(i18n.T("details.copy"))
	d.saveMenu.SetLabel(i18n.T("details.save"))
	d.request.body.retranslate()
	d.response.body.retranslate()
	d.request.versions.retranslate()
	d.response.versions.retranslate()
	d.raw.retranslate()
	d.hidden.retranslate()
	d.render(d.Exchange, nil)
	d.several.draw(d)
	d.object.Refresh()
}

// showTab shows the page of the tab that was chosen.
func (d *Details) showTab() {
	d.render(d.Exchange, nil)
	if d.id != 0 && !d.gone {
		d.loadNow()
	}
}

// render shows an exchange on the page that is open. body is nil where it was
// not prepared, or the page needs none.
func (d *Details) render(x *flow.Exchange, body *document.Prepared) {
	d.Exchange = x
	for i, p := range d.pages {
		uiwidget.SetShown(p, x != nil && i == d.Tabs.Selected)
	}
	d.copyMenu.SetVisible(x != nil)
	d.saveMenu.SetVisible(x != nil)
	d.empty.show(x == nil && !d.Several(), d.id != 0, d.gone)
	if d.deps.Drawn != nil {
		defer d.deps.Drawn()
	}
	if x == nil {
		return
	}
	switch d.Tabs.Selected {
	case TabOverview:
		d.Overview.Show(x)
	case tabRequest:
		d.request.show(x, body)
	case TabResponse:
		d.response.show(x, body)
	case tabTiming:
		d.timing.show(&x.Row)
	case tabRaw:
		d.raw.show(x)
	}
}
