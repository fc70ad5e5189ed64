package raster

import (
	"context"
	"image"

	"golang.org/x/image/draw"
)

const (
	// strip is how many rows are made at once: the scaler keeps 32 bytes for each of
	// their pixels in the height of the source.
	strip = 32
	// maxExtent bounds the pixels of the source in a row or a column that are scaled
	// at once: the scaler keeps 32 bytes for each of them too.
	maxExtent = 1 << 16
)

// scaled draws what was decoded, on its canvas, with no side longer than longest.
func (f *frame) scaled(ctx context.Context, m image.Image, longest int) (*image.NRGBA, error) {
	canvas := f.canvas
	if f.at.X < 0 || f.at.Y < 0 || f.at.X+f.size.X > canvas.X || f.at.Y+f.size.Y > canvas.Y {
		canvas, f.at = f.size, image.Point{}
	}
	room, b := canvas, m.Bounds()
	if long := max(canvas.X, canvas.Y); long > longest {
		room = image.Pt(max(1, scale(canvas.X, longest, long)), max(1, scale(canvas.Y, longest, long)))
	}
	out := image.NewNRGBA(image.Rectangle{Max: room}) // what the toolkit takes without another copy
	if room == canvas {
		draw.Draw(out, image.Rectangle{f.at, f.at.Add(f.size)}, m, b.Min, draw.Src)
		return out, ctx.Err()
	}
	into := image.Rect(scale(f.at.X, room.X, canvas.X), scale(f.at.Y, room.Y, canvas.Y),
		scale(f.at.X+f.size.X, room.X, canvas.X), scale(f.at.Y+f.size.Y, room.Y, canvas.Y))
	into.Max = image.Pt(max(into.Max.X, into.Min.X+1), max(into.Max.Y, into.Min.Y+1))
	wide := min(into.Dx(), max(1, scale(into.Dx(), maxExtent, b.Dx())))
	high := min(strip, max(1, scale(into.Dy(), maxExtent, b.Dy())))
	for y := 0; y < into.Dy(); y += high {
		for x := 0; x < into.Dx(); x += wide {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			tile := image.Rect(x, y, min(x+wide, into.Dx()), min(y+high, into.Dy()))
			from := image.Rect(scale(tile.Min.X, b.Dx(), into.Dx()), scale(tile.Min.Y, b.Dy(), into.Dy()),
				scale(tile.Max.X, b.Dx(), into.Dx()), scale(tile.Max.Y, b.Dy(), into.Dy()))
			draw.BiLinear.Scale(out, tile.Add(into.Min), m, from.Add(b.Min), draw.Src, nil)
		}
	}
	return out, nil
}

// scale is n times to/from, which may be large.
func scale(n, to, from int) int { return int(int64(n) * int64(to) / int64(from)) }
