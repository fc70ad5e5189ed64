package widget

import (
	"image"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"posthouse/app/clients/appicon"
	"posthouse/assets"
	"posthouse/proxy/flow"
	"posthouse/ui/style"
)

const (
	ProgramIconSize  = 16 // beside a name
	programIconSpace = 6  // between the two
	ProgramIconRoom  = ProgramIconSize + programIconSpace
	ProgramIconTop   = (style.RowHeight-ProgramIconSize)/2 + 1 // in a row, whose text stands a little low
)

// ProgramIcons are the icons of programs, as far as they are known. It belongs to
// the UI goroutine; nil knows none and takes no room.
type ProgramIcons struct {
	service *appicon.Service
}

// NewProgramIcons has show called on the UI goroutine when more is known, once for
// all that became known meanwhile.
func NewProgramIcons(find appicon.Finder, do func(func()), show func()) *ProgramIcons {
	if find == nil {
		return nil
	}
	var told atomic.Bool
	return &ProgramIcons{appicon.New(find, func() {
		if !told.Swap(true) {
			do(func() {
				told.Store(false)
				show()
			})
		}
	})}
}

// Close ends the search; what is not known then stays unknown.
func (p *ProgramIcons) Close() {
	if p != nil {
		p.service.Close()
	}
}

// Room is the width that an icon takes before a name.
func (p *ProgramIcons) Room() float32 {
	if p == nil {
		return 0
	}
	return ProgramIconRoom
}

// OfRow is the icon of the program that asked; nil where there is none, or where it
// is not known yet.
func (p *ProgramIcons) OfRow(r *flow.Row) *appicon.Icon {
	if p == nil || r.App == "" {
		return nil
	}
	icon, _ := p.service.Icon(appicon.Of(r.AppPath, r.AppPID))
	return icon
}

// OfAll is the icon that all programs of one name have; nil where they differ.
func (p *ProgramIcons) OfAll(all []appicon.Program) (icon *appicon.Icon, known bool) {
	if p == nil || len(all) == 0 {
		return nil, p != nil
	}
	known = true
	same := true
	for i, one := range all {
		its, is := p.service.Icon(one)
		if i == 0 {
			icon = its
		}
		known, same = known && is, same && its == icon
	}
	if !known || !same {
		return nil, known
	}
	return icon, true
}

// ProgramGlyph stands for a program without an icon where a column of them would
// have a gap.
var ProgramGlyph = theme.NewColoredResource(fyne.NewStaticResource("program.svg", assets.Program), theme.ColorNamePlaceHolder)

// ProgramIconCell draws an icon, pixel for pixel as it was made. It touches its
// picture only when another one is to be seen.
type ProgramIconCell struct {
	Picture *canvas.Raster
	Icon    *appicon.Icon
}

// NewProgramIconCell makes a cell without an icon.
func NewProgramIconCell() *ProgramIconCell {
	c := &ProgramIconCell{}
	c.Picture = canvas.NewRaster(func(width, height int) image.Image {
		if c.Icon == nil {
			return image.NewRGBA(image.Rect(0, 0, 1, 1))
		}
		return c.Icon.At(min(width, height))
	})
	c.Picture.Hidden = true
	c.Picture.Resize(fyne.NewSquareSize(ProgramIconSize))
	return c
}

// Show draws an icon, or nothing for nil.
func (c *ProgramIconCell) Show(icon *appicon.Icon, at fyne.Position) {
	if c.Picture.Position() != at {
		c.Picture.Move(at)
	}
	if icon == c.Icon {
		return
	}
	c.Icon = icon
	if icon == nil {
		c.Picture.Hide()
		return
	}
	c.Picture.Hidden = false
	c.Picture.Refresh()
}
