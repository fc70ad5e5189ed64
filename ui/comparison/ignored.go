package comparison

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/compare"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// Ignored is what a person does not want to hear of.
type Ignored struct {
	Fields []string // names of header fields
	Paths  []string // of JSON, and names of parameters
}

func (i *Ignored) count() int { return len(i.Fields) + len(i.Paths) }

// maxIgnored bounds each list of Ignored.
const maxIgnored = 200

// options are what the next comparison passes over.
func (d *Deps) options() compare.Options {
	ignored := d.Ignored()
	return compare.Options{Fields: ignored.Fields, Paths: ignored.Paths}
}

// ignoredText says how much is passed over.
func (d *Deps) ignoredText() string {
	ignored := d.Ignored()
	return i18n.T("compare.ignored", words.CountText(ignored.count()))
}

// ignoreItem offers to pass something over, or to heed it again; changed follows.
func (d *Deps) ignoreItem(t target, changed func()) *fyne.MenuItem {
	name := t.field + t.path
	shown := style.CutText(words.VisibleText(name), 320)
	ignored := d.Ignored()
	list := &ignored.Paths
	if t.field != "" {
		list = &ignored.Fields
	}
	set := func(names []string) {
		*list = names
		d.Ignore(ignored)
		changed()
	}
	if i := slices.Index(*list, name); i >= 0 {
		return fyne.NewMenuItem(i18n.T("compare.heed", shown), func() { set(slices.Delete(slices.Clone(*list), i, i+1)) })
	}
	item := fyne.NewMenuItem(i18n.T("compare.ignore", shown), func() { set(append(slices.Clone(*list), name)) })
	item.Disabled = len(*list) >= maxIgnored
	return item
}

// showIgnored lists what is passed over, each with a button that has it heeded again;
// changed follows.
func (d *Deps) showIgnored(changed func()) {
	ignored := d.Ignored()
	rows := container.NewVBox()
	var list dialog.Dialog
	add := func(name string, drop func()) {
		label := uiwidget.NewCutLabel(theme.ColorNameForeground)
		label.Set(words.VisibleText(name))
		rows.Add(container.NewBorder(nil, nil, nil, button("", theme.DeleteIcon(), func() {
			drop()
			d.Ignore(ignored)
			changed()
			list.Hide()
			if ignored.count() > 0 {
				d.showIgnored(changed)
			}
		}), label))
	}
	for i, name := range ignored.Fields {
		add(name, func() { ignored.Fields = slices.Delete(slices.Clone(ignored.Fields), i, i+1) })
	}
	for i, name := range ignored.Paths {
		add(name, func() { ignored.Paths = slices.Delete(slices.Clone(ignored.Paths), i, i+1) })
	}
	hint := widget.NewLabel(i18n.T("compare.ignored.hint"))
	hint.Wrapping = fyne.TextWrapWord
	list = dialog.NewCustom(i18n.T("compare.ignored.title"), i18n.T("close"),
		container.NewBorder(hint, nil, nil, nil, uiwidget.NewPageScroll(rows)), d.Window)
	d.Open(list)
	list.Resize(fyne.NewSize(420, 420))
}
