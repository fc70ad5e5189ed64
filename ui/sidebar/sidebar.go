package sidebar

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/virtual"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// Deps is what the sidebar needs of the window, and what it tells it.
type Deps struct {
	Icons *uiwidget.ProgramIcons // nil: programs are shown without icons

	Scope func(word string)                        // narrow the filter to a word, or widen it again; "": show all
	Menu  func(key, name string, at fyne.Position) // what can be done with a host or a program
	State func()                                   // the order is another one
}

// Sidebar lists hosts and apps with their requests; a click shows only these. It
// belongs to the UI goroutine. While the pointer rests on it, its rows stay
// where they are, and only their counts change.
type Sidebar struct {
	deps   Deps
	Object *fyne.Container
	all    *groupRow
	heads  [2]*groupHead
	lists  [2]*groupList // of hosts and of apps
	split  *sideSplit    // nil until Beside

	State  app.SidebarState
	view   *feed.GroupsView // the last there is
	order  *feed.GroupsView // whose order is shown
	active []string         // the filter's words that rows stand for
	held   bool             // the pointer rests on it
}

// sections are the lists: the key of their words and of their headings.
var sections = [2]struct{ key, title, others string }{
	{feed.ScopeKeys[0], "sidebar.hosts", "sidebar.other_hosts"},
	{feed.ScopeKeys[1], "sidebar.apps", "sidebar.other_apps"},
}

// New makes a sidebar as it was remembered.
func New(state app.SidebarState, deps Deps) *Sidebar {
	s := &Sidebar{deps: deps, State: state, view: &feed.GroupsView{}}
	s.order = s.view
	s.all = newGroupRow(s, "")
	objects := []fyne.CanvasObject{s.all}
	for i := range sections {
		s.heads[i] = newGroupHead(s, i)
		s.lists[i] = newGroupList(s, i)
		objects = append(objects, s.heads[i], container.NewThemeOverride(s.lists[i], style.DenseTheme{}))
	}
	s.Object = container.New(sidebarLayout{s}, objects...)
	return s
}

// Beside puts the sidebar beside what it narrows, with an edge that can be dragged. It
// is hidden until Show.
func (s *Sidebar) Beside(main fyne.CanvasObject) fyne.CanvasObject {
	s.split = newSideSplit(s.Object, main, s.State.Width)
	return s.split.object
}

// Show has the sidebar stand beside what it narrows, where that leaves it room, or takes
// it away.
func (s *Sidebar) Show(shown bool) {
	if !shown {
		s.held = false // nobody tells that the pointer has left
	}
	s.split.setHidden(!shown)
}

// Remembered is how the sidebar stands.
func (s *Sidebar) Remembered() app.SidebarState {
	state := s.State
	state.Width = s.split.width
	return state
}

// Take shows new counts.
func (s *Sidebar) Take(v *feed.GroupsView) {
	if v == nil {
		return
	}
	s.view = v
	if !s.held {
		s.order = v
	}
	s.Refresh()
}

// Turn shows the counts of another list, nil for none so far, and what its filter narrows it to.
func (s *Sidebar) Turn(v *feed.GroupsView, filter string) {
	if v == nil {
		v = &feed.GroupsView{}
	}
	s.view, s.order, s.held, s.active = v, v, false, feed.Scopes(filter)
	s.Refresh()
}

// SetFilter marks what the filter narrows the list to.
func (s *Sidebar) SetFilter(text string) {
	if now := feed.Scopes(text); !slices.Equal(now, s.active) {
		s.active = now
		s.Refresh()
	}
}

// Refresh draws what is in sight.
func (s *Sidebar) Refresh() {
	s.showAll()
	for i, list := range s.lists {
		s.heads[i].show()
		list.Refresh()
	}
	s.Object.Layout.Layout(s.Object.Objects, s.Object.Size()) // the lists may be longer or shorter
}

func (s *Sidebar) showAll() {
	s.all.show(i18n.T("sidebar.all"), s.view.Total, len(s.active) == 0, true)
}

// hold is called as the pointer enters or leaves a row.
func (s *Sidebar) hold(on bool) {
	s.held = on
	if !on && s.order != s.view {
		s.order = s.view
		s.Refresh()
	}
}

func (s *Sidebar) section(i int) (order, now *feed.GroupView) {
	if i == 0 {
		return &s.order.Hosts, &s.view.Hosts
	}
	return &s.order.Apps, &s.view.Apps
}

// length is how many rows a list has: names, and one for all that are beyond
// its bounds.
func (s *Sidebar) length(i int) int {
	order, now := s.section(i)
	if now.Others > 0 {
		return len(order.Shown) + 1
	}
	return len(order.Shown)
}

