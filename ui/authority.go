package ui

import (
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// saveCertificate asks for a file and puts the certificate into it.
func (w *Window) saveCertificate() {
	uiwidget.AskFile(w.win, w.open, "posthouse-ca.pem", func(file fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			w.certificateSaved(err)
		case file != nil:
			w.writeCertificate(file)
		}
	})
}

// writeCertificate puts the certificate into a file, never the key.
func (w *Window) writeCertificate(file io.WriteCloser) {
	a, err := w.controller.Decryption().Authority()
	if err != nil {
		_ = file.Close() // nothing was written to it
		w.certificateSaved(err)
		return
	}
	w.work(func() func() {
		_, err := file.Write(a.PEM())
		if closed := file.Close(); err == nil {
			err = closed
		}
		return func() { w.certificateSaved(err) }
	})
}

func (w *Window) certificateSaved(err error) {
	text := i18n.T("cert.saved")
	if err != nil {
		text = i18n.T("cert.unsaved", words.ReasonText(err))
	}
	w.open(dialog.NewInformation(i18n.T("cert.save.title"), text, w.win))
}
