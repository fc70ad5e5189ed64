package ui

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/clients/appicon"
	"posthouse/app/clients/trust"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	uisettings "posthouse/ui/settings"
	"posthouse/ui/sidebar"
	"posthouse/ui/style"
	"posthouse/ui/tray"
	uiwidget "posthouse/ui/widget"
)

// Window is the main window. All but the feed belongs to the UI goroutine.
type Window struct {
	app        fyne.App
	win        fyne.Window
	controller *app.Controller
	statePath  string
	state      app.WindowState
	do         func(func()) // runs on the UI goroutine

	model   *feed.Model
	feed    *feed.Feed
	list    *list.List
	side    *sidebar.Sidebar
	details *details.Details
	icons   *uiwidget.ProgramIcons
	layout  *list.ColumnLayout

	proxy       *uiwidget.Toggle
	system      *uiwidget.Toggle
	tip         *uiwidget.Tip
	recording   *uiwidget.Toggle
	host        *widget.Label
	port        *uiwidget.KeyEntry
	copyAddr    *widget.Button
	spark       *sparkline
	filter      *uiwidget.KeyEntry
	filterClear *widget.Button
	filterBad   *widget.Label
	clearBtn    *widget.Button
	gear        *widget.Button
	banner      *uiwidget.Banner
	status      *statusBar
	follow      *widget.Button
	empty       *emptyState
	listArea    *fyne.Container
	split       *uiwidget.TurningSplit // the list and the details
	body        *fyne.Container

	dialogs  []opened           // over the window; Escape closes the uppermost
	settings *uisettings.Dialog // the one that was opened last
	tray     *tray.Tray         // nil where there is none
	stores   []trust.Store      // where the certificate is installed
	ctx      context.Context    // ends when the window is closed
	cancel   context.CancelFunc
	programs programs
	*resident
	systemProxy    SystemProxy
	systemSeen     map[string]bool // banners of the system proxy that were closed
	systemWatching *watching
	openWatching   *watching
	language       string // in force, as the settings name it
	theme          string // the same
	last           feed.Update
	watching       *watching
	jobs           sync.WaitGroup // what runs beside the UI goroutine
	unlisten       func()
	onState        func(app.Status)
}

// Options are what a Window needs.
type Options struct {
	App        fyne.App
	Controller *app.Controller
	Lang       string         // overrides the settings' language until it is changed; "" does not
	System     SystemProxy    // nil: this computer has none that can be set
	Resident   Resident       // what the desktop has for an app that stays
	Stores     []trust.Store  // where the certificate is installed; nil: nowhere
	Launcher   Launcher       // nil: no browser and no terminal can be opened
	FindIcon   appicon.Finder // nil: programs are shown without icons
	StatePath  string         // where the window is remembered; "" nowhere
	Do         func(func())   // nil: fyne.Do
}

// New makes the window; Show shows it. Close it after the app has ended.
func New(o Options) *Window {
	w := &Window{app: o.App, controller: o.Controller, statePath: o.StatePath, do: o.Do, systemProxy: o.System, stores: o.Stores, programs: programs{launcher: o.Launcher}}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	if w.do == nil {
		w.do = Do
	}
	w.do = w.untilEnding(w.do)
	if w.systemProxy == nil {
		w.systemProxy = noSystem{}
	}
	w.resident = newResident(o.Resident)
	current := w.controller.Settings()
	w.language, w.theme = current.General.Language, current.General.Theme
	if o.Lang == "" {
		o.Lang = w.language
	}
	i18n.Set(o.Lang)
	w.app.Settings().SetTheme(style.NewTheme(w.theme))
	w.state = app.DefaultWindowState()
	if w.statePath != "" {
		w.state = app.LoadWindowState(w.statePath)
	}
	w.win = w.app.NewWindow("Posthouse")
	w.model = feed.NewModel(w.controller.Store(), list.SortKeys)
	w.feed = feed.New(w.controller.Store(), w.model, func(u feed.Update) { w.do(func() { w.take(&u) }) })
	w.layout = list.NewColumnLayout(w.state.Columns)
	w.icons = uiwidget.NewProgramIcons(o.FindIcon, w.do, w.showIcons)
	w.build()
	w.win.SetContent(w.content())
	w.win.Resize(fyne.NewSize(w.state.Width, w.state.Height))
	w.addShortcuts()
	w.retranslate()
	w.restore()
	w.feed.Start()
	w.unlisten = i18n.OnChange(w.retranslate)
	w.findBrowsers()
	w.watching = watch(w.controller, func() { w.do(w.followController) })
	w.openWatching = w.watchOpen()
	w.systemWatching = watchSystem(w.systemProxy, func() { w.do(w.followController) })
	return w
}

