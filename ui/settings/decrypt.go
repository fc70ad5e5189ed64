package settings

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/settings"
	"posthouse/ui/i18n"
)

func decryptFields() []*field {
	return []*field{
		decryptedHostsField(),
		listField("decrypt.except", func(s *settings.Settings) *[]string { return &s.Decrypt.Except }),
		listField("decrypt.never_record", func(s *settings.Settings) *[]string { return &s.Decrypt.NeverRecord }),
		wordField("decrypt.extra_roots", func(s *settings.Settings) *string { return &s.Decrypt.ExtraRoots }),
		linesField("decrypt.pins", func(s *settings.Settings) *[]string { return &s.Decrypt.Pins }),
		linesField("decrypt.client_certificates", func(s *settings.Settings) *[]string { return &s.Decrypt.ClientCertificates }),
		wordField("decrypt.ca", func(s *settings.Settings) *string { return &s.Decrypt.CA }),
		choiceField("decrypt.tls", []string{settings.TLSMirror, settings.TLSOwn},
			func(s *settings.Settings) *string { return &s.Decrypt.TLS }),
		checkField("decrypt.insecure_upstream", func(s *settings.Settings) *bool { return &s.Decrypt.InsecureUpstream }),
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

// offPrefix stands before the list in the field's value where nothing of it is decrypted.
const offPrefix = "off: "

// decryptedHostsField is the list of hosts that are decrypted, with a choice
// before it: nothing, the hosts of the list, or all. The list is kept whatever
// is chosen.
func decryptedHostsField() *field {
	f := listField("decrypt.hosts", func(s *settings.Settings) *[]string { return &s.Decrypt.Hosts })
	words := make([]string, 3)
	for i, word := range []string{"none", "chosen", "all"} {
		words[i] = i18n.T("settings.decrypt.hosts." + word)
	}
	choice := widget.NewSelect(words, func(string) {})
	text, put, get, set := f.value, f.put, f.get, f.set
	f.value = func() string {
		switch list := splitList(text()); choice.SelectedIndex() {
		case decryptChosen:
			return text()
		case decryptAll:
			return strings.Join(append([]string{everyHost}, slices.DeleteFunc(list, exception)...), ", ")
		default:
			if len(list) > 0 {
				return offPrefix + text()
			}
		}
		return ""
	}
	f.put = func(hosts string) {
		hosts, off := strings.CutPrefix(hosts, offPrefix)
		list := splitList(hosts)
		switch all := slices.Contains(list, everyHost) && !slices.ContainsFunc(list, exception); {
		case off || len(list) == 0:
			put(strings.TrimSpace(hosts))
			choice.SetSelectedIndex(decryptNone)
		case all:
			put(strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == everyHost }), ", "))
			choice.SetSelectedIndex(decryptAll)
		default:
			put(strings.TrimSpace(hosts))
			choice.SetSelectedIndex(decryptChosen)
		}
	}
	f.get = func(s *settings.Settings) string {
		if s.Decrypt.Off && len(s.Decrypt.Hosts) > 0 {
			return offPrefix + get(s)
		}
		return get(s)
	}
	f.split = func(hosts string) []string { return splitList(strings.TrimPrefix(hosts, offPrefix)) }
	f.set = func(s *settings.Settings, hosts string) error {
		hosts, s.Decrypt.Off = strings.CutPrefix(hosts, offPrefix)
		return set(s, hosts)
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

// exception reports whether a pattern takes hosts out of the list.
func exception(pattern string) bool {
	return strings.HasPrefix(pattern, "-") || strings.HasPrefix(pattern, "!")
}
