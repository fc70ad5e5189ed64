package details

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// step is one part of the time that an exchange took.
type step struct {
	key      string // of its name
	color    fyne.ThemeColorName
	from, to time.Duration // since the start
	underWay bool
	reused   bool // nothing was done: the connection came from the pool
}

// steps are the parts in order; what has not begun is left out.
func steps(r *flow.Row, now time.Time) []step {
	t, end := r.Timing, words.Elapsed(r, now)
	open := !r.Phase.Final()
	var all []step
	add := func(key string, name fyne.ThemeColorName, from, to time.Duration) (done bool) {
		if to == 0 {
			to = end
			all = append(all, step{key: key, color: name, from: min(from, to), to: to, underWay: open})
			return false
		}
		all = append(all, step{key: key, color: name, from: min(from, to), to: to})
		return true
	}
	switch {
	case t.Reused:
		all = append(all, step{key: "details.step_connect", color: style.ColorStepConnect, to: t.Connected, reused: true})
	case t.Connected > 0 && t.Connected <= time.Microsecond: // no dial is so quick: the tunnel's connection was ready
	default:
		if t.Resolved > 0 && !add("details.step_resolve", style.ColorStepResolve, 0, t.Resolved) {
			return all
		}
		connected := t.Connected
		if t.Dialed > 0 {
			connected = t.Dialed
		}
		if !add("details.step_connect", style.ColorStepConnect, t.Resolved, connected) {
			return all
		}
		if t.Dialed > 0 && !add("details.step_tls", style.ColorStepTLS, t.Dialed, t.Connected) {
			return all
		}
	}
	if r.Kind == flow.KindTunnel {
		all = append(all, step{key: "details.step_open", color: style.ColorStepReceive, from: t.Connected, to: end, underWay: open})
		return all
	}
	if t.FirstByte == 0 || t.Sent > 0 {
		if !add("details.step_send", style.ColorStepSend, t.Connected, t.Sent) {
			return all
		}
	}
	if !add("details.step_wait", style.ColorStepWait, max(t.Sent, t.Connected), t.FirstByte) {
		return all
	}
	all = append(all, step{key: "details.step_receive", color: style.ColorStepReceive, from: t.FirstByte, to: end, underWay: open})
	return all
}

// waterfall shows the steps as bars on a common scale.
type waterfall struct {
	widget.BaseWidget
	steps []step
	total time.Duration

	title  *canvas.Text
	ruler  [2]*canvas.Text // the ends of the scale
	names  []*canvas.Text
	values []*canvas.Text
	bars   []*canvas.Rectangle
	lines  []*canvas.Line // the scale
}

const (
	scaleLines         = 5  // how many lines the scale has
	stepHeight float32 = 25 // of one step, in pixels
	widestBars float32 = 900
)

func newWaterfall() *waterfall {
	w := &waterfall{title: uiwidget.BarText(), ruler: [2]*canvas.Text{uiwidget.BarText(), uiwidget.BarText()}}
	for range scaleLines {
		w.lines = append(w.lines, canvas.NewLine(color.Transparent))
	}
	w.ExtendBaseWidget(w)
	return w
}

func (w *waterfall) show(r *flow.Row, now time.Time) {
	w.steps, w.total = nil, words.Elapsed(r, now)
	if r.Kind != flow.KindLocal {
		w.steps = steps(r, now)
	}
	for len(w.names) < len(w.steps) {
		name, value := uiwidget.BarText(), uiwidget.BarText()
		name.TextSize, value.TextSize = style.MonoSize, style.MonoSize
		bar := canvas.NewRectangle(color.Transparent)
		bar.CornerRadius = 2
		w.names, w.values, w.bars = append(w.names, name), append(w.values, value), append(w.bars, bar)
	}
	w.Refresh()
}

func (w *waterfall) MinSize() fyne.Size {
	w.ExtendBaseWidget(w)
	return fyne.NewSize(260, float32(len(w.steps)+2)*stepHeight+8)
}

func (w *waterfall) CreateRenderer() fyne.WidgetRenderer { return &waterfallRenderer{w} }

type waterfallRenderer struct{ w *waterfall }

