package setup

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/ui/i18n"
)

// lives are how long an authority can be made for.
var lives = []struct {
	key  string
	life time.Duration
}{
	{"authority.life.long", 0}, // as package ca has it
	{"authority.life.year", 365 * 24 * time.Hour},
	{"authority.life.month", 30 * 24 * time.Hour},
	{"authority.life.day", 24 * time.Hour},
}

// authorityForm asks what a new authority is to be like, and does what it was
// opened for.
type authorityForm struct {
	deps    Deps
	do      func(app.AuthorityOptions) (*app.Authority, error)
	then    func(*app.Authority)
	life    *choice
	domains *entry
	bad     *widget.Label
	ok      *widget.Button
	dialog  *dialog.CustomDialog
}

// makeAuthority makes the first authority, and goes on with then.
func makeAuthority(d Deps, then func()) *authorityForm {
	return newAuthorityForm(d, "make", false, d.Controller.Decryption().MakeAuthority, func(*app.Authority) { then() })
}

// MakeAuthority opens the dialog that makes the first authority.
func MakeAuthority(d Deps) { makeAuthority(d, func() {}) }

// ReplaceAuthority opens the dialog that puts a new authority in the place of
// the one there is, after saying what follows from that.
func ReplaceAuthority(d Deps) { replaceAuthority(d) }

func replaceAuthority(d Deps) *authorityForm {
	return newAuthorityForm(d, "replace", true, d.Controller.Decryption().ReplaceAuthority, func(*app.Authority) { replaced(d) })
}

func newAuthorityForm(d Deps, word string, danger bool, do func(app.AuthorityOptions) (*app.Authority, error),
	then func(*app.Authority)) *authorityForm {
	f := &authorityForm{deps: d, do: do, then: then}
	options := make([]string, len(lives))
	for i, l := range lives {
		options[i] = i18n.T(l.key)
	}
	f.life = newChoice(options, nil, f.close)
	f.life.SetSelectedIndex(0)
	f.domains = newEntry(f.close)
	f.domains.SetPlaceHolder("example.com, example.org")
	f.domains.OnSubmitted = func(string) { f.submit() }
	f.bad = paragraph("")
	f.bad.Importance = widget.DangerImportance
	f.bad.Hide()
	f.ok = widget.NewButton(i18n.T("authority.do."+word), f.submit)
	f.ok.Importance = widget.HighImportance
	if danger {
		f.ok.Importance = widget.DangerImportance
	}
	form := container.New(layout.NewFormLayout(),
		rightLabel("authority.life"), framed(f.life),
		rightLabel("authority.domains"), container.NewVBox(f.domains, note(i18n.T("authority.domains.hint"))))
	content := container.NewVBox(paragraph(i18n.T("authority.head."+word)), form, f.bad, widget.NewSeparator(),
		spread(nil, widget.NewButton(i18n.T("settings.cancel"), f.close), f.ok))
	f.dialog = dialog.NewCustomWithoutButtons(i18n.T("authority.title."+word), content, d.Window)
	f.dialog.Resize(fyne.NewSize(560, 0))
	d.Open(f.dialog)
	return f
}

func rightLabel(key string) fyne.CanvasObject {
	l := widget.NewLabel(i18n.T(key))
	l.Alignment = fyne.TextAlignTrailing
	return container.NewVBox(l)
}

func (f *authorityForm) close() { f.dialog.Hide() }

func (f *authorityForm) options() app.AuthorityOptions {
	o := app.AuthorityOptions{Life: lives[max(0, f.life.SelectedIndex())].life}
	o.PermittedDomains = strings.FieldsFunc(f.domains.Text, func(r rune) bool { return strings.ContainsRune(" ,;，、\n\t", r) })
	return o
}

func (f *authorityForm) submit() {
	if f.ok.Disabled() {
		return
	}
	f.ok.Disable()
	o := f.options()
	f.deps.Work(func() func() {
		a, err := f.do(o)
		return func() {
			f.ok.Enable()
			if err != nil {
				f.bad.SetText(i18n.T("authority.bad", f.deps.Reason(err)))
				f.bad.Show()
				return
			}
			f.close()
			f.deps.Changed()
			f.then(a)
		}
	})
}

// replaced says what is to be done after a replacement.
func replaced(d Deps) {
	install := widget.NewButton(i18n.T("authority.replaced.install"), func() { Install(d) })
	install.Importance = widget.HighImportance
	remove := widget.NewButton(i18n.T("authority.replaced.remove"), func() { RemoveOld(d) })
	if len(d.Controller.Decryption().ReplacedAuthorities()) == 0 { // it was damaged
		remove.Disable()
	}
	tell(d, "authority.replaced.title", i18n.T("authority.replaced"), remove, install)
}

// DeleteAuthority opens the dialog that deletes the authority, after saying what
// follows from that.
func DeleteAuthority(d Deps) {
	var box *dialog.CustomDialog
	hosts := len(d.Controller.Settings().Decrypt.Hosts)
	text := i18n.T("authority.delete.head")
	if d.Controller.Settings().Decrypt.Active() {
		text += "\n\n" + i18n.N("authority.delete.hosts", hosts, hosts)
	}
	bad := paragraph("")
	bad.Importance = widget.DangerImportance
	bad.Hide()
	cancel := widget.NewButton(i18n.T("settings.cancel"), func() { box.Hide() })
	remove := widget.NewButton(i18n.T("authority.delete.first"), func() { Remove(d) })
	ok := widget.NewButton(i18n.T("authority.delete.do"), nil)
	ok.Importance = widget.DangerImportance
	ok.OnTapped = func() {
		ok.Disable()
		d.Work(func() func() {
			err := d.Controller.Decryption().RemoveAuthority()
			return func() {
				ok.Enable()
				d.Changed()
				if err != nil {
					bad.SetText(i18n.T("authority.delete.bad", d.Reason(err)))
					bad.Show()
					return
				}
				box.Hide()
			}
		})
	}
	box = dialog.NewCustomWithoutButtons(i18n.T("authority.delete.title"),
		container.NewVBox(paragraph(text), bad, widget.NewSeparator(), spread([]fyne.CanvasObject{remove}, cancel, ok)), d.Window)
	box.Resize(fyne.NewSize(560, 0))
	d.Open(box)
}

// unusable says why the authority that is there cannot be used.
func unusable(d Deps, err error) {
	replace := widget.NewButton(i18n.T("cert.replace"), func() { ReplaceAuthority(d) })
	tell(d, "authority.unusable.title", i18n.T("cert.unusable", d.Reason(err)), replace)
}

// tell opens a dialog with a text and what can be done about it.
func tell(d Deps, title, text string, actions ...fyne.CanvasObject) {
	var box *dialog.CustomDialog
	done := widget.NewButton(i18n.T("close"), func() { box.Hide() })
	box = dialog.NewCustomWithoutButtons(i18n.T(title),
		container.NewVBox(paragraph(text), widget.NewSeparator(), spread(actions, done)), d.Window)
	box.Resize(fyne.NewSize(560, 0))
	d.Open(box)
}
