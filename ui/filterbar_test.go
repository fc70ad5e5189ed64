package ui

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"posthouse/app/settings"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/ui/feed"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// underlines are where lines are drawn below the filter's text: from, to.
func (w *testWindow) underlines() (all [][2]float32) {
	for _, o := range test.WidgetRenderer(w.filter.entry).Objects() {
		if line, ok := o.(*canvas.Rectangle); ok && line.Visible() && line.Size().Height == 2 {
			all = append(all, [2]float32{line.Position().X, line.Position().X + line.Size().Width})
		}
	}
	return all
}

func TestMistakesInTheFilterAreUnderlined(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.win.Resize(fyne.NewSize(900, 500))
	w.filter.set("host:api status:x GET (size:y")
	lines := w.underlines()
	if len(lines) != 3 {
		t.Fatalf("underlined: %v", lines)
	}
	width := func(text string) float32 { return fyne.MeasureText(text, theme.TextSize(), fyne.TextStyle{}).Width }
	from, to := width("host:api "), width("host:api status:x")
	if d := lines[0][1] - lines[0][0] - (to - from); d < -1 || d > 1 || lines[0][0] < from || lines[0][0] > from+20 {
		t.Errorf("%v is underlined, want %v to %v and the edge", lines[0], from, to)
	}
	if said := w.filter.bad.Text; !strings.Contains(said, "status:") || !strings.Contains(said, "(And 2 more are underlined.)") {
		t.Errorf("said: %q", said)
	}
	w.filter.set("host:api status:x")
	if said := w.filter.bad.Text; strings.Contains(said, "more") {
		t.Errorf("of one mistake is said: %q", said)
	}
	w.filter.set("host:api")
	if lines := w.underlines(); len(lines) > 0 {
		t.Errorf("%v is still underlined", lines)
	}
	// Scrolled along, the line goes with its text, and never out of the box.
	w.filter.set(strings.Repeat("word ", 100) + "status:x")
	w.win.Canvas().Focus(w.filter.entry)
	w.filter.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	lines = w.underlines()
	if size := w.filter.entry.Size().Width; len(lines) != 1 || lines[0][1] > size || lines[0][0] < size/2 {
		t.Errorf("at the end of a long filter %v is underlined, of %v", lines, size)
	}
	w.filter.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	if lines = w.underlines(); len(lines) > 0 {
		t.Errorf("at its beginning %v is underlined", lines)
	}
}

// What is wrong with a filter is said in as many lines as it takes: the window stays as wide as it is.
func TestAMistakeInTheFilterMakesTheWindowNoWider(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} {
		w := openWindow(t, windowOptions{lang: lang})
		w.win.Resize(fyne.NewSize(900, 600))
		for _, text := range []string{"is:x", "device:x", "/(/", "header:", "mark:x is:x size:x status:x"} {
			w.filter.set(text)
			if least := w.win.Content().MinSize().Width; !w.filter.mistaken() || least > 900 {
				t.Errorf("%s, %q: the window is at least %v wide", lang, text, least)
			}
		}
	}
}

func TestQuickButtonsFollowTheFilter(t *testing.T) {
	w := openWindow(t, windowOptions{})
	held := fyne.KeyModifier(0)
	quick := w.filter.quick
	quick.modifier = func() fyne.KeyModifier { return held }
	down := func() (all []string) {
		for i, b := range quick.kinds {
			if b.On() {
				all = append(all, feed.Kinds[i].Name)
			}
		}
		return all
	}
	w.filter.set("host:api")
	test.Tap(quick.kinds[0])
	if w.filter.text() != "type:json host:api" || !slices.Equal(down(), []string{"json"}) || quick.all.On() {
		t.Errorf("%q, down: %q", w.filter.text(), down())
	}
	held = ctrl
	test.Tap(quick.kinds[8])
	if w.filter.text() != "(type:json | is:error) host:api" || len(down()) != 2 {
		t.Errorf("%q, down: %q", w.filter.text(), down())
	}
	held = 0
	test.Tap(quick.all)
	if w.filter.text() != "host:api" || len(down()) != 0 || !quick.all.On() {
		t.Errorf("%q, down: %q", w.filter.text(), down())
	}
	w.filter.set("type:css") // typed
	if !slices.Equal(down(), []string{"css"}) {
		t.Errorf("down: %q", down())
	}
	w.commands.table.Run(w.commands.table.Find("filter.kind.html"))
	if w.filter.text() != "type:html" {
		t.Errorf("by command: %q", w.filter.text())
	}
}

func TestFiltersAreSavedRenamedAndDeleted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.toml")
	w := openWindow(t, windowOptions{file: file})
	run := func(id string) {
		t.Helper()
		c := w.commands.table.Find(id)
		if c == nil {
			t.Fatalf("there is no command %s", id)
		}
		w.commands.table.Run(c)
	}
	named := func(name string) {
		t.Helper()
		entry, ok := w.win.Canvas().Focused().(*uiwidget.KeyEntry)
		if !ok {
			t.Fatal("no name is asked for")
		}
		entry.SetText(name)
		entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	}
	run("filter.save")
	if w.covered() {
		t.Fatal("an empty filter can be saved")
	}
	w.filter.set("is:error -host:cdn")
	run("filter.save")
	named("a=b")
	if !w.covered() {
		t.Fatal("a name with = is taken")
	}
	named("Errors")
	w.filter.set("")
	run("filter.saved.Errors")
	if w.filter.text() != "is:error -host:cdn" {
		t.Fatalf("picked: %q", w.filter.text())
	}
	run("filter.rename.Errors")
	named("Faults")
	saved, err := settings.Load(file)
	want := []settings.SavedFilter{{Name: "Faults", Text: "is:error -host:cdn"}}
	if err != nil || !slices.Equal(saved.Filters.All(), want) {
		t.Errorf("the file has %q (%v)", saved.Filters.All(), err)
	}
	run("filter.delete.Faults")
	if all := w.filter.saved.all(); len(all) > 0 || w.commands.table.Find("filter.saved.Faults") != nil {
		t.Errorf("after it was deleted there is %q", all)
	}
}