func (r *waterfallRenderer) Layout(size fyne.Size) {
	w := r.w
	uiwidget.PaintText(w.title, i18n.T("details.timing", words.StepText(w.total)), style.ThemeColor(theme.ColorNameForeground), true)
	w.title.Move(fyne.NewPos(style.LeftSpace+2, (stepHeight-w.title.MinSize().Height)/2))
	names, values := float32(0), float32(0)
	for i, s := range w.steps {
		uiwidget.PaintText(w.names[i], i18n.T(s.key), style.ThemeColor(style.ColorMuted), false)
		uiwidget.PaintText(w.values[i], s.text(), style.ThemeColor(theme.ColorNameForeground), false)
		names, values = max(names, w.names[i].MinSize().Width), max(values, w.values[i].MinSize().Width)
	}
	left := style.LeftSpace + 2 + names + factSpace
	room := min(widestBars, max(20, size.Width-left-values-3*style.LeftSpace))
	for i := range w.names {
		on := i < len(w.steps)
		w.names[i].Hidden, w.values[i].Hidden, w.bars[i].Hidden = !on, !on, !on
		if on {
			r.layoutStep(i, left, room)
		}
	}
	r.layoutScale(left, room)
}

// layoutScale draws the lines, and what their first and last one stand for.
func (r *waterfallRenderer) layoutScale(left, room float32) {
	w := r.w
	bottom := stepHeight * float32(len(w.steps)+1)
	for i, line := range w.lines {
		x := left + room*float32(i)/(scaleLines-1)
		line.StrokeColor, line.StrokeWidth = style.ThemeColor(theme.ColorNameSeparator), 1
		line.Position1, line.Position2 = fyne.NewPos(x, stepHeight), fyne.NewPos(x, bottom+4)
		line.Hidden = len(w.steps) == 0
	}
	for i, text := range []string{"0", words.StepText(w.total)} {
		t := w.ruler[i]
		t.TextSize = 11
		uiwidget.PaintText(t, text, style.ThemeColor(style.ColorMuted), false)
		t.Hidden = len(w.steps) == 0
		t.Move(fyne.NewPos(left+room*float32(i)-t.MinSize().Width/2, bottom+3))
	}
}

func (r *waterfallRenderer) layoutStep(i int, left, room float32) {
	w, s, y := r.w, r.w.steps[i], stepHeight*float32(i+1)
	scale := func(d time.Duration) float32 {
		if w.total <= 0 {
			return 0
		}
		return room * min(1, float32(d)/float32(w.total))
	}
	x := min(scale(s.from), room-2)
	width := min(room-x, max(2, scale(s.to)-scale(s.from)))
	w.names[i].Move(fyne.NewPos(style.LeftSpace+2, y+(stepHeight-w.names[i].MinSize().Height)/2))
	w.bars[i].Move(fyne.NewPos(left+x, y+5))
	w.bars[i].Resize(fyne.NewSize(width, stepHeight-10))
	fill := style.ThemeColor(s.color)
	w.bars[i].StrokeWidth, w.bars[i].StrokeColor, w.bars[i].FillColor = 0, nil, fill
	if s.underWay { // hollow, until it has ended
		w.bars[i].StrokeWidth, w.bars[i].StrokeColor, w.bars[i].FillColor = 1.5, fill, color.Transparent
	}
	w.values[i].Move(fyne.NewPos(left+room+style.LeftSpace, y+(stepHeight-w.values[i].MinSize().Height)/2))
}

// text is how long the step took.
func (s *step) text() string {
	switch {
	case s.reused:
		return i18n.T("details.step_reused")
	case s.underWay:
		return words.StepText(s.to-s.from) + " …"
	}
	return words.StepText(s.to - s.from)
}

func (r *waterfallRenderer) MinSize() fyne.Size { return r.w.MinSize() }

func (r *waterfallRenderer) Refresh() {
	r.Layout(r.w.Size())
	canvas.Refresh(r.w)
}

func (r *waterfallRenderer) Destroy() {}

func (r *waterfallRenderer) Objects() []fyne.CanvasObject {
	all := []fyne.CanvasObject{r.w.title, r.w.ruler[0], r.w.ruler[1]}
	for _, line := range r.w.lines {
		all = append(all, line)
	}
	for i := range r.w.names {
		all = append(all, r.w.names[i], r.w.bars[i], r.w.values[i])
	}
	return all
}
