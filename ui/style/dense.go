package style

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// DenseTheme leaves no room between rows: the list puts its padding there.
type DenseTheme struct{}

func (t DenseTheme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	return t.base().Color(n, v)
}

func (t DenseTheme) Font(s fyne.TextStyle) fyne.Resource { return t.base().Font(s) }

func (t DenseTheme) Icon(n fyne.ThemeIconName) fyne.Resource { return t.base().Icon(n) }

func (DenseTheme) base() fyne.Theme { return fyne.CurrentApp().Settings().Theme() }

func (t DenseTheme) Size(n fyne.ThemeSizeName) float32 {
	if n == theme.SizeNamePadding || n == theme.SizeNameSeparatorThickness {
		return 0
	}
	return t.base().Size(n)
}
