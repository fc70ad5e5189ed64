package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"posthouse/ui/i18n"
	"posthouse/ui/rules"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// openRoom opens the room of the rules.
func (w *testWindow) openRoom() *rules.Room {
	w.key(fyne.KeyL, ctrl|fyne.KeyModifierShift)
	return w.rooms.rules()
}

// fileHas waits until the file of rules has a text.
func (w *testWindow) fileHas(path, want string) {
	w.t.Helper()
	w.until("the file has "+want, func() bool {
		text, _ := os.ReadFile(path)
		return strings.Contains(string(text), want)
	})
}

// importPath is where the sheet is told what to read.
func importPath(w *testWindow) *uiwidget.KeyEntry {
	w.t.Helper()
	for _, entry := range uitest.Seen[*uiwidget.KeyEntry](w.overlay()) {
		if !entry.MultiLine {
			return entry
		}
	}
	w.t.Fatal("no entry for a path")
	return nil
}

// A request that is typed is tried: which rules apply, why the others do not, and what would
// come out.
func TestRulesAreTriedWithAURL(t *testing.T) {
	w, _ := openRuled(t, "[[rule]]\nname='Head'\nwhen='host:api.test app:curl'\nrequest.set=['X-Debug: 1']\n"+
		"[[rule]]\nname='Mock'\nwhen='path:=/users'\nanswer={status=201, text='hello'}\n"+
		"[[rule]]\nname='Far'\nwhen='client:10.1.2.3'\nblock='403'\n", windowOptions{})
	w.openRoom().ShowTest()
	entries := uitest.Seen[*uiwidget.KeyEntry](w.rulesRoom())
	entries[0].SetText("https://api.test/users?id=1")
	seen := func(wants ...string) {
		t.Helper()
		w.until("all is said: "+strings.Join(wants, ", "), func() bool {
			words := w.roomWords()
			for _, want := range wants {
				if !strings.Contains(words, want) {
					return false
				}
			}
			return true
		})
	}
	seen("no: app:curl", "no: client:10.1.2.3", "The rule Mock answered.", "Response: 201", "Content-Type: text/plain", "hello",
		"For the request below Test, GET https://api.test/users?id=1")
	entries[0].SetText("https://api.test/other")
	entries[1].SetText("curl")
	seen("no: path:=/users", "The rule Head changed the request.", "+ X-Debug: 1")
	entries[2].SetText("10.1.2.3")
	seen("The rule Far blocked it.")
	entries[2].SetText("nowhere")
	seen("write the address of a device here")
	entries[0].SetText("http://[")
	seen("write a URL here")
}