// Win is the toolkit's window.
func (w *Window) Win() fyne.Window { return w.win }

// build makes the parts.
func (w *Window) build() {
	w.proxy = uiwidget.NewToggle(w.toggleProxy)
	w.system = uiwidget.NewToggle(w.toggleSystem)
	w.tip = uiwidget.NewTip(w.do)
	w.system.Tip = func(in bool) { w.tip.Hover(w.system, in, w.systemTip) }
	w.recording = uiwidget.NewToggle(w.toggleRecording)
	w.host = widget.NewLabel("")
	w.port = uiwidget.NewKeyEntry()
	w.port.MinWidth = 72
	w.port.Window = w.shortcut
	w.port.OnSubmitted = w.submitPort
	w.port.Escape = w.leavePort
	w.copyAddr = uiwidget.IconButton(theme.ContentCopyIcon(), func() { w.copy(w.address()) })
	w.spark = newSparkline()
	w.filter = uiwidget.NewKeyEntry()
	w.filter.Window = w.shortcut
	w.filter.OnChanged = w.changeFilter
	w.filter.Escape = w.leaveFilter
	w.filterClear = uiwidget.IconButton(theme.CancelIcon(), func() { w.filter.SetText("") })
	w.filterClear.Hide()
	w.filter.ActionItem = w.filterClear
	w.filterBad = widget.NewLabel("")
	w.filterBad.Importance = widget.DangerImportance
	w.filterBad.SizeName = theme.SizeNameCaptionText
	w.filterBad.Hide()
	w.clearBtn = widget.NewButtonWithIcon("", theme.DeleteIcon(), w.clear)
	w.clearBtn.Importance = widget.LowImportance
	w.gear = uiwidget.IconButton(theme.SettingsIcon(), w.showMenu)
	w.banner = uiwidget.NewBanner()
	w.banner.OnClosed = w.closedBanner
	w.status = newStatusBar()
	w.status.open.tapped = w.showPhone
	w.list = list.New(w.model, w.layout)
	w.list.Icons = w.icons
	w.list.OnSelect = w.selected
	w.list.OnOpen = func(flow.ID) { w.win.Canvas().Focus(w.details.Tabs) }
	w.list.OnMenu = w.rowMenu
	w.list.OnCopy = func(id flow.ID) { w.copyRowCurl(id, export.Shells(runtime.GOOS)[0]) }
	w.list.OnFollow = w.showFollow
	w.list.OnWords = w.tip.Hover
	w.list.Header.OnSort = w.feed.SetSort
	w.list.Header.OnChanged = func() { w.list.Refresh() }
	w.follow = widget.NewButtonWithIcon("", followIcon(true), func() { w.list.SetFollow(true) })
	w.follow.Importance = widget.HighImportance
	w.follow.Hide()
	w.empty = newEmptyState(w)
	w.buildSidebar()
	w.details = details.New(details.Deps{Get: w.controller.Store().Get, Copy: w.copy, Curl: w.copyCurl, Open: w.open, Window: w.win, Remedies: w.remedies(), Icons: w.icons, Do: w.do, Unfilter: func() { w.filter.SetText("") }, Turn: w.toggleBeside})
}

// content puts the parts together.
func (w *Window) content() fyne.CanvasObject {
	address := container.New(uiwidget.TightRow{}, w.host, w.port, w.copyAddr)
	switches := container.NewHBox(w.proxy, address, w.system, w.recording)
	top := container.NewBorder(nil, nil, switches, nil, w.spark)
	filters := container.NewBorder(nil, nil, nil, container.NewHBox(w.clearBtn, w.gear), w.filter)
	bars := container.New(layout.NewCustomPaddedLayout(4, 4, 4, 8), container.NewVBox(top, filters, w.filterBad))
	chip := container.NewVBox(layout.NewSpacer(), container.NewHBox(layout.NewSpacer(), container.New(layout.NewCustomPaddedLayout(0, 10, 0, 18), w.follow)))
	w.listArea = container.NewStack(w.list.Object, w.empty.object, chip)
	w.split = w.newSplit()
	w.body = container.NewStack(w.listArea)
	bottom := container.NewVBox(widget.NewSeparator(), w.status.object)
	return container.NewStack(container.NewBorder(container.NewVBox(bars, w.banner.Object), bottom, nil, nil, w.beside(w.body)), w.tip.Layer)
}

