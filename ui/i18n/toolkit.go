package i18n

import (
	"embed"
	"sync/atomic"

	"golang.org/x/text/language"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
)

//go:embed toolkit/*.json
var toolkitFiles embed.FS

// toolkitSet reports whether the toolkit has been told of a language.
var toolkitSet atomic.Bool

// setToolkit makes the toolkit's own words (file dialogs, the menu of an entry)
// follow. It offers no way to choose a language, and follows the system's
// locale; so the wanted words are loaded under that locale's name.
func setToolkit(name string) {
	words, err := toolkitFiles.ReadFile("toolkit/" + name + ".json")
	if err != nil {
		return
	}
	_ = lang.AddTranslationsForLocale(words, fyne.Locale(toolkitLocale(systemLocales())))
}

// toolkitLocale is the name under which the toolkit looks its words up: the
// first locale of the system it can read, else its fallback.
func toolkitLocale(locales []string) string {
	for _, name := range locales {
		if tag, err := language.Parse(name); err == nil && tag != language.Und {
			return tag.String()
		}
	}
	return "en"
}
