// Package compose is the room where requests are written and sent. Each stands in a tab with
// what came of it beside it: every sending has its place there. What is written is kept in a
// file; see package app/compose, which holds it.
//
// The room belongs to the UI goroutine. Sending and the file are worked on beside it.
package compose

import (
	"context"
	"iter"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/compose"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/ui/details"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
)

// Deps is what the room needs of the window.
type Deps struct {
	Window   fyne.Window
	Context  context.Context                                         // ends when the window is closed
	Do       func(func())                                            // has the UI goroutine call a function
	Work     func(slow func() func())                                // runs slow beside the UI goroutine, and what that returns on it
	Open     func(dialog.Dialog)                                     // shows a dialog so that Escape closes it
	OpenFile func(o filedialog.Options, chosen func(paths []string)) // asks for files
	Copy     func(text string)
	CopyAs   func(all iter.Seq[*flow.Exchange], f export.Form, copied func())
	Send     func(context.Context, outgoing.Message) (*outgoing.Sending, error)
	Details  details.Deps // of the pane for what came; it reads what passes now
	Compare  func(a, b flow.ID)
	Reveal   func(flow.ID)       // goes to a row of the list
	Group    func()              // makes a group of the requests
	Shortcut func(fyne.Shortcut) // the window's own
	Changed  func()              // what can be done now may have changed
	Hidden   func() bool         // secrets are hidden
	Tip      func(o fyne.CanvasObject, in bool, text func() string)
	Path     string // where requests are kept; "" nowhere
}

// Room is the room.
type Room struct {
	Object fyne.CanvasObject
	deps   Deps
	tabs   []*tab
	now    *tab
	closed []*tab
	keeper *Keeper[*compose.Kept]

	bar      *uiwidget.FileTabs
	line     *requestLine
	options  *optionsLine
	notice   *uiwidget.NoticeBox
	editor   *Editor
	response *responsePane
	repeats  *repeatSheet  // that was opened last
	Sockets  *Sockets      // of its tabs
	veil     *widget.Label // in place of the editor while secrets are hidden
	top      *fyne.Container
}

// New makes the room. What was kept is read when it is first shown.
func New(deps Deps) *Room {
	r := &Room{deps: deps, notice: uiwidget.NewNoticeBox()}
	r.keeper = newKeeper(r)
	r.Sockets = &Sockets{room: r}
	r.bar = uiwidget.NewFileTabs(func(i int) { r.Choose(i) }, func(i int) { r.close(r.tabs[i]) })
	r.bar.Closable, r.bar.Tip = true, deps.Tip
	r.editor = NewEditor(EditorDeps{Work: deps.Work, Copy: deps.Copy, OpenFile: deps.OpenFile, Shortcut: r.Typed, Window: deps.Shortcut,
		Escape: r.leave, Changed: r.edited})
	r.line = newRequestLine(r)
	r.options = newOptionsLine(r)
	r.response = newResponsePane(r)
	r.veil = widget.NewLabel("")
	r.veil.Wrapping, r.veil.Alignment = fyne.TextWrapWord, fyne.TextAlignCenter
	left := container.NewStack(r.editor.Object, container.NewVBox(layout.NewSpacer(), r.veil, layout.NewSpacer()))
	split := uiwidget.NewTurningSplit(left, r.response.object, 820)
	split.SetOffsets(0.5, 0.5)
	split.SetWanted(true)
	fresh := uiwidget.NewBarButton(theme.ContentAddIcon(), func() { r.NewTab() })
	tabs := container.NewBorder(nil, nil, nil, fresh, r.bar)
	r.top = container.New(uiwidget.TightColumn{}, container.New(layout.NewCustomPaddedLayout(2, 0, 4, 8), tabs),
		container.New(layout.NewCustomPaddedLayout(6, 2, 4, 8), r.line.object),
		container.New(layout.NewCustomPaddedLayout(0, 2, 4, 8), r.options.object), r.notice.Object)
	r.Object = uiwidget.NewPage(r.top, split.Object)
	r.tabs = []*tab{{draft: compose.New()}}
	r.now = r.tabs[0]
	r.Retranslate()
	return r
}

// Shown is called when the room comes into sight.
func (r *Room) Shown() {
	r.keeper.Ask()
	r.show()
	focusURL(r)
}

// focusURL goes to the URL, also before the room has been drawn: the window knows where it is
// then, the driver does not.
func focusURL(r *Room) { r.deps.Window.Canvas().Focus(r.line.url) }

func (r *Room) untouched(t *tab) bool {
	return t.draft.Host == "" && t.draft.Typed == "" && len(t.draft.Body.Bytes) == 0 && len(t.sends) == 0
}

// show shows the tab that is chosen.
func (r *Room) show() {
	r.drawTabs()
	r.line.show()
	r.options.show()
	r.editor.Show(r.now.draft)
	r.response.show()
	r.tell()
	r.hide()
	r.deps.Changed()
}

