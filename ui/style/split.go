package style

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// CalmSplit makes a split, one part below the other, and the object that shows it. Its
// divider is a thin line of the theme: the toolkit's is a thick one in the colour of shadows.
func CalmSplit(first, second fyne.CanvasObject) (*container.Split, fyne.CanvasObject) {
	s := container.NewVSplit(keepAppTheme(first), keepAppTheme(second))
	return s, container.NewThemeOverride(s, splitTheme{})
}

// splitTheme is for the divider alone.
type splitTheme struct{ DenseTheme }

const splitThickness = 5 // pixels

func (t splitTheme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if n == theme.ColorNameShadow {
		n = theme.ColorNameSeparator
	}
	return t.base().Color(n, v)
}

func (t splitTheme) Size(n fyne.ThemeSizeName) float32 {
	if n == theme.SizeNameSplitThickness {
		return splitThickness
	}
	return t.base().Size(n)
}
