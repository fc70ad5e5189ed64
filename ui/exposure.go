package ui

import (
	"net/netip"
	"strings"
	"time"

	"fyne.io/fyne/v2/theme"

	"posthouse/app"
	"posthouse/ui/i18n"
)

// exposure is how far the proxy is open to other devices.
type exposure struct {
	addr      string // where they reach it; "" while they do not
	everybody bool   // nobody is kept out there
	missing   string // an address that is to be open, and cannot be now
	devices   int    // that used the proxy
	refused   int    // that were refused
}

// exposureOf looks at what is bound, not at what is set.
func exposureOf(c *app.Controller) (o exposure) {
	status := c.Status()
	if status.State != app.Running {
		return o
	}
	for _, addr := range status.Addrs {
		if a, err := netip.ParseAddrPort(addr); err == nil && !a.Addr().IsLoopback() {
			o.addr, o.everybody = addr, true
		}
	}
	if o.addr == "" && len(status.LAN) > 0 {
		o.addr = status.LAN[0]
	}
	if status.LANErr != nil {
		o.missing = strings.Join(c.Settings().LAN.Listen, ", ")
	}
	if o.addr == "" {
		return o
	}
	for _, d := range c.Devices() {
		if d.Allowed {
			o.devices++
		} else {
			o.refused++
		}
	}
	return o
}

func (o *exposure) text() string {
	var parts []string
	switch {
	case o.everybody:
		parts = append(parts, i18n.T("open.everybody", o.addr))
	case o.addr != "":
		parts = append(parts, i18n.T("open.chosen", o.addr))
	case o.missing != "":
		return i18n.T("open.missing", o.missing)
	default:
		return ""
	}
	parts = append(parts, i18n.N("open.devices", o.devices, o.devices))
	if o.refused > 0 {
		parts = append(parts, i18n.T("open.refused", o.refused))
	}
	return strings.Join(parts, "  ·  ")
}

// exposureEvery is how often devices are looked at, while there may be some.
const exposureEvery = time.Second

// watchExposure tells of who may reach the proxy, from a goroutine, until it is stopped.
func watchExposure(c *app.Controller, changed func(exposure)) *subscription {
	s := &subscription{quit: make(chan struct{})}
	s.done.Go(func() {
		watch := c.Watch()
		defer watch.Close()
		tick := time.NewTicker(exposureEvery)
		defer tick.Stop()
		var last exposure
		for {
			now := exposureOf(c)
			if now != last {
				last = now
				changed(now)
			}
			ticks := tick.C
			if now.addr == "" {
				ticks = nil
			}
			select {
			case <-watch.C:
			case <-ticks:
			case <-s.quit:
				return
			}
		}
	})
	return s
}

// openSign says in the status bar, all the while, that other devices may reach
// the proxy. A click opens the dialog where that is changed.
type openSign struct {
	*statusSign
	is exposure
}

func newOpenSign() *openSign {
	return &openSign{statusSign: newStatusSign(theme.NewWarningThemedResource(theme.WarningIcon()), theme.ColorNameWarning)}
}

// showOpen draws what is so, and nothing where all is closed.
func (b *statusBar) showOpen() {
	if b.open.say(b.open.is.text()) {
		b.object.Refresh() // for its width
	}
}
