package style

import (
	"fyne.io/fyne/v2"

	"posthouse/proxy/flow"
)

var markColors = [...]fyne.ThemeColorName{flow.MarkNone: ColorMuted, flow.MarkRed: colorMarkRed, flow.MarkOrange: colorMarkOrange,
	flow.MarkYellow: colorMarkYellow, flow.MarkGreen: colorMarkGreen, flow.MarkBlue: colorMarkBlue, flow.MarkPurple: colorMarkPurple}

// MarkColorName is the colour of a mark.
func MarkColorName(m flow.Mark) fyne.ThemeColorName { return markColors[m] }

// MarkInkName is the colour of a letter on a mark.
func MarkInkName(m flow.Mark) fyne.ThemeColorName {
	if m == flow.MarkOrange || m == flow.MarkYellow {
		return colorMarkInkPale
	}
	return colorMarkInk
}
