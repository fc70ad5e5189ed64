package tray

import (
	"slices"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/systray"
)

// endPatience bounds what closing waits for a message bus that does not answer.
const endPatience = 2 * time.Second

// host is the icon and its menu on the session's message bus. It belongs to the UI goroutine.
//
// The toolkit (2.8.1) has the same, with a hidden window for a desktop to close: here none does, and
// that window, with a graphics context and shaders of its own, cost a sixth of the start and some 15 MB.
// Nor is the bus waited for here, and an entry that changes stays the same entry.
type host struct {
	shown   []shownEntry
	end     func()
	started chan struct{}
	quit    chan struct{}
	jobs    sync.WaitGroup
}

// shownEntry is an entry of the menu and how it was shown last.
type shownEntry struct {
	item              *systray.MenuItem // nil: a line
	label             string
	checked, disabled bool
}

// newHost puts the icon into the tray; checks are the entries that may have a check mark. again is
// called on the UI goroutine once the icon is on the bus: what changed meanwhile may have been missed.
func newHost(app fyne.App, do func(func()), _ desktop.App, menu *fyne.Menu, checks []*fyne.MenuItem, icon fyne.Resource,
	again func()) *host {
	h := &host{started: make(chan struct{}), quit: make(chan struct{})}
	title := app.Metadata().Name
	if title == "" {
		title = app.UniqueID()
	}
	systray.SetTitle(title)
	for _, m := range menu.Items {
		h.add(m, slices.Contains(checks, m), do)
	}
	h.show(menu)
	h.setIcon(icon)
	var start func()
	start, h.end = systray.RunWithExternalLoop(nil, nil)
	go func() { // not waited for where the bus does not answer
		start()
		close(h.started)
		do(again)
	}()
	return h
}

func (h *host) add(m *fyne.MenuItem, check bool, do func(func())) {
	e := shownEntry{label: m.Label, checked: m.Checked}
	switch {
	case m.IsSeparator:
		systray.AddSeparator()
	case check:
		e.item = systray.AddMenuItemCheckbox(m.Label, "", m.Checked)
	default:
		e.item = systray.AddMenuItem(m.Label, "")
	}
	h.shown = append(h.shown, e)
	if e.item == nil {
		return
	}
	h.jobs.Go(func() {
		for {
			select {
			case <-e.item.ClickedCh:
				do(m.Action)
			case <-h.quit:
				return
			}
		}
	})
}

// show shows how the entries are now.
func (h *host) show(menu *fyne.Menu) {
	for i, m := range menu.Items {
		e := &h.shown[i]
		if e.item == nil {
			continue
		}
		if e.label != m.Label {
			e.item.SetTitle(m.Label)
		}
		if e.checked != m.Checked {
			map[bool]func(){true: e.item.Check, false: e.item.Uncheck}[m.Checked]()
		}
		if e.disabled != m.Disabled {
			map[bool]func(){true: e.item.Disable, false: e.item.Enable}[m.Disabled]()
		}
		e.label, e.checked, e.disabled = m.Label, m.Checked, m.Disabled
	}
}

// setIcon shows a picture in PNG.
func (h *host) setIcon(icon fyne.Resource) { systray.SetIcon(icon.Content()) }

// close takes the icon away.
func (h *host) close() {
	select {
	case <-h.started:
		h.end()
	case <-time.After(endPatience):
	}
	close(h.quit)
	h.jobs.Wait()
}
