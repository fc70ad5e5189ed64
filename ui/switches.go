package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/app"
	"posthouse/app/switches/systemproxy"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
)

// switches are those that are never confused: the proxy, the system proxy, recording, and
// a private stretch of it. They belong to the UI goroutine.
type switches struct {
	*services
	systemProxy SystemProxy
	report      func(error)

	all       *fyne.Container
	proxy     *uiwidget.Toggle
	system    *uiwidget.Toggle
	recording *uiwidget.Toggle
	privacy   *uiwidget.Toggle // hidden where nothing stays on the disk
}

func newSwitches(s *services, system SystemProxy, report func(error)) *switches {
	c := &switches{services: s, systemProxy: system, report: report}
	c.proxy = uiwidget.NewToggle(c.toggleProxy)
	c.system = uiwidget.NewToggle(c.toggleSystem)
	c.system.Tip = func(in bool) { s.tip.Hover(c.system, in, c.systemTip) }
	c.recording = uiwidget.NewToggle(c.toggleRecording)
	c.privacy = uiwidget.NewToggle(c.togglePrivate)
	c.privacy.Tip = func(in bool) { s.tip.Hover(c.privacy, in, c.privateTip) }
	c.privacy.Hide()
	return c
}

// row puts them in a row, with the address behind the proxy's.
func (c *switches) row(address fyne.CanvasObject) fyne.CanvasObject {
	c.all = container.NewHBox(c.proxy, address, c.system, c.recording, c.privacy)
	return c.all
}

var (
	proxyLooks = map[app.State]uiwidget.ToggleLook{
		app.Stopped: uiwidget.ToggleOff, app.Starting: uiwidget.ToggleBusy, app.Running: uiwidget.ToggleOn,
		app.Stopping: uiwidget.ToggleBusy, app.Failed: uiwidget.ToggleFailed,
	}
	systemLooks = map[systemproxy.Phase]uiwidget.ToggleLook{
		systemproxy.Off: uiwidget.ToggleOff, systemproxy.On: uiwidget.ToggleOn, systemproxy.Busy: uiwidget.ToggleBusy,
		systemproxy.Taken: uiwidget.ToggleFailed, systemproxy.Failed: uiwidget.ToggleFailed,
		systemproxy.Unavailable: uiwidget.ToggleUnavailable,
	}
)

// follow shows how they stand.
func (c *switches) follow(status app.Status) {
	c.proxy.Set(i18n.T("proxy."+status.State.String()), proxyLooks[status.State])
	system := c.systemProxy.Status().Phase
	c.system.Set(i18n.T("system."+string(system)), systemLooks[system])
	if c.controller.Recording() {
		c.recording.Set(i18n.T("recording.on"), uiwidget.ToggleOn)
	} else {
		c.recording.Set(i18n.T("recording.off"), uiwidget.ToggleOff)
	}
	c.followPrivate()
}

func (c *switches) toggleProxy() {
	switch c.controller.Status().State {
	case app.Running, app.Starting:
		c.controller.Stop()
	default:
		c.controller.Start()
	}
}

func (c *switches) toggleRecording() { c.report(c.controller.SetRecording(!c.controller.Recording())) }

// toggleSystem switches the system proxy; while it is on its way, it waits.
func (c *switches) toggleSystem() {
	switch s := c.systemProxy.Status(); {
	case s.Phase == systemproxy.Busy || s.Phase == systemproxy.Unavailable:
	case s.Phase == systemproxy.Failed:
		c.systemProxy.Set(s.Retry)
	default:
		c.systemProxy.Set(!s.Set)
	}
}

// takeSystem is the tray's switch: what another program took, it takes back, since
// the tray has no second place to offer that.
func (c *switches) takeSystem() {
	if c.systemProxy.Status().Phase == systemproxy.Taken {
		c.systemProxy.Set(true)
		return
	}
	c.toggleSystem()
}

// systemTip is what resting on the switch says.
func (c *switches) systemTip() string {
	s := c.systemProxy.Status()
	before := s.Previous
	switch {
	case s.Phase == systemproxy.Unavailable:
		return i18n.T("system.unavailable.tip")
	case before.Script != "":
		return i18n.T("system.tip") + "\n" + i18n.T("system.tip.script", before.Script)
	case before.Automatic:
		return i18n.T("system.tip") + "\n" + i18n.T("system.tip.automatic")
	case before.Upstream != "":
		return i18n.T("system.tip") + "\n" + i18n.T("system.tip.manual", hostOf(before.Upstream))
	}
	return i18n.T("system.tip")
}
