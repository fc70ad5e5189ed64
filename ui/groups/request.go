package groups

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	draft "posthouse/app/compose"
	"posthouse/ui/compose"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// requestPage edits the request that is chosen, as Compose does.
type requestPage struct {
	sheet  *sheet
	draft  *draft.Draft // that is shown; nil for none
	filled bool         // it is being shown: what changes is no person's doing
	method *uiwidget.KeyEntry
	url    *uiwidget.KeyEntry
	editor *compose.Editor
	edit   *fyne.Container
	veil   *widget.Label // in place of it while there is nothing to edit, or secrets are hidden
	object fyne.CanvasObject
}

func newRequestPage(s *sheet) *requestPage {
	p := &requestPage{sheet: s, method: s.entry(100), url: s.entry(200), veil: widget.NewLabel("")}
	deps := &s.room.deps
	p.editor = compose.NewEditor(compose.EditorDeps{Work: deps.Work, Copy: deps.Copy, OpenFile: deps.OpenFile, Window: s.shortcut,
		Escape: s.hide, Changed: p.changed})
	p.method.TextStyle.Monospace, p.url.TextStyle.Monospace = true, true
	p.url.SetPlaceHolder(i18n.T("groups.url.hint"))
	p.method.OnChanged, p.url.OnChanged = p.methodTyped, p.urlTyped
	p.veil.Wrapping, p.veil.Alignment = fyne.TextWrapWord, fyne.TextAlignCenter
	p.edit = container.NewBorder(container.NewBorder(nil, nil, p.method, nil, p.url), nil, nil, nil, p.editor.Object)
	p.object = container.NewStack(p.edit, container.NewVBox(layout.NewSpacer(), p.veil, layout.NewSpacer()))
	return p
}

// show shows the request that is chosen.
func (p *requestPage) show() {
	r := p.sheet.room
	step := r.step()
	covered := step == nil || r.deps.Hidden()
	uiwidget.SetShown(p.edit, !covered)
	uiwidget.SetShown(p.veil, covered)
	switch {
	case step == nil:
		p.draft = nil
		p.veil.SetText(i18n.T("groups.empty"))
		return
	case covered:
		p.veil.SetText(i18n.T("compose.hidden"))
		return
	}
	if p.draft != step.Draft {
		p.draft = step.Draft
		p.editor.Show(p.draft)
		p.filled = true
		p.url.SetText("") // it shows the other one also where that is being written
		p.filled = false
	}
	p.showLine()
}

// showLine shows method and URL. One that does not show as it is can be read alone.
func (p *requestPage) showLine() {
	p.filled = true
	defer func() { p.filled = false }()
	setText(p.method, visible.Text(p.draft.Head.Method()))
	url := p.draft.Typed
	if url == "" && p.draft.Host != "" {
		url = p.draft.URL()
	}
	seen := visible.Text(words.ShortText(url, maxURL))
	if c := p.sheet.room.deps.Window.Canvas(); c.Focused() != p.url || p.url.Text == "" {
		setText(p.url, seen)
	}
	if seen != url {
		p.url.Disable()
	} else {
		p.url.Enable()
	}
}

// maxURL bounds the URL that is edited here, in bytes: the toolkit makes one picture of it.
const maxURL = 2000

func (p *requestPage) methodTyped(text string) {
	if p.filled || p.draft == nil {
		return
	}
	if visible.Text(text) != text || p.draft.Head.SetMethod(text) != nil {
		p.showLine()
		return
	}
	p.edited()
}

func (p *requestPage) urlTyped(text string) {
	if p.filled || p.draft == nil {
		return
	}
	if len(text) > maxURL || visible.Text(text) != text {
		p.filled = true
		p.url.SetText(visible.Text(words.ShortText(p.draft.URL(), maxURL)))
		p.filled = false
		return
	}
	d := p.draft
	d.Typed = ""
	switch err := d.SetURL(text); {
	case strings.TrimSpace(text) == "":
		d.Host = ""
	case err != nil:
		d.Typed = text
	}
	p.edited()
}

func (p *requestPage) edited() {
	p.editor.Refresh()
	p.changed()
}

// changed is called after each change that a person made.
func (p *requestPage) changed() {
	r := p.sheet.room
	if step := r.step(); step != nil {
		step.Look()
	}
	p.showLine()
	r.touch()
	p.sheet.steps.Refresh()
}

func (p *requestPage) focus() { p.sheet.room.deps.Window.Canvas().Focus(p.url) }
