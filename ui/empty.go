package ui

import (
	"image/color"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/clients/shellenv"
	"posthouse/ui/command"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

// emptyState teaches how requests come here while there are none.
type emptyState struct {
	object *fyne.Container
	title  *canvas.Text
	hint   *canvas.Text
	start  *widget.Button
	begin  *fyne.Container // around it
	lines  []*codeLine
	offers *fyne.Container // what can be opened from here
	ticks  *fyne.Container // and whether it is decrypted
	hint2  *canvas.Text    // what that means
	labels []*widget.Button

	programs          *programs
	browser, terminal *widget.Check

	seen string // what is shown, to touch nothing while it stays
}

// codeLine is something to copy.
type codeLine struct {
	caption *canvas.Text
	code    *canvas.Text
	back    *canvas.Rectangle
	object  fyne.CanvasObject
}

func newEmptyState(w *Window) *emptyState {
	e := &emptyState{programs: w.programs,
		title: canvas.NewText("", color.Black), hint: canvas.NewText("", color.Black), hint2: canvas.NewText("", color.Black)}
	e.title.TextSize, e.hint.TextSize, e.hint2.TextSize = 18, style.TextSize, 12
	for _, t := range []*canvas.Text{e.title, e.hint, e.hint2} {
		t.Alignment = fyne.TextAlignCenter
	}
	curl := newCodeLine(func(text string) { w.copy(text) })
	variables := newCodeLine(func(string) { w.programs.copyVariables(defaultShell()) }) // there are more than the line shows
	e.lines = []*codeLine{curl, variables}
	buttons := container.NewHBox(layout.NewSpacer(), e.offer(w.programs.chooseBrowser),
		e.offer(func(*widget.Button) { w.programs.openTerminal() }),
		e.offer(func(b *widget.Button) { w.programs.below(b, command.PopUp(w.programs.shellItems())) }), layout.NewSpacer())
	e.offers = container.New(layout.NewCustomPaddedLayout(8, 2, 0, 0), buttons)
	e.browser, e.terminal = newTick(w.programs.decryptsBrowser, w.programs.toggleBrowser),
		newTick(w.programs.decryptsTerminal, w.programs.toggleTerminal)
	e.ticks = container.NewHBox(layout.NewSpacer(), e.browser, e.terminal, layout.NewSpacer())
	if !w.programs.launches() {
		e.labels[0].Hide()
		e.labels[1].Hide()
	}
	e.start = widget.NewButton("", w.switches.toggleProxy)
	e.start.Importance = widget.HighImportance
	e.begin = container.New(layout.NewCustomPaddedLayout(8, 0, 0, 0), container.NewCenter(e.start))
	e.object = container.NewCenter(container.NewVBox(e.title, e.hint, e.begin, curl.object, variables.object, e.offers, e.ticks, e.hint2))
	return e
}

// offer makes a button.
func (e *emptyState) offer(tapped func(*widget.Button)) *widget.Button {
	b := widget.NewButton("", nil)
	b.OnTapped = func() { tapped(b) }
	e.labels = append(e.labels, b)
	return b
}

// newTick makes a box that is checked as is says; toggle changes that.
func newTick(is func() bool, toggle func()) *widget.Check {
	c := widget.NewCheck("", nil)
	c.Checked = is()
	c.OnChanged = func(on bool) {
		if on != is() {
			toggle()
		}
	}
	return c
}

func newCodeLine(copy func(string)) *codeLine {
	l := &codeLine{caption: canvas.NewText("", color.Black), code: canvas.NewText("", color.Black),
		back: canvas.NewRectangle(color.Transparent)}
	l.caption.TextSize, l.code.TextSize = 12, style.TextSize
	l.code.TextStyle.Monospace = true
	l.back.CornerRadius = 6
	l.back.SetMinSize(fyne.NewSize(560, 36))
	button := uiwidget.IconButton(theme.ContentCopyIcon(), func() { copy(l.code.Text) })
	row := container.NewBorder(nil, nil, widget.NewLabel(""), button, container.NewVBox(centered(l.code)))
	l.object = container.NewVBox(l.caption, container.NewStack(l.back, row))
	return l
}

// centered gives a text the height of a line of buttons.
func centered(t *canvas.Text) fyne.CanvasObject {
	return container.New(uiwidget.LineHeight{Height: 36}, t)
}

// filteredOut is why a filter leaves nothing.
type filteredOut uint8

const (
	filteredAll     filteredOut = iota // no row matches
	filteredRest                       // nor the part of it that can be read
	filteredLooking                    // it is not known yet
	filteredUnknown                    // not all could be looked at
)

// filteredWords say so, with what can be done.
var filteredWords = [...][2]string{{"empty.filtered", "empty.filtered.hint"}, {"empty.filtered.rest", "empty.filtered.mistake"},
	{"empty.looking", "empty.filtered.hint"}, {"empty.unknown", "empty.unknown.hint"}}

// show says why the list is empty, or hides.
func (e *emptyState) show(shown, total int, why filteredOut, status app.Status, address string) {
	if shown > 0 {
		e.object.Hide()
		return
	}
	running := status.State == app.Running
	e.browser.SetChecked(e.programs.decryptsBrowser())
	e.terminal.SetChecked(e.programs.decryptsTerminal())
	key := status.State.String() + address + i18n.Lang() + colorKeyOf(style.ThemeColor(style.ColorMuted))
	if total > 0 {
		key = "filter" + strconv.Itoa(int(why)) + i18n.Lang()
	}
	e.object.Show()
	if e.seen == key {
		return
	}
	e.seen = key
	title, hint := "empty.stopped", "empty.stopped.hint"
	switch {
	case total > 0:
		title, hint = filteredWords[why][0], filteredWords[why][1]
	case running:
		title, hint = "empty.waiting", "empty.waiting.hint"
	case status.State == app.Failed:
		title, hint = "empty.failed", "empty.failed.hint"
	}
	uiwidget.SetText(e.title, i18n.T(title), theme.Color(theme.ColorNameForeground))
	uiwidget.SetText(e.hint, i18n.T(hint), style.ThemeColor(style.ColorMuted))
	teaching := running && total == 0
	e.start.SetText(i18n.T("empty.start"))
	uiwidget.SetShown(e.begin, total == 0 && (status.State == app.Stopped || status.State == app.Failed))
	texts := [][2]string{{i18n.T("empty.curl"), "curl -x http://" + address + " http://example.com/"},
		{i18n.T("empty.env", i18n.T(shellWords[defaultShell()])), environment(address)}}
	for i, l := range e.lines {
		uiwidget.SetText(l.caption, texts[i][0], style.ThemeColor(style.ColorMuted))
		uiwidget.SetText(l.code, texts[i][1], theme.Color(theme.ColorNameForeground))
		l.back.FillColor = theme.Color(theme.ColorNameInputBackground)
		uiwidget.SetShown(l.object, teaching)
	}
	for i, word := range []string{"launch.browser", "launch.terminal", "launch.shells"} {
		e.labels[i].SetText(i18n.T(word))
	}
	e.browser.SetText(i18n.T("launch.decrypt.browser"))
	e.terminal.SetText(i18n.T("launch.decrypt.terminal"))
	uiwidget.SetText(e.hint2, i18n.T("launch.hint"), style.ThemeColor(style.ColorMuted))
	// What is opened starts the proxy too.
	opens := e.programs.launches() && total == 0 && (running || status.State == app.Stopped)
	uiwidget.SetShown(e.labels[2], teaching)
	uiwidget.SetShown(e.offers, teaching || opens)
	uiwidget.SetShown(e.ticks, opens)
	uiwidget.SetShown(e.hint2, opens)
	e.object.Refresh()
}

// showSession says why nothing of a session is listed, or hides; reading says that it is not known yet.
func (e *emptyState) showSession(shown, total int, why filteredOut, reading bool) {
	if shown > 0 || total == 0 && reading {
		e.object.Hide()
		return
	}
	if total > 0 {
		e.show(shown, total, why, app.Status{}, "")
		return
	}
	e.object.Show()
	key := "session" + i18n.Lang() + colorKeyOf(style.ThemeColor(style.ColorMuted))
	if e.seen == key {
		return
	}
	e.seen = key
	uiwidget.SetText(e.title, i18n.T("empty.session"), theme.Color(theme.ColorNameForeground))
	uiwidget.SetText(e.hint, "", style.ThemeColor(style.ColorMuted))
	for _, o := range []fyne.CanvasObject{e.begin, e.offers, e.ticks, e.hint2, e.lines[0].object, e.lines[1].object} {
		uiwidget.SetShown(o, false)
	}
	e.object.Refresh()
}

func colorKeyOf(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return string([]rune{rune(r >> 8), rune(g >> 8), rune(b >> 8)})
}

// environment is the first of the commands that point a terminal's programs at
// the proxy.
func environment(address string) string {
	text, err := shellenv.Set(defaultShell(), shellenv.Options{Proxy: address})
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(text, "\n")
	return first + "  …"
}
