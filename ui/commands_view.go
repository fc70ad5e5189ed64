package ui

import (
	"runtime"

	"fyne.io/fyne/v2"

	"posthouse/app/settings"
	"posthouse/proxy/archive"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/command"
	"posthouse/ui/details"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// ctrl is held down for most keys: Cmd on macOS.
const ctrl = fyne.KeyModifierShortcutDefault

func ctrlKey(name fyne.KeyName) command.Key { return command.Key{Name: name, Modifier: ctrl} }

func shiftKey(name fyne.KeyName) command.Key {
	return command.Key{Name: name, Modifier: ctrl | fyne.KeyModifierShift}
}

func (c *commands) file() *command.Menu {
	w := c.w
	return &command.Menu{ID: "file", Name: "menu.file", Items: []command.Item{
		command.Do(command.Command{ID: "compose.new", Name: "command.compose.new", Key: ctrlKey(fyne.KeyN), Run: w.rooms.write}),
		command.Do(command.Command{ID: "open", Name: "command.open", Key: ctrlKey(fyne.KeyO), Run: w.opening.choose}),
		command.Sub(command.Menu{ID: "open.recent", Name: "command.recent", Make: w.opening.recent}),
		command.Do(command.Command{ID: "session.save", Name: "command.session.save", Key: ctrlKey(fyne.KeyS),
			Enabled: exports{w}.exportable, Why: says("cannot.empty"), Run: func() { exports{w}.export(archive.Session) }}),
		command.Separator(),
		command.Do(command.Command{ID: "save.response", Name: "details.save_response",
			Enabled: func() bool { return w.details.CanSave(true) }, Why: says("cannot.body"), Run: func() { w.details.SaveBody(true) }}),
		command.Do(command.Command{ID: "save.request", Name: "details.save_request",
			Enabled: func() bool { return w.details.CanSave(false) }, Why: says("cannot.body"), Run: func() { w.details.SaveBody(false) }}),
		command.Do(command.Command{ID: "export.har", Name: "command.export.har", Key: ctrlKey(fyne.KeyE),
			Enabled: exports{w}.exportable, Why: says("cannot.empty"), Run: func() { exports{w}.export(archive.HAR) }}),
		command.Separator(),
		command.Do(command.Command{ID: "certificate.save", Name: "cert.save", Enabled: w.setups.hasAuthority,
			Why: says("cannot.authority"), Run: w.setups.saveCertificate}),
		command.Separator(),
		command.Do(command.Command{ID: "close", Name: "command.close", Key: ctrlKey(fyne.KeyW),
			NameNow: w.tabs.closeName, Run: w.tabs.closeInSight}),
		command.Do(command.Command{ID: command.QuitID, Name: "tray.quit", Key: ctrlKey(fyne.KeyQ),
			Run: w.residency.end}),
	}}
}

func (c *commands) edit() *command.Menu {
	w := c.w
	return &command.Menu{ID: "edit", Name: "menu.edit", Items: []command.Item{
		command.Sub(command.Menu{ID: "copy", Name: "menu.copy", Items: c.copyAs()}),
		command.Separator(),
		command.Do(command.Command{ID: "filter", Name: "command.filter", Key: ctrlKey(fyne.KeyF), Rune: '/',
			Run: w.filter.focus}),
		command.Do(command.Command{ID: "filter.save", Name: "filter.save", Key: shiftKey(fyne.KeyD), Enabled: w.filter.saved.canSave,
			Why: says("cannot.filter"), Run: w.filter.saved.save}),
		command.Sub(command.Menu{ID: "filter.saved", Name: "filter.saved", Make: w.rooms.leadingAll(w.filter.saved.items)}),
		command.Do(command.Command{ID: "search", Name: "search.command", Key: shiftKey(fyne.KeyF), Run: finding{w}.open}),
		command.Do(command.Command{ID: "find", Name: "command.find",
			Key:     command.Key{Name: fyne.KeyF, Modifier: ctrl | fyne.KeyModifierAlt},
			Enabled: func() bool { return w.details.Exchange != nil }, Why: says("cannot.row"),
			Run: w.details.FindInBody}),
		command.Do(command.Command{ID: "ask", Name: "command.ask", Enabled: w.details.CanAsk, Why: says("cannot.ask"),
			Run: w.details.AskBody}),
		command.Separator(),
		command.Do(command.Command{ID: "resend", Name: "row.resend", Key: ctrlKey(fyne.KeyReturn), Enabled: c.selectedRequest,
			Why: c.whyNoRequest, Run: func() { w.rows.resends.resend(w.list.Selection()) }}),
		command.Do(command.Command{ID: "compose.edit", Name: "command.compose.edit", Key: shiftKey(fyne.KeyReturn),
			Enabled: func() bool { return c.selectedRequest() && !w.list.Several() }, Why: c.whyNotOne,
			Run: func() { w.rooms.edit(w.list.Selected) }}),
		command.Do(command.Command{ID: "compose.group", Name: "command.compose.group", Key: groupKey(), Enabled: c.selectedRequest,
			Why: c.whyNoRequest, Run: func() { w.rooms.group(w.list.Selection()) }}),
		command.Separator(),
		command.Sub(command.Menu{ID: "compare", Name: "menu.compare", Items: c.comparing()}),
		command.Sub(command.Menu{ID: "mark", Name: "row.mark", Items: c.marks()}),
		command.Do(command.Command{ID: "star", Name: "command.star", Key: ctrlKey(fyne.KeyD), Enabled: c.selected,
			Why: says("cannot.row"), Run: func() { w.rows.marks.star(w.list.Selection()) }}),
		command.Separator(),
		command.Sub(command.Menu{ID: "select", Name: "menu.select", Items: []command.Item{
			command.Do(command.Command{ID: "select.all", Name: "command.select.all", Key: ctrlKey(fyne.KeyA), Local: true,
				Enabled: func() bool { return w.list.Length > 0 }, Why: says("cannot.empty"), Run: w.list.SelectAll}),
			command.Do(command.Command{ID: "select.invert", Name: "command.select.invert",
				Enabled: func() bool { return w.list.Length > 0 }, Why: says("cannot.empty"), Run: w.list.InvertSelection}),
		}}),
		command.Do(command.Command{ID: "delete", Name: "command.delete", Key: command.Key{Name: fyne.KeyDelete},
			Enabled: func() bool { return w.live() && c.selected() }, Why: c.whyNotDeleted,
			Run: func() { w.rows.marks.remove(w.list.Selection()) }}),
		command.Do(command.Command{ID: "clear", Name: "command.clear", Key: ctrlKey(fyne.KeyK),
			Enabled: func() bool { return w.live() }, Why: w.tabs.whyKept, Run: clearing{w}.clear}),
	}}
}

// copyAs are the ways to copy the selected exchange.
func (c *commands) copyAs() []command.Item {
	w := c.w
	text := func(id, name string, made func(*flow.Exchange) string) command.Item {
		return command.Do(command.Command{ID: "copy." + id, Name: name, Enabled: c.selected, Why: says("cannot.row"),
			Run: func() { w.rows.copyText(w.list.Selected, made) }})
	}
	items := []command.Item{text("url", "command.copy.url", func(x *flow.Exchange) string { return details.URLText(&x.Row) })}
	for i, f := range export.Forms(runtime.GOOS) {
		form := command.Command{ID: "copy." + f.String(), Name: details.FormName(f), Enabled: c.selectedRequest,
			Why: c.whyNoRequest, Run: func() { w.rows.copyRows(w.list.Selection(), f) }}
		switch {
		case i == 0: // as the list has it
			form.Key, form.Local = ctrlKey(fyne.KeyC), true
		case f == export.Markdown:
			form.Key = shiftKey(fyne.KeyC)
		}
		if f.OfTunnel() {
			form.Enabled = c.selected
		}
		items = append(items, command.Do(form))
	}
	return append(items, command.Separator(),
		text("request", "command.copy.request", func(x *flow.Exchange) string { return string(x.RequestHead) }),
		text("response", "command.copy.response", func(x *flow.Exchange) string { return string(x.ResponseHead) }))
}

// markKey is Ctrl+M; Cmd+M makes a window small on macOS.
func markKey() command.Key {
	if ctrl == fyne.KeyModifierSuper {
		return shiftKey(fyne.KeyM)
	}
	return ctrlKey(fyne.KeyM)
}

// comparing are the ways to compare requests, and lists of them.
func (c *commands) comparing() []command.Item {
	w := c.w
	return []command.Item{
		command.Do(command.Command{ID: "compare", Name: "compare.menu", NameNow: w.rows.compareName, Key: compareKey(),
			Enabled: func() bool { return w.rows.comparable(w.list.Selection()) }, Why: w.rows.whyNotCompared,
			Run: func() { w.rows.compare(w.list.Selection()) }}),
		command.Do(command.Command{ID: "compare.choose", Name: "compare.choose", Key: chooseKey(),
			Enabled: func() bool { return len(w.list.Selection()) == 1 }, Why: says("cannot.single"),
			Run: func() { w.rows.choose(w.list.Selection()) }}),
		command.Do(command.Command{ID: "compare.lists", Name: "compare.lists.menu", Key: shiftKey(fyne.KeyJ), Run: w.rows.compareLists}),
	}
}

// marks are what can be said about the selected rows: the colour used last, a note, or a colour.
func (c *commands) marks() []command.Item {
	w := c.w
	items := []command.Item{
		command.Do(command.Command{ID: "mark.last", Name: "command.mark", Key: markKey(), Enabled: c.selected,
			Why: says("cannot.row"), Run: func() { w.rows.marks.toggle(w.list.Selection()) }}),
		command.Do(command.Command{ID: "note", Name: "command.note", Key: command.Key{Name: fyne.KeyF2}, Enabled: c.selected,
			Why: says("cannot.row"), Run: func() { w.rows.marks.note(w.list.Selection()) }}),
		command.Separator(),
	}
	for _, m := range append([]flow.Mark{flow.MarkNone}, flow.Marks[:]...) {
		name := words.MarkName(m)
		items = append(items, command.Do(command.Command{ID: name, Name: name, Icon: uiwidget.MarkPicture(m), Enabled: c.selected,
			Why:     says("cannot.row"),
			Checked: func() bool { row, ok := c.selectedRow(); return ok && row.Mark == m },
			Run:     func() { c.w.rows.marks.set(c.w.list.Selection(), m) }}))
	}
	return items
}

// selected reports whether an exchange is selected, or several that are shown.
func (c *commands) selected() bool { return len(c.w.list.Selection()) > 0 }

// selectedRow is the row that is selected, if it is still there.
func (c *commands) selectedRow() (flow.Row, bool) {
	if !c.selected() {
		return flow.Row{}, false
	}
	return c.w.tiers.Row(c.w.list.Selected)
}

// selectedRequest reports whether a request is selected that can be written as a command,
// or several rows, of which one may be.
func (c *commands) selectedRequest() bool {
	if c.w.list.Several() {
		return c.selected()
	}
	row, ok := c.selectedRow()
	return ok && row.Kind != flow.KindTunnel
}

func (c *commands) view() *command.Menu {
	w := c.w
	return &command.Menu{ID: "view", Name: "menu.view", Items: []command.Item{
		command.Sub(command.Menu{ID: "rooms", Name: "menu.rooms", Items: w.rooms.items()}),
		command.Do(command.Command{ID: "sidebar", Name: "command.sidebar", Key: ctrlKey(fyne.KeyB),
			Checked: func() bool { return !w.side.State.Hidden }, Run: w.toggleSidebar}),
		command.Sub(command.Menu{ID: "columns", Name: "menu.columns", Make: w.rooms.leadingAll(c.columns)}),
		command.Do(command.Command{ID: "columns.reset", Name: "command.columns.reset", Enabled: w.list.Reordered,
			Why: says("cannot.columns"), Run: w.list.ResetOrder}),
		command.Sub(command.Menu{ID: "filter.kinds", Name: "filter.kinds", Items: w.filter.quick.items()}),
		command.Separator(),
		command.Do(command.Command{ID: "follow", Name: "command.follow", Key: ctrlKey(fyne.KeyG), Enabled: func() bool { return w.live() },
			Why: says("cannot.follow"), Checked: func() bool { return w.list.Follow },
			Run: func() { w.list.SetFollow(!w.list.Following()) }}),
		command.Do(command.Command{ID: "beside", Name: "command.beside", Checked: w.body.split.Wanted, Run: w.toggleBeside}),
		command.Do(command.Command{ID: "secrets", Name: "command.secrets", Key: shiftKey(fyne.KeyH), Checked: w.secrets.hidden,
			Run: func() { w.secrets.set(!w.secrets.hidden()) }}),
		command.Separator(),
		command.Do(command.Command{ID: "tab.next", Name: "command.tab.next", Key: tabKey(0), Enabled: w.tabs.several,
			Why: says("cannot.tabs"), Run: func() { w.tabs.step(1) }}),
		command.Do(command.Command{ID: "tab.previous", Name: "command.tab.previous", Key: tabKey(fyne.KeyModifierShift),
			Enabled: w.tabs.several, Why: says("cannot.tabs"), Run: func() { w.tabs.step(-1) }}),
		command.Sub(command.Menu{ID: "tabs", Name: "menu.tabs", Make: w.tabs.items}),
		command.Separator(),
		command.Sub(command.Menu{ID: "theme", Name: "menu.theme", Items: c.choices("general.theme",
			[]string{"system", "light", "dark"}, func(s *settings.Settings) *string { return &s.General.Theme })}),
		command.Sub(command.Menu{ID: "language", Name: "menu.language", Items: c.choices("general.language",
			[]string{"system", "en", "zh-Hans"}, func(s *settings.Settings) *string { return &s.General.Language })}),
	}}
}

// columns are made anew whenever they are shown: they can be moved.
func (c *commands) columns() []command.Item {
	w := c.w
	var items []command.Item
	for _, column := range w.list.Choices() {
		if column.Fixed {
			continue
		}
		items = append(items, command.Do(command.Command{ID: "column." + column.Name, Name: column.Title,
			Checked: func() bool { return w.list.Shows(column.Name) },
			Run:     func() { w.list.ToggleColumn(column.Name) }}))
	}
	return items
}

// choices are the values of a setting, of which one is in force.
func (c *commands) choices(key string, values []string, of func(*settings.Settings) *string) (items []command.Item) {
	w := c.w
	for _, value := range values {
		items = append(items, command.Do(command.Command{ID: key + "." + value, Name: "settings." + key + "." + value,
			Checked: func() bool {
				current := w.controller.Settings()
				return *of(&current) == value
			},
			Run: func() {
				w.notices.report(w.controller.Change(func(s *settings.Settings) { *of(s) = value }))
				w.followController()
			}}))
	}
	return items
}
