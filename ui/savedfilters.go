package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/settings"
	"posthouse/ui/command"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// savedFilters are the filters with names, which the settings keep. They belong to the UI
// goroutine.
type savedFilters struct {
	*services
	text   func() string
	set    func(string)
	report func(error)
	button *widget.Button
}

func newSavedFilters(s *services, text func() string, set func(string), report func(error)) *savedFilters {
	f := &savedFilters{services: s, text: text, set: set, report: report}
	f.button = uiwidget.IconButton(theme.MenuDropDownIcon(), f.openMenu)
	return f
}

func (f *savedFilters) all() []settings.SavedFilter {
	s := f.controller.Settings()
	return s.Filters.All()
}

// change changes what is kept.
func (f *savedFilters) change(change func(*settings.Filters)) {
	f.report(f.controller.Change(func(s *settings.Settings) { change(&s.Filters) }))
}

// items are what can be done with them, for the menus and the palette.
func (f *savedFilters) items() []command.Item {
	all := f.all()
	var items []command.Item
	for _, one := range all {
		items = append(items, command.Do(command.Command{ID: "filter.saved." + one.Name, Title: menuText(one.Name),
			Checked: func() bool { return f.text() == one.Text }, Run: func() { f.set(one.Text) }}))
	}
	if len(items) == 0 {
		items = append(items, command.Do(command.Command{ID: "filter.none", Name: "filter.none"}))
	}
	each := func(id string, run func(settings.SavedFilter)) (items []command.Item) {
		for _, one := range all {
			items = append(items, command.Do(command.Command{ID: id + "." + one.Name, Title: menuText(one.Name), Run: func() { run(one) }}))
		}
		return items
	}
	items = append(items, command.Separator(), command.Do(command.Command{ID: "filter.save.menu", Name: "filter.save", Enabled: f.canSave,
		Why: says("cannot.filter"),
		Run: f.save}))
	if len(all) > 0 {
		items = append(items,
			command.Sub(command.Menu{ID: "filter.rename", Name: "filter.rename", Items: each("filter.rename", f.rename)}),
			command.Sub(command.Menu{ID: "filter.delete", Name: "filter.delete", Items: each("filter.delete", f.delete)}))
	}
	return items
}

func (f *savedFilters) openMenu() {
	menu := command.PopUp(f.items())
	pop := widget.NewPopUpMenu(menu, f.win.Canvas())
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(f.button)
	pop.ShowAtPosition(at.AddXY(min(0, f.button.Size().Width-pop.MinSize().Width), f.button.Size().Height))
}

func (f *savedFilters) canSave() bool { return strings.TrimSpace(f.text()) != "" }

// save asks for a name, and keeps the filter with it.
func (f *savedFilters) save() {
	if !f.canSave() {
		return
	}
	text := strings.TrimSpace(f.text())
	name := ""
	for _, one := range f.all() {
		if one.Text == text {
			name = one.Name
		}
	}
	f.ask("filter.save.title", name, func(one settings.SavedFilter) bool { return one.Text != text }, func(name string) {
		f.change(func(s *settings.Filters) { s.Save(settings.SavedFilter{Name: name, Text: text}) })
	})
}

func (f *savedFilters) rename(one settings.SavedFilter) {
	f.ask("filter.rename.title", one.Name, func(other settings.SavedFilter) bool { return other.Name != one.Name }, func(name string) {
		f.change(func(s *settings.Filters) { s.Rename(one.Name, name) })
	})
}

func (f *savedFilters) delete(one settings.SavedFilter) {
	f.change(func(s *settings.Filters) { s.Delete(one.Name) })
}

// ask asks for a name. Of a filter that has the name already, and is lost with it, the button says
// that it is replaced, and its text stands below the name.
func (f *savedFilters) ask(title, name string, lost func(settings.SavedFilter) bool, done func(string)) {
	entry, said := uiwidget.NewKeyEntry(), widget.NewLabel("")
	entry.MinWidth = 320
	entry.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	said.Truncation, said.SizeName = fyne.TextTruncateEllipsis, theme.SizeNameCaptionText
	form := widget.NewForm(widget.NewFormItem(i18n.T("filter.save.name"), entry), widget.NewFormItem("", said))
	d := dialog.NewCustomWithoutButtons(i18n.T(title), form, f.win)
	save := uiwidget.NewKeyButton("", func() {
		d.Hide()
		done(strings.TrimSpace(entry.Text))
	}, d.Hide)
	save.Importance = widget.HighImportance
	entry.OnChanged = func(text string) {
		word := "filter.save.confirm"
		said.Importance, said.Text = widget.MediumImportance, ""
		if !filterName(text) {
			said.Importance, said.Text = widget.DangerImportance, i18n.T("filter.save.bad", words.CountText(settings.MaxFilterName))
			save.Disable()
		} else {
			save.Enable()
		}
		for _, one := range f.all() {
			if one.Name == strings.TrimSpace(text) && lost(one) {
				word, said.Importance = "filter.save.replace", widget.WarningImportance
				said.Text = i18n.T("filter.save.taken", menuText(one.Text))
			}
		}
		save.SetText(i18n.T(word))
		said.Refresh()
	}
	entry.SetText(name)
	entry.OnChanged(name)
	entry.Escape = d.Hide
	entry.OnSubmitted = func(string) {
		if !save.Disabled() {
			save.OnTapped()
		}
	}
	d.SetButtons([]fyne.CanvasObject{uiwidget.NewKeyButton(i18n.T("filter.save.cancel"), d.Hide, d.Hide), save})
	f.open(d)
	f.win.Canvas().Focus(entry)
}

// filterName reports whether a filter can have a name.
func filterName(text string) bool {
	_, ok := settings.ParseFilter(text + " = x")
	return ok && !strings.ContainsAny(text, "=\r\n\t")
}

// menuText is a name as a menu takes it.
func menuText(name string) string { return visible.Text(name) }
