package ui

import (
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/clients/appicon"
	"posthouse/app/clients/trust"
	"posthouse/app/switches/systemproxy"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/feed"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	"posthouse/ui/setup"
	"posthouse/ui/sidebar"
	"posthouse/ui/tray"
	uiwidget "posthouse/ui/widget"
)

// Window is the main window: the parts, their places, and what the list shows. All but
// the feed belongs to the UI goroutine.
type Window struct {
	*services
	memory    *memory
	notices   *notices
	residency *residency
	setups    *setups
	programs  *programs
	opening   *opening
	rows      *rowActions
	commands  *commands

	tabs    *tabs
	layout  *list.ColumnLayout
	list    *list.List
	side    *sidebar.Sidebar
	details *details.Details
	icons   *uiwidget.ProgramIcons

	switches *switches
	address  *addressBar
	filter   *filterBar
	spark    *sparkline
	clearBtn *clearButton
	rooms    *rooms
	status   *statusBar
	follow   *widget.Button
	empty    *emptyState
	body     *body

	searched      string // what was searched last
	subscriptions []*subscription
	followers     []func(app.Status) // what shows how the controller stands
	unlisten      func()
}

// Options are what a Window needs.
type Options struct {
	App        fyne.App
	Controller *app.Controller
	Lang       string             // overrides the settings' language until it is changed; "" does not
	System     SystemProxy        // nil: this computer has none that can be set
	Resident   Resident           // what the desktop has for an app that stays
	Stores     []trust.Store      // where the certificate is installed; nil: nowhere
	Launcher   Launcher           // nil: no browser and no terminal can be opened
	FindIcon   appicon.Finder     // nil: programs are shown without icons
	StatePath  string             // where the window is remembered; "" nowhere
	Requests   string             // where the requests are kept that a person writes; "" nowhere
	Groups     string             // where groups of requests are kept; "" nowhere
	OpenedDir  string             // where files of other programs lie while they are open
	Files      filedialog.Chooser // the desktop's file dialog; nil: the toolkit's is used
	Do         func(func())       // nil: fyne.Do
	ReadFonts  func() func()      // see newWindow; nil: nothing is read ahead
}

// New makes the window; Show shows it. Close it after the app has ended.
func New(o Options) *Window {
	w := &Window{services: newServices(&o), memory: remembered(o.StatePath)}
	if o.System == nil {
		o.System = noSystem{}
	}
	looks := newAppearance(o.App, w.controller.Settings, o.Lang)
	w.win = o.newWindow()
	w.askFiles(w.memory, o.Files)
	w.tabs = newTabs(w)
	w.layout = list.NewColumnLayout(w.memory.Columns)
	w.icons = uiwidget.NewProgramIcons(o.FindIcon, w.do, w.showIcons)
	w.buildServants(&o)
	w.build()
	w.win.SetPadded(false) // see content
	w.win.SetContent(w.content())
	w.win.Resize(fyne.NewSize(w.memory.Width, w.memory.Height))
	w.win.SetOnDropped(func(_ fyne.Position, items []fyne.URI) { w.opening.dropped(items) })
	ruled := newRuled(w, func() (flow.Row, bool) { return w.commands.selectedRow() })
	w.setups.ruled, w.notices.openRules = ruled, ruled.open
	w.rooms.writing, w.rooms.waiting = o.Requests, newWaitingRoom(w)
	w.rooms.groups = w.rooms.newGroups(o.Groups)
	w.commands = newCommands(w)
	w.followers = []func(app.Status){looks.follow, w.switches.follow, w.address.follow, w.notices.follow,
		w.secrets.follow, ruled.follow, w.rooms.waiting.follow, func(app.Status) { w.showStatus() }, func(app.Status) { w.showEmpty() },
		func(app.Status) { w.syncCommands() }}
	w.retranslate()
	w.restore()
	w.tabs.live().feed.Start()
	w.unlisten = i18n.OnChange(w.retranslate)
	w.programs.findBrowsers()
	w.subscribe(o.System)
	return w
}