// Rules for bodies are tried on the body of the selected request, and what they make of it is shown;
// so is for how long it takes, of which share it is, and that it waits.
func TestRulesAreTriedOnBodies(t *testing.T) {
	w, path := openRuled(t, "[[rule]]\nname='Body'\nwhen='host:body.test'\nresponse.body.replace=[{find='ell', with='ipp'}]\n"+
		"delay.response='2s'\nthrottle={down='8 kbit/s'}\nbreak='response'\n", windowOptions{})
	id := uitest.Record(w.controller.Store(), "body.test", "/", 200)
	w.until("the row is there", func() bool { return w.last.Total == 10 && w.model.Index(id) >= 0 })
	w.list.SelectID(id)
	room := w.openRoom()
	room.ShowTest()
	seen := func(wants ...string) {
		t.Helper()
		for _, want := range wants {
			w.until(want, func() bool { return strings.Contains(w.roomWords(), want) })
		}
	}
	seen("The rule Body changed the body of the response.", "Body: 5 B as it came, 5 B after the rules", "- hello", "+ hippo",
		"The response waits 2.0 s.", "At the breakpoint Body the response waits for you, for 25.0 s at most.", "at 8 kbit/s", "In all 2.")
	if !room.Tried() {
		t.Error("more is to come")
	}
	if err := os.WriteFile(path, []byte("[[rule]]\nname='Json'\nresponse.body.json=[{path='$.a', value='1'}]\n"+
		"[[rule]]\nname='Rare'\nwhen='host:other.test'\nanswer.text='mine'\nfail='5%'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	seen("The rule Json could not", "Body: 5 B, which stays as it is")
	entries := uitest.Seen[*uiwidget.KeyEntry](w.rulesRoom())
	entries[0].SetText("http://other.test/")
	seen("The rule Rare applies to 5% of requests; here it is taken to apply.")
	// Another request, selected while the room is in sight, is tried instead.
	entries[0].SetText("")
	w.list.SelectID(w.model.At(0))
	uitest.Record(w.controller.Store(), "more.test", "/", 200)
	seen("cdn.example.test/static/app.1.js")
}

// The keys of the window are those of the room while it is in sight: a rule is saved, copied, deleted.
func TestTheWindowsKeysAreForTheRules(t *testing.T) {
	w, path := openRuled(t, someRules, windowOptions{})
	w.openRoom()
	entry := uitest.Seen[*uiwidget.KeyEntry](w.rulesRoom())[0]
	entry.SetText(strings.Replace(entry.Text, "users.json", "mine.json", 1))
	entry.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyS, Modifier: ctrl})
	w.fileHas(path, "mine.json")
	if w.commands.table.Find("session.save").Enabled() {
		t.Error("what is saved can be saved again")
	}
	if name := w.commands.table.Find("delete").Words(); name != "Delete rule" {
		t.Errorf("Delete is called %q", name)
	}
	w.win.Canvas().Unfocus()
	w.typedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	if n := len(w.controller.Rules().Set().Rules); n != 3 {
		t.Errorf("%d rules", n)
	}
	if n := w.model.Len(); n != 9 {
		t.Errorf("%d requests are left", n)
	}
	w.key(fyne.KeyReturn, ctrl) // Send again
	if !w.notices.banner.Object.Visible() {
		t.Error("what is for Traffic alone is not refused")
	}
	w.rooms.show(roomTraffic)
	if name := w.commands.table.Find("session.save").Words(); name == "Save rule" {
		t.Errorf("in Traffic Ctrl+S is called %q", name)
	}
}

// The room is in the language in force.
func TestTheRulesRoomInAnotherLanguage(t *testing.T) {
	w, _ := openRuled(t, someRules, windowOptions{})
	w.openRoom()
	i18n.Set("zh-Hans")
	w.until("it is Chinese", func() bool {
		words := w.roomWords()
		return strings.Contains(words, "[新建]") && strings.Contains(words, "测试") && !strings.Contains(words, "Save")
	})
}

// What others change in the file is followed, with the rule that is edited; what is typed stays.
func TestTheEditedRuleIsFollowed(t *testing.T) {
	w, path := openRuled(t, someRules, windowOptions{})
	w.openRoom()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const first = "[[rule]]\nname='First'\nblock='403'\n"
	write(first + someRules)
	w.until("the list has it", func() bool { return strings.Contains(w.roomWords(), "First") })
	if got := w.edited(); !strings.Contains(got, "users.json") {
		t.Errorf("another rule is edited: %s", got)
	}
	write(first + strings.Replace(someRules, "users.json", "theirs.json", 1))
	w.until("its lines are new", func() bool { return strings.Contains(w.edited(), "theirs.json") })
	entry := uitest.Seen[*uiwidget.KeyEntry](w.rulesRoom())[0]
	entry.SetText("[[rule]]\nname='Mine'\nblock='reset'\n")
	write(someRules)
	w.until("the list follows", func() bool { return !strings.Contains(w.roomWords(), "First") })
	if got := w.edited(); !strings.Contains(got, "Mine") {
		t.Errorf("what was typed is lost: %s", got)
	}
}

