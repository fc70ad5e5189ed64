package command

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a table of some commands of the app, and what was run.
type world struct {
	*Table
	ran                          []string
	recording, selected, covered bool
	theme                        string
	browsers                     []string
}

func newWorld(t *testing.T, lang string) *world {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(style.NewTheme("light"))
	i18n.Set(lang)
	t.Cleanup(func() { i18n.Set(i18n.English) })
	w := &world{recording: true, theme: "light", browsers: []string{"Firefox", "Chromium"}}
	one := func(c Command) Item {
		c.Run = func() { w.ran = append(w.ran, c.ID) }
		return Do(c)
	}
	ctrl := fyne.KeyModifierControl
	selected := func() bool { return w.selected }
	themes := func() (items []Item) {
		for _, name := range []string{"system", "light", "dark"} {
			items = append(items, one(Command{ID: "theme." + name, Name: "settings.general.theme." + name,
				Checked: func() bool { return w.theme == name }}))
		}
		return items
	}
	w.Table = &Table{
		Menus: []*Menu{
			{ID: "file", Name: "menu.file", Items: []Item{
				one(Command{ID: "save", Name: "details.save_response", Enabled: selected}), Separator(),
				one(Command{ID: QuitID, Name: "tray.quit", Key: Key{fyne.KeyQ, ctrl}})}},
			{ID: "edit", Name: "menu.edit", Items: []Item{
				Sub(Menu{ID: "copy", Name: "menu.copy", Items: []Item{
					one(Command{ID: "copy.url", Name: "command.copy.url", Enabled: selected}),
					one(Command{ID: "copy.curl", Name: "command.copy.curl.sh", Key: Key{fyne.KeyC, ctrl}, Local: true,
						Enabled: selected})}}),
				one(Command{ID: "filter", Name: "command.filter", Key: Key{fyne.KeyF, ctrl}, Rune: '/'})}},
			{ID: "view", Name: "menu.view", Items: []Item{Sub(Menu{ID: "theme", Name: "menu.theme", Items: themes()})}},
			{ID: "proxy", Name: "menu.proxy", Items: []Item{
				one(Command{ID: "proxy", Name: "command.proxy", Key: Key{fyne.KeyP, ctrl | fyne.KeyModifierShift}}),
				one(Command{ID: "recording", Name: "tray.recording", Key: Key{fyne.KeyR, ctrl},
					Checked: func() bool { return w.recording }})}},
			{ID: "tools", Name: "menu.tools", Items: []Item{Sub(Menu{ID: "browser", Name: "launch.browser", Make: func() (items []Item) {
				for _, name := range w.browsers {
					items = append(items, one(Command{ID: "browser." + name, Title: name}))
				}
				return items
			}})}},
			{ID: "help", Name: "menu.help", Items: []Item{
				one(Command{ID: PaletteID, Name: "command.palette", Key: Key{fyne.KeyP, ctrl}}),
				one(Command{ID: "about", Name: "menu.about"})}},
		},
		Covered: func() bool { return w.covered },
	}
	return w
}

func (w *world) took(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(w.ran, want) {
		t.Errorf("ran %q, want %q", w.ran, want)
	}
	w.ran = nil
}

// What cannot be done is not done, whichever way it is asked for, and nothing is done
// behind a dialog.
func TestNothingActsThatCannot(t *testing.T) {
	w := newWorld(t, "en")
	done := 0
	w.Done = func() { done++ }
	w.Run(w.Find("save"))
	w.took(t)
	w.selected = true
	w.Run(w.Find("save"))
	w.took(t, "save")
	w.covered = true
	w.Run(w.Find("save"))
	w.TypedRune('/')
	w.took(t)
	if done != 1 {
		t.Errorf("Done was called %d times for one command", done)
	}
}

func TestKeysAct(t *testing.T) {
	w := newWorld(t, "en")
	canvas := test.NewCanvas()
	press := func(key fyne.KeyName, modifier fyne.KeyModifier) {
		w.TypedShortcut(canvas, &desktop.CustomShortcut{KeyName: key, Modifier: modifier})
	}
	press(fyne.KeyR, fyne.KeyModifierControl)
	press(fyne.KeyP, fyne.KeyModifierControl|fyne.KeyModifierShift)
	press(fyne.KeyP, fyne.KeyModifierControl)
	w.TypedRune('/')
	w.took(t, "recording", "proxy", PaletteID, "filter")
	w.selected = true
	press(fyne.KeyC, fyne.KeyModifierControl) // what has the focus copies, not the window
	press(fyne.KeyE, fyne.KeyModifierControl)
	w.took(t)
	w.covered = true
	press(fyne.KeyR, fyne.KeyModifierControl)
	w.took(t)
}

