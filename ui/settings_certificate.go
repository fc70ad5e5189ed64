package ui

import (
	"errors"
	"io"
	"io/fs"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/ui/i18n"
)

// certificateDeps is what the certificate's box needs of the window.
type certificateDeps struct {
	Window    fyne.Window
	Authority func() (*app.Authority, error) // makes none
	Work      func(func() func())            // as Window.work
}

func (w *Window) certificateDeps() certificateDeps {
	return certificateDeps{Window: w.win, Authority: w.controller.Authority, Work: w.work}
}

// certificateBox shows the certificate authority and saves its certificate.
type certificateBox struct {
	deps   certificateDeps
	text   *widget.Label
	save   *widget.Button
	object fyne.CanvasObject
}

func newCertificateBox(deps certificateDeps) *certificateBox {
	b := &certificateBox{deps: deps, text: widget.NewLabel("")}
	b.text.Wrapping, b.text.Selectable = fyne.TextWrapBreak, true
	b.text.SizeName = theme.SizeNameCaptionText
	b.save = widget.NewButtonWithIcon(i18n.T("cert.save"), theme.DocumentSaveIcon(), b.askSave)
	b.object = container.NewVBox(widget.NewSeparator(), b.text, container.NewHBox(b.save))
	b.show()
	return b
}

// show says which authority there is.
func (b *certificateBox) show() {
	a, err := b.deps.Authority()
	b.save.Disable()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		b.text.SetText(i18n.T("cert.none"))
	case err != nil:
		b.text.SetText(i18n.T("cert.unusable", reasonText(err)))
	default:
		b.text.SetText(i18n.T("cert.is", a.Certificate().Subject.CommonName, a.Certificate().NotAfter.Format(time.DateOnly), a.Fingerprint()))
		b.save.Enable()
	}
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
	ask.Show()
	ask.Resize(fyne.NewSize(720, 520)) // the dialog has no size before it is shown
}

// write puts the certificate into a file, never the key.
func (b *certificateBox) write(file io.WriteCloser) {
	a, err := b.deps.Authority()
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
		b.text.SetText(i18n.T("cert.unsaved", reasonText(err)))
		return
	}
	b.save.SetIcon(theme.ConfirmIcon())
}
