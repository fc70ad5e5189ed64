package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"posthouse/assets"
	"posthouse/proxy/flow"
	"posthouse/ui/style"
	"posthouse/ui/words"
)

// markWidth and markHeight are the size of a mark in a row.
const (
	markWidth  = 18
	markHeight = 16
)

// MarkCell draws the mark of a row: its colour, and a letter for who does not see that.
// It touches its picture only when another one is to be seen.
type MarkCell struct {
	Back   *canvas.Rectangle
	Letter *canvas.Text
	at     fyne.Position
}

// NewMarkCell shows nothing at first.
func NewMarkCell() *MarkCell {
	c := &MarkCell{Back: canvas.NewRectangle(color.Transparent), Letter: canvas.NewText("", color.Transparent)}
	c.Back.CornerRadius = 4
	c.Back.Resize(fyne.NewSize(markWidth, markHeight))
	c.Letter.TextSize, c.Letter.TextStyle.Bold, c.Letter.Alignment = 11, true, fyne.TextAlignCenter
	c.Letter.Resize(fyne.NewSize(markWidth, markHeight))
	c.Back.Hidden, c.Letter.Hidden = true, true
	return c
}

// Show draws a mark at x, in a column of a width, 0 where it is not shown.
func (c *MarkCell) Show(m flow.Mark, x, width float32) {
	if width == 0 || m == flow.MarkNone {
		if c.Back.Visible() {
			c.Back.Hide()
			c.Letter.Hide()
		}
		return
	}
	if at := fyne.NewPos(x+(width-markWidth)/2, (style.RowHeight-markHeight)/2); at != c.at {
		c.at = at
		c.Back.Move(at)
		c.Letter.Move(at)
	}
	fill, letter, ink := style.ThemeColor(style.MarkColorName(m)), words.MarkLetter(m), style.ThemeColor(style.MarkInkName(m))
	if c.Back.FillColor != fill || c.Back.Hidden {
		c.Back.FillColor, c.Back.Hidden = fill, false
		c.Back.Refresh()
	}
	if c.Letter.Text != letter || c.Letter.Color != ink || c.Letter.Hidden {
		c.Letter.Text, c.Letter.Color, c.Letter.Hidden = letter, ink, false
		c.Letter.Refresh()
	}
}

var markPictures = func() (all [len(flow.Marks) + 1]fyne.Resource) {
	all[flow.MarkNone] = theme.NewColoredResource(fyne.NewStaticResource("mark-none.svg", assets.MarkNone),
		style.MarkColorName(flow.MarkNone))
	for _, m := range flow.Marks {
		all[m] = theme.NewColoredResource(fyne.NewStaticResource("mark-"+m.String()+".svg", assets.Mark), style.MarkColorName(m))
	}
	return all
}()

// MarkPicture is a mark's colour in a menu.
func MarkPicture(m flow.Mark) fyne.Resource { return markPictures[m] }