// buildServants makes what works for the window and is not seen by itself.
func (w *Window) buildServants(o *Options) {
	notes := newDeskNotes(o.Resident.Notes)
	w.notices = newNotices(w.services, w.memory, &o.Resident, o.System, notes)
	w.residency = newResidency(w.services, w.tabs.setHidden, w.notices, w.remember, o.Resident.TrayHost)
	w.setups = &setups{services: w.services, system: o.System, login: o.Resident.Login, opens: o.Resident.Files, stores: o.Stores,
		report: w.notices.report, changed: w.followController}
	w.programs = &programs{services: w.services, notices: w.notices, memory: w.memory, changed: w.followController, show: w.Show,
		launcher: o.Launcher}
	w.residency.unkept = unkept{w}.ending
	w.opening = &opening{services: w.services, memory: w.memory, folder: o.OpenedDir, changed: w.syncCommandsSoon,
		show: w.tabs.open, shown: w.tabs.showFile, settle: w.tabs.settle}
	w.switches = newSwitches(w.services, o.System, w.notices.report)
	w.address = newAddressBar(w.services, w.notices, w.shortcut)
	w.notices.changed, w.notices.usePort = w.followController, w.address.usePort
	w.notices.openSetting = w.setups.openSetting
	w.notices.install = func() { setup.Install(w.setups.deps()) }
}

// subscribe has the window follow what changes elsewhere.
func (w *Window) subscribe(system SystemProxy) {
	follow := func() { w.do(w.followController) }
	controller := w.controller.Watch()
	changes, release := system.Watch()
	w.subscriptions = []*subscription{
		subscribe(controller.C, controller.Close, follow),
		subscribe(changes, release, follow),
		w.rooms.waiting.subscribe(),
		watchExposure(w.controller, func(now exposure) {
			w.do(func() {
				w.status.open.is = now
				w.status.showOpen()
			})
		}),
	}
}

// build makes the parts that are seen.
func (w *Window) build() {
	w.spark = newSparkline()
	w.filter = newFilterBar(w.services, w.shortcut, func(q *query.Query) { w.feed.SetFilter(q) }, func(text string) {
		w.side.SetFilter(text)
		w.showEmpty()
	}, w.notices.report)
	marks := &marks{services: w.services, memory: w.memory, notices: w.notices, remember: w.remember,
		deleted: w.deleted, showColumn: w.showColumn}
	w.rows = &rowActions{services: w.services, tabs: w.tabs,
		filter: w.filter, setups: w.setups, marks: marks, report: w.notices.report,
		edit: func(id flow.ID) { w.rooms.edit(id) }, group: func(ids []flow.ID) { w.rooms.group(ids) },
		breakNext: func(row *flow.Row) { w.rooms.waiting.nextLike(row) },
		selection: func() []flow.ID { return w.list.Selection() },
		resends:   &resends{services: w.services, notices: w.notices, tabs: w.tabs, goTo: finding{w}.goTo}}
	w.clearBtn = newClearButton(w)
	w.status = newStatusBar()
	w.status.open.tapped = w.setups.phone
	w.status.secrets.tapped = func() { w.secrets.set(false) }
	w.newSecrets()
	disk := w.status.disk
	disk.tapped = func() { w.setups.openSetting("history.keep") }
	disk.tip = func(in bool) { w.tip.Hover(disk, in, func() string { return historyTip(&disk.status) }) }
	w.list = list.New(w.model, w.layout, list.Deps{
		Icons: w.icons, Mask: w.drawn, Sort: func(s feed.Sorting) { w.feed.SetSort(s) }, Shortcut: w.shortcut,
		Key: w.plainKey, Rune: w.typedRune,
		Select: w.selected, Menu: w.rows.rowMenu,
		Open:   w.opened,
		Copy:   func(flow.ID) { w.rows.copyRows(w.list.Selection(), export.Forms(runtime.GOOS)[0]) },
		Follow: w.showFollow, Columns: w.syncCommandsSoon, Words: w.tip.Hover,
	})
	w.notices.good.busy = func() bool { return list.Pointed(w.list) }
	w.follow = widget.NewButtonWithIcon("", followIcon(true), func() { w.list.SetFollow(true) })
	w.follow.Importance = widget.HighImportance
	w.follow.Hide()
	w.empty = newEmptyState(w)
	w.buildSidebar()
	of := detailsOf(w, w.inSight.Load)
	of.Unfilter, of.Turn, of.Drawn = w.filter.reset, w.toggleBeside, w.syncCommandsSoon
	w.details = details.New(of)
	w.rooms = newRooms(w)
}

