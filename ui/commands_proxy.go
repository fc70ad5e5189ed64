package ui

import (
	"fyne.io/fyne/v2"

	"posthouse/app"
	"posthouse/app/switches/systemproxy"
	"posthouse/proxy/flow"
	"posthouse/ui/command"
	"posthouse/ui/setup"
)

func (c *commands) proxy() *command.Menu {
	w := c.w
	return &command.Menu{ID: "proxy", Name: "menu.proxy", Items: []command.Item{
		command.Do(command.Command{ID: "proxy", Name: "command.proxy",
			Key:     shiftKey(fyne.KeyP),
			Checked: func() bool { return w.controller.Status().State == app.Running }, Run: w.switches.toggleProxy}),
		command.Do(command.Command{ID: "system", Name: "command.system", Enabled: c.systemReady, Why: c.whyNoSystem,
			Checked: func() bool { return w.switches.systemProxy.Status().Phase == systemproxy.On }, Run: w.switches.takeSystem}),
		command.Do(command.Command{ID: "recording", Name: "tray.recording", Key: ctrlKey(fyne.KeyR),
			Checked: w.controller.Recording, Run: w.switches.toggleRecording}),
		command.Do(command.Command{ID: "private", Name: "command.private", Key: shiftKey(fyne.KeyR), Enabled: w.switches.hasHistory,
			Why:     says("cannot.history"),
			Checked: w.switches.private, Run: w.switches.togglePrivate}),
		command.Separator(),
		command.Sub(command.Menu{ID: "decrypt", Name: "menu.decrypt", Items: []command.Item{
			c.atHost("decrypt.host", func(host string) error { return w.controller.Decryption().DecryptHost(host) }),
			c.atHost("decrypt.pass", func(host string) error { return w.controller.Decryption().PassHost(host, true) }),
			c.atHost("decrypt.session", func(host string) error { return w.controller.Decryption().PassHost(host, false) }),
			command.Separator(),
			command.Do(command.Command{ID: "decrypt.settings", Name: "command.decrypt.settings", Run: w.setups.https}),
		}}),
		command.Do(command.Command{ID: "rules", Name: "command.rules",
			Checked: func() bool { return w.controller.Settings().Rules.Enabled }, Run: w.setups.ruled.toggle}),
		command.Do(command.Command{ID: "rules.edit", Name: "command.rules.edit", Key: shiftKey(fyne.KeyL),
			Run: func() { w.setups.ruled.open() }}),
		command.Do(command.Command{ID: "rules.import", Name: "rule.import", Run: func() {
			w.setups.ruled.open()
			w.setups.ruled.inRoom().Import()
		}}),
		command.Sub(command.Menu{ID: "rule.new", Name: "rule.new", Items: c.newRules()}),
		command.Sub(command.Menu{ID: "rule.make", Name: "rule.make", Items: c.makeRules()}),
		command.Separator(),
		command.Do(command.Command{ID: "breaks", Name: "command.breaks", Checked: w.rooms.waiting.on,
			Run: func() { w.rooms.waiting.turn(!w.rooms.waiting.on()) }}),
		command.Do(command.Command{ID: "breaks.next", Name: "command.breaks.next", Key: shiftKey(fyne.KeyB), Run: w.rooms.waiting.next}),
		command.Do(command.Command{ID: "breaks.panic", Name: "command.breaks.panic", Key: shiftKey(fyne.KeyG), Run: w.rooms.waiting.panic}),
		command.Separator(),
		command.Do(command.Command{ID: "upstream", Name: "command.upstream", Run: func() { w.setups.openSetting("proxy.upstream") }}),
		command.Do(command.Command{ID: "port", Name: "command.port", Run: func() { w.win.Canvas().Focus(w.address.port) }}),
	}}
}

// systemReady reports whether the system proxy can be switched now.
func (c *commands) systemReady() bool {
	phase := c.w.switches.systemProxy.Status().Phase
	return phase != systemproxy.Busy && phase != systemproxy.Unavailable
}

// atHost is a choice about the TLS of the selected row's host.
func (c *commands) atHost(id string, do func(host string) error) command.Item {
	secure := func() (flow.Row, bool) {
		row, ok := c.selectedRow()
		return row, ok && hasTLS(&row)
	}
	return command.Do(command.Command{ID: id, Name: "command." + id,
		Enabled: func() bool { _, ok := secure(); return ok },
		Why:     says("cannot.tls"),
		Run: func() {
			if row, ok := secure(); ok {
				c.w.notices.report(do(row.Host))
			}
		}})
}

