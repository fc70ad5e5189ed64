package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/ui/command"
	"posthouse/ui/compose"
	"posthouse/ui/groups"
	"posthouse/ui/i18n"
	"posthouse/ui/rail"
	"posthouse/ui/rules"
	uiwidget "posthouse/ui/widget"
)

// The rooms, as the rail names them.
const (
	roomTraffic = "traffic"
	roomCompose = "compose"
	roomRules   = "rules"
	roomWaiting = "waiting"
)

// rooms are what the rail leads to. One of them is in sight; what is done by a key or a command
// is done to what is in sight, or said to be for another room. They belong to the UI goroutine.
type rooms struct {
	w       *Window
	rail    *rail.Rail
	now     string
	pages   map[string]fyne.CanvasObject
	compose *compose.Room // nil: nobody has needed it, see composed
	writing string        // where its requests are kept
	groups  *groups.Room
	waiting *waitingRoom
	stack   *fyne.Container
}

func newRooms(w *Window) *rooms {
	r := &rooms{w: w, now: roomTraffic, pages: map[string]fyne.CanvasObject{}}
	r.rail = rail.New([]rail.Room{{ID: roomTraffic, Name: "room.traffic", Icon: rail.TrafficIcon()},
		{ID: roomCompose, Name: "room.compose", Icon: rail.ComposeIcon()},
		{ID: roomRules, Name: "room.rules", Icon: rail.RulesIcon()},
		{ID: roomWaiting, Name: "room.waiting", Icon: rail.WaitingIcon()}}, r.choose)
	return r
}

// content is the room in sight; that of Traffic is given, the others are made when they are needed.
func (r *rooms) content(traffic fyne.CanvasObject) fyne.CanvasObject {
	r.pages[roomTraffic] = traffic
	r.stack = container.NewStack(traffic)
	return r.stack
}

// choose goes to a room that a person chose.
func (r *rooms) choose(id string) {
	if !r.w.covered() {
		r.show(id)
	}
}

// show brings a room into sight.
func (r *rooms) show(id string) {
	if id == r.now {
		return
	}
	w := r.w
	w.tip.Close()
	w.win.Canvas().Unfocus()
	if r.pages[id] == nil {
		r.pages[id] = r.page(id)
		r.stack.Add(r.pages[id])
	}
	if r.now == roomRules {
		r.rules().Left()
	}
	r.now = id
	for name, page := range r.pages {
		uiwidget.SetShown(page, name == id)
	}
	r.rail.Choose(id)
	switch id {
	case roomCompose:
		r.composed().Shown()
	case roomRules:
		r.rules().Shown()
	}
	w.syncCommandsSoon()
}

// page is what is seen of a room beside Traffic.
func (r *rooms) page(id string) fyne.CanvasObject {
	switch id {
	case roomCompose:
		return r.composed().Object
	case roomRules:
		return r.rules().Object
	}
	return r.waiting.room.Object
}

// rules is the room of the rules.
func (r *rooms) rules() *rules.Room { return r.w.setups.ruled.inRoom() }

func (r *rooms) ruling() bool { return r.now == roomRules }

func (r *rooms) traffic() bool { return r.now == roomTraffic }

func (r *rooms) composing() bool { return r.now == roomCompose }

func (r *rooms) retranslate() {
	r.rail.Retranslate()
	if r.compose != nil {
		r.compose.Retranslate()
	}
	if r.waiting != nil { // else the window is being made
		r.waiting.retranslate()
		r.w.setups.ruled.retranslate()
	}
}

// typed reports whether a shortcut is one of the room in sight: the tabs of Compose have the
// numbers there.
func (r *rooms) typed(s fyne.Shortcut) bool {
	switch {
	case r.w.covered():
		return false
	case r.ruling():
		return r.rules().Typed(s)
	case !r.composing():
		return false
	}
	for i, one := range tabShortcuts() {
		if one.ShortcutName() == s.ShortcutName() {
			r.compose.Choose(i)
			return true
		}
	}
	return r.compose.Typed(s)
}

// roomKey goes to a room by its number.
func roomKey(name fyne.KeyName) command.Key {
	return command.Key{Name: name, Modifier: ctrl | fyne.KeyModifierAlt}
}

// items are the rooms as commands.
func (r *rooms) items() []command.Item {
	item := func(id, name string, key fyne.KeyName) command.Item {
		return command.Do(command.Command{ID: "room." + id, Name: name, Key: roomKey(key),
			Checked: func() bool { return r.now == id }, Run: func() { r.show(id) }})
	}
	return []command.Item{item(roomTraffic, "room.traffic", fyne.Key1), item(roomCompose, "room.compose", fyne.Key2),
		item(roomRules, "room.rules", fyne.Key3), item(roomWaiting, "room.waiting", fyne.Key4)}
}

func (r *rooms) canSend() bool { return r.compose.Ready() || r.compose.Sending() }

func (r *rooms) sendName() string {
	switch {
	case r.compose.Sockets.Connected():
		return "command.compose.message"
	case r.compose.Sending():
		return "command.compose.cancel"
	case r.compose.Sockets.Asked():
		return "command.compose.connect"
	}
	return "command.compose.send"
}