// content puts the parts together, with its own edge around them. The toolkit (2.8.1) asks
// the theme for the edge whenever the menu bar is made anew, and that may be in the middle
// of drawing a part with a theme of its own: everything would jump by the difference.
func (w *Window) content() fyne.CanvasObject {
	top := container.NewBorder(nil, nil, w.switches.row(w.address.object), nil, w.spark)
	filters := w.filter.object(w.clearBtn)
	chip := container.NewVBox(layout.NewSpacer(), container.NewHBox(layout.NewSpacer(),
		container.New(layout.NewCustomPaddedLayout(0, 10, 0, 18), w.follow)))
	w.body = newBody(container.NewStack(w.list.Object, w.empty.object, chip), w.details, &w.memory.WindowState)
	bottom := container.NewVBox(widget.NewSeparator(), w.status.object)
	head := container.NewVBox(container.New(layout.NewCustomPaddedLayout(4, 4, 4, 8), top), w.notices.banner.Object)
	above := container.New(uiwidget.TightColumn{}, w.tabs.object, container.New(layout.NewCustomPaddedLayout(4, 4, 4, 8), filters))
	traffic := container.NewBorder(above, nil, nil, nil,
		w.side.Beside(w.body.object))
	all := container.NewStack(container.NewBorder(head, bottom, w.rooms.rail.Object, nil, w.rooms.content(traffic)), w.tip.Layer)
	return container.New(layout.NewCustomPaddedLayout(4, 4, 4, 4), all)
}

// restore puts the order and the filter back.
func (w *Window) restore() {
	w.list.Follow = w.memory.Follow
	if w.memory.Sort != "" {
		w.list.Header.Sort = feed.Sorting{Column: w.memory.Sort, Descending: w.memory.Descending}
		w.feed.SetSort(w.list.Header.Sort)
	}
	if w.memory.Filter != "" {
		w.filter.set(w.memory.Filter)
	}
	w.followController()
}

// remember writes down how the window stands.
func (w *Window) remember() {
	m := w.memory
	if size := w.win.Canvas().Size(); size.Width > 0 {
		m.Width, m.Height = size.Width, size.Height
	}
	m.Columns = w.layout.State()
	view, filter := w.tabs.asLeft()
	m.Sort, m.Descending, m.Follow, m.Filter = view.Sort.Column, view.Sort.Descending, view.Follow, filter
	m.Beside = w.body.split.Wanted()
	m.Split, m.SplitSide = w.body.split.Offsets()
	m.Sidebar = w.side.Remembered()
	m.save()
}

// Show shows and raises the window.
func (w *Window) Show() {
	defer w.tabs.live().await()()
	w.residency.show()
}

// Hide hides it.
func (w *Window) Hide() { w.residency.hide() }

// StartHidden begins in the tray, as if the window had been closed to it.
func (w *Window) StartHidden() { w.residency.startHidden() }

// Reside puts the app into the tray and has closing the window do what the
// settings say. quit ends the app.
func (w *Window) Reside(quit func()) {
	w.residency.reside(quit, tray.Deps{
		App: w.app, Do: w.do, Status: w.controller.Status, Words: w.stateText, Recording: w.controller.Recording,
		System:      func() systemproxy.Phase { return w.switches.systemProxy.Status().Phase },
		ToggleProxy: w.switches.toggleProxy, ToggleSystem: w.switches.takeSystem, ToggleRecording: w.switches.toggleRecording,
		History: w.switches.hasHistory, Private: w.switches.private, TogglePrivate: w.switches.togglePrivate,
		Rules: w.setups.ruled.inForce, ToggleRules: w.setups.ruled.toggle,
		CopyAddress:   func() { w.copy(w.address.text()) },
		CopyVariables: func() { w.programs.copyVariables(defaultShell()) },
		OpenBrowser:   w.programs.openFirstBrowser,
		Decrypts:      w.programs.decryptsBrowser, ToggleDecrypts: w.programs.toggleBrowser,
		Waiting: w.rooms.waiting.trayText, ShowWaiting: func() { w.Show(); w.rooms.waiting.show() }, Panic: w.rooms.waiting.panic,
		Show: w.Show, Quit: w.residency.end,
	})
	if t := w.residency.tray; t != nil {
		w.followers = append(w.followers, t.Show)
	}
}

