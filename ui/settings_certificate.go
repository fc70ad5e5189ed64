package ui

import (
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
	"posthouse/ui/setup"
)

// certificateBox shows the certificate authority in the settings; what it saves
// is the certificate.
type certificateBox struct {
	*setup.CertificateBox
	deps setup.Deps
	open func(dialog.Dialog)
	save *widget.Button
}

func newCertificateBox(deps setup.Deps) *certificateBox {
	b := &certificateBox{deps: deps, open: deps.Open}
	b.save = widget.NewButtonWithIcon(i18n.T("cert.save"), theme.DocumentSaveIcon(), b.askSave)
	b.CertificateBox = setup.NewCertificateBox(deps, b.save)
	return b
}

func (b *certificateBox) askSave() {
	ask := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			b.saved(err)
		case file != nil:
			b.write(file)
		}
	}, b.deps.Window)
	ask.SetFileName("posthouse-ca.pem")
	b.open(ask)
	ask.Resize(fyne.NewSize(720, 520)) // the dialog has no size before it is shown
}

// write puts the certificate into a file, never the key.
func (b *certificateBox) write(file io.WriteCloser) {
	a, err := b.deps.Controller.Authority()
	if err != nil {
		_ = file.Close() // nothing was written to it
		b.saved(err)
		return
	}
	b.deps.Work(func() func() {
		_, err := file.Write(a.PEM())
		if closed := file.Close(); err == nil {
			err = closed
		}
		return func() { b.saved(err) }
	})
}

func (b *certificateBox) saved(err error) {
	if err != nil {
		b.Say(i18n.T("cert.unsaved", reasonText(err)))
		return
	}
	b.save.SetIcon(theme.ConfirmIcon())
}
