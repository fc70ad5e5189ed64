package settings

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/ui/i18n"
	"posthouse/ui/setup"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// Deps is what the settings dialog needs of the window.
type Deps struct {
	Window  fyne.Window
	Path    string // of the settings file, "" for none
	Current func() settings.Settings
	Change  func(func(*settings.Settings)) error // the errors are those of Controller.Change
	Copy    func(string)
	Login   SystemEntry // the start at login; nil: nobody can say whether it can be
	Files   SystemEntry // of this program among those that open files; nil: this system has none

	Setup setup.Deps
}

// Dialog changes settings. What a person did not touch in it is left as
// it is at the moment of saving, for the file may be edited meanwhile.
type Dialog struct {
	deps   Deps
	pages  []*page
	cert   *certificateBox
	page   *fyne.Container // shows one of them
	all    *fyne.Container // all but the title
	tabs   *uiwidget.TabBar
	bad    *widget.Label
	remedy *widget.Button
	badRow *fyne.Container
	Dialog *dialog.CustomDialog
	Closed bool
}

// settingsSize is how large the dialog is, in device-independent pixels.
var settingsSize = fyne.NewSize(660, 560)

// New makes the dialog; its owner shows it.
func New(deps Deps) *Dialog {
	d := &Dialog{deps: deps}
	d.cert = newCertificateBox(deps.Setup)
	d.pages = newSettingsPages(d.cert.Object, deps.Files)
	current := deps.Current()
	labels := make([]string, len(d.pages))
	for i, p := range d.pages {
		labels[i] = i18n.T(p.word)
		for _, f := range p.fields {
			f.show(&current)
			f.entered(d.save, d.close)
		}
	}
	d.tabs = uiwidget.NewTabBar(d.showPage)
	d.tabs.SetLabels(labels...)
	d.page = container.NewStack(d.pages[0].object)
	d.Dialog = dialog.NewCustomWithoutButtons(i18n.T("settings"), d.content(), deps.Window)
	d.Dialog.SetOnClosed(func() { d.Closed = true })
	d.Dialog.Resize(settingsSize)
	d.markUnfit(loginKey, deps.Login)
	d.markUnfit(filesKey, deps.Files)
	return d
}

func (d *Dialog) content() fyne.CanvasObject {
	d.bad = widget.NewLabel("")
	d.bad.Wrapping = fyne.TextWrapWord
	d.bad.Importance = widget.DangerImportance
	d.remedy = widget.NewButton("", nil)
	d.badRow = container.NewBorder(nil, nil, widget.NewIcon(theme.ErrorIcon()), container.NewCenter(d.remedy), d.bad)
	d.badRow.Hide()

	defaults := widget.NewButton(i18n.T("settings.defaults"), d.showDefaults)
	defaults.Importance = widget.LowImportance
	cancel := widget.NewButton(i18n.T("settings.cancel"), d.close)
	save := widget.NewButton(i18n.T("settings.save"), d.save)
	save.Importance = widget.HighImportance
	buttons := container.NewHBox(defaults, layout.NewSpacer(), cancel, save)
	tabs := container.New(layout.NewCustomPaddedLayout(0, 0, style.LeftSpace, 0), d.tabs)
	d.all = container.NewBorder(container.NewVBox(tabs, widget.NewSeparator()),
		container.NewVBox(d.badRow, widget.NewSeparator(), d.fileLine(), buttons), nil, nil, d.page)
	return d.all
}

// fileLine says where the settings can be edited by hand.
func (d *Dialog) fileLine() fyne.CanvasObject {
	if d.deps.Path == "" {
		return layout.NewSpacer()
	}
	text := canvas.NewText(i18n.T("settings.file", d.deps.Path), style.ThemeColor(style.ColorMuted))
	text.TextSize = theme.CaptionTextSize()
	text.Text = uiwidget.CutToWidth(text.Text, settingsSize.Width-80, text.TextSize)
	button := uiwidget.IconButton(theme.ContentCopyIcon(), func() { d.deps.Copy(d.deps.Path) })
	return container.NewBorder(nil, nil, nil, button,
		container.New(layout.NewCustomPaddedLayout(0, 0, style.LeftSpace, 0),
			container.NewVBox(layout.NewSpacer(), text, layout.NewSpacer())))
}