// Close ends the window's goroutines.
func (w *Window) Close() {
	w.cancel()
	w.unlisten()
	w.tip.Close()
	w.notices.good.stop()
	w.commands.close()
	w.rooms.waiting.close()
	w.residency.close()
	for _, s := range w.subscriptions {
		s.stop()
	}
	w.tabs.closeAll()
	w.details.Close()
	w.icons.Close()
	w.jobs.Wait()
	w.rooms.endCompose()
	w.rooms.groups.End()
	w.opening.close()
	w.tabs.closeFiles()
	w.memory.file.End()
}

// followController has each part show how the controller stands.
func (w *Window) followController() {
	status := w.controller.Status()
	for _, follow := range w.followers {
		follow(status)
	}
}

// take draws what the feed of a tab prepared.
func (w *Window) take(t *tab, u *feed.Update) {
	if t.closed {
		return
	}
	t.took(u)
	if t.live() {
		w.spark.take(u.Stats, u.At)
	}
	if t != w.tab {
		t.feed.Ack()
		return
	}
	w.list.Changed(u)
	w.filter.quick.show(u.Looks)
	w.showStatus()
	w.showEmpty()
	w.side.Take(u.Groups)
	w.showSidebar()
	switch {
	case w.list.Several():
		w.details.ShowSeveral(w.list.Selection(), w.list.SelectedHidden())
		w.details.ChangedSeveral(u.Changed, u.Many)
	case w.list.Selected != 0:
		w.details.SetHidden(w.filteredOut(w.list.Selected))
		for _, id := range u.Changed {
			if id == w.list.Selected {
				w.details.Changed(id)
				break
			}
		}
		if u.Many {
			w.details.Changed(w.list.Selected)
		}
		w.details.Tick()
	}
	w.setups.ruled.tick()
	w.syncCommands()
	layOut(w.win)
	w.feed.Ack()
}

func (w *Window) showStatus() {
	state := w.stateText(w.controller.Status())
	if !w.tab.live() {
		w.status.showSession(w.tab, state)
		return
	}
	w.status.show(w.last.Stats, w.controller.History().Status(), w.model.Len(), w.last.Total, state)
}

func (w *Window) stateText(s app.Status) string {
	if s.State == app.Running && len(s.Addrs) > 0 {
		return i18n.T("state.running", s.Addrs[0])
	}
	return i18n.T("state." + s.State.String())
}

// showEmpty teaches while there is nothing to show.
func (w *Window) showEmpty() {
	why := filteredAll
	switch {
	case w.last.Looks.Pending > 0:
		why = filteredLooking
	case w.last.Looks.Unknown > 0:
		why = filteredUnknown
	case w.filter.mistaken():
		why = filteredRest
	}
	if !w.tab.live() {
		w.empty.showSession(w.model.Len(), w.last.Total, why, w.last.At.IsZero())
		return
	}
	w.empty.show(w.model.Len(), w.last.Total, why, w.controller.Status(), w.controller.Addr())
}

// retranslate puts every word in the language in force.
func (w *Window) retranslate() {
	w.filter.retranslate()
	w.clearBtn.SetText(i18n.T("clear"))
	w.tabs.draw()
	w.list.Header.Refresh()
	w.list.Refresh()
	w.side.Refresh()
	w.rooms.retranslate()
	w.details.Retranslate()
	w.showFollow()
	w.status.showSecrets(w.secrets.hidden())
	w.followController()
}
