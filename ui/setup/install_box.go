package setup

import (
	"errors"
	"io/fs"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/ui/i18n"
)

// CertificateBox shows the certificate authority in the settings, with what can
// be done with it.
type CertificateBox struct {
	deps   Deps
	text   *widget.Label
	old    *fyne.Container
	make   *widget.Button
	needs  []*widget.Button // what needs an authority that can be used
	there  []*widget.Button // what needs one, usable or not
	Object fyne.CanvasObject
}

// NewCertificateBox makes the box; save asks for a file and writes the certificate.
func NewCertificateBox(d Deps, save *widget.Button) *CertificateBox {
	b := &CertificateBox{deps: d, text: widget.NewLabel("")}
	b.text.Wrapping, b.text.Selectable = fyne.TextWrapBreak, true
	b.text.SizeName = theme.SizeNameCaptionText
	b.make = widget.NewButton(i18n.T("cert.make"), func() { MakeAuthority(d) })
	install := widget.NewButtonWithIcon(i18n.T("cert.install"), theme.DownloadIcon(), func() { Install(d) })
	remove := widget.NewButton(i18n.T("cert.remove"), func() { Remove(d) })
	replace := widget.NewButton(i18n.T("cert.replace"), func() { ReplaceAuthority(d) })
	erase := widget.NewButton(i18n.T("cert.delete"), func() { DeleteAuthority(d) })
	b.needs = []*widget.Button{save, install, remove}
	b.there = []*widget.Button{replace, erase}
	b.old = container.NewBorder(nil, nil, nil, widget.NewButton(i18n.T("cert.old.remove"), func() { RemoveOld(d) }),
		note(i18n.T("cert.old")))
	check := widget.NewButtonWithIcon(i18n.T("menu.check"), theme.ConfirmIcon(), func() { Check(d) })
	b.Object = container.NewVBox(b.text, container.NewHBox(b.make, install, save, remove, replace, erase), b.old, container.NewHBox(check),
		container.New(layout.NewCustomPaddedLayout(6, 6, 0, 0), widget.NewSeparator()))
	b.Show()
	return b
}

// Show says which authority there is.
func (b *CertificateBox) Show() {
	a, err := b.deps.Controller.Decryption().Authority()
	none := errors.Is(err, fs.ErrNotExist)
	switch {
	case none:
		b.text.SetText(i18n.T("cert.none"))
	case err != nil:
		b.text.SetText(i18n.T("cert.unusable", b.deps.Reason(err)))
	default:
		b.text.SetText(i18n.T("cert.is", a.Certificate().Subject.CommonName, a.Certificate().NotAfter.Format(time.DateOnly),
			a.Fingerprint()) + limits(a))
	}
	b.make.Hidden = !none
	for _, button := range b.needs {
		enable(button, err == nil)
	}
	for _, button := range b.there {
		enable(button, !none)
	}
	b.old.Hidden = len(b.deps.Controller.Decryption().ReplacedAuthorities()) == 0
	b.Object.Refresh()
}

// Text is what the box says.
func (b *CertificateBox) Text() string { return b.text.Text }

func enable(b *widget.Button, on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// limits says which domains the authority is limited to.
func limits(a *app.Authority) string {
	if domains := a.Certificate().PermittedDNSDomains; len(domains) > 0 {
		return "\n" + i18n.T("cert.limits", strings.Join(domains, ", "))
	}
	return ""
}