// Each key stands in the list once, as it is written.
func TestTheListOfKeys(t *testing.T) {
	var lines []string
	for _, c := range newWorld(t, "en").Keyed() {
		lines = append(lines, c.KeyText()+": "+c.Words())
	}
	want := []string{"Ctrl+Q: Quit", "Ctrl+C: cURL (sh)", "Ctrl+F   /: Find", "Ctrl+Shift+P: Proxy", "Ctrl+R: Recording",
		"Ctrl+P: Find a command…"}
	if !slices.Equal(lines, want) {
		t.Errorf("the list says\n%s", strings.Join(lines, "\n"))
	}
}

// A letter is the first of the English name that is free, and stands behind names
// that do not have it.
func TestLettersOfTheMenus(t *testing.T) {
	w := newWorld(t, "zh-Hans")
	if got := string(letters(w.Menus)); got != "FEVPTH" {
		t.Errorf("the letters are %s", got)
	}
	if labels := barLabels(w.Menus); labels[0] != "文件(F)" || labels[5] != "帮助(H)" {
		t.Errorf("the bar says %q", labels)
	}
	i18n.Set("en")
	if labels := barLabels(w.Menus); labels[0] != "File" || labels[5] != "Help" {
		t.Errorf("the bar says %q", labels)
	}
	twice := []*Menu{{Name: "menu.proxy"}, {Name: "menu.proxy"}, {Name: "menu.file"}}
	if got := string(letters(twice)); got != "PRF" {
		t.Errorf("of Proxy, Proxy and File the letters are %s", got)
	}
}

// menuCanvas is the canvas of a window with a menu bar.
type menuCanvas struct {
	fyne.Canvas
	did []string
}

func (c *menuCanvas) ToggleMenu()       { c.did = append(c.did, "open") }
func (c *menuCanvas) DismissMenu() bool { c.did = append(c.did, "close"); return true }
func (c *menuCanvas) FocusNext()        { c.did = append(c.did, "next") }

// Alt with a letter opens a menu, also while another is open, but not behind a dialog.
func TestAltOpensAMenu(t *testing.T) {
	if systemBar {
		t.Skip("the system has the menu bar")
	}
	w := newWorld(t, "en")
	canvas := &menuCanvas{Canvas: test.NewCanvas()}
	press := func(key fyne.KeyName) string {
		canvas.did = nil
		w.TypedShortcut(canvas, &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierAlt})
		return strings.Join(canvas.did, " ")
	}
	if got := press(fyne.KeyF); got != "close open" {
		t.Errorf("Alt+F: %s", got)
	}
	if got := press(fyne.KeyV); got != "close open next next" {
		t.Errorf("Alt+V: %s", got)
	}
	w.released(canvas, desktop.KeyAltLeft)
	w.covered = true
	if got := press(fyne.KeyV); got != "" {
		t.Errorf("Alt+V behind a dialog: %s", got)
	}
	if w.released(canvas, desktop.KeyAltLeft); strings.Join(canvas.did, " ") != "close" {
		t.Errorf("a menu that Alt opened behind a dialog: %q", canvas.did)
	}
}

// A key without others beside it is no shortcut of the toolkit: it does what it means where
// nothing else uses it, and nothing behind a dialog or where that cannot be done.
func TestKeysWithoutOthers(t *testing.T) {
	done, covered, enabled := 0, false, true
	table := &Table{Covered: func() bool { return covered }, Menus: []*Menu{{ID: "m", Name: "menu.edit", Items: []Item{
		Do(Command{ID: "note", Key: Key{Name: fyne.KeyF2}, Enabled: func() bool { return enabled }, Run: func() { done++ }}),
		Do(Command{ID: "local", Key: Key{Name: fyne.KeyF3}, Local: true, Run: func() { t.Error("what is for the focus alone was done") }}),
		Do(Command{ID: "none", Run: func() { t.Error("what has no key was done") }}),
		Do(Command{ID: "ctrl", Key: Key{fyne.KeyF4, fyne.KeyModifierControl}, Run: func() { t.Error("done without its modifier") }}),
	}}}}
	press := func(names ...fyne.KeyName) {
		for _, name := range names {
			table.TypedKey(name)
		}
	}
	press(fyne.KeyF2, fyne.KeyF3, fyne.KeyF4, fyne.KeyF5, "")
	if done != 1 {
		t.Errorf("done %d times", done)
	}
	covered = true
	press(fyne.KeyF2)
	covered, enabled = false, false
	press(fyne.KeyF2)
	if done != 1 {
		t.Errorf("behind a dialog, or where it cannot be done, it was done")
	}
}