func (c *commands) tools() *command.Menu {
	w := c.w
	sockets := w.rooms.sockets
	opened := func(id, name string, open func(setup.Deps)) command.Command {
		return command.Command{ID: id, Name: name, Run: func() { open(w.setups.deps()) }}
	}
	needsOne := func(one command.Command) command.Item {
		one.Enabled, one.Why = w.setups.hasAuthority, says("cannot.authority")
		return command.Do(one)
	}
	return &command.Menu{ID: "tools", Name: "menu.tools", Items: []command.Item{
		command.Sub(command.Menu{ID: "browser", Name: "launch.browser", Make: w.programs.browserItems}),
		command.Do(command.Command{ID: "terminal", Name: "launch.terminal", Enabled: w.programs.launches,
			Why: says("cannot.launch"), Run: w.programs.openTerminal}),
		command.Do(command.Command{ID: "terminal.decrypt", Name: "launch.decrypt.terminal", Enabled: w.programs.launches,
			Why:     says("cannot.launch"),
			Checked: w.programs.decryptsTerminal, Run: w.programs.toggleTerminal}),
		command.Sub(command.Menu{ID: "variables", Name: "launch.copy", Items: w.programs.shellItems()}),
		command.Separator(),
		command.Do(command.Command{ID: "compose.reopen", Name: "command.compose.reopen", Key: shiftKey(fyne.KeyT),
			Enabled: w.rooms.composing, Why: says("cannot.compose"), Run: func() { w.rooms.composed().Reopen() }}),
		command.Do(command.Command{ID: "compose.repeat", Name: "compose.repeat",
			Enabled: func() bool {
				if w.rooms.composing() {
					return w.rooms.compose.Ready()
				}
				return w.rooms.traffic() && c.selectedRequest() && !w.list.Several()
			}, Why: says("cannot.repeat"), Run: w.rooms.repeat}),
		command.Do(command.Command{ID: "compose.websocket", Name: "command.compose.websocket", Run: w.rooms.writeSocket}),
		command.Do(command.Command{ID: "compose.ping", Name: "command.compose.ping",
			Enabled: func() bool { return w.rooms.composing() && sockets().Connected() }, Why: says("cannot.socket"),
			Run: func() { sockets().Ping() }}),
		command.Do(command.Command{ID: "compose.disconnect", Name: "command.compose.disconnect",
			Enabled: func() bool { return w.rooms.composing() && sockets().Conversing() }, Why: says("cannot.socket"),
			Run: func() { sockets().Stop() }}),
		command.Do(command.Command{ID: "compose.groups", Name: "command.compose.groups", Run: w.rooms.groups.Open}),
		command.Separator(),
		command.Do(opened("check", "menu.check", setup.Check)),
		command.Do(command.Command{ID: "phone", Name: "menu.phone", Run: w.setups.phone}),
		command.Do(opened("guide", "menu.guide", func(d setup.Deps) { setup.Guide(d, "") })),
		command.Separator(),
		command.Sub(command.Menu{ID: "certificates", Name: "menu.certificates", Items: []command.Item{
			command.Do(opened("certificate.install", "menu.cert.install", setup.Install)),
			needsOne(opened("certificate.remove", "menu.cert.remove", setup.Remove)),
			command.Separator(),
			needsOne(opened("certificate.replace", "command.certificate.replace", setup.ReplaceAuthority)),
			needsOne(opened("certificate.delete", "command.certificate.delete", setup.DeleteAuthority)),
		}}),
		command.Separator(),
		command.Do(command.Command{ID: "settings", Name: "action.settings", Key: ctrlKey(fyne.KeyComma),
			Run: w.setups.openSettings}),
	}}
}

func (c *commands) help() *command.Menu {
	w := c.w
	return &command.Menu{ID: "help", Name: "menu.help", Items: []command.Item{
		command.Do(command.Command{ID: command.PaletteID, Name: "command.palette", Key: ctrlKey(fyne.KeyP),
			Run: c.openPalette}),
		command.Do(command.Command{ID: "keys", Name: "command.keys", Run: c.showKeys}),
		command.Separator(),
		command.Do(command.Command{ID: "crash", Name: "command.crash", Enabled: func() bool { return len(w.notices.crashes) > 0 },
			Why: says("cannot.crash"), Run: func() { w.notices.showCrash(w.notices.crashes[0]) }}),
		command.Do(command.Command{ID: "about", Name: "menu.about", Run: c.showAbout}),
	}}
}

// openPalette finds commands by typing. Browsers are looked for anew: one may have
// been installed.
func (c *commands) openPalette() {
	c.w.tip.Close()
	c.table.OpenPalette(c.w.win.Canvas())
	c.w.programs.findBrowsers()
}
