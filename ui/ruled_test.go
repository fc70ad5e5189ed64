package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

const someRules = `[[rule]]
name = "Users from a file"
when = "host:api path:/v1/users"
answer = { file = "users.json" }

[[rule]]
name = "Slow CDN"
when = "host:cdn"
delay = { response = "2s" }
last = true

[[rule]]
off = true
name = "No cookies"
request.remove = ["Cookie"]

[[rule]]
when = "status:5xx"
mark = "red"
`

// openRuled opens a window with a file of rules.
func openRuled(t *testing.T, text string, o windowOptions) (*testWindow, string) {
	dir := t.TempDir()
	o.file = filepath.Join(dir, "settings.toml")
	path := filepath.Join(dir, "rules.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return openFilled(t, o), path
}

// rulesRoom is what is seen of the room of the rules, which must be in sight.
func (w *testWindow) rulesRoom() fyne.CanvasObject {
	w.t.Helper()
	if !w.rooms.ruling() {
		w.t.Fatal("the rules are not in sight")
	}
	return w.rooms.rules().Object
}

// roomWords are the words of that, and of what lies over it.
func (w *testWindow) roomWords() string {
	var all []string
	for _, o := range []fyne.CanvasObject{w.win.Canvas().Overlays().Top(), w.setups.ruled.inRoom().Object} {
		if o != nil {
			all = append(append(all, uitest.Words(o)), uitest.Texts(o)...)
		}
	}
	return strings.Join(all, "\n")
}

// The room lists the rules with what they do, and says of the selected request which apply
// and why the others do not.
func TestTheRulesRoom(t *testing.T) {
	w, path := openRuled(t, someRules, windowOptions{})
	if got := w.setups.ruled.sign.label.Text; got != "3 rules on" {
		t.Errorf("the sign says %q", got)
	}
	w.list.SelectID(w.model.At(0)) // cdn.example.test/static/app.1.js
	w.key(fyne.KeyL, ctrl|fyne.KeyModifierShift)
	words := w.roomWords()
	for _, want := range []string{"Users from a file", "no: host:api", "applies", "delays (2s)", "off",
		"not reached: Slow CDN is the last", "Rule 4"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q lacks %q", words, want)
		}
	}
	if badge := w.rooms.rail.Badge(roomRules); !badge.Dot {
		t.Error("no dot says that rules change something")
	}
	// What is written in the file meanwhile is shown.
	if err := os.WriteFile(path, []byte(someRules+"\n[[rule]]\nname='Late'\nblock='403'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.until("the file is followed", func() bool { return strings.Contains(w.roomWords(), "Late") })
	// One switch takes all out of force.
	w.setups.ruled.toggle()
	w.until("the sign is gone", func() bool { return w.setups.ruled.sign.label.Text == "" })
	if w.controller.Rules().Changing() || w.rooms.rail.Badge(roomRules).Dot {
		t.Error("rules are in force")
	}
}

// What is typed and not saved is there again when the room is; what somebody else changed
// meanwhile is not written over, and a switch is that rule's line alone.
func TestWhatIsEditedOfRulesIsNotLost(t *testing.T) {
	w, path := openRuled(t, someRules, windowOptions{})
	open := func() { w.key(fyne.KeyL, ctrl|fyne.KeyModifierShift) }
	entry := func() *uiwidget.KeyEntry { return uitest.Seen[*uiwidget.KeyEntry](w.rulesRoom())[0] }
	open()
	mine := strings.Replace(entry().Text, "users.json", "mine.json", 1)
	entry().SetText(mine)
	entry().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !w.rooms.traffic() {
		t.Fatal("Escape does not lead back to the requests")
	}
	open()
	if entry().Text != mine {
		t.Fatalf("it is lost: %q", entry().Text)
	}
	theirs := strings.Replace(someRules, "users.json", "theirs.json", 1)
	if err := os.WriteFile(path, []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	uitest.Press(t, w.rulesRoom(), "Save")
	w.until("it says so", func() bool { return strings.Contains(w.roomWords(), "becomes a new one") })
	if text, _ := os.ReadFile(path); string(text) != theirs {
		t.Fatalf("it was written over:\n%s", text)
	}
	uitest.Press(t, w.rulesRoom(), "Save")
	w.until("both are there", func() bool {
		text, _ := os.ReadFile(path)
		return strings.HasPrefix(string(text), theirs) && strings.Contains(string(text), "mine.json")
	})
	before, _ := os.ReadFile(path)
	for _, c := range uitest.Seen[*widget.Check](w.rulesRoom()) {
		if c.Text == "" { // of a rule
			c.SetChecked(!c.Checked)
			break
		}
	}
	after, _ := os.ReadFile(path)
	const off = "off = true\n"
	if strings.ReplaceAll(string(after), off, "") != strings.ReplaceAll(string(before), off, "") || string(after) == string(before) {
		t.Errorf("%s", after)
	}
}

// While secrets are hidden the room shows none of the request that is selected.
func TestTheRulesRoomHidesSecrets(t *testing.T) {
	w, _ := openRuled(t, someRules, windowOptions{})
	uitest.Record(w.controller.Store(), "s.test", "/?access_token=topsecret99", 200)
	w.until("it is there", func() bool { return w.last.Total == 10 && w.model.Len() == 10 })
	w.list.SelectID(w.model.At(9))
	w.secrets.set(true)
	w.key(fyne.KeyL, ctrl|fyne.KeyModifierShift)
	if words := w.roomWords(); strings.Contains(words, "topsecret99") || !strings.Contains(words, "s.test") {
		t.Error(words)
	}
}

// A mistake in the file is told across the window, and the rules before stay.
func TestAMistakeInTheRulesIsTold(t *testing.T) {
	w, path := openRuled(t, someRules, windowOptions{})
	if err := os.WriteFile(path, []byte("[[rule]]\nblock = 'never'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const told = "The rules stay as they were: Line 2: block is one of reset, close, 403 and hang, and not never"
	w.until("it is told", func() bool { return w.notices.banner.Text.Text == told })
	if got := w.setups.ruled.sign.label.Text; got != "3 rules on" {
		t.Errorf("the sign says %q", got)
	}
}

// The room in both languages.
func TestPicturesOfTheRules(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{{"dark-en", "dark", "en"}, {"light-zh", "light", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"settings.toml": "[general]\ntheme = \"" + c.theme + "\"\n",
				// The place of a file is another in each run.
				"rules.toml": strings.Replace(someRules, `file = "users.json"`, `text = "[]"`, 1)} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			w := openFilled(t, windowOptions{lang: c.lang, file: filepath.Join(dir, "settings.toml")})
			w.win.Resize(fyne.NewSize(1100, 620))
			w.spark.Hide() // the rate depends on how fast this computer is now
			w.until("all is told", func() bool { return w.last.Stats.MemoryUsed == w.controller.Store().Stats().MemoryUsed })
			w.list.SelectID(w.model.At(0))
			w.setups.ruled.open()
			w.win.Canvas().Unfocus() // its cursor blinks
			test.AssertRendersToImage(t, "rules-"+c.name+".png", w.win.Canvas())
		})
	}
}