func (r *Room) drawTabs() {
	all := make([]uiwidget.FileTab, len(r.tabs))
	for i, t := range r.tabs {
		all[i] = uiwidget.FileTab{Name: t.name()}
	}
	r.bar.Set(all, slices.Index(r.tabs, r.now))
}

// hide covers what is written while secrets are hidden.
func (r *Room) hide() {
	hidden := r.deps.Hidden()
	uiwidget.SetShown(r.editor.Object, !hidden)
	uiwidget.SetShown(r.veil, hidden)
	r.line.hide(hidden)
}

// SecretsChanged follows whether secrets are hidden.
func (r *Room) SecretsChanged() {
	if r.deps.Hidden() {
		r.leave() // what has the focus would still be written into
	}
	r.hide()
	r.response.show()
	details.Reread(r.response.details)
}

// tell says what is to be known of the tab and of the file.
func (r *Room) tell(more ...string) {
	lines := slices.Concat(r.now.notes, more, r.keeper.Loss)
	if r.notice.Show(lines) {
		r.Object.Refresh()
	}
}

// edited is called when a person changed the request.
func (r *Room) edited() {
	r.now.undo = nil
	r.line.show()
	r.drawTabs()
	if r.now.inSight() == nil {
		r.response.tell(nil)
	}
	r.touch()
}

// Drafts are the requests that can be sent, in the order of their tabs.
func (r *Room) Drafts() (all []*compose.Draft) {
	for _, t := range r.tabs {
		if t.ready() {
			all = append(all, t.draft.Clone())
		}
	}
	return all
}

// NewTab opens an empty request.
func (r *Room) NewTab() { r.Add(compose.New()) }

// Add opens a request in a tab; it reports whether there was room.
func (r *Room) Add(d *compose.Draft, notes ...string) bool {
	if len(r.tabs) >= compose.MaxTabs {
		r.tell(i18n.T("compose.many", compose.MaxTabs))
		return false
	}
	t := &tab{draft: d, notes: notes}
	if len(r.tabs) == 1 && r.untouched(r.now) {
		r.tabs[0] = t
	} else {
		r.tabs = append(r.tabs, t)
	}
	r.now = t
	r.show()
	r.touch()
	focusURL(r)
	return true
}

// Choose shows a tab by its number.
func (r *Room) Choose(i int) bool {
	if i < 0 || i >= len(r.tabs) {
		return false
	}
	if r.now != r.tabs[i] {
		r.now = r.tabs[i]
		r.turned()
	}
	return true
}

// Step goes some tabs on, around the end.
func (r *Room) Step(by int) {
	n := len(r.tabs)
	r.Choose(((slices.Index(r.tabs, r.now)+by)%n + n) % n)
}

// Close closes the tab in sight.
func (r *Room) Close() { r.close(r.now) }

func (r *Room) close(t *tab) {
	at := slices.Index(r.tabs, t)
	if t.sending() {
		t.cancel()
	}
	if !r.untouched(t) {
		r.closed = append(r.closed, t)
		r.closed = r.closed[max(0, len(r.closed)-maxClosed):]
	}
	r.tabs = slices.Delete(r.tabs, at, at+1)
	if len(r.tabs) == 0 {
		r.tabs = []*tab{{draft: compose.New()}}
	}
	if t == r.now {
		r.now = r.tabs[min(at, len(r.tabs)-1)]
	}
	r.turned()
}

// turned is called when a person went to another tab. What was written into is left, but for the URL:
// the other request may have no such place, or have it hidden.
func (r *Room) turned() {
	if r.deps.Window.Canvas().Focused() != r.line.url {
		r.leave()
	}
	r.show()
	r.touch()
}

// Reopen has the tab back that was closed last.
func (r *Room) Reopen() {
	n := len(r.closed)
	if n == 0 || len(r.tabs) >= compose.MaxTabs {
		return
	}
	t := r.closed[n-1]
	r.closed = r.closed[:n-1]
	if len(r.tabs) == 1 && r.untouched(r.now) {
		r.tabs = nil
	}
	r.tabs, r.now = append(r.tabs, t), t
	r.turned()
}

// leave takes the focus away from what is typed into.
func (r *Room) leave() { r.deps.Window.Canvas().Unfocus() }

// Retranslate puts all words in the language in force.
func (r *Room) Retranslate() {
	r.veil.SetText(i18n.T("compose.hidden"))
	r.line.retranslate()
	r.options.retranslate()
	r.editor.Retranslate()
	r.response.retranslate()
	r.show()
}

// End saves what is written and ends what the room does. It waits for nothing but the file.
func (r *Room) End() {
	r.keeper.End()
	r.response.details.Close()
}
