package groups

import (
	"errors"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/groups"
	"posthouse/app/repeat"
	"posthouse/proxy/content/jsonquery"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
)

// valuesPage is what the request that is chosen uses, and what is taken from its answer.
type valuesPage struct {
	sheet  *sheet
	step   *groups.Step // that is shown; nil for none
	uses   *fyne.Container
	rows   []*valueRow
	list   *fyne.Container
	add    *widget.Button
	object *container.Scroll
}

// kindWords are the keys of the words for where a value stands, in the order of repeat.Origin.
var kindWords = [...]string{"groups.from.json", "groups.from.field", "groups.from.cookie"}

// whereWords are the keys of what is to be written there.
var whereWords = [...]string{"groups.at.json", "groups.at.field", "groups.at.cookie"}

func newValuesPage(s *sheet) *valuesPage {
	p := &valuesPage{sheet: s, uses: container.NewVBox(), list: container.NewVBox()}
	p.add = widget.NewButtonWithIcon(i18n.T("groups.value.add"), theme.ContentAddIcon(), p.addRow)
	title := func(key string) fyne.CanvasObject {
		l := widget.NewLabel(i18n.T(key))
		l.TextStyle.Bold = true
		return l
	}
	content := container.NewVBox(title("groups.uses"), p.uses, title("groups.takes"), p.list, container.NewHBox(p.add))
	p.object = container.NewVScroll(content)
	return p
}

// show shows the request that is chosen.
func (p *valuesPage) show() {
	step := p.sheet.room.step()
	if step != p.step || step != nil && len(p.rows) != len(step.Takes) {
		p.step, p.rows = step, nil
		p.list.RemoveAll()
		if step != nil {
			for i := range step.Takes {
				p.rows = append(p.rows, newValueRow(p, i))
				p.list.Add(p.rows[i].object)
			}
		}
	}
	uiwidget.SetShown(p.add, step != nil)
	if step != nil && len(step.Takes) >= repeat.MaxTakes {
		p.add.Disable()
	} else {
		p.add.Enable()
	}
	p.showUses()
	p.object.Refresh()
}

// showUses says of each name of the request whether it has a value by then.
func (p *valuesPage) showUses() {
	r := p.sheet.room
	var lines []fyne.CanvasObject
	line := func(text string, ink fyne.ThemeColorName) {
		l := uiwidget.NewCutLabel(ink)
		l.Set("   " + text)
		lines = append(lines, l)
	}
	if p.step != nil {
		for _, u := range r.now.Uses(r.at) {
			switch name := "{{" + u.Name + "}}"; {
			case u.Own:
				line(i18n.T("groups.use.own", name), theme.ColorNameForeground)
			case u.From != 0:
				line(i18n.T("groups.use.from", name, u.From), theme.ColorNameForeground)
			case u.Later != 0:
				line(i18n.T("groups.use.later", name, u.Later), theme.ColorNameError)
			default:
				line(i18n.T("groups.use.unknown", name), theme.ColorNameError)
			}
		}
	}
	if len(lines) == 0 {
		line(i18n.T("groups.use.none"), style.ColorMuted)
	}
	p.uses.Objects = lines
	p.uses.Refresh()
}

// addRow adds a value to be taken.
func (p *valuesPage) addRow() {
	if p.step == nil || len(p.step.Takes) >= repeat.MaxTakes {
		return
	}
	p.step.Takes = append(p.step.Takes, repeat.Take{})
	p.changed()
	p.show()
	p.object.ScrollToBottom()
	p.sheet.room.deps.Window.Canvas().Focus(p.rows[len(p.rows)-1].name)
}

func (p *valuesPage) removeRow(i int) {
	p.step.Takes = slices.Delete(p.step.Takes, i, i+1)
	p.step, p.rows = nil, nil // all rows are made anew
	p.changed()
	p.show()
}

// changed is called after each change that a person made.
func (p *valuesPage) changed() {
	p.sheet.room.touch()
	p.sheet.steps.Refresh()
}

// focus goes to the first value.
func (p *valuesPage) focus() {
	if len(p.rows) > 0 {
		p.sheet.room.deps.Window.Canvas().Focus(p.rows[0].name)
	}
}

// valueRow is one value that is taken.
type valueRow struct {
	page   *valuesPage
	at     int
	name   *uiwidget.KeyEntry
	kind   *widget.Select
	where  *uiwidget.KeyEntry
	wrong  *widget.Label
	object *fyne.Container
}

func newValueRow(p *valuesPage, at int) *valueRow {
	w := &valueRow{page: p, at: at, name: p.sheet.entry(130), where: p.sheet.entry(160), wrong: widget.NewLabel("")}
	w.wrong.Importance, w.wrong.SizeName, w.wrong.Wrapping = widget.DangerImportance, theme.SizeNameCaptionText, fyne.TextWrapWord
	take := p.step.Takes[at]
	w.name.SetText(take.Name)
	w.where.SetText(take.At)
	w.name.TextStyle.Monospace, w.where.TextStyle.Monospace = true, true
	w.name.SetPlaceHolder(i18n.T("groups.value.name"))
	kinds := make([]string, len(kindWords))
	for i, key := range kindWords {
		kinds[i] = i18n.T(key)
	}
	w.kind = widget.NewSelect(kinds, nil)
	w.kind.SetSelectedIndex(int(take.From))
	w.name.OnChanged = func(text string) { w.edited(func(t *repeat.Take) { t.Name = text }) }
	w.where.OnChanged = func(text string) { w.edited(func(t *repeat.Take) { t.At = text }) }
	w.kind.OnChanged = func(string) {
		w.edited(func(t *repeat.Take) { t.From = repeat.Origin(max(0, w.kind.SelectedIndex())) })
	}
	remove := widget.NewButtonWithIcon("", theme.CancelIcon(), func() { p.removeRow(w.at) })
	remove.Importance = widget.LowImportance
	row := container.NewBorder(nil, nil, container.NewHBox(w.name, w.kind), remove, w.where)
	w.object = container.NewVBox(row, w.wrong)
	w.check()
	return w
}

// edited takes over what a person wrote.
func (w *valueRow) edited(change func(*repeat.Take)) {
	change(&w.page.step.Takes[w.at])
	w.check()
	w.page.changed()
}

// check says what is wrong with the value.
func (w *valueRow) check() {
	take := w.page.step.Takes[w.at]
	w.where.SetPlaceHolder(i18n.T(whereWords[take.From]))
	text := ""
	if err := take.Check(); err != nil && take != (repeat.Take{From: take.From}) {
		text = takeText(err)
	}
	for i, other := range w.page.step.Takes[:w.at] {
		if text == "" && take.Name != "" && other.Name == take.Name {
			text = i18n.T("groups.value.twice", i+1)
		}
	}
	if w.wrong.Text != text {
		w.wrong.SetText(text)
	}
	if w.wrong.Visible() != (text != "") {
		uiwidget.SetShown(w.wrong, text != "")
		w.page.object.Refresh()
	}
}

// takeText is why a value cannot be taken.
func takeText(err error) string {
	var path *jsonquery.Error
	if errors.As(err, &path) {
		return document.AskErrorText(err)
	}
	return visible.Text(errorText(err))
}