// Rules of another program are looked at before they are put behind one's own, with their files;
// that can be undone.
func TestRulesAreImported(t *testing.T) {
	w, path := openRuled(t, someRules, windowOptions{})
	file := filepath.Join(t.TempDir(), "whistle.txt")
	if err := os.WriteFile(file, []byte("a.test statusCode://404\nb.test proxy://c\nwhat is this\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	room := w.openRoom()
	room.Import()
	read := func(from, want string) {
		t.Helper()
		entry := importPath(w)
		entry.SetText(from)
		entry.OnSubmitted(from)
		w.until(want, func() bool { return strings.Contains(w.roomWords(), want) })
	}
	read("/nowhere/at/all", "Nothing could be taken")
	read(file, "Rules of whistle: 1 on, 1 off with a remark that says why, 1 not understood.")
	if words := w.roomWords(); !strings.Contains(words, "Line 3: what is this: the line cannot be understood") {
		t.Error(words)
	}
	if text, _ := os.ReadFile(path); string(text) != someRules {
		t.Error("they were put there before anybody has looked")
	}
	for _, b := range uitest.Seen[*uiwidget.KeyButton](w.overlay()) {
		if b.Text == "Add rules" && !b.Disabled() {
			b.Tapped(nil)
		}
	}
	w.fileHas(path, "name = 'b.test proxy://c'\noff = true\n")
	if text, _ := os.ReadFile(path); !strings.HasPrefix(string(text), someRules) {
		t.Errorf("%s", text)
	}
	room.Undo()
	if text, _ := os.ReadFile(path); string(text) != someRules {
		t.Errorf("%s", text)
	}
}

// A rule is dragged to another place, and into a folder.
func TestRulesAreDragged(t *testing.T) {
	w, path := openRuled(t,
		"[[rule]]\nname='a'\nblock='403'\n[[rule]]\nname='b'\nfolder='F'\nblock='403'\n[[rule]]\nname='c'\nfolder='F'\nblock='403'\n",
		windowOptions{})
	room := w.openRoom()
	names := func() (all string) {
		for _, c := range w.controller.Rules().Set().Rules {
			all += c.Folder + c.Name + " "
		}
		return all
	}
	var list fyne.Widget = room.List()
	rows, _ := uitest.ListRows(list, 30)
	if len(rows) != 4 {
		t.Fatalf("%d lines", len(rows))
	}
	top := fyne.CurrentApp().Driver().AbsolutePositionForObject(list)
	drag := func(from int, y float32) {
		row := rows[from].Object.(fyne.Draggable)
		row.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{AbsolutePosition: top.AddXY(60, y)}})
		row.DragEnd()
	}
	drag(0, rows[3].Y) // between b and c
	if got := names(); got != "Fb Fa Fc " {
		t.Error(got)
	}
	room.Undo()
	if got := names(); got != "a Fb Fc " {
		t.Error(got)
	}
	before, _ := os.ReadFile(path)
	drag(0, 1) // where it is
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Errorf("%s", after)
	}
}

// The rules are written elsewhere as they stand in their file, and a copy of one is off.
func TestRulesAreCopied(t *testing.T) {
	w, path := openRuled(t, someRules, windowOptions{})
	w.openRoom()
	list := w.win.Canvas().Focused().(fyne.Shortcutable)
	list.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyD, Modifier: ctrl})
	if set := w.controller.Rules().Set(); len(set.Rules) != 5 || !set.Rules[1].Off || set.Rules[1].Name != set.Rules[0].Name {
		t.Error("no copy that is off")
	}
	if text, _ := os.ReadFile(path); !strings.Contains(string(text), "[[rule]]\noff = true\nname = \"Users from a file\"") {
		t.Errorf("%s", text)
	}
}

