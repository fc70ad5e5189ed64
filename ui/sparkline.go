package ui

import (
	"fmt"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/words"
)

const (
	sparkBars  = feed.RateSeconds
	sparkWidth = 4 // of a bar with its gap
	restBars   = 3 // more than so many in one step, after silence: the feed rested, which tells of traffic within a second
)

// sparkline shows the rate of the last half minute, a bar a second, and the
// present one in words.
type sparkline struct {
	widget.BaseWidget
	bars   []*canvas.Rectangle
	label  *canvas.Text
	counts [sparkBars]float64

	begun time.Time // when the first bar began
	drawn int       // bars since then
	since time.Time // of last
	last  flow.Stats
}

func newSparkline() *sparkline {
	s := &sparkline{label: canvas.NewText("", color.Black)}
	s.label.TextSize = 12
	s.label.Alignment = fyne.TextAlignTrailing
	for range sparkBars {
		s.bars = append(s.bars, canvas.NewRectangle(color.Transparent))
	}
	s.ExtendBaseWidget(s)
	return s
}

// take follows the totals; once a second there is another bar.
func (s *sparkline) take(st flow.Stats, now time.Time) {
	if s.begun.IsZero() {
		s.begun, s.since, s.last = now, now, st
		return
	}
	bars := int(now.Sub(s.begun)/time.Second) - s.drawn // however often it is called, a bar stands for a second
	if bars <= 0 {
		return
	}
	s.drawn += bars
	passed := now.Sub(s.since)
	if s.quiet() && bars > restBars {
		bars, passed = 1, time.Second // the silence before is none of the rate
	}
	per := func(now, before uint64) float64 { return float64(now-before) / passed.Seconds() }
	rate := per(st.Captured+st.NotRecorded, s.last.Captured+s.last.NotRecorded)
	bytes := per(st.BytesUp+st.BytesDown, s.last.BytesUp+s.last.BytesDown)
	quiet := s.quiet() && rate == 0
	for range min(bars, sparkBars) {
		copy(s.counts[:], s.counts[1:])
		s.counts[sparkBars-1] = rate
	}
	s.since, s.last = now, st
	text := ""
	if rate > 0 || bytes > 0 {
		size := words.SizeText(int64(bytes))
		if int64(bytes) == 0 {
			size = "0 B" // a rate needs its unit
		}
		text = i18n.T("rate", rateText(rate), size)
	}
	if s.label.Text != text || !quiet {
		s.label.Text = text
		s.Refresh()
	}
}

func (s *sparkline) quiet() bool { return s.counts == [sparkBars]float64{} }

func rateText(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f", rate)
	}
	return words.CountText(int64(rate + 0.5))
}

func (s *sparkline) CreateRenderer() fyne.WidgetRenderer {
	r := &sparklineRenderer{s}
	r.Refresh()
	return r
}

type sparklineRenderer struct{ s *sparkline }

// MinSize asks for no width: in a narrow window first the words go, then the bars.
func (r *sparklineRenderer) MinSize() fyne.Size { return fyne.NewSize(0, 28) }

func (r *sparklineRenderer) Layout(size fyne.Size) {
	s := r.s
	highest := 1.0
	for _, c := range s.counts {
		highest = max(highest, c)
	}
	left, room := size.Width-sparkBars*sparkWidth, size.Height-8
	s.label.Resize(fyne.NewSize(left-10, size.Height))
	s.label.Hidden = left-10 < s.label.MinSize().Width
	for i, b := range s.bars {
		h := float32(1)
		if c := s.counts[i]; c > 0 {
			h = max(2, room*float32(c/highest))
		}
		b.Move(fyne.NewPos(left+float32(i)*sparkWidth, size.Height-4-h))
		b.Resize(fyne.NewSize(sparkWidth-1, h))
		b.Hidden = left < 0
	}
}

func (r *sparklineRenderer) Refresh() {
	r.s.label.Color = style.ThemeColor(style.ColorMuted)
	for i, b := range r.s.bars {
		b.FillColor = style.ThemeColor(style.ColorRowStripe)
		if r.s.counts[i] > 0 {
			b.FillColor = style.ThemeColor(style.ColorGood)
		}
	}
	r.Layout(r.s.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *sparklineRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{r.s.label}
	for _, b := range r.s.bars {
		all = append(all, b)
	}
	return all
}

func (r *sparklineRenderer) Destroy() {}
