package settings

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2/widget"

	"posthouse/app/settings"
	"posthouse/ui/i18n"
)

// usualDays are those that are offered; others are written into the file by hand.
var usualDays = [...]int{1, 7, 30, 90}

// keepField chooses how long history stays. A number of days that is not offered is
// among the choices while it holds.
func keepField() *field {
	var values []string
	choice := widget.NewSelect(nil, nil)
	offer := func(held string) {
		values = []string{settings.KeepNever, settings.KeepUntilQuit}
		for _, n := range usualDays {
			values = append(values, settings.KeepDays(n))
		}
		if !slices.Contains(values, held) {
			values = append(values, held)
		}
		words := make([]string, len(values))
		for i, v := range values {
			words[i] = keepWords(v)
		}
		choice.SetOptions(words)
	}
	return &field{key: "history.keep", kind: "choice", object: framed(choice),
		value: func() string {
			if i := choice.SelectedIndex(); i >= 0 {
				return values[i]
			}
			return ""
		},
		put: func(text string) {
			offer(text)
			choice.SetSelectedIndex(slices.Index(values, text))
		},
		get: func(s *settings.Settings) string { return s.History.Keep },
		set: func(s *settings.Settings, text string) error {
			s.History.Keep = text
			return nil
		}}
}

// keepWords is a value of history.keep in words.
func keepWords(v string) string {
	if n := (settings.History{Keep: v}).Days(); n > 0 {
		return i18n.N("settings.history.keep.days", n, strconv.Itoa(n))
	}
	return i18n.T("settings.history.keep." + v)
}
