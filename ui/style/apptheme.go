package style

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// AppTheme is embedded by a widget that stays as the app's theme says inside a theme
// override, with all that is in it. Rows of a dense list are: only the list around them
// asks the theme for its padding.
//
// The toolkit (2.8.1) keeps the fonts that it has read for each override apart: every one
// reads them again, 3 to 6 MB a style and 20 ms, and once more each time it is refreshed.
// It leaves out what has this method, for that is another override.
type AppTheme struct{}

// SetDeviceIsMobile does nothing.
func (AppTheme) SetDeviceIsMobile(bool) {}

// appThemed is an object that stays as the app's theme says.
type appThemed struct {
	widget.BaseWidget
	AppTheme
	content fyne.CanvasObject
}

// keepAppTheme has an object stay as the app's theme says inside a theme override.
func keepAppTheme(o fyne.CanvasObject) *appThemed {
	k := &appThemed{content: o}
	k.ExtendBaseWidget(k)
	return k
}

// Resize resizes what is inside even where the size is as before: it may have stood
// elsewhere meanwhile.
func (k *appThemed) Resize(size fyne.Size) {
	k.BaseWidget.Resize(size)
	k.content.Move(fyne.NewPos(0, 0))
	k.content.Resize(size)
}

func (k *appThemed) CreateRenderer() fyne.WidgetRenderer {
	return &appThemedRenderer{widget.NewSimpleRenderer(k.content), k}
}

type appThemedRenderer struct {
	fyne.WidgetRenderer
	k *appThemed
}

func (r *appThemedRenderer) Refresh() {
	r.k.content.Move(fyne.NewPos(0, 0))
	r.k.content.Resize(r.k.Size())
	r.k.content.Refresh()
}