// ofTraffic are the commands outside of the menu Edit that act on the list and its details.
var ofTraffic = []string{"session.save", "save.response", "save.request", "export.har", "sidebar", "columns.reset", "follow", "beside",
	"decrypt.host", "decrypt.pass", "decrypt.session"}

// leading are those that go to Traffic from any room, since what they open is for what is there.
var leading = []string{"filter", "filter.save", "search", "find", "ask", "compare.lists"}

// leads has a command go to Traffic first.
func (r *rooms) leads(one *command.Command) {
	run := one.Run
	one.Run = func() {
		r.show(roomTraffic)
		run()
	}
}

// leadingAll is leads for commands that are made anew whenever they are shown.
func (r *rooms) leadingAll(items func() []command.Item) func() []command.Item {
	return func() []command.Item {
		all := items()
		for _, item := range all {
			if item.Command != nil && item.Command.Run != nil {
				r.leads(item.Command)
			}
		}
		return all
	}
}

// keepToTheirRoom has commands act where what they act on is in sight: those of Traffic there,
// and a few that other rooms have on what is theirs.
func (c *commands) keepToTheirRoom() {
	r := c.w.rooms
	named := func(key string) func() string { return func() string { return key } }
	also := map[string]elsewhere{
		"compare": {roomCompose, named("command.compose.compare"), func() bool { return r.compose.Comparable() },
			func() { r.compose.CompareLast() }},
		"resend":        {roomCompose, r.sendName, r.canSend, func() { r.compose.Sockets.Act() }},
		"compose.group": {roomCompose, nil, r.canGroupTabs, r.groupTabs},
		"find": {roomCompose, nil, func() bool { return compose.CanFind(r.compose) },
			func() { compose.Find(r.compose) }},
		"ask": {roomCompose, nil, func() bool { return compose.CanAsk(r.compose) },
			func() { compose.Ask(r.compose) }},
		"close":        {roomCompose, named("command.compose.close"), nil, func() { r.compose.Close() }},
		"tab.next":     {roomCompose, nil, nil, func() { r.compose.Step(1) }},
		"tab.previous": {roomCompose, nil, nil, func() { r.compose.Step(-1) }},
		"session.save": {roomRules, named("command.rules.save"), func() bool { return r.rules().CanSave() },
			func() { r.rules().Save() }},
		"star": {roomRules, named("rules.duplicate"), func() bool { return r.rules().CanDuplicate() },
			func() { r.rules().Duplicate() }},
		"delete": {roomRules, named("command.rules.delete"), func() bool { return r.rules().CanDelete() },
			func() { r.rules().Delete() }},
	}
	limit := func(one *command.Command) {
		if slices.Contains(leading, one.ID) {
			r.leads(one)
		} else {
			r.inTraffic(one)
		}
	}
	var visit func(m *command.Menu, all bool)
	visit = func(m *command.Menu, all bool) {
		for _, item := range m.Items {
			switch one := item.Command; {
			case item.Menu != nil:
				visit(item.Menu, all)
			case one == nil:
			case m.ID == "filter.kinds":
				r.leads(one)
			case also[one.ID].do != nil:
				limit(one)
				r.also(one, also[one.ID])
				if one.ID == "resend" {
					r.also(one, elsewhere{roomWaiting, r.waiting.room.GoName, r.waiting.room.CanGo, r.waiting.room.Go})
				}
			case all || slices.Contains(ofTraffic, one.ID):
				limit(one)
			}
		}
	}
	for _, m := range c.table.Menus {
		visit(m, m.ID == "edit")
	}
}

// inTraffic has a command act in Traffic alone.
func (r *rooms) inTraffic(one *command.Command) {
	enabled, why := one.Enabled, one.Why
	one.Enabled = func() bool { return r.traffic() && (enabled == nil || enabled()) }
	one.Why = func() string {
		switch {
		case !r.traffic():
			return i18n.T("room.why", roomKey(fyne.Key1).Text())
		case why != nil:
			return why()
		}
		return ""
	}
}

// elsewhere is what a command of Traffic does in another room.
type elsewhere struct {
	room string
	name func() string // nil: it is called the same
	can  func() bool   // nil: always
	do   func()
}

// also has a command do something else in another room.
func (r *rooms) also(one *command.Command, there elsewhere) {
	enabled, why, run, named := one.Enabled, one.Why, one.Run, one.NameNow
	one.Enabled = func() bool {
		if r.now == there.room {
			return there.can == nil || there.can()
		}
		return enabled == nil || enabled()
	}
	one.Why = func() string {
		if r.now == there.room || why == nil {
			return ""
		}
		return why()
	}
	one.NameNow = func() string {
		switch {
		case r.now == there.room && there.name != nil:
			return there.name()
		case named != nil:
			return named()
		}
		return one.Name
	}
	one.Run = func() {
		if r.now == there.room {
			there.do()
			return
		}
		run()
	}
}
