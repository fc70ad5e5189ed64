package compose

import "fyne.io/fyne/v2"

// stretched puts objects in a row or a column in their order, which is that of Tab. Each has
// the room that it needs, and one takes what is left.
type stretched struct {
	column bool
	one    int // takes what is left
	gap    float32
}

func (s stretched) MinSize(objects []fyne.CanvasObject) (size fyne.Size) {
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		least, gap := o.MinSize(), s.gap
		if i == 0 {
			gap = 0
		}
		if s.column {
			size = fyne.NewSize(max(size.Width, least.Width), size.Height+least.Height+gap)
		} else {
			size = fyne.NewSize(size.Width+least.Width+gap, max(size.Height, least.Height))
		}
	}
	return size
}

// Layout resizes twice in a column: how high wrapped text is turns out when it has its width.
func (s stretched) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	rest := size.Width
	if s.column {
		rest = size.Height
	}
	needs := make([]float32, len(objects))
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		if i > 0 {
			rest -= s.gap
		}
		if s.column && i != s.one {
			o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		}
		if needs[i] = o.MinSize().Width; s.column {
			needs[i] = o.MinSize().Height
		}
		if i != s.one {
			rest -= needs[i]
		}
	}
	needs[s.one] = max(0, rest)
	at := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		if s.column {
			o.Move(fyne.NewPos(0, at))
			o.Resize(fyne.NewSize(size.Width, needs[i]))
		} else {
			o.Move(fyne.NewPos(at, 0))
			o.Resize(fyne.NewSize(needs[i], size.Height))
		}
		at += needs[i] + s.gap
	}
}
