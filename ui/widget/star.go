package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"posthouse/assets"
	"posthouse/proxy/flow"
	"posthouse/ui/style"
)

// StarPicture is the star of a row.
var StarPicture = theme.NewColoredResource(fyne.NewStaticResource("star.svg", assets.Star), style.MarkColorName(flow.MarkOrange))

// StarCell draws the star of a row. It touches its picture only when another one is to be seen.
type StarCell struct {
	Picture *canvas.Image
	at      fyne.Position
}

// NewStarCell makes a cell without a star.
func NewStarCell() *StarCell {
	c := &StarCell{Picture: &canvas.Image{FillMode: canvas.ImageFillContain}}
	c.Picture.Resize(fyne.NewSquareSize(SignSize))
	c.Picture.Hide()
	return c
}

// Show draws the star at x, in a column of a width, 0 where it is not shown.
func (c *StarCell) Show(on bool, x, width float32) {
	on = on && width > 0
	if at := fyne.NewPos(x+(width-SignSize)/2, (style.RowHeight-SignSize)/2); on && at != c.at {
		c.at = at
		c.Picture.Move(at)
	}
	if on == c.Picture.Visible() {
		return
	}
	if !on {
		c.Picture.Hide()
		return
	}
	c.Picture.Resource, c.Picture.Hidden = StarPicture, false
	c.Picture.Refresh()
}
