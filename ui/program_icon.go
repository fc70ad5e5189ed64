package ui

import (
	"image"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"posthouse/app/clients/appicon"
	"posthouse/assets"
	"posthouse/proxy/flow"
)

const (
	programIconSize  = 16 // beside a name
	programIconSpace = 6  // between the two
	programIconRoom  = programIconSize + programIconSpace
	programIconTop   = (rowHeight-programIconSize)/2 + 1 // in a row, whose text stands a little low
)

// programIcons are the icons of programs, as far as they are known. It belongs to
// the UI goroutine; nil knows none and takes no room.
type programIcons struct {
	service *appicon.Service
}

// newProgramIcons has show called on the UI goroutine when more is known, once for
// all that became known meanwhile.
func newProgramIcons(find appicon.Finder, do func(func()), show func()) *programIcons {
	if find == nil {
		return nil
	}
	var told atomic.Bool
	return &programIcons{appicon.New(find, func() {
		if !told.Swap(true) {
			do(func() {
				told.Store(false)
				show()
			})
		}
	})}
}

func (p *programIcons) close() {
	if p != nil {
		p.service.Close()
	}
}

// room is the width that an icon takes before a name.
func (p *programIcons) room() float32 {
	if p == nil {
		return 0
	}
	return programIconRoom
}

// ofRow is the icon of the program that asked; nil where there is none, or where it
// is not known yet.
func (p *programIcons) ofRow(r *flow.Row) *appicon.Icon {
	if p == nil || r.App == "" {
		return nil
	}
	icon, _ := p.service.Icon(appicon.Of(r.AppPath, r.AppPID))
	return icon
}

// ofAll is the icon that all programs of one name have; nil where they differ.
func (p *programIcons) ofAll(all []appicon.Program) (icon *appicon.Icon, known bool) {
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

// showIcons draws what has become known.
func (w *Window) showIcons() {
	w.side.refresh()
	w.list.refresh()
	if x := w.details.exchange; x != nil && w.details.tabs.selected == tabOverview {
		w.details.overview.show(x)
	}
}

// programGlyph stands for a program without an icon where a column of them would
// have a gap.
var programGlyph = theme.NewColoredResource(fyne.NewStaticResource("program.svg", assets.Program), theme.ColorNamePlaceHolder)

// programIconCell draws an icon, pixel for pixel as it was made. It touches its
// picture only when another one is to be seen.
type programIconCell struct {
	picture *canvas.Raster
	icon    *appicon.Icon
}

func newProgramIconCell() *programIconCell {
	c := &programIconCell{}
	c.picture = canvas.NewRaster(func(width, height int) image.Image {
		if c.icon == nil {
			return image.NewRGBA(image.Rect(0, 0, 1, 1))
		}
		return c.icon.At(min(width, height))
	})
	c.picture.Hidden = true
	c.picture.Resize(fyne.NewSquareSize(programIconSize))
	return c
}

// show draws an icon, or nothing for nil.
func (c *programIconCell) show(icon *appicon.Icon, at fyne.Position) {
	if c.picture.Position() != at {
		c.picture.Move(at)
	}
	if icon == c.icon {
		return
	}
	c.icon = icon
	if icon == nil {
		c.picture.Hide()
		return
	}
	c.picture.Hidden = false
	c.picture.Refresh()
}
