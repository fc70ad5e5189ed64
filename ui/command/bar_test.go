package command

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/i18n"
)

// barWindow counts how often the whole bar is made anew.
type barWindow struct {
	fyne.Window
	made int
	bar  *Bar
	wait int // how often a change waited for an open menu
}

func (w *barWindow) SetMainMenu(m *fyne.MainMenu) {
	w.made++
	w.Window.SetMainMenu(m)
}

func newBarWindow(t *testing.T, w *world) *barWindow {
	one := &barWindow{Window: test.NewTempWindow(t, widget.NewLabel(""))}
	one.bar = NewBar(one, w.Table, func() { one.wait++ })
	one.bar.Sync()
	return one
}

// item finds an entry by the names that lead to it.
func (w *barWindow) item(t *testing.T, path ...string) *fyne.MenuItem {
	t.Helper()
	var items []*fyne.MenuItem
	for _, m := range w.MainMenu().Items {
		if m.Label == path[0] {
			items = m.Items
		}
	}
	var found *fyne.MenuItem
	for _, name := range path[1:] {
		found = nil
		for _, item := range items {
			if item.Label == name || strings.HasPrefix(item.Label, name+" ") {
				found = item
			}
		}
		if found == nil {
			t.Fatalf("no %q in the menu", path)
		}
		if found.ChildMenu != nil {
			items = found.ChildMenu.Items
		}
	}
	return found
}

func TestTheBarShowsTheTable(t *testing.T) {
	w := newWorld(t, "en")
	win := newBarWindow(t, w)
	if quit := win.item(t, "File", "Quit"); !quit.IsQuit || !strings.HasSuffix(quit.Label, " Ctrl+Q") {
		t.Errorf("the last of File is %+v", quit)
	}
	if save := win.item(t, "File", "Save response body…"); !save.Disabled {
		t.Error("there is nothing to save, and the menu offers it")
	}
	if light := win.item(t, "View", "Theme", "Light"); !light.Checked {
		t.Error("the theme in force has no check mark")
	}
	win.item(t, "View", "Theme", "Dark").Action()
	win.item(t, "File", "Save response body…").Action() // as the toolkit does with Enter
	win.item(t, "Tools", "Open a browser", "Firefox").Action()
	w.took(t, "theme.dark", "browser.Firefox")
}

// The bar is made anew only for other words, other entries, or the first check mark
// of a menu: for the rest an open menu stays open.
func TestTheBarIsTouchedOnlyWhereItDiffers(t *testing.T) {
	w := newWorld(t, "en")
	win := newBarWindow(t, w)
	made := func(want int, what string) {
		t.Helper()
		win.bar.Sync()
		if win.made != want {
			t.Errorf("%s: the bar was made %d times, want %d", what, win.made, want)
		}
	}
	first := win.MainMenu()
	made(1, "nothing differs")
	w.selected, w.theme = true, "dark"
	made(1, "another entry is enabled, another is checked")
	if win.MainMenu() != first || win.item(t, "File", "Save response body…").Disabled || !win.item(t, "View", "Theme", "Dark").Checked ||
		win.item(t, "View", "Theme", "Light").Checked {
		t.Error("the menu does not show it")
	}
	w.recording = false
	made(2, "the last check mark of a menu went: its names move to the left")
	w.browsers = []string{"Chromium"}
	made(3, "an entry went")
	win.item(t, "Tools", "Open a browser", "Chromium").Action()
	w.took(t, "browser.Chromium")
	i18n.Set("zh-Hans")
	made(4, "the language")
	win.item(t, "代理(P)", "记录").Action()
	w.took(t, "recording")
}

// openName is the name above a menu that is open, which has the focus then.
type openName struct {
	widget.Entry
	menu *widget.Menu
}

func (o *openName) Child() *widget.Menu { return o.menu }

func TestAnOpenMenuIsNotTakenAway(t *testing.T) {
	w := newWorld(t, "en")
	win := newBarWindow(t, w)
	name := &openName{menu: widget.NewMenu(fyne.NewMenu(""))}
	name.ExtendBaseWidget(name)
	win.SetContent(name)
	win.Canvas().Focus(name)
	w.browsers = nil
	win.bar.Sync()
	if win.made != 1 || win.wait != 1 {
		t.Fatalf("with a menu open the bar was made %d times; %d waits", win.made, win.wait)
	}
	win.Canvas().Unfocus()
	win.bar.Sync()
	if win.made != 2 {
		t.Error("the change was forgotten")
	}
}

// The keys of a menu stand under each other at its right.
func TestKeysStandAtTheRight(t *testing.T) {
	w := newWorld(t, "en")
	win := newBarWindow(t, w)
	proxy, recording := labelWidth(win.item(t, "Proxy", "Proxy").Label), labelWidth(win.item(t, "Proxy", "Recording").Label)
	if diff := proxy - recording; diff < -4 || diff > 4 {
		t.Errorf("the entries are %v and %v wide", proxy, recording)
	}
}

func TestAPopUpOfSomeCommands(t *testing.T) {
	w := newWorld(t, "en")
	menu := PopUp(w.Menus[3].Items)
	if len(menu.Items) != 2 || menu.Items[1].Label != "Recording" || !menu.Items[1].Checked {
		t.Fatalf("%+v", menu.Items)
	}
	menu.Items[0].Action()
	w.took(t, "proxy")
}
