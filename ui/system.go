package ui

import (
	"strings"

	"posthouse/app/switches/systemproxy"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// SystemProxy is the switch that points this computer at the proxy. Set returns
// at once; Watch's channel has something after each change.
type SystemProxy interface {
	Status() systemproxy.Status
	Set(on bool)
	Watch() (changes <-chan struct{}, stop func())
}

// noSystem stands in where there is none.
type noSystem struct{}

func (noSystem) Status() systemproxy.Status {
	return systemproxy.Status{Phase: systemproxy.Unavailable}
}
func (noSystem) Set(bool)                         {}
func (noSystem) Watch() (<-chan struct{}, func()) { return nil, func() {} }

// watchSystem calls changed after each change until it is stopped.
func watchSystem(s SystemProxy, changed func()) *watching {
	w := &watching{quit: make(chan struct{})}
	changes, release := s.Watch()
	w.done.Go(func() {
		defer release()
		for {
			select {
			case <-changes:
				changed()
			case <-w.quit:
				return
			}
		}
	})
	return w
}

var systemLooks = map[systemproxy.Phase]uiwidget.ToggleLook{
	systemproxy.Off: uiwidget.ToggleOff, systemproxy.On: uiwidget.ToggleOn, systemproxy.Busy: uiwidget.ToggleBusy, systemproxy.Taken: uiwidget.ToggleFailed,
	systemproxy.Failed: uiwidget.ToggleFailed, systemproxy.Unavailable: uiwidget.ToggleUnavailable,
}

// toggleSystem switches the system proxy; while it is on its way, it waits.
func (w *Window) toggleSystem() {
	switch s := w.systemProxy.Status(); {
	case s.Phase == systemproxy.Busy || s.Phase == systemproxy.Unavailable:
	case s.Phase == systemproxy.Failed:
		w.systemProxy.Set(s.Retry)
	default:
		w.systemProxy.Set(!s.Set)
	}
}

// takeSystem is the tray's switch: what another program took, it takes back, since
// the tray has no second place to offer that.
func (w *Window) takeSystem() {
	if w.systemProxy.Status().Phase == systemproxy.Taken {
		w.systemProxy.Set(true)
		return
	}
	w.toggleSystem()
}

// systemTip is what resting on the switch says.
func (w *Window) systemTip() string {
	s := w.systemProxy.Status()
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

// showSystemTrouble says what is to be known of the system proxy, each once. It
// reports whether it needs the banner.
func (w *Window) showSystemTrouble() bool {
	s := w.systemProxy.Status()
	key := "system " + string(s.Phase) + s.Since.String()
	var text, remedy string
	var act func()
	switch {
	case s.Phase == systemproxy.Taken:
		text, remedy = i18n.T("system.taken.text"), i18n.T("system.taken.back")
		act = func() { w.systemProxy.Set(true) }
	case s.Phase == systemproxy.Failed:
		text, remedy = i18n.T("system.failed.text", words.ReasonText(s.Err)), i18n.T("system.again")
		act = func() { w.systemProxy.Set(s.Retry) }
	case s.Phase == systemproxy.Unavailable && s.Err != nil:
		text = i18n.T("system.unavailable.text")
	case s.Repaired != "":
		key, text = "system repaired", i18n.T("system.repaired")+"\n"+words.SaidLines(strings.TrimSpace(s.Repaired))
	default:
		return false
	}
	if w.systemSeen[key] {
		return false
	}
	w.banner.Show(key, text, remedy, act)
	return true
}

// closedBanner remembers what was said of the system proxy: it is said once.
func (w *Window) closedBanner(key string) {
	if news, ok := strings.CutPrefix(key, newsPrefix); ok {
		w.closedNews(news)
		w.followController()
	}
	if strings.HasPrefix(key, "system ") {
		w.systemSeen = map[string]bool{key: true, "system repaired": true}
	}
}
