package settings

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"posthouse/app/settings"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// page is a tab of the settings dialog.
type page struct {
	word   string
	fields []*field
	extra  fyne.CanvasObject // above the fields; nil for none
	object fyne.CanvasObject
}

// newSettingsPages makes the pages in the language in force.
func newSettingsPages(certificate fyne.CanvasObject, files SystemEntry) []*page {
	pages := []*page{
		{word: "settings.general", fields: generalFields(files)},
		{word: "settings.proxy", fields: proxyFields()},
		{word: "settings.recording", fields: recordingFields()},
		{word: "settings.limits", fields: limitFields()},
		{word: "settings.https", fields: decryptFields(), extra: certificate},
	}
	for _, p := range pages {
		p.object = p.layout()
	}
	return pages
}

func generalFields(files SystemEntry) []*field {
	return []*field{
		choiceField("general.language", []string{"system", "en", "zh-Hans"},
			func(s *settings.Settings) *string { return &s.General.Language }),
		choiceField("general.theme", []string{"system", "light", "dark"}, func(s *settings.Settings) *string { return &s.General.Theme }),
		entryField(loginKey, func(s *settings.Settings) *bool { return &s.General.StartAtLogin }),
		filesField(files),
		checkField("general.start_proxy", func(s *settings.Settings) *bool { return &s.General.StartProxy }),
		choiceField("general.close_window", []string{settings.CloseToTray, settings.CloseQuit, settings.CloseAsk},
			func(s *settings.Settings) *string { return &s.General.CloseWindow }),
		choiceField("general.close_without_tray", []string{settings.CloseAsk, settings.CloseQuit, settings.CloseStay},
			func(s *settings.Settings) *string { return &s.General.CloseWithoutTray }),
		linesField("filters.saved", func(s *settings.Settings) *[]string { return &s.Filters.Saved }),
	}
}

func proxyFields() []*field {
	return []*field{
		numberField("proxy.port", func(s *settings.Settings) *int { return &s.Proxy.Port }),
		listField("proxy.listen", func(s *settings.Settings) *[]string { return &s.Proxy.Listen }),
		upstreamField(),
		listField("proxy.upstream_bypass", func(s *settings.Settings) *[]string { return &s.Proxy.UpstreamBypass }),
		checkField("rules.enabled", func(s *settings.Settings) *bool { return &s.Rules.Enabled }),
		checkField("breakpoints.enabled", func(s *settings.Settings) *bool { return &s.Breakpoints.Enabled }),
		durationField("breakpoints.patience", func(s *settings.Settings) *settings.Duration { return &s.Breakpoints.Patience }),
		checkField("proxy.via", func(s *settings.Settings) *bool { return &s.Proxy.Via }),
		checkField("lan.enabled", func(s *settings.Settings) *bool { return &s.LAN.Enabled }),
		listField("lan.listen", func(s *settings.Settings) *[]string { return &s.LAN.Listen }),
		listField("lan.allow", func(s *settings.Settings) *[]string { return &s.LAN.Allow }),
		checkField("lan.loopback", func(s *settings.Settings) *bool { return &s.LAN.Loopback }),
		checkField("lan.credentials", func(s *settings.Settings) *bool { return &s.LAN.Credentials }),
	}
}

func recordingFields() []*field {
	return []*field{
		checkField("recording.enabled", func(s *settings.Settings) *bool { return &s.Recording.Enabled }),
		sizeField("recording.memory", func(s *settings.Settings) *settings.Size { return &s.Recording.Memory }),
		sizeField("recording.body", func(s *settings.Settings) *settings.Size { return &s.Recording.Body }),
		keepField(),
		sizeField("history.budget", func(s *settings.Settings) *settings.Size { return &s.History.Budget }),
		wordField("history.folder", func(s *settings.Settings) *string { return &s.History.Folder }),
		listField("share.secrets", func(s *settings.Settings) *[]string { return &s.Share.Secrets }),
	}
}

func limitFields() []*field {
	t := func(pick func(*settings.Timeouts) *settings.Duration) func(*settings.Settings) *settings.Duration {
		return func(s *settings.Settings) *settings.Duration { return pick(&s.Proxy.Timeouts) }
	}
	return []*field{
		numberField("proxy.max_connections", func(s *settings.Settings) *int { return &s.Proxy.MaxConnections }),
		sizeField("proxy.max_head", func(s *settings.Settings) *settings.Size { return &s.Proxy.MaxHead }),
		numberField("proxy.max_fields", func(s *settings.Settings) *int { return &s.Proxy.MaxFields }),
		durationField("proxy.timeouts.client_head", t(func(t *settings.Timeouts) *settings.Duration { return &t.ClientHead })),
		durationField("proxy.timeouts.client_idle", t(func(t *settings.Timeouts) *settings.Duration { return &t.ClientIdle })),
		durationField("proxy.timeouts.client_body", t(func(t *settings.Timeouts) *settings.Duration { return &t.ClientBody })),
		durationField("proxy.timeouts.dial", t(func(t *settings.Timeouts) *settings.Duration { return &t.Dial })),
		durationField("proxy.timeouts.response", t(func(t *settings.Timeouts) *settings.Duration { return &t.Response })),
		durationField("proxy.timeouts.origin_body", t(func(t *settings.Timeouts) *settings.Duration { return &t.OriginBody })),
		durationField("proxy.timeouts.tunnel_idle", t(func(t *settings.Timeouts) *settings.Duration { return &t.TunnelIdle })),
		durationField("proxy.timeouts.drain", t(func(t *settings.Timeouts) *settings.Duration { return &t.Drain })),
	}
}

// layout puts names left, widgets right, and a hint below where there is one.
func (p *page) layout() fyne.CanvasObject {
	rows := container.New(layout.NewFormLayout())
	for _, f := range p.fields {
		if f.hidden {
			continue
		}
		name := canvas.NewText("", style.ThemeColor(theme.ColorNameForeground))
		if f.kind != "check" { // a check box carries its name itself
			name.Text = i18n.T(f.word())
		}
		name.TextSize = style.TextSize
		name.Alignment = fyne.TextAlignTrailing
		rows.Add(container.NewVBox(centeredText(name, f.object.MinSize().Height)))
		rows.Add(container.New(layout.NewCustomPaddedLayout(0, 8, 6, 0), container.NewVBox(f.object, hintText("settings.hint."+f.key))))
	}
	page := container.NewVBox()
	if p.extra != nil {
		page.Add(p.extra)
	}
	page.Add(rows)
	padded := container.New(layout.NewCustomPaddedLayout(12, 12, 16, 20), page)
	return uiwidget.NewPageScroll(padded)
}

// centeredText gives a text the height of the widget beside it.
func centeredText(t *canvas.Text, height float32) fyne.CanvasObject {
	return container.New(uiwidget.LineHeight{Height: height}, t)
}

// hintText is a line that explains a setting, nothing where it needs none.
func hintText(key string) fyne.CanvasObject {
	if !i18n.Has(key) {
		return container.NewVBox()
	}
	return captionLines(i18n.T(key))
}

// captionLines is small text below a widget.
func captionLines(text string) fyne.CanvasObject {
	box := container.NewVBox()
	for _, line := range words.SplitLines(text) {
		t := canvas.NewText(line, style.ThemeColor(style.ColorMuted))
		t.TextSize = theme.CaptionTextSize()
		box.Add(container.New(layout.NewCustomPaddedLayout(0, 1, style.LeftSpace, 0), t))
	}
	return box
}
