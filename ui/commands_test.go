package ui

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/proxy/flow"
	"posthouse/ui/command"
	"posthouse/ui/details"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// entry is an entry of the menu bar by the names that lead to it.
func (w *testWindow) entry(path ...string) *fyne.MenuItem {
	w.t.Helper()
	var items []*fyne.MenuItem
	for _, m := range w.win.MainMenu().Items {
		if m.Label == path[0] {
			items = m.Items
		}
	}
	var found *fyne.MenuItem
	for _, name := range path[1:] {
		found = nil
		for _, item := range items {
			if item.Label == name || strings.HasPrefix(item.Label, name+"  ") { // the key follows
				found = item
			}
		}
		if found == nil {
			w.t.Fatalf("no %q in the menu bar", path)
		}
		if found.ChildMenu != nil {
			items = found.ChildMenu.Items
		}
	}
	return found
}

// Each command has its own ID, a name in both languages, and a key that no other has.
func TestTheTableOfCommands(t *testing.T) {
	w := openWindow(t, windowOptions{})
	ids, keys := map[string]bool{}, map[string]string{}
	var of func(items []command.Item)
	of = func(items []command.Item) {
		for _, item := range items {
			if m := item.Menu; m != nil {
				if !i18n.Has(m.Name) {
					t.Errorf("the menu %s has no name", m.ID)
				}
				of(m.Items)
			}
			c := item.Command
			if c == nil {
				continue
			}
			if ids[c.ID] {
				t.Errorf("%s is there twice", c.ID)
			}
			ids[c.ID] = true
			if !i18n.Has(c.Name) || c.Run == nil {
				t.Errorf("%s has the name %q", c.ID, c.Name)
			}
			if key := c.Key.Text(); key != "" {
				if other := keys[key]; other != "" {
					t.Errorf("%s is for %s and for %s", key, other, c.ID)
				}
				keys[key] = c.ID
				if c.Key.Modifier == ctrl && !c.Local && strings.Contains("CVXZY", string(c.Key.Name)) {
					t.Errorf("%s, for %s, is a key that the toolkit takes for the clipboard or for undoing", key, c.ID)
				}
			}
		}
	}
	for _, m := range w.commands.table.Menus {
		of(m.Items)
	}
	if len(ids) < 40 {
		t.Errorf("there are only %d commands", len(ids))
	}
}

// The menus tell what can be done with what is selected.
func TestMenusFollowTheSelection(t *testing.T) {
	w := openWindow(t, windowOptions{})
	id := uitest.Record(w.controller.Store(), "a.test", "/path", 200)
	w.until("the row is there", func() bool { return w.list.Length == 1 })
	ways := [][]string{{"File", "Save response body…"}, {"Edit", "Copy as", "URL"}, {"Edit", "Copy as", "cURL (sh)"},
		{"Edit", "Find in body"}}
	for _, path := range ways {
		if !w.entry(path...).Disabled {
			t.Errorf("nothing is selected, and %q is offered", path)
		}
	}
	w.list.SelectID(id)
	w.until("the details show it", func() bool { return !w.entry("File", "Save response body…").Disabled })
	for _, path := range ways {
		if w.entry(path...).Disabled {
			t.Errorf("a request is selected, and %q is grey", path)
		}
	}
	if !w.entry("File", "Save request body…").Disabled || !w.entry("Proxy", "Decrypt", "Decrypt this host").Disabled {
		t.Error("a request without a body and without TLS offers them")
	}
	w.entry("Edit", "Copy as", "URL").Action()
	w.until("the URL is copied", func() bool { return w.app.Clipboard().Content() == "http://a.test/path" })
	w.entry("Edit", "Find in body").Action()
	w.until("the response shows, with its search", func() bool {
		_, searching := w.win.Canvas().Focused().(interface{ SelectedText() string })
		return w.details.Tabs.Selected == details.TabResponse && searching
	})
	w.list.SelectID(0)
	if !w.entry("Edit", "Copy as", "URL").Disabled {
		t.Error("nothing is selected any more, and it is offered")
	}
}