func (d *Dialog) showPage(i int) {
	d.page.Objects = []fyne.CanvasObject{d.pages[i].object}
	d.page.Refresh()
}

// showDefaults fills in what holds where nothing is set; saving puts it into force.
func (d *Dialog) showDefaults() {
	defaults := settings.Default()
	for _, p := range d.pages {
		for _, f := range p.fields {
			f.fill(&defaults)
		}
	}
}

// Refresh shows what has changed meanwhile, where nobody has typed.
func (d *Dialog) Refresh() {
	current := d.deps.Current()
	for _, p := range d.pages {
		for _, f := range p.fields {
			if !f.changed() {
				f.show(&current)
			}
		}
	}
	d.cert.Show()
}

func (d *Dialog) close() { d.Dialog.Hide() }

// save applies what was changed, and closes unless something must be mended.
func (d *Dialog) save() {
	s := d.deps.Current()
	if bad := d.read(&s); bad != nil {
		d.complain(bad.key, i18n.T("settings.unreadable."+bad.kind, bad.text()))
		return
	}
	err := d.deps.Change(func(s *settings.Settings) { d.read(s) })
	var value *settings.ValueError
	var bind *app.BindError
	switch {
	case app.InForce(err): // that it could not be saved is said in the window
		d.close()
	case errors.As(err, &value):
		d.complain(value.Key, words.ValueText(value))
	case errors.As(err, &bind):
		d.complainBind(bind)
	default:
		d.complain("", words.ReasonText(err))
	}
}

// read puts what was changed into settings. It returns the first field that cannot be read.
func (d *Dialog) read(s *settings.Settings) *field {
	for _, p := range d.pages {
		for _, f := range p.fields {
			if f.changed() && f.read(s) != nil {
				return f
			}
		}
	}
	return nil
}

// Open shows the page where a setting is.
func (d *Dialog) Open(key string) {
	for i, p := range d.pages {
		for _, f := range p.fields {
			if f.key == key {
				d.tabs.Choose(i)
			}
		}
	}
}

// complain says what must be mended, on the page where it is.
func (d *Dialog) complain(key, text string) {
	for i, p := range d.pages {
		for _, f := range p.fields {
			f.mark(f.key == key)
			if f.key == key {
				d.tabs.Choose(i)
				f.focus(d.deps.Window.Canvas())
				text = i18n.T("settings.bad", i18n.T(f.word()), text)
			}
		}
	}
	d.bad.SetText(text)
	d.remedy.Hide()
	d.badRow.Show()
	d.all.Refresh()
}

func (d *Dialog) complainBind(bind *app.BindError) {
	d.complain("", words.BindText(bind))
	if bind.Suggest == 0 {
		return
	}
	d.remedy.SetText(i18n.T("bind.suggest", bind.Suggest))
	d.remedy.OnTapped = func() {
		s := settings.Default()
		s.Proxy.Port = bind.Suggest
		for _, p := range d.pages {
			for _, f := range p.fields {
				if f.key == "proxy.port" {
					f.fill(&s)
				}
			}
		}
		d.save()
	}
	d.remedy.Show()
	d.all.Refresh()
}

// field finds a setting by its key, such as "proxy.port".
func (d *Dialog) field(key string) *field {
	for _, p := range d.pages {
		for _, f := range p.fields {
			if f.key == key {
				return f
			}
		}
	}
	return nil
}

// splitList reads a list of words with commas or spaces between them.
func splitList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' || r == '，' || r == '、' })
}
