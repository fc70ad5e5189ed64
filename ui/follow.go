package ui

import (
	"errors"
	"net"
	"sync"

	"fyne.io/fyne/v2/dialog"

	"posthouse/app"
	"posthouse/proxy/capture/query"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// watching tells of the controller's changes.
type watching struct {
	quit chan struct{}
	done sync.WaitGroup
	once sync.Once
}

// watch calls changed whenever something of the controller may have changed.
func watch(c *app.Controller, changed func()) *watching {
	w := &watching{quit: make(chan struct{})}
	w.done.Go(func() {
		watch := c.Watch()
		defer watch.Close()
		for {
			select {
			case <-watch.C:
				changed()
			case <-w.quit:
				return
			}
		}
	})
	return w
}

func (w *watching) stop() {
	w.once.Do(func() { close(w.quit) })
	w.done.Wait()
}

// followController makes the window show the controller's state.
func (w *Window) followController() {
	status, current := w.controller.Status(), w.controller.Settings()
	if current.General.Language != w.language {
		w.language = current.General.Language
		i18n.Set(current.General.Language)
	}
	if current.General.Theme != w.theme {
		w.theme = current.General.Theme
		w.app.Settings().SetTheme(style.NewTheme(current.General.Theme))
	}
	w.showSwitches(status)
	host, port, _ := net.SplitHostPort(w.address())
	w.host.SetText(host + " :")
	if w.win.Canvas().Focused() != w.port {
		w.port.SetText(port)
	}
	w.showTrouble(status)
	w.showStatus()
	w.showEmpty()
	w.noteTrouble(status)
	if w.onState != nil {
		w.onState(status)
	}
}

func (w *Window) showSwitches(status app.Status) {
	look := map[app.State]uiwidget.ToggleLook{app.Stopped: uiwidget.ToggleOff, app.Starting: uiwidget.ToggleBusy, app.Running: uiwidget.ToggleOn, app.Stopping: uiwidget.ToggleBusy, app.Failed: uiwidget.ToggleFailed}[status.State]
	w.proxy.Set(i18n.T("proxy."+status.State.String()), look)
	system := w.systemProxy.Status().Phase
	w.system.Set(i18n.T("system."+string(system)), systemLooks[system])
	if w.controller.Recording() {
		w.recording.Set(i18n.T("recording.on"), uiwidget.ToggleOn)
	} else {
		w.recording.Set(i18n.T("recording.off"), uiwidget.ToggleOff)
	}
}

// showTrouble keeps the banner on what is wrong now.
func (w *Window) showTrouble(status app.Status) {
	var bind *app.BindError
	problem := w.controller.SettingsProblem()
	switch {
	case status.State == app.Failed && errors.As(status.Err, &bind):
		w.showBind("start "+status.Since.String(), bind)
	case status.State == app.Failed && status.Err != nil:
		w.banner.Show("start "+status.Since.String(), i18n.T("start.failed", status.Err.Error()), i18n.T("start.again"), w.controller.Start)
	case problem != nil:
		w.banner.Show("file "+problem.Error(), troubleText(problem), i18n.T("file.replace"), w.replaceFile)
	case w.controller.Unsaved() != nil:
		unsaved := w.controller.Unsaved()
		w.banner.Show("unsaved "+unsaved.Error(), troubleText(unsaved), "", nil)
	case w.showSystemTrouble():
	case w.showNews():
	case w.banner.Key != "apply" && w.banner.Key != "port" && w.banner.Key != "launch":
		w.banner.Clear()
	}
}

// replaceFile keeps the damaged settings file under another name.
func (w *Window) replaceFile() {
	kept, err := w.controller.ReplaceBadFile()
	w.report(err)
	if err == nil && kept != "" {
		w.open(dialog.NewInformation("Posthouse", i18n.T("file.replaced", kept), w.win))
	}
	w.followController()
}

// troubleText is a problem of the app in the window's language.
func troubleText(err error) string {
	text, _ := words.ProblemText(err)
	return text
}

// filterErrorText says what a filter expects where it cannot be understood, and
// what becomes of the word until then.
func filterErrorText(e *query.Error) string {
	text := i18n.T("filter.value", e.Code)
	if i18n.Has("filter.bad." + e.Code) {
		text = i18n.T("filter.bad." + e.Code)
	}
	if e.Code == "long" {
		return text
	}
	return i18n.T("filter.left_out", text)
}

// unfinished reports whether a filter is only not written to its end: a value or
// a closing quote is still to come. That needs help, and no alarm.
func unfinished(text string, e *query.Error) bool {
	return e.End == len(text) && e.Arg == "" && e.Code != "long"
}
