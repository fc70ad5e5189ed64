package details

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

// hiddenNotice says above the details that the filter hides their request: the list
// does not show what is read here. The details stay, for they may be what the
// filter is being written for.
type hiddenNotice struct {
	text   *uiwidget.CutLabel
	all    *uiwidget.BarButton // shows it in the list again
	object *fyne.Container
}

func newHiddenNotice(unfilter func()) *hiddenNotice {
	n := &hiddenNotice{text: uiwidget.NewCutLabel(theme.ColorNameForeground)}
	n.all = uiwidget.NewBarButton(theme.VisibilityIcon(), unfilter)
	n.object = uiwidget.NewBar(n.text, n.all)
	n.object.Objects[0] = uiwidget.NewShade(style.ColorBanner)
	n.object.Hide()
	return n
}

func (n *hiddenNotice) retranslate() {
	n.text.Set(i18n.T("details.hidden"))
	n.all.SetLabel(i18n.T("details.hidden.show"))
}

// SetHidden says whether the filter hides the request that is shown.
func (d *Details) SetHidden(on bool) {
	if on != d.hidden.object.Visible() {
		uiwidget.SetShown(d.hidden.object, on)
		d.object.Refresh()
	}
}