// The room as it looks with folders, a trial and an import.
func TestPicturesOfTheRulesRoom(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{{"light-en", "light", "en"}, {"dark-zh", "dark", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			text := strings.Replace(someRules, "when = \"host:api path:/v1/users\"",
				"when = \"host:api path:/v1/users\"\nfolder = \"Mocks\"", 1)
			text = strings.Replace(text, "when = \"host:cdn\"",
				"when = \"host:cdn\"\nfolder = \"Mocks\"\nresponse.set = [\"Cache-Control: no-store\"]", 1)
			text = "[[rule]]\nname = \"Greeting\"\nwhen = \"host:body.test\"\n" +
				"response.body.replace = [{ find = \"ell\", with = \"ipp\" }]\n" +
				"delay.request = \"500ms\"\nthrottle.preset = \"3G\"\nbreak = \"response\"\n\n" + text
			for name, text := range map[string]string{"settings.toml": "[general]\ntheme = \"" + c.theme + "\"\n", "rules.toml": text} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			w := openFilled(t, windowOptions{lang: c.lang, file: filepath.Join(dir, "settings.toml")})
			w.win.Resize(fyne.NewSize(1100, 620))
			w.spark.Hide()
			id := uitest.Record(w.controller.Store(), "body.test", "/greeting?name=a", 200)
			w.until("all is told", func() bool {
				return w.model.Index(id) >= 0 && w.last.Stats.MemoryUsed == w.controller.Store().Stats().MemoryUsed
			})
			w.list.SelectID(id)
			room := w.openRoom()
			room.ShowTest()
			w.until("it is tried", room.Tried)
			w.win.Canvas().Unfocus()
			test.AssertRendersToImage(t, "rules-test-"+c.name+".png", w.win.Canvas())
			room.Import()
			entry := importPath(w)
			entry.SetText("../proxy/rules/imports/testdata/whistle.txt")
			entry.OnSubmitted("")
			w.until("it is read", func() bool {
				return uitest.Seen[*uiwidget.KeyEntry](w.overlay())[0].Text != ""
			})
			w.win.Canvas().Unfocus()
			test.AssertRendersToImage(t, "rules-import-"+c.name+".png", w.win.Canvas())
		})
	}
}

// A path that rules change is shown without its secrets while these are hidden.
func TestATrialHidesSecretsOfThePath(t *testing.T) {
	w, _ := openRuled(t, "[[rule]]\nname='Query'\nwhen='host:s.test'\nrequest.query.add=['added=1']\n", windowOptions{})
	id := uitest.Record(w.controller.Store(), "s.test", "/?access_token=topsecret99", 200)
	w.until("the row is there", func() bool { return w.last.Total == 10 && w.model.Index(id) >= 0 })
	w.list.SelectID(id)
	w.secrets.set(true)
	w.openRoom().ShowTest()
	w.until("the path is shown", func() bool { return strings.Contains(w.roomWords(), "added=1") })
	if words := w.roomWords(); strings.Contains(words, "topsecret99") {
		t.Error(words)
	}
}

// A file that was broken and is whole again may have fewer rules: the list, which is drawn as
// the line that says what was wrong leaves, has those alone.
func TestABrokenFileComesBackWithFewerRules(t *testing.T) {
	const first = "[[rule]]\nname='First'\nblock='403'\n"
	w, path := openRuled(t, first+someRules, windowOptions{})
	w.openRoom()
	for _, step := range []struct{ text, seen string }{{first + someRules + "[[rule]]\nblock = 'never'\n", "Line "}, {first, "First"}} {
		if err := os.WriteFile(path, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		w.until("it is followed", func() bool {
			words := w.roomWords()
			return strings.Contains(words, step.seen) && (step.text != first || !strings.Contains(words, "Slow CDN"))
		})
	}
}

// Where the file is another than the rules in sight, no rule of it is taken for one of those.
func TestRulesAreNotChangedUnseen(t *testing.T) {
	w, path := openRuled(t, someRules, windowOptions{})
	room := w.openRoom()
	broken := "[[rule]]\nname='First'\nblock='never'\n" + someRules
	if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	w.until("it is told", func() bool { return strings.Contains(w.roomWords(), "Line ") })
	room.Duplicate()
	w.until("it says why", func() bool { return strings.Contains(w.roomWords(), "becomes a new one") })
	if text, _ := os.ReadFile(path); string(text) != broken {
		t.Errorf("it was written over:\n%s", text)
	}
}
