package ui

import (
	"fyne.io/fyne/v2"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
)

// appearance is the language and the theme in force, as the settings name them.
type appearance struct {
	app             fyne.App
	settings        func() settings.Settings
	language, theme string
}

func newAppearance(a fyne.App, current func() settings.Settings, language string) *appearance {
	general := current().General
	p := &appearance{app: a, settings: current, language: general.Language, theme: general.Theme}
	if language == "" {
		language = p.language
	}
	i18n.Set(language)
	a.Settings().SetTheme(style.NewTheme(p.theme))
	return p
}

// follow puts another language and another theme in force.
func (p *appearance) follow(app.Status) {
	general := p.settings().General
	if general.Language != p.language {
		p.language = general.Language
		i18n.Set(general.Language)
	}
	if general.Theme != p.theme {
		p.theme = general.Theme
		p.app.Settings().SetTheme(style.NewTheme(general.Theme))
	}
}

// newWindow makes the window while the fonts of its first texts are read: ReadFonts begins with that, once the theme
// is in force, and returns what waits for it. Nothing asks the toolkit for a text meanwhile.
func (o *Options) newWindow() fyne.Window {
	if o.ReadFonts != nil {
		defer o.ReadFonts()()
	}
	return o.App.NewWindow("Posthouse")
}
