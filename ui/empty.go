package ui

import (
	"image/color"
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/ui/i18n"
)

// emptyState teaches how requests come here while there are none.
type emptyState struct {
	object *fyne.Container
	title  *canvas.Text
	hint   *canvas.Text
	lines  []*codeLine
	copy   func(string)
	seen   string // what is shown, to touch nothing while it stays
}

// codeLine is something to copy.
type codeLine struct {
	caption *canvas.Text
	code    *canvas.Text
	back    *canvas.Rectangle
	object  fyne.CanvasObject
}

func newEmptyState(copy func(string)) *emptyState {
	e := &emptyState{title: canvas.NewText("", color.Black), hint: canvas.NewText("", color.Black), copy: copy}
	e.title.TextSize, e.hint.TextSize = 18, textSize
	e.title.Alignment, e.hint.Alignment = fyne.TextAlignCenter, fyne.TextAlignCenter
	box := container.NewVBox(e.title, e.hint)
	for range 2 {
		l := e.newLine()
		e.lines = append(e.lines, l)
		box.Add(l.object)
	}
	e.object = container.NewCenter(box)
	return e
}

func (e *emptyState) newLine() *codeLine {
	l := &codeLine{caption: canvas.NewText("", color.Black), code: canvas.NewText("", color.Black), back: canvas.NewRectangle(color.Transparent)}
	l.caption.TextSize, l.code.TextSize = 12, textSize
	l.code.TextStyle.Monospace = true
	l.back.CornerRadius = 6
	l.back.SetMinSize(fyne.NewSize(560, 36))
	button := iconButton(theme.ContentCopyIcon(), func() { e.copy(l.code.Text) })
	row := container.NewBorder(nil, nil, widget.NewLabel(""), button, container.NewVBox(centered(l.code)))
	l.object = container.NewVBox(l.caption, container.NewStack(l.back, row))
	return l
}

// centered gives a text the height of a line of buttons.
func centered(t *canvas.Text) fyne.CanvasObject {
	return container.New(lineHeight{36}, t)
}

type lineHeight struct{ height float32 }

func (l lineHeight) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objects[0].MinSize().Width, l.height)
}

func (l lineHeight) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(size.Width, l.height))
}

// show says why the list is empty, or hides.
func (e *emptyState) show(shown, total int, status app.Status, address string) {
	if shown > 0 {
		e.object.Hide()
		return
	}
	running := status.State == app.Running
	key := status.State.String() + address + i18n.Lang() + colorKeyOf(themeColor(colorMuted))
	if total > 0 {
		key = "filter" + i18n.Lang()
	}
	e.object.Show()
	if e.seen == key {
		return
	}
	e.seen = key
	title, hint := "empty.stopped", "empty.stopped.hint"
	switch {
	case total > 0:
		title, hint = "empty.filtered", "empty.filtered.hint"
	case running:
		title, hint = "empty.waiting", "empty.waiting.hint"
	}
	setText(e.title, i18n.T(title), theme.Color(theme.ColorNameForeground))
	setText(e.hint, i18n.T(hint), themeColor(colorMuted))
	texts := [][2]string{{"empty.curl", "curl -x http://" + address + " http://example.com/"}, {"empty.env", environment(address)}}
	for i, l := range e.lines {
		setText(l.caption, i18n.T(texts[i][0]), themeColor(colorMuted))
		setText(l.code, texts[i][1], theme.Color(theme.ColorNameForeground))
		l.back.FillColor = theme.Color(theme.ColorNameInputBackground)
		if running && total == 0 {
			l.object.Show()
		} else {
			l.object.Hide()
		}
	}
	e.object.Refresh()
}

func colorKeyOf(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return string([]rune{rune(r >> 8), rune(g >> 8), rune(b >> 8)})
}

// environment points a terminal's programs at the proxy.
func environment(address string) string {
	if runtime.GOOS == "windows" {
		return "$env:http_proxy='http://" + address + "'; $env:https_proxy='http://" + address + "'"
	}
	return "export http_proxy=http://" + address + " https_proxy=http://" + address
}
