package setup

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// shownDevices is how many devices the dialog lists.
const shownDevices = 5

// deviceList says which devices reached the proxy, and lets those in that were refused.
type deviceList struct {
	box   *fyne.Container
	rows  []*deviceRow
	none  *widget.Label
	more  *widget.Label
	allow func(flow.Device)
}

// deviceRow is one device.
type deviceRow struct {
	object fyne.CanvasObject
	icon   *widget.Icon
	text   *widget.Label
	allow  *widget.Button
	device flow.Device
}

func newDeviceList(allow func(flow.Device)) *deviceList {
	l := &deviceList{allow: allow, none: note(i18n.T("phone.devices.none")), more: note("")}
	l.box = container.NewVBox(l.none)
	for range shownDevices {
		r := &deviceRow{icon: widget.NewIcon(nil), text: widget.NewLabel("")}
		r.text.Truncation = fyne.TextTruncateEllipsis
		r.allow = widget.NewButton(i18n.T("phone.allow"), func() { l.allow(r.device) })
		r.allow.Importance = widget.HighImportance
		icon := container.NewCenter(container.NewPadded(r.icon))
		r.object = container.NewBorder(nil, nil, icon, container.NewCenter(r.allow), r.text)
		r.object.Hide()
		l.rows = append(l.rows, r)
		l.box.Add(r.object)
	}
	l.box.Add(l.more)
	l.more.Hide()
	return l
}

// show lists the devices that were heard of last.
func (l *deviceList) show(devices []flow.Device, now time.Time) {
	for i, r := range l.rows {
		if i >= len(devices) {
			r.object.Hide()
			continue
		}
		r.show(devices[i], now)
		r.object.Show()
	}
	l.none.Hidden = len(devices) > 0
	l.more.Hidden = len(devices) <= len(l.rows)
	if !l.more.Hidden {
		setLabel(l.more, i18n.T("phone.devices.more", len(devices)-len(l.rows)))
	}
	l.box.Refresh()
}

func (r *deviceRow) show(d flow.Device, now time.Time) {
	r.device = d
	r.allow.Hidden = d.Allowed
	ago := agoText(now.Sub(d.Last))
	icon := theme.NewSuccessThemedResource(theme.ConfirmIcon())
	switch {
	case !d.Allowed:
		icon = theme.NewWarningThemedResource(theme.WarningIcon())
		setLabel(r.text, i18n.T("phone.device.refused", d.Addr.String(), ago))
	case d.Requests == 0:
		setLabel(r.text, i18n.T("phone.device.allowed", d.Addr.String(), ago))
	default:
		setLabel(r.text, i18n.N("phone.device.reached", int(min(d.Requests, 1<<30)), d.Addr.String(), ago, d.Requests))
	}
	if r.icon.Resource == nil || r.icon.Resource.Name() != icon.Name() {
		r.icon.SetResource(icon)
	}
}

// agoText says how long ago something was, as people count.
func agoText(d time.Duration) string {
	switch {
	case d < 2*time.Second:
		return i18n.T("ago.now")
	case d < time.Minute:
		return i18n.T("ago.seconds", int(d/time.Second))
	case d < time.Hour:
		return i18n.T("ago.minutes", int(d/time.Minute))
	}
	return i18n.T("ago.hours", int(d/time.Hour))
}

// setLabel changes a text only where it differs.
func setLabel(l *widget.Label, text string) {
	if l.Text != text {
		l.SetText(text)
	}
}