// Check marks say what is so, whoever has changed it.
func TestMenusSayWhatIsSo(t *testing.T) {
	w := openWindow(t, windowOptions{})
	test.Tap(w.switches.proxy)
	w.until("the proxy runs", w.hasState(app.Running))
	if !w.entry("Proxy", "Proxy").Checked {
		t.Error("the proxy runs, and has no check mark")
	}
	w.entry("Proxy", "Proxy").Action()
	w.until("the proxy is stopped", w.hasState(app.Stopped))
	if w.entry("Proxy", "Proxy").Checked {
		t.Error("the proxy is stopped, and has a check mark")
	}
	w.entry("Proxy", "Recording").Action()
	w.until("nothing is recorded", func() bool { return w.switches.recording.Look == uiwidget.ToggleOff })
	if w.entry("Proxy", "Recording").Checked {
		t.Error("nothing is recorded, and the menu says so")
	}
	w.entry("View", "Columns", "Time").Action()
	if !w.entry("View", "Columns", "Time").Checked || !w.list.Shows("time") || w.commands.table.Find("column.path") != nil {
		t.Error("the column was not shown, or the path can go")
	}
	w.entry("View", "Follow").Action()
	if w.list.Follow || w.entry("View", "Follow").Checked {
		t.Error("the list follows")
	}
}

// The selected row is marked by the menu, which tells its colour.
func TestMarksInTheMenu(t *testing.T) {
	w := openWindow(t, windowOptions{})
	id := uitest.Record(w.controller.Store(), "a.test", "/", 200)
	w.until("the row is there", func() bool { return w.list.Length == 1 })
	if !w.entry("Edit", "Mark", "Green").Disabled {
		t.Error("nothing is selected, and a colour is offered")
	}
	w.list.SelectID(id)
	w.entry("Edit", "Mark", "Green").Action()
	if w.markOf(id) != flow.MarkGreen || !w.entry("Edit", "Mark", "Green").Checked || w.entry("Edit", "Mark", "No mark").Checked {
		t.Errorf("the mark is %v", w.markOf(id))
	}
	if w.entry("Edit", "Mark", "Green").Icon == nil {
		t.Error("the colour is told by nothing but its name")
	}
	if !w.entry("View", "Columns", "Mark").Checked {
		t.Error("the first mark has shown its column, and the menu does not say so")
	}
}

// The details are put beside the list by the menu, and by the button above them.
func TestDetailsBesideInTheMenu(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.entry("View", "Details beside the list").Action()
	if !w.body.split.Wanted() || !w.entry("View", "Details beside the list").Checked {
		t.Error("the details stay below")
	}
	w.toggleBeside()
	if w.entry("View", "Details beside the list").Checked {
		t.Error("the button has put them below, and the menu does not say so")
	}
}

// The list tells of following while it is laid out, within a theme of its own: the menu
// bar must not be made then.
func TestTheMenuFollowsTheListAfterItsLayout(t *testing.T) {
	w := openWindow(t, windowOptions{})
	before := w.win.MainMenu()
	w.list.Follow = false
	w.showFollow()
	w.showFollow()
	if w.win.MainMenu() != before || !w.entry("View", "Follow").Checked {
		t.Error("the menu bar was changed within the layout")
	}
	w.until("the menu follows", func() bool { return !w.entry("View", "Follow").Checked })
}

// Language and theme are chosen in the menu, which has the new words at once.
func TestLanguageAndThemeInTheMenu(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.entry("View", "Theme", "Dark").Action()
	w.entry("View", "Language", "简体中文").Action()
	w.until("the window is Chinese", func() bool { return i18n.Lang() == i18n.Chinese })
	if !w.entry("视图(V)", "外观", "深色").Checked || !w.entry("视图(V)", "语言", "简体中文").Checked {
		t.Error("what was chosen has no check mark")
	}
	if general := w.controller.Settings().General; general.Theme != "dark" || general.Language != "zh-Hans" {
		t.Errorf("the settings are %+v", general)
	}
}

