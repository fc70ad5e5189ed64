package breaks

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/breakpoints"
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

// ofRow is the filter of requests like a row: its host and path, or its app.
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

// AskNext asks what is to break next; row is the one that is selected, if any. Breakpoints are
// switched on by it.
func AskNext(deps Deps, row flow.Row, selected bool) {
	when := uiwidget.NewKeyEntry()
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
	if selected {
		choice("breaks.like", ofRow(&row))
		if row.App != "" {
			choice("breaks.app", feed.ScopeWord("app:=", row.App))
		}
		when.SetText(ofRow(&row))
	}
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
