package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/ui/i18n"
)

func decryptFields() []*settingField {
	return []*settingField{
		decryptedHostsField(),
		listField("decrypt.except", func(s *app.Settings) *[]string { return &s.Decrypt.Except }),
		listField("decrypt.never_record", func(s *app.Settings) *[]string { return &s.Decrypt.NeverRecord }),
		wordField("decrypt.extra_roots", func(s *app.Settings) *string { return &s.Decrypt.ExtraRoots }),
		linesField("decrypt.pins", func(s *app.Settings) *[]string { return &s.Decrypt.Pins }),
		linesField("decrypt.client_certificates", func(s *app.Settings) *[]string { return &s.Decrypt.ClientCertificates }),
		wordField("decrypt.ca", func(s *app.Settings) *string { return &s.Decrypt.CA }),
		checkField("decrypt.insecure_upstream", func(s *app.Settings) *bool { return &s.Decrypt.InsecureUpstream }),
	}
}

// What is decrypted, as people think of it.
const (
	decryptNone = iota
	decryptChosen
	decryptAll
)

// everyHost is the pattern of all hosts.
const everyHost = "*"

// decryptedHostsField is the list of hosts that are decrypted, with a choice
// before it: nothing, the hosts of the list, or all.
func decryptedHostsField() *settingField {
	f := listField("decrypt.hosts", func(s *app.Settings) *[]string { return &s.Decrypt.Hosts })
	words := make([]string, 3)
	for i, word := range []string{"none", "chosen", "all"} {
		words[i] = i18n.T("settings.decrypt.hosts." + word)
	}
	choice := widget.NewSelect(words, func(string) {})
	text, put := f.value, f.put
	f.value = func() string {
		switch choice.SelectedIndex() {
		case decryptChosen:
			return text()
		case decryptAll:
			return everyHost
		}
		return ""
	}
	f.put = func(hosts string) {
		switch list := splitList(hosts); {
		case len(list) == 0:
			choice.SetSelectedIndex(decryptNone)
		case slices.Equal(list, []string{everyHost}):
			choice.SetSelectedIndex(decryptAll)
		default:
			put(strings.TrimSpace(hosts))
			choice.SetSelectedIndex(decryptChosen)
		}
	}
	f.entry.SetPlaceHolder("api.example.com, *.example.org")
	f.entry.Disable()
	choice.OnChanged = func(string) {
		if choice.SelectedIndex() == decryptChosen {
			f.entry.Enable()
		} else {
			f.entry.Disable()
		}
	}
	f.object = container.NewVBox(framed(choice), f.entry)
	return f
}