// While nothing differs the bar is left alone, however much traffic there is.
func TestTrafficDoesNotTouchTheMenus(t *testing.T) {
	w := openWindow(t, windowOptions{})
	before := w.win.MainMenu()
	for range 50 {
		uitest.Record(w.controller.Store(), "a.test", "/", 200)
	}
	w.until("the rows are there", func() bool { return w.list.Length == 50 })
	if w.win.MainMenu() != before {
		t.Error("the menu bar was made anew")
	}
}

func TestThePaletteOpensOverTheWindow(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.key(fyne.KeyP, ctrl)
	typed, ok := w.win.Canvas().Focused().(interface {
		fyne.Focusable
		SetText(string)
	})
	if !ok || !w.covered() {
		t.Fatalf("%T has the focus", w.win.Canvas().Focused())
	}
	w.key(fyne.KeyR, ctrl) // nothing acts behind it
	if !w.controller.Recording() {
		t.Error("a key acts behind the palette")
	}
	typed.SetText("记录")
	typed.SetText("recor")
	typed.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if w.covered() || w.controller.Recording() {
		t.Errorf("the palette is open: %v, recording: %v", w.covered(), w.controller.Recording())
	}
}

func TestTheListOfKeysHasAllOfThem(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.commands.showKeys()
	texts := strings.Join(uitest.Texts(w.win.Canvas().Overlays().Top()), "\n")
	for _, key := range []string{"Ctrl+F   /", "Ctrl+K", "Ctrl+R", "Ctrl+Shift+P", "Ctrl+P", "Ctrl+,", "Ctrl+B", "Ctrl+G",
		"Ctrl+C", "Esc"} {
		if fyne.KeyModifierShortcutDefault == fyne.KeyModifierSuper {
			key = strings.ReplaceAll(key, "Ctrl", "Cmd")
		}
		if !strings.Contains(texts, key) {
			t.Errorf("%s is not in the list", key)
		}
	}
}

// Nothing stands behind an arrow in the list of keys: bold, it is of another font, which
// has no space.
func TestNothingStandsBehindAnArrowOfTheKeys(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.commands.showKeys()
	arrows := false
	for _, text := range uitest.Texts(w.win.Canvas().Overlays().Top()) {
		at := strings.IndexAny(text, "↑↓←→")
		arrows = arrows || at >= 0
		if at >= 0 && strings.Trim(text[at:], "↑↓←→") != "" {
			t.Errorf("the list of keys has %q", text)
		}
	}
	if !arrows {
		t.Error("the list of keys has no arrows")
	}
}

