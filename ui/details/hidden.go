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
	Text   *uiwidget.CutLabel
	All    *uiwidget.BarButton // shows it in the list again
	Object *fyne.Container
}

func newHiddenNotice(unfilter func()) *hiddenNotice {
	n := &hiddenNotice{Text: uiwidget.NewCutLabel(theme.ColorNameForeground)}
	n.All = uiwidget.NewBarButton(theme.VisibilityIcon(), unfilter)
	n.Object = uiwidget.NewBar(n.Text, n.All)
	n.Object.Objects[0] = uiwidget.NewShade(style.ColorBanner)
	n.Object.Hide()
	return n
}

func (n *hiddenNotice) retranslate() {
	n.Text.Set(i18n.T("details.hidden"))
	n.All.SetLabel(i18n.T("details.hidden.show"))
}

// SetHidden says whether the filter hides the request that is shown.
func (d *Details) SetHidden(on bool) {
	if on != d.Hidden.Object.Visible() {
		uiwidget.SetShown(d.Hidden.Object, on)
		d.object.Refresh()
	}
}
