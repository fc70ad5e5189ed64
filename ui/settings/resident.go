package settings

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/settings"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// The settings that are kept the same with a list of the system.
const (
	loginKey = "general.start_at_login"
	filesKey = "general.session_files"
)

// entryField is such a setting, with room for why it cannot be.
func entryField(key string, at func(*settings.Settings) *bool) *field {
	f := checkField(key, at)
	f.object = container.NewVBox(f.object)
	return f
}

// filesField is whether session files are opened with Posthouse. It is shown where the system has a
// list of such programs that Posthouse changes.
func filesField(entry SystemEntry) *field {
	f := entryField(filesKey, func(s *settings.Settings) *bool { return &s.General.SessionFiles })
	f.hidden = entry == nil
	return f
}

// markUnfit shows why this program cannot have an entry in a list of the system, where it cannot.
func (d *Dialog) markUnfit(key string, entry SystemEntry) {
	if entry == nil {
		return
	}
	box, ok := d.field(key).object.(*fyne.Container)
	if !ok {
		return
	}
	check, ok := box.Objects[0].(*widget.Check)
	err := entry.Unfit()
	if !ok || err == nil || check.Checked {
		return // what is on can be switched off
	}
	check.Disable()
	lines := words.SplitLines(words.EntryText(err))
	for i, line := range lines { // a path may be long
		lines[i] = uiwidget.CutToWidth(line, settingsSize.Width-230, theme.CaptionTextSize())
	}
	box.Add(captionLines(strings.Join(lines, "\n")))
}

// passwordMask stands for a password that is set.
const passwordMask = "••••"

// passwordAt is where the password of a proxy's URL begins and ends; ok is false
// where it has none.
func passwordAt(url string) (from, to int, ok bool) {
	start := 0
	if i := strings.Index(url, "://"); i >= 0 {
		start = i + len("://")
	}
	to = strings.LastIndexByte(url, '@')
	if to < start {
		return 0, 0, false
	}
	colon := strings.IndexByte(url[start:to], ':')
	if colon < 0 {
		return 0, 0, false
	}
	return start + colon + 1, to, start+colon+1 < to
}

// maskPassword is a proxy's URL that may be shown.
func maskPassword(url string) string {
	if from, to, ok := passwordAt(url); ok {
		return url[:from] + passwordMask + url[to:]
	}
	return url
}

// unmaskPassword puts the password of the stored URL where the mask still stands.
func unmaskPassword(url, stored string) string {
	from, to, ok := passwordAt(url)
	if !ok || url[from:to] != passwordMask {
		return url
	}
	password := ""
	if a, b, ok := passwordAt(stored); ok {
		password = stored[a:b]
	}
	return url[:from] + password + url[to:]
}

// upstreamField is the other proxy. Its password is not shown.
func upstreamField() *field {
	return textField("proxy.upstream", "text",
		func(s *settings.Settings) string { return maskPassword(s.Proxy.Upstream) },
		func(s *settings.Settings, text string) error {
			s.Proxy.Upstream = unmaskPassword(text, s.Proxy.Upstream)
			return nil
		})
}

// SystemEntry is an entry in a list of the system, which a setting switches.
type SystemEntry interface {
	Look()        // the setting is what the system says
	Unfit() error // why this program cannot have one, nil: it can
	Err() error   // why the last change failed
}