// People who know other programs find what they look for in the palette by the words that these have for it.
func TestThePaletteKnowsTheWordsOfOtherPrograms(t *testing.T) {
	for lang, queries := range map[string]map[string][]string{"en": {
		"repeat": {"Resend", "Send many times…"}, "replay": {"Resend", "Edit and resend", "Send many times…"}, "resend": {"Resend"},
		"throttle": {"Delay this", "Make the network slow"}, "breakpoint": {"Breakpoints", "Break on the next request…"},
		"mock": {"Answer this from a file…", "Answer with a file"}, "map local": {"Answer with a text", "Answer from a folder"},
		"map remote": {"Other rule for this…"}, "rewrite": {"Change headers…", "Change the body of a response"},
		"export": {"Export HAR…", "Save session…"}, "import": {"Import rules…", "Open…"}, "cert": {"Install certificate…"},
		"ssl proxying": {"Decrypt this host", "Decrypt HTTPS: first steps…"}, "no caching": {"Change the response"},
		"clear": {"Clear list"}, "block": {"Block this", "Block"}, "diff": {"Compare lists…"}, "har": {"Export HAR…", "Open…"},
		"save": {"Save session…", "Save response body…"}, "dark mode": {"Dark"}, "port": {"Port"},
		"root certificate": {"Install certificate…", "Save certificate…"}, "autoresponder": {"Answer this from a file…"},
		"intercept": {"Breakpoints", "Have a request wait for me"}, "capture": {"Recording", "Proxy"}, "composer": {"New request"},
		"iphone": {"Connect a phone or another device…"}, "preferences": {"Settings…"}, "highlight": {"Mark, or take the mark off"},
	}, "zh-Hans": {
		"重放": {"重新发送", "编辑后重发", "重复发送…"}, "压测": {"重复发送…"}, "弱网": {"限速"}, "抓包": {"记录"}, "改包": {"编辑后重发"},
		"断点": {"断点", "拦下下一个请求…"}, "本地映射": {"用文件应答"}, "导入": {"导入规则…", "打开…"}, "根证书": {"安装证书…"},
		"深色模式": {"深色"}, "过滤": {"查找"}, "对比": {"对比列表…"}, "清空": {"清空列表"}, "手机": {"连接手机或其他设备…"}, "clear": {"清空列表"},
		"cxfs": {"重新发送"}, "qklb": {"清空列表"}, "azzs": {"安装证书…"}, "ssl proxying": {"解密此主机"}, "请求头": {"修改请求"},
	}} {
		w := openWindow(t, windowOptions{lang: lang})
		w.key(fyne.KeyP, ctrl)
		typed := w.win.Canvas().Focused().(interface{ SetText(string) })
		for query, names := range queries {
			typed.SetText(query)
			found := uitest.Texts(w.win.Canvas().Overlays().Top())
			for _, name := range names {
				if !slices.Contains(found, name) {
					t.Errorf("%s: %q is not among the first for %q: %q", lang, name, query, found)
				}
			}
		}
	}
}

// Whoever renames a command, or takes one away, does so with its other words.
func TestOtherWordsAreOfCommandsThatThereAre(t *testing.T) {
	w := openWindow(t, windowOptions{})
	text, err := os.ReadFile("i18n/en/also.json")
	if err != nil {
		t.Fatal(err)
	}
	var also map[string]string
	if err := json.Unmarshal(text, &also); err != nil {
		t.Fatal(err)
	}
	menus := map[string]bool{}
	var visit func(m *command.Menu)
	visit = func(m *command.Menu) {
		menus[m.ID] = true
		for _, item := range m.Items {
			if item.Menu != nil {
				visit(item.Menu)
			}
		}
	}
	for _, m := range w.commands.table.Menus {
		visit(m)
	}
	for key := range also {
		id := strings.TrimPrefix(key, "also.")
		menu, of := strings.CutPrefix(id, "menu.")
		if of && !menus[menu] || !of && w.commands.table.Find(id) == nil {
			t.Errorf("there is nothing with the ID %s", id)
		}
	}
}

// What a menu offers can be reached in a window of 600 pixels: one that is higher scrolls, but no key scrolls it, and
// one below another begins above the window.
func TestMenusFitASmallWindow(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} {
		w := openWindow(t, windowOptions{lang: lang})
		w.rows.chosen = chosenRow{w.tab, 7}
		row := flow.Row{ID: 1, Kind: flow.KindHTTP, Scheme: "https", Method: "GET", Host: "api.example.test", Path: "/", App: "curl",
			Lineage: flow.Lineage{From: 5}, TLS: flow.TLS{Problem: flow.ProblemExpired}}
		var fits func(m *fyne.Menu, name string, room float32)
		fits = func(m *fyne.Menu, name string, room float32) {
			if height := widget.NewMenu(m).MinSize().Height; height > room {
				t.Errorf("%s: %s is %v high, and %d entries", lang, name, height, len(m.Items))
			}
			for _, item := range m.Items {
				if item.ChildMenu != nil {
					fits(item.ChildMenu, name+" › "+item.Label, 600)
				}
			}
		}
		fits(w.rows.rowItems(1, &row), "a row", 600)
		fits(w.rows.severalItems([]flow.ID{1, 2}), "several rows", 600)
		const bar = 28 // the menus hang below it
		for _, m := range w.win.MainMenu().Items {
			fits(m, m.Label, 600-bar)
		}
	}
}
