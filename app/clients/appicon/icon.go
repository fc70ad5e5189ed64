package appicon

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"image"
	"slices"
	"sync"

	"golang.org/x/image/draw"
)

// sizes are the pixels of one side that pictures are kept in: those of 16 points
// on screens at scale 1, 2 and 3.
var sizes = [...]int{16, 32, 48}

// maxSize bounds what At makes.
const maxSize = 48

// Icon is a program's icon. It never changes, and equal ones of a Service are the same.
type Icon struct {
	pictures []*image.RGBA // square, rising in size
	sum      [sha256.Size]byte

	mu     sync.Mutex
	scaled *image.RGBA // the last one of another size
}

// At is the icon, size x size pixels, of 1 to 48. It is not to be changed.
func (i *Icon) At(size int) *image.RGBA {
	size = min(max(size, 1), maxSize)
	best := i.pictures[len(i.pictures)-1]
	for n := len(i.pictures) - 1; n >= 0 && i.pictures[n].Rect.Dx() >= size; n-- {
		best = i.pictures[n]
	}
	if best.Rect.Dx() == size {
		return best
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.scaled == nil || i.scaled.Rect.Dx() != size {
		i.scaled = fit(best, size)
	}
	return i.scaled
}

// newIcon makes an icon of pictures; nil where nothing can be seen of any.
func newIcon(pictures []picture) *Icon {
	icon := &Icon{}
	for i, size := range sizes {
		for _, p := range order(pictures, size) {
			if i > 0 && p.size <= sizes[i-1] && len(icon.pictures) > 0 {
				continue // it is there already, smaller
			}
			if drawn := p.draw(); drawn != nil {
				if square := fit(drawn, size); visible(square) {
					icon.pictures = append(icon.pictures, square)
					break
				}
			}
		}
	}
	if len(icon.pictures) == 0 {
		return nil
	}
	h := sha256.New()
	for _, p := range icon.pictures {
		_ = binary.Write(h, binary.LittleEndian, uint32(p.Rect.Dx()))
		h.Write(p.Pix)
	}
	h.Sum(icon.sum[:0])
	return icon
}

// maxTries bounds how many pictures are drawn for one size.
const maxTries = 8

// order is the pictures for a size, the best first: the very size, the next larger
// ones, the smaller ones.
func order(pictures []picture, size int) []picture {
	rank := func(p picture) int {
		if p.size >= size {
			return p.size
		}
		return 1<<20 - p.size
	}
	all := slices.SortedStableFunc(slices.Values(pictures), func(a, b picture) int { return cmp.Compare(rank(a), rank(b)) })
	return all[:min(len(all), maxTries)]
}

// FromImage is an icon of one picture, nil where nothing can be seen of it.
func FromImage(m image.Image) *Icon {
	return newIcon([]picture{{size: max(m.Bounds().Dx(), m.Bounds().Dy()), draw: func() image.Image { return m }}})
}

// fit is a picture as a square of size pixels, its proportions kept.
func fit(m image.Image, size int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, size, size))
	b := m.Bounds()
	if b.Empty() {
		return out
	}
	w, h := size, size
	if b.Dx() > b.Dy() {
		h = max(1, size*b.Dy()/b.Dx())
	} else {
		w = max(1, size*b.Dx()/b.Dy())
	}
	at := image.Pt((size-w)/2, (size-h)/2)
	into := image.Rectangle{at, at.Add(image.Pt(w, h))}
	if into.Size() == b.Size() {
		draw.Draw(out, into, m, b.Min, draw.Src)
	} else {
		draw.CatmullRom.Scale(out, into, m, b, draw.Src, nil)
	}
	return out
}

// visible reports whether anything can be seen: a drawing may hold only what the
// library cannot draw.
func visible(m *image.RGBA) bool {
	for i := 3; i < len(m.Pix); i += 4 {
		if m.Pix[i] > 32 {
			return true
		}
	}
	return false
}
