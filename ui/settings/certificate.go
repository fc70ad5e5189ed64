package settings

import (
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
	"posthouse/ui/setup"
)

// certificateBox shows the certificate authority in the settings; what it saves
// is the certificate.
type certificateBox struct {
	*setup.CertificateBox
	save *widget.Button
}

func newCertificateBox(deps setup.Deps) *certificateBox {
	save := widget.NewButtonWithIcon(i18n.T("cert.save"), theme.DocumentSaveIcon(), deps.Save)
	return &certificateBox{setup.NewCertificateBox(deps, save), save}
}