// restore puts the filter back.
func (w *Window) restore() {
	w.list.Follow = w.state.Follow
	if w.state.Sort != "" {
		w.list.Header.Sort = feed.Sorting{w.state.Sort, w.state.Descending}
		w.feed.SetSort(w.list.Header.Sort)
	}
	if w.state.Filter != "" {
		w.filter.SetText(w.state.Filter)
	}
	w.followController()
}

// remember writes down how the window stands.
func (w *Window) remember() {
	if size := w.win.Canvas().Size(); size.Width > 0 {
		w.state.Width, w.state.Height = size.Width, size.Height
	}
	w.state.Columns = w.layout.State()
	w.state.Sort, w.state.Descending = w.list.Header.Sort.Column, w.list.Header.Sort.Descending
	w.state.Beside = w.split.Wanted()
	w.state.Split, w.state.SplitSide = w.split.Offsets()
	w.state.Filter = w.filter.Text
	w.state.Follow = w.list.Follow
	w.state.Sidebar = w.side.State
	w.state.Sidebar.Width = w.side.Split.Width
	if w.statePath != "" {
		_ = w.state.Save(w.statePath) // a window that is not remembered costs nothing but its size
	}
}

// Close ends the window's goroutines.
func (w *Window) Close() {
	w.cancel()
	w.unlisten()
	w.closeResident()
	w.watching.stop()
	w.systemWatching.stop()
	w.openWatching.stop()
	w.feed.Stop()
	w.details.Close()
	w.icons.Close()
	w.jobs.Wait()
}

// work runs something slow on a goroutine of its own, and what that returns on
// the UI goroutine.
func (w *Window) work(slow func() func()) {
	w.jobs.Go(func() { w.do(slow()) })
}

// take draws what the feed prepared.
func (w *Window) take(u *feed.Update) {
	w.last = *u
	w.list.Changed(u)
	w.spark.take(u.Stats, u.At)
	w.showStatus()
	w.showEmpty()
	w.side.Take(u.Groups)
	w.showSidebar()
	if w.list.Selected != 0 {
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
	w.feed.Took()
}

func (w *Window) showStatus() {
	w.status.show(w.last.Stats, w.model.Len(), w.last.Total, w.stateText(w.controller.Status()))
}

func (w *Window) stateText(s app.Status) string {
	if s.State == app.Running && len(s.Addrs) > 0 {
		return i18n.T("state.running", s.Addrs[0])
	}
	return i18n.T("state." + s.State.String())
}

// showEmpty teaches while there is nothing to show.
func (w *Window) showEmpty() {
	w.empty.show(w.model.Len(), w.last.Total, w.filterBad.Visible(), w.controller.Status(), w.controller.Addr())
}

func (w *Window) toggleProxy() {
	switch w.controller.Status().State {
	case app.Running, app.Starting:
		w.controller.Stop()
	default:
		w.controller.Start()
	}
}

func (w *Window) toggleRecording() {
	w.report(w.controller.SetRecording(!w.controller.Recording()))
}

// changeFilter compiles what was typed; words that cannot be read are said and left out.
func (w *Window) changeFilter(text string) {
	w.filterClear.Hidden = text == ""
	w.side.SetFilter(text)
	q, err := query.Parse(text)
	if err != nil {
		var bad *query.Error
		if errors.As(err, &bad) {
			w.filterBad.Importance = widget.DangerImportance
			if unfinished(text, bad) {
				w.filterBad.Importance = widget.MediumImportance
			}
			w.filterBad.SetText(filterErrorText(bad))
			w.filterBad.Show()
		}
	} else {
		w.filterBad.Hide()
	}
	if q != nil {
		w.feed.SetFilter(q)
	}
	w.showEmpty()
}

func (w *Window) leaveFilter() {
	if w.filter.Text != "" {
		w.filter.SetText("")
		return
	}
	w.win.Canvas().Unfocus()
}
