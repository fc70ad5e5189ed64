package uitest

import (
	"image"
	"image/color"
	"testing"

	"posthouse/app/clients/appicon"
)

// DiscIcon is an icon of a test: a disc with a bright middle.
func DiscIcon(c color.NRGBA) *appicon.Icon {
	const side = 96
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			switch dx, dy := 2*x-side+1, 2*y-side+1; {
			case dx*dx+dy*dy < side*side/5:
				m.SetNRGBA(x, y, color.NRGBA{255, 255, 255, 255})
			case dx*dx+dy*dy < side*side:
				m.SetNRGBA(x, y, c)
			}
		}
	}
	return appicon.FromImage(m)
}

// Orange is the colour of an icon.
var Orange = color.NRGBA{0xe8, 0x76, 0x1c, 255}

var green = color.NRGBA{0x2e, 0x9d, 0x4f, 255}

// Firefox and Node are the programs that have an icon, Curl is one that has none.
var (
	Firefox = appicon.Program{Path: "/usr/lib/firefox/firefox"}
	Node    = appicon.Program{Path: "/usr/bin/node"}
	Curl    = appicon.Program{Path: "/usr/bin/curl"}
)

// SampleIcons are those of two programs; others have none.
func SampleIcons(p appicon.Program) *appicon.Icon {
	switch p.Path {
	case Firefox.Path:
		return DiscIcon(Orange)
	case Node.Path:
		return DiscIcon(green)
	}
	return nil
}

// Icons are the icons of programs, as far as they are known.
type Icons interface {
	OfAll([]appicon.Program) (icon *appicon.Icon, known bool)
	Close()
}

// KnownIcons are icons, which find makes, that were found out before they are asked for.
func KnownIcons[I Icons](t testing.TB, find func(appicon.Finder, func(func()), func()) I, all ...appicon.Program) I {
	t.Helper()
	news := make(chan struct{}, len(all))
	icons := find(SampleIcons, func(f func()) { f() }, func() { news <- struct{}{} })
	t.Cleanup(icons.Close)
	for i := range all {
		for _, known := icons.OfAll(all[i : i+1]); !known; _, known = icons.OfAll(all[i : i+1]) {
			<-news
		}
	}
	return icons
}
