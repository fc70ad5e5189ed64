package ui

import (
	"image/color"
	"net/netip"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

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
	widget.BaseWidget
	is     exposure
	tapped func()

	back  *canvas.Rectangle
	icon  *widget.Icon
	label *canvas.Text
}

var (
	_ fyne.Tappable      = (*openSign)(nil)
	_ desktop.Cursorable = (*openSign)(nil)
	_ desktop.Hoverable  = (*openSign)(nil)
)

func newOpenSign() *openSign {
	s := &openSign{back: canvas.NewRectangle(color.Transparent), icon: widget.NewIcon(theme.NewWarningThemedResource(theme.WarningIcon())),
		label: canvas.NewText("", color.Black)}
	s.back.CornerRadius = 4
	s.label.TextSize = 12
	s.ExtendBaseWidget(s)
	s.Hide()
	return s
}

// showOpen draws what is so, and nothing where all is closed.
func (b *statusBar) showOpen() {
	s := b.open
	text, tint := s.is.text(), theme.Color(theme.ColorNameWarning)
	if s.label.Text == text && s.label.Color == tint {
		return
	}
	s.label.Text, s.label.Color = text, tint
	s.Hidden = text == ""
	s.Refresh()
	b.object.Refresh() // for its width
}

// Tapped opens the dialog.
func (s *openSign) Tapped(*fyne.PointEvent) { s.tapped() }

// Cursor shows that there is something to click.
func (s *openSign) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn marks the sign.
func (s *openSign) MouseIn(*desktop.MouseEvent) { s.mark(theme.Color(theme.ColorNameHover)) }

// MouseMoved does nothing.
func (s *openSign) MouseMoved(*desktop.MouseEvent) {}

// MouseOut takes the mark away.
func (s *openSign) MouseOut() { s.mark(color.Transparent) }

func (s *openSign) mark(c color.Color) {
	s.back.FillColor = c
	s.back.Refresh()
}

func (s *openSign) CreateRenderer() fyne.WidgetRenderer { return &openSignRenderer{s} }

type openSignRenderer struct{ s *openSign }

const signIcon = 15

func (r *openSignRenderer) MinSize() fyne.Size {
	text := fyne.MeasureText(r.s.label.Text, r.s.label.TextSize, r.s.label.TextStyle)
	return fyne.NewSize(text.Width+signIcon+20, max(text.Height, 18))
}

func (r *openSignRenderer) Layout(size fyne.Size) {
	r.s.back.Resize(size)
	r.s.icon.Resize(fyne.NewSize(signIcon, signIcon))
	r.s.icon.Move(fyne.NewPos(6, (size.Height-signIcon)/2))
	r.s.label.Move(fyne.NewPos(6+signIcon+5, 0))
	r.s.label.Resize(fyne.NewSize(size.Width-signIcon-17, size.Height))
}

func (r *openSignRenderer) Refresh() {
	r.Layout(r.s.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *openSignRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.s.back, r.s.icon, r.s.label}
}

func (r *openSignRenderer) Destroy() {}