// draw shows the row that stands at a place of a list.
func (s *Sidebar) draw(i, at int, r *groupRow) {
	order, now := s.section(i)
	if at >= len(order.Shown) {
		r.name = ""
		r.showIcon(nil, false)
		r.setUnder(false)
		r.show(i18n.T(sections[i].others), now.Others, false, false)
		return
	}
	place := order.Shown[at]
	r.name = place.Name
	group := now.Named(r.name)
	r.showIcon(s.deps.Icons.OfAll(group.Programs))
	r.setUnder(place.Under)
	active := len(s.active) > 0 && slices.Contains(s.active, feed.ScopeWord(sections[i].key, r.name))
	r.show(words.VisibleText(place.Label()), group.Count, active, true)
}

// tapped narrows the filter to a row, or widens it again.
func (s *Sidebar) tapped(r *groupRow) {
	switch {
	case r == s.all:
		s.deps.Scope("")
	case r.name != "":
		s.deps.Scope(feed.ScopeWord(r.key, r.name))
	}
}

// setByCount sorts by the number of requests, or by name.
func (s *Sidebar) setByCount(on bool) {
	s.State.ByCount = on
	s.deps.State()
}

// groupList is a virtual list of groups.
type groupList struct {
	virtual.List
}

func newGroupList(s *Sidebar, i int) *groupList {
	l := &groupList{}
	l.HideSeparators = true
	l.Length = func() int { return s.length(i) }
	l.CreateItem = func() fyne.CanvasObject { return newGroupRow(s, sections[i].key) }
	l.UpdateItem = func(at widget.ListItemID, o fyne.CanvasObject) { s.draw(i, at, o.(*groupRow)) }
	l.ExtendBaseWidget(l)
	return l
}

// FocusGained keeps the list's own mark away.
func (l *groupList) FocusGained() {}

// FocusLost is the same.
func (l *groupList) FocusLost() {}

// sidebarLayout puts the hosts above the apps. The apps stay in sight however
// many hosts there are: they get up to two fifths of the height.
type sidebarLayout struct{ s *Sidebar }

func (l sidebarLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	place := func(o fyne.CanvasObject, height float32) {
		o.Move(fyne.NewPos(0, y))
		if want := fyne.NewSize(size.Width, max(0, height)); o.Size() != want {
			o.Resize(want)
		}
		y += max(0, height)
	}
	hosts, apps := l.s.length(0), l.s.length(1)
	place(objects[0], style.RowHeight)
	rest := size.Height - style.RowHeight - headHeight
	appRoom := float32(0)
	if apps > 0 {
		appRoom = min(float32(apps)*style.RowHeight, max(style.RowHeight, rest*2/5))
		rest -= headHeight
	}
	hostRoom := min(float32(hosts)*style.RowHeight, rest-appRoom)
	place(objects[1], headHeight)
	place(objects[2], hostRoom)
	uiwidget.SetShown(objects[3], apps > 0)
	uiwidget.SetShown(objects[4], apps > 0)
	if apps > 0 {
		place(objects[3], headHeight)
		place(objects[4], min(float32(apps)*style.RowHeight, max(appRoom, size.Height-y)))
	}
}

func (sidebarLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(60, 80) }

// headHeight is that of a section's heading.
const headHeight = 30

// groupHead is a section's heading. A click changes the order.
type groupHead struct {
	widget.BaseWidget
	s     *Sidebar
	index int
	title *canvas.Text
	order *canvas.Text
}

func newGroupHead(s *Sidebar, index int) *groupHead {
	h := &groupHead{s: s, index: index, title: newSideText(12), order: newSideText(11)}
	h.title.TextStyle.Bold = true
	h.order.Alignment = fyne.TextAlignTrailing
	h.ExtendBaseWidget(h)
	return h
}

func (h *groupHead) show() {
	order := "sidebar.by_name"
	if h.s.State.ByCount {
		order = "sidebar.by_count"
	}
	uiwidget.SetText(h.title, i18n.T(sections[h.index].title), style.ThemeColor(style.ColorMuted))
	uiwidget.SetText(h.order, i18n.T(order), style.ThemeColor(style.ColorMuted))
}

// Tapped changes the order.
func (h *groupHead) Tapped(*fyne.PointEvent) { h.s.setByCount(!h.s.State.ByCount) }

func (h *groupHead) CreateRenderer() fyne.WidgetRenderer {
	return &groupHeadRenderer{h}
}

type groupHeadRenderer struct{ h *groupHead }

func (*groupHeadRenderer) MinSize() fyne.Size { return fyne.NewSize(60, headHeight) }

func (r *groupHeadRenderer) Layout(size fyne.Size) {
	for _, o := range r.Objects() {
		o.Move(fyne.NewPos(sideMargin, 4))
		o.Resize(fyne.NewSize(max(0, size.Width-2*sideMargin), size.Height-4))
	}
}

func (r *groupHeadRenderer) Refresh() { r.h.show() } // the colours may be others

func (*groupHeadRenderer) Destroy() {}

func (r *groupHeadRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.h.title, r.h.order}
}
