package raster

import (
	"context"
	"image"

	"golang.org/x/image/draw"
)

// strip is how many rows are made at once: the scaler keeps 32 bytes for each of
// their pixels in the height of the source.
const strip = 32

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
	for from := 0; from < into.Dy(); from += strip {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := min(from+strip, into.Dy())
		source := image.Rect(b.Min.X, b.Min.Y+scale(from, b.Dy(), into.Dy()), b.Max.X, b.Min.Y+scale(to, b.Dy(), into.Dy()))
		draw.BiLinear.Scale(out, image.Rect(into.Min.X, into.Min.Y+from, into.Max.X, into.Min.Y+to), m, source, draw.Src, nil)
	}
	return out, nil
}

// scale is n times to/from, which may be large.
func scale(n, to, from int) int { return int(int64(n) * int64(to) / int64(from)) }