// A name that is taken is not given away in silence: the button says so, and what is lost can be read.
func TestASavedFilterIsReplacedOnlyWhereTheButtonSaysSo(t *testing.T) {
	for lang, words := range map[string][3]string{"en": {"Save", "Replace", "Another one has this name: is:error"},
		"zh-Hans": {"保存", "替换", "已有同名筛选：is:error"}} {
		t.Run(lang, func(t *testing.T) {
			chosen := settings.Default()
			chosen.Filters.Saved = []string{"Errors = is:error", "Slow = time:>2s"}
			w := openWindow(t, windowOptions{settings: chosen, lang: lang})
			asked := func(id string) *uiwidget.KeyEntry {
				t.Helper()
				w.commands.table.Run(w.commands.table.Find(id))
				entry, ok := w.win.Canvas().Focused().(*uiwidget.KeyEntry)
				if !ok {
					t.Fatal("no name is asked for")
				}
				return entry
			}
			says := func(button string, taken bool) {
				t.Helper()
				text := uitest.Words(w.win.Canvas().Overlays().Top())
				if !strings.Contains(text, "\n"+button+"\n") || strings.Contains(text, words[2]) != taken {
					t.Errorf("the dialog says\n%s", text)
				}
			}
			w.filter.set("status:5xx")
			entry := asked("filter.save")
			says(words[0], false)
			entry.SetText(" Errors ")
			says(words[1], true)
			entry.SetText("Errors 2")
			says(words[0], false)
			entry.SetText("Errors")
			entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
			if got := w.filter.saved.all(); got[0].Text != "is:error" {
				t.Errorf("Escape leaves %q", got)
			}
			entry = asked("filter.save")
			entry.SetText("Errors")
			entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
			if got := w.filter.saved.all(); len(got) != 2 || got[0].Text != "status:5xx" {
				t.Errorf("after it was replaced there is %q", got)
			}
			asked("filter.save") // it has this name
			says(words[0], false)
			w.leaveDialog()

			w.filter.set("is:error")
			w.filter.saved.change(func(s *settings.Filters) { s.Save(settings.SavedFilter{Name: "Errors", Text: "is:error"}) })
			entry = asked("filter.rename.Slow")
			says(words[0], false)
			entry.SetText("Errors")
			says(words[1], true)
		})
	}
}

// recordBody puts an exchange with a body into a store.
func recordBody(s *capture.Store, text string) {
	r := uitest.Begin(s, "api.example.test", "/v1/users")
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
	span := capture.Span{Off: uint32(strings.Index(head, "application")), Len: uint32(len("application/json"))}
	r.ResponseHead(200, []byte(head), span, time.Now())
	r.ResponseBody([]byte(text))
	r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
}

// What was not looked at is said, and an empty list never says "none" for it.
func TestTheWindowSaysWhatWasNotLookedAt(t *testing.T) {
	chosen := settings.Default()
	chosen.Proxy.Port, chosen.Recording.Body = 0, 64
	w := openWindow(t, windowOptions{settings: chosen})
	for range 5 {
		recordBody(w.controller.Store(), `{"user":"ann"}`)
	}
	recordBody(w.controller.Store(), strings.Repeat("x", 200)+"bob")
	w.filter.set("body:ann")
	w.until("what matches is shown", func() bool {
		return w.model.Len() == 5 && strings.Contains(strings.Join(uitest.Texts(w.filter.quick.looks), ""),
			"1 not looked at  ·  1: body cut")
	})
	w.filter.set("body:bob")
	w.until("nothing is known to match", func() bool {
		return w.model.Len() == 0 && w.empty.object.Visible() && w.empty.title.Text == "No request is known to match"
	})
	w.filter.set("body:bob -body:bob | host:nowhere type:json")
	w.filter.set("")
	w.until("all is shown, and nothing is lacking", func() bool {
		return w.model.Len() == 6 && strings.Join(uitest.Texts(w.filter.quick.looks), "") == ""
	})
}

func TestFilterPictures(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{{"light-en", "light", "en"}, {"dark-zh", "dark", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			chosen := settings.Default()
			chosen.General.Theme, chosen.Recording.Body = c.theme, 64
			w := openWindow(t, windowOptions{settings: chosen, lang: c.lang})
			w.win.Resize(fyne.NewSize(900, 300))
			fillStore(w.controller.Store()) // whose bodies passed without being kept
			w.filter.set(`(type:json | is:error) -host:cdn (body:ann | status:>=300) status:>x host:/a(/ (`)
			w.until("all was looked at", func() bool {
				return w.last.Total == 9 && w.filter.quick.is.Unknown > 0 && w.filter.quick.is.Pending == 0
			})
			w.win.Resize(fyne.NewSize(900, 301)) // the test's canvas lays out for that alone
			test.AssertRendersToImage(t, "filter-"+c.name+".png", w.win.Canvas())
		})
	}
}
