package breaks

import (
	"cmp"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
)

// nextText is what is to break next.
func nextText(n *breakpoints.Next) string {
	when := visible.Text(n.When)
	if when == "" {
		when = i18n.T("breaks.any")
	}
	return i18n.T("breaks.waitsfor", when, i18n.T(partWords[n.Part]))
}

var partWords = map[breakpoints.Part]string{breakpoints.Request: "breaks.part.request", breakpoints.Response: "breaks.part.response",
	breakpoints.Both: "breaks.part.both"}

// ofRow is the filter of requests like a row: its host and path.
func ofRow(r *flow.Row) string {
	path := r.Path
	for i := range path {
		if path[i] == '?' {
			path = path[:i]
			break
		}
	}
	return feed.ScopeWord("host:=", r.Host) + " " + feed.ScopeWord("path:", path)
}

// MaxLike bounds the rows that AskNext makes a filter of.
const MaxLike = 100

// anyOf is a filter that fits what one of several fits, each of them once; "" where that is too long.
func anyOf(rows []flow.Row, one func(*flow.Row) string) string {
	var all []string
	for i := range rows {
		if filter := one(&rows[i]); filter != "" && !slices.Contains(all, filter) {
			all = append(all, filter)
		}
	}
	text := strings.Join(all, " | ")
	if len(text) > query.MaxLength {
		return ""
	}
	return text
}

func ofHost(r *flow.Row) string { return feed.ScopeWord("host:=", r.Host) }

func ofApp(r *flow.Row) string {
	if r.App == "" {
		return ""
	}
	return feed.ScopeWord("app:=", r.App)
}

// AskNext asks what is to break next: begin is the filter that it begins with, and rows are those
// that are selected, at most MaxLike. Breakpoints are switched on by it.
func AskNext(deps Deps, rows []flow.Row, begin string) {
	when := uiwidget.NewKeyEntry()
	when.Wrapping = fyne.TextWrap(fyne.TextTruncateClip) // it scrolls: a filter of many rows makes the dialog no wider
	when.SetPlaceHolder(i18n.T("breaks.any"))
	wrong := widget.NewLabel("")
	wrong.Wrapping, wrong.Importance, wrong.SizeName = fyne.TextWrapWord, widget.DangerImportance, theme.SizeNameCaptionText
	wrong.Hide()
	names := []string{i18n.T("breaks.part.request"), i18n.T("breaks.part.response"), i18n.T("breaks.part.both")}
	parts := widget.NewRadioGroup(names, nil)
	parts.Horizontal, parts.Required = true, true
	parts.SetSelected(names[0])
	choices := container.NewHBox()
	choice := func(word, filter string) {
		choices.Add(widget.NewButton(i18n.T(word), func() { when.SetText(filter) }))
	}
	offer := func(word, several string, one func(*flow.Row) string) {
		filter := anyOf(rows, one)
		if len(rows) > 1 {
			word = several
		}
		if begin = cmp.Or(begin, filter); filter != "" {
			choice(word, filter)
		}
	}
	offer("breaks.like", "breaks.like.several", ofRow)
	offer("breaks.host", "breaks.host.several", ofHost)
	offer("breaks.app", "breaks.app.several", ofApp)
	when.SetText(begin)
	choice("breaks.any", "")
	hint := widget.NewLabel(i18n.T("breaks.next.text"))
	hint.Wrapping = fyne.TextWrapWord
	ask := dialog.NewCustomWithoutButtons(i18n.T("breaks.next.title"), container.NewVBox(hint, choices, when, parts, wrong), deps.Window)
	arm := func() {
		part := breakpoints.Part(1)
		for i, name := range names {
			if name == parts.Selected {
				part = breakpoints.Part(i + 1)
			}
		}
		if err := deps.Queue.BreakNext(when.Text, part); err != nil {
			wrong.SetText(problem(err))
			wrong.Show()
			return
		}
		if !deps.On() {
			deps.Turn(true)
		}
		ask.Hide()
	}
	when.Escape, when.OnSubmitted = ask.Hide, func(string) { arm() }
	do := widget.NewButton(i18n.T("breaks.arm"), arm)
	do.Importance = widget.HighImportance
	ask.SetButtons([]fyne.CanvasObject{widget.NewButton(i18n.T("settings.cancel"), ask.Hide), do})
	ask.Resize(fyne.NewSize(560, ask.MinSize().Height))
	deps.Open(ask)
	deps.Window.Canvas().Focus(when)
}
