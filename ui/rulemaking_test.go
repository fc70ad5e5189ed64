package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// made chooses an entry of a row's menu, and waits until the room is open.
func (w *testWindow) made(row *flow.Row, labels ...string) {
	w.t.Helper()
	menu := w.rows.menu(row.ID, row)
	for _, label := range labels[:len(labels)-1] {
		menu = uitest.Item(w.t, menu, label).ChildMenu
	}
	uitest.Item(w.t, menu, labels[len(labels)-1]).Action()
	w.until("the room is in sight", w.rooms.ruling)
}

// edited is the text of the rule that is edited in the room.
func (w *testWindow) edited() string { return uitest.Seen[*uiwidget.KeyEntry](w.rulesRoom())[0].Text }

// leaveRoom goes back to the requests.
func (w *testWindow) leaveRoom() {
	w.t.Helper()
	w.win.Canvas().Unfocus()
	w.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !w.rooms.traffic() {
		w.t.Fatal("Escape does not lead back to the requests")
	}
}

// With two clicks, one for the menu of a row and one in it, what came is a file that a rule
// answers with, before all other rules; the room is open on it, and the third opens the file.
func TestAnswerARowFromAFile(t *testing.T) {
	w, path := openRuled(t, someRules, windowOptions{})
	id := uitest.Record(w.controller.Store(), "mock.test", "/v1/users?page=2", 201)
	w.until("the row is there", func() bool { return w.last.Total == 10 })
	var opened []string
	w.setups.ruled.opener = func(path string) error { opened = append(opened, path); return nil }
	row := w.rowOf(id)
	w.made(&row, "Answer this from a file…")
	const want = "[[rule]]\nname = 'users'\nwhen = 'host:=mock.test path:=/v1/users method:get'\n" +
		"answer = {status = 201, file = 'answers/users.txt', type = 'text/plain'}\n"
	if got := w.edited(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	file := filepath.Join(filepath.Dir(path), "answers", "users.txt")
	if text, err := os.ReadFile(file); string(text) != "hello" {
		t.Errorf("%q %v", text, err)
	}
	text, _ := os.ReadFile(path)
	if string(text) != want+"\n"+someRules {
		t.Errorf("%s", text)
	}
	if set := w.controller.Rules().Set(); set.Rules[0].Answer == nil || set.Rules[0].Off {
		t.Error("it is not in force")
	}
	if words := w.roomWords(); !strings.Contains(words, file) {
		t.Errorf("where the file lies is not said: %s", words)
	}
	uitest.Press(t, w.rulesRoom(), "Open file")
	w.until("it is opened", func() bool { return len(opened) == 1 })
	if opened[0] != file {
		t.Error(opened)
	}
	// The same again leads to the rule that is there.
	w.leaveRoom()
	w.made(&row, "Answer this from a file…")
	if after, _ := os.ReadFile(path); string(after) != string(text) || w.edited() != want {
		t.Errorf("%s", after)
	}
	// And it can be taken back.
	w.rooms.rules().Undo()
	if after, _ := os.ReadFile(path); string(after) != someRules {
		t.Errorf("%s", after)
	}
}

// The other rules of a row are in force with the click, or begun.
func TestOtherRulesOfARow(t *testing.T) {
	w, path := openRuled(t, "", windowOptions{})
	id := uitest.Record(w.controller.Store(), "mock.test", "/a b", 200)
	w.until("the row is there", func() bool { return w.last.Total == 10 })
	row := w.rowOf(id)
	when := "when = 'host:=mock.test path:=\"/a b\" method:get'\n"
	for label, does := range map[string]string{"Block this": "block = \"403\"", "Delay this": "delay = { response = \"2s\" }"} {
		w.made(&row, "Rule for this", label)
		if got := w.edited(); !strings.Contains(got, when+does) {
			t.Errorf("%s: %s", label, got)
		}
		if text, _ := os.ReadFile(path); !strings.Contains(string(text), does) {
			t.Errorf("%s: %s", label, text)
		}
		w.leaveRoom()
	}
	before, _ := os.ReadFile(path)
	w.made(&row, "Rule for this", "Change headers…")
	if got := w.edited(); !strings.Contains(got, when+"request.set = [\"X-Debug: 1\"]\n") {
		t.Error(got)
	}
	if text, _ := os.ReadFile(path); string(text) != string(before) {
		t.Error("what is only begun is in force")
	}
	for _, item := range w.commands.makeRules() {
		if w.list.SelectID(id); !item.Command.Enabled() {
			t.Errorf("%s cannot be done", item.Command.ID)
		}
	}
}

// What stands in a rule for a person to read is in the language of the window.
func TestRemarksOfARuleInAnotherLanguage(t *testing.T) {
	w, _ := openRuled(t, "", windowOptions{})
	id := uitest.Record(w.controller.Store(), "mock.test", "/a", 200)
	w.until("the row is there", func() bool { return w.last.Total == 10 })
	row := w.rowOf(id)
	i18n.Set("zh-Hans")
	w.made(&row, "为此请求建规则", "其他规则…")
	if got := w.edited(); !strings.Contains(got, "\n# 要做什么：") || strings.Contains(got, "What") {
		t.Error(got)
	}
}

// A body that was cut is not answered with, and that is said; while secrets are hidden none is
// written into a rule.
func TestNoRuleOfHalfARow(t *testing.T) {
	w, path := openRuled(t, someRules, windowOptions{})
	r := uitest.Begin(w.controller.Store(), "mock.test", "/half")
	secret := uitest.Record(w.controller.Store(), "mock.test", "/p;access_token=topsecret99", 200)
	w.until("the rows are there", func() bool { return w.last.Total == 11 })
	said := func(id flow.ID, want string) {
		t.Helper()
		row := w.rowOf(id)
		uitest.Item(t, w.rows.menu(id, &row), "Answer this from a file…").Action()
		w.until("it is said", func() bool { return w.covered() && strings.Contains(w.roomWords(), want) })
		w.leaveDialog()
	}
	said(r.ID(), "The response has not ended")
	uitest.Answer(r, 200)
	w.secrets.set(true)
	if row := w.rowOf(secret); w.secrets.mask(&row).Path == row.Path {
		t.Skip("nothing of it is a secret")
	}
	said(secret, "Show secrets first")
	if text, _ := os.ReadFile(path); string(text) != someRules {
		t.Errorf("%s", text)
	}
}

// Rules are moved by keys, folded with their folder, switched with it, and all that is undone.
func TestTheRulesRoomByKeys(t *testing.T) {
	w, path := openRuled(t,
		"[[rule]]\nname='a'\nblock='403'\n\n[[rule]]\nname='b'\nfolder='F'\nblock='403'\n\n[[rule]]\nname='c'\nfolder='F'\nblock='403'\n",
		windowOptions{})
	before, _ := os.ReadFile(path)
	w.key(fyne.KeyL, ctrl|fyne.KeyModifierShift)
	list := w.win.Canvas().Focused()
	press := func(names ...fyne.KeyName) {
		for _, name := range names {
			list.TypedKey(&fyne.KeyEvent{Name: name})
		}
	}
	if words := w.roomWords(); !strings.Contains(words, "2 rules") || !strings.Contains(words, "\nc\n") {
		t.Error(words)
	}
	press(fyne.KeyDown, fyne.KeySpace) // the folder
	if got := w.controller.Rules().Set().Rules; !got[1].Off || !got[2].Off || got[0].Off {
		t.Error("the folder is not switched off")
	}
	press(fyne.KeyLeft)
	if words := w.roomWords(); strings.Contains(words, "\nc\n") {
		t.Error("the folder is not folded: ", words)
	}
	if got := w.memory.FoldedRules; len(got) != 1 || got[0] != "F" {
		t.Error(got)
	}
	press(fyne.KeyRight, fyne.KeyDown, fyne.KeyDown, fyne.KeyDelete)
	if n := len(w.controller.Rules().Set().Rules); n != 2 {
		t.Errorf("%d rules", n)
	}
	for range 5 {
		list.(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutUndo{})
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Errorf("%s", after)
	}
	list.(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutRedo{})
	if !w.controller.Rules().Set().Rules[1].Off {
		t.Error("what was undone is not done again")
	}
	press(fyne.KeyEscape)
	if !w.rooms.traffic() {
		t.Error("Escape does not lead back to the requests")
	}
}
