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

// settingsDeps is what the settings dialog needs of the window.
type Deps struct {
	Window  fyne.Window
	Path    string // of the settings file, "" for none
	Current func() settings.Settings
	Change  func(func(*settings.Settings)) error // the errors are those of Controller.Change
	Copy    func(string)

	Setup setup.Deps
}

// settingsDialog changes settings. What a person did not touch in it is left as
// it is at the moment of saving, for the file may be edited meanwhile.
type Dialog struct {
	deps   Deps
	Pages  []*Page
	Cert   *certificateBox
	Page   *fyne.Container // shows one of them
	all    *fyne.Container // all but the title
	Tabs   *uiwidget.TabBar
	Bad    *widget.Label
	Remedy *widget.Button
	BadRow *fyne.Container
	Dialog *dialog.CustomDialog
	Closed bool
}

// settingsSize is how large the dialog is, in device-independent pixels.
var settingsSize = fyne.NewSize(660, 560)

// newSettingsDialog makes the dialog; its owner shows it.
func New(deps Deps) *Dialog {
	d := &Dialog{deps: deps}
	d.Cert = newCertificateBox(deps.Setup)
	d.Pages = newSettingsPages(d.Cert.Object)
	current := deps.Current()
	labels := make([]string, len(d.Pages))
	for i, p := range d.Pages {
		labels[i] = i18n.T(p.word)
		for _, f := range p.Fields {
			f.Show(&current)
			f.entered(d.Save, d.Close)
		}
	}
	d.Tabs = uiwidget.NewTabBar(d.showPage)
	d.Tabs.SetLabels(labels...)
	d.Page = container.NewStack(d.Pages[0].Object)
	d.Dialog = dialog.NewCustomWithoutButtons(i18n.T("settings"), d.content(), deps.Window)
	d.Dialog.SetOnClosed(func() { d.Closed = true })
	d.Dialog.Resize(settingsSize)
	return d
}

func (d *Dialog) content() fyne.CanvasObject {
	d.Bad = widget.NewLabel("")
	d.Bad.Wrapping = fyne.TextWrapWord
	d.Bad.Importance = widget.DangerImportance
	d.Remedy = widget.NewButton("", nil)
	d.BadRow = container.NewBorder(nil, nil, widget.NewIcon(theme.ErrorIcon()), container.NewCenter(d.Remedy), d.Bad)
	d.BadRow.Hide()

	defaults := widget.NewButton(i18n.T("settings.defaults"), d.ShowDefaults)
	defaults.Importance = widget.LowImportance
	cancel := widget.NewButton(i18n.T("settings.cancel"), d.Close)
	save := widget.NewButton(i18n.T("settings.save"), d.Save)
	save.Importance = widget.HighImportance
	buttons := container.NewHBox(defaults, layout.NewSpacer(), cancel, save)
	tabs := container.New(layout.NewCustomPaddedLayout(0, 0, style.LeftSpace, 0), d.Tabs)
	d.all = container.NewBorder(container.NewVBox(tabs, widget.NewSeparator()),
		container.NewVBox(d.BadRow, widget.NewSeparator(), d.fileLine(), buttons), nil, nil, d.Page)
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
	return container.NewBorder(nil, nil, nil, button, container.New(layout.NewCustomPaddedLayout(0, 0, style.LeftSpace, 0), container.NewVBox(layout.NewSpacer(), text, layout.NewSpacer())))
}

func (d *Dialog) showPage(i int) {
	d.Page.Objects = []fyne.CanvasObject{d.Pages[i].Object}
	d.Page.Refresh()
}

// showDefaults fills in what holds where nothing is set; saving puts it into force.
func (d *Dialog) ShowDefaults() {
	defaults := settings.Default()
	for _, p := range d.Pages {
		for _, f := range p.Fields {
			f.fill(&defaults)
		}
	}
}

// refresh shows what has changed meanwhile, where nobody has typed.
func (d *Dialog) Refresh() {
	current := d.deps.Current()
	for _, p := range d.Pages {
		for _, f := range p.Fields {
			if !f.Changed() {
				f.Show(&current)
			}
		}
	}
	d.Cert.Show()
}

func (d *Dialog) Close() { d.Dialog.Hide() }

// save applies what was changed, and closes unless something must be mended.
func (d *Dialog) Save() {
	s := d.deps.Current()
	if bad := d.read(&s); bad != nil {
		d.complain(bad.Key, i18n.T("settings.unreadable."+bad.kind, bad.text()))
		return
	}
	err := d.deps.Change(func(s *settings.Settings) { d.read(s) })
	var value *settings.ValueError
	var bind *app.BindError
	switch {
	case app.InForce(err): // that it could not be saved is said in the window
		d.Close()
	case errors.As(err, &value):
		d.complain(value.Key, words.ValueText(value))
	case errors.As(err, &bind):
		d.complainBind(bind)
	default:
		d.complain("", words.ReasonText(err))
	}
}

// read puts what was changed into settings. It returns the first field that cannot be read.
func (d *Dialog) read(s *settings.Settings) *Field {
	for _, p := range d.Pages {
		for _, f := range p.Fields {
			if f.Changed() && f.Read(s) != nil {
				return f
			}
		}
	}
	return nil
}

// open shows the page where a setting is.
func (d *Dialog) Open(key string) {
	for i, p := range d.Pages {
		for _, f := range p.Fields {
			if f.Key == key {
				d.Tabs.Choose(i)
			}
		}
	}
}

// complain says what must be mended, on the page where it is.
func (d *Dialog) complain(key, text string) {
	for i, p := range d.Pages {
		for _, f := range p.Fields {
			f.mark(f.Key == key)
			if f.Key == key {
				d.Tabs.Choose(i)
				f.focus(d.deps.Window.Canvas())
				text = i18n.T("settings.bad", i18n.T(f.word()), text)
			}
		}
	}
	d.Bad.SetText(text)
	d.Remedy.Hide()
	d.BadRow.Show()
	d.all.Refresh()
}

func (d *Dialog) complainBind(bind *app.BindError) {
	d.complain("", words.BindText(bind))
	if bind.Suggest == 0 {
		return
	}
	d.Remedy.SetText(i18n.T("bind.suggest", bind.Suggest))
	d.Remedy.OnTapped = func() {
		s := settings.Default()
		s.Proxy.Port = bind.Suggest
		for _, p := range d.Pages {
			for _, f := range p.Fields {
				if f.Key == "proxy.port" {
					f.fill(&s)
				}
			}
		}
		d.Save()
	}
	d.Remedy.Show()
	d.all.Refresh()
}

// field finds a setting by its key, such as "proxy.port".
func (d *Dialog) Field(key string) *Field {
	for _, p := range d.Pages {
		for _, f := range p.Fields {
			if f.Key == key {
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
