package ui

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app/sessions"
	"posthouse/app/settings"
	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/uitest"
)

// writeSession writes a session file of what is in a store.
func writeSession(t *testing.T, name string, s *capture.Store) (path string) {
	t.Helper()
	var b bytes.Buffer
	out := history.NewSessionWriter(&b)
	for id := flow.ID(1); id <= capture.LastID(s); id++ {
		if x, ok := s.Get(id); ok {
			if err := out.Write(&x); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sampleSession is a session file of n requests, each answered with its number.
func sampleSession(t *testing.T, name string, n int) (path string) {
	t.Helper()
	s := capture.New(capture.Options{})
	for i := range n {
		r := uitest.Begin(s, uitest.SampleHosts[i%4], "/in/"+name)
		uitest.Answer(r, 200+100*(i%4))
	}
	return writeSession(t, name, s)
}

// openSession opens a file as the menu does, and waits until its tab lists all of it.
func (w *testWindow) openSession(path string, n int) *tab {
	w.t.Helper()
	w.opening.open(path)
	w.until("its tab is in sight", func() bool { return !w.live() && w.tab.opened.Path == path })
	w.listed(n)
	return w.tab
}

// overlayTexts is all that is drawn of the dialog that lies uppermost.
func (w *testWindow) overlayTexts() string { return strings.Join(uitest.Texts(w.overlay()), "\n") }

func (w *testWindow) closed(t *tab) {
	w.t.Helper()
	w.key(fyne.KeyW, ctrl)
	w.until("its file is closed", func() bool { return t.closed && t.tiers.Memory() != nil && !t.tiers.OnDisk(1) })
}

// An opened session is filtered, selected and marked as what passes is; the mark is in the file.
func TestASessionIsATabBesideLive(t *testing.T) {
	w := openWindow(t, windowOptions{})
	uitest.Record(w.controller.Store(), "live.test", "/", 200)
	w.listed(1)
	if w.tabs.object.Visible() {
		t.Error("the row of tabs is there for Live alone")
	}
	path := sampleSession(t, "a.posthouse", 40)
	first := w.openSession(path, 40)
	if first.opened.ReadOnly {
		t.Fatal("the file is read only")
	}
	if !w.tabs.object.Visible() || !strings.Contains(w.status.counts.Text, "Session a.posthouse") || w.status.meter.Visible() {
		t.Errorf("the status bar says %q", w.status.counts.Text)
	}
	w.filter.set("status:3xx")
	w.until("it is filtered", func() bool { return w.model.Len() == 10 && w.list.Length == 10 })
	w.list.SelectID(6)
	w.until("its details are there", func() bool { return w.details.Exchange != nil && w.details.Exchange.Status == 300 })
	w.key(fyne.KeyD, ctrl)
	w.until("its details have the star", func() bool { return w.details.Exchange.Star })
	w.key(fyne.KeyW, ctrl)
	if !w.live() || w.tabs.object.Visible() || w.model.Len() != 1 || w.filter.text() != "" {
		t.Errorf("live: %v, %d rows, filter %q", w.live(), w.model.Len(), w.filter.text())
	}
	w.openSession(path, 40)
	if row, _ := w.tiers.Row(6); !row.Star || w.tab.opened.ReadOnly {
		t.Errorf("the star is in the file: %v; it is read only: %v", row.Star, w.tab.opened.ReadOnly)
	}
	w.opening.open(path)
	w.until("it is open", func() bool { return !w.covered() })
	if len(w.tabs.all) != 2 {
		t.Errorf("opened again there are %d tabs", len(w.tabs.all))
	}
}

// The rate above the tabs is that of what passes, whichever tab is in sight.
func TestTheRateFallsBesideASession(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.openSession(sampleSession(t, "a.posthouse", 3), 3)
	w.until("some requests are counted", func() bool {
		uitest.Record(w.controller.Store(), "live.test", "/", 200)
		return w.spark.label.Text != ""
	})
	w.until("the rate has fallen", func() bool { return w.spark.label.Text == "" })
}

// Each tab is left as it stands, and rows of the same number are not mixed up.
func TestTabsAreLeftAsTheyStand(t *testing.T) {
	state := filepath.Join(t.TempDir(), "window.json")
	w := openWindow(t, windowOptions{state: state})
	for range 3 {
		uitest.Record(w.controller.Store(), "live.test", "/", 200)
	}
	w.listed(3)
	w.filter.set("host:live")
	w.list.SelectID(2)
	w.until("its details are there", func() bool { return w.details.Exchange != nil && w.details.Exchange.ID == 2 })
	session := w.openSession(sampleSession(t, "b.posthouse", 8), 8)
	if w.filter.text() != "" || w.list.Selected != 0 || w.details.Exchange != nil {
		t.Errorf("the tab begins with %q, row %d", w.filter.text(), w.list.Selected)
	}
	w.list.SelectID(2)
	w.until("its details are there", func() bool { return w.details.Exchange != nil && w.details.Exchange.Path == "/in/b.posthouse" })
	w.filter.set("status:>=300")
	w.until("it is filtered", func() bool { return w.list.Length == 6 })
	w.remember()
	if m := w.memory; m.Filter != "host:live" || !m.Follow {
		t.Errorf("remembered are %q, follow %v", m.Filter, m.Follow)
	}

	w.key(fyne.KeyTab, fyne.KeyModifierControl)
	w.until("Live is as it was", func() bool {
		return w.live() && w.filter.text() == "host:live" && w.list.Selected == 2 && w.list.Length == 3 &&
			w.details.Exchange != nil && w.details.Exchange.Host == "live.test"
	})
	uitest.Record(w.controller.Store(), "live.test", "/more", 200)
	w.key(fyne.Key2, ctrl)
	w.until("the session is as it was", func() bool {
		return w.tab == session && w.filter.text() == "status:>=300" && w.list.Selected == 2 && w.list.Length == 6 &&
			w.details.Exchange != nil && w.details.Exchange.Path == "/in/b.posthouse"
	})
	w.key(fyne.Key1, ctrl)
	w.until("what came to Live meanwhile is listed", func() bool { return w.list.Length == 4 })
}

// A session keeps its requests, and says so.
func TestASessionKeepsItsRequests(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.openSession(sampleSession(t, "c.posthouse", 4), 4)
	w.list.SelectAll()
	w.typedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	if !strings.HasPrefix(w.said(), "A session keeps") {
		t.Errorf("Delete says %q", w.said())
	}
	w.notices.banner.Clear()
	w.key(fyne.KeyK, ctrl)
	if !strings.HasPrefix(w.said(), "A session keeps") || !w.clearBtn.Disabled() {
		t.Errorf("Clear says %q, its button is disabled: %v", w.said(), w.clearBtn.Disabled())
	}
	menu := w.rows.severalItems(w.list.Selection())
	if last := menu.Items[len(menu.Items)-1]; !last.Disabled || !strings.Contains(last.Label, "keeps") {
		t.Errorf("the row's menu ends with %q", last.Label)
	}
	w.listed(4)
	w.key(fyne.Key1, ctrl)
	if w.clearBtn.Disabled() {
		t.Error("Live cannot be cleared")
	}
}

// What is said in a file that cannot be written to holds in its tab, and that is said once.
func TestAReadOnlySessionIsMarkedBesideItsFile(t *testing.T) {
	w := openWindow(t, windowOptions{})
	path := sampleSession(t, "d.posthouse", 4)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := history.OpenSession(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	w.tabs.open(sessions.New("d.posthouse", path, s, nil))
	w.listed(4)
	if !strings.Contains(w.status.counts.Text, "read only") {
		t.Errorf("the status bar says %q", w.status.counts.Text)
	}
	w.rows.marks.star([]flow.ID{1, 3})
	w.until("the rows have it", func() bool { row, _ := w.tiers.Row(3); return row.Star })
	if !strings.HasPrefix(w.said(), "d.posthouse") || !strings.Contains(w.said(), "until its tab is closed") {
		t.Errorf("it says %q", w.said())
	}
	w.notices.banner.Clear()
	w.rows.marks.set([]flow.ID{1}, flow.Marks[0])
	if w.said() != "" {
		t.Errorf("again it says %q", w.said())
	}
}

// A row is chosen in one tab and compared with one of another; where there is nothing to
// compare it is said what to do.
func TestRowsOfDifferentTabsAreCompared(t *testing.T) {
	w := openWindow(t, windowOptions{})
	uitest.Record(w.controller.Store(), "live.test", "/", 200)
	w.listed(1)
	press := func() { w.key(fyne.KeyJ, ctrl) }
	if press(); !strings.HasPrefix(w.said(), "Select two requests") {
		t.Errorf("with none selected it says %q", w.said())
	}
	w.list.SelectID(1)
	if press(); !strings.Contains(w.said(), "Ctrl+Alt+J") {
		t.Errorf("with one selected it says %q", w.said())
	}
	w.key(fyne.KeyJ, ctrl|fyne.KeyModifierAlt)
	if press(); !strings.HasPrefix(w.said(), "Request 1 is chosen") || w.covered() {
		t.Errorf("with the chosen one alone it says %q", w.said())
	}
	session := w.openSession(sampleSession(t, "e.posthouse", 3), 3)
	w.list.SelectID(1)
	press()
	w.until("both are compared", w.covered)
	if words := w.overlayTexts(); !strings.Contains(words, "Live  #1") || !strings.Contains(words, "e.posthouse  #1") {
		t.Errorf("it shows %s", words)
	}
	w.leaveDialog()
	w.key(fyne.KeyJ, ctrl|fyne.KeyModifierAlt)
	w.closed(session)
	w.list.SelectID(1)
	if press(); w.covered() || !strings.Contains(w.said(), "Ctrl+Alt+J") {
		t.Errorf("the row of a closed tab is still chosen: %q", w.said())
	}
}

// Search looks in all tabs, says in which a request is, and opens it there.
func TestSearchLooksInAllTabs(t *testing.T) {
	w := openWindow(t, windowOptions{})
	uitest.Record(w.controller.Store(), "live.test", "/in/nothing", 200)
	w.openSession(sampleSession(t, "f.posthouse", 3), 3)
	w.openSession(sampleSession(t, "g.posthouse", 2), 2)
	w.key(fyne.Key1, ctrl)
	w.searched = "path:/in"
	w.key(fyne.KeyF, ctrl|fyne.KeyModifierShift)
	w.until("all are found", func() bool { return strings.Contains(uitest.Words(w.overlay()), "6 requests found") })
	w.until("their tabs are named", func() bool {
		words := w.overlayTexts()
		return strings.Contains(words, "Live") && strings.Contains(words, "f.posthouse") && strings.Contains(words, "g.posthouse")
	})
	entry := w.win.Canvas().Focused()
	for range 5 {
		entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if w.live() || w.tab.opened.Name != "g.posthouse" || w.list.Selected != 2 && w.list.Selected != 1 {
		t.Errorf("row %d of %v", w.list.Selected, w.tab.opened)
	}
}

// A tab is closed while its filter looks into bodies and its details load; the window while
// others do.
func TestATabIsClosedWhileItIsRead(t *testing.T) {
	w := openWindow(t, windowOptions{})
	path := sampleSession(t, "h.posthouse", 3000)
	for range 3 {
		w.opening.open(path)
		w.until("its tab is in sight", func() bool { return !w.live() })
		w.filter.set("body:hello header:a=/b.*c/")
		w.list.SelectID(2900)
		w.closed(w.tab)
	}
	w.opening.open(path)
	w.until("its tab is in sight", func() bool { return !w.live() })
	w.filter.set("body:hello")
	w.list.SelectID(2)
}

// Of what a file says nothing is done on this computer.
func TestASessionActsOnNothing(t *testing.T) {
	w := openWindow(t, windowOptions{})
	s := capture.New(capture.Options{})
	fillStore(s)
	w.openSession(writeSession(t, "i.posthouse", s), 9)
	for id := flow.ID(1); id <= 9; id++ {
		row, _ := w.tiers.Row(id)
		for _, item := range w.rows.rowItems(id, &row).Items {
			if strings.Contains(item.Label, "ecrypt") || strings.Contains(item.Label, "rust") {
				t.Errorf("the menu of %d offers %q", id, item.Label)
			}
		}
		row.AppPath = "/opt/x"
		if w.drawn(&row).AppPath != "" {
			t.Error("an icon is looked for on this computer")
		}
	}
	w.list.SelectID(1)
	w.details.Tabs.Choose(details.TabOverview)
}

func TestSessionPictures(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{{"dark-en", "dark", "en"}, {"light-zh", "light", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			s := settings.Default()
			s.General.Theme = c.theme
			w := openWindow(t, windowOptions{settings: s, lang: c.lang})
			w.win.Resize(fyne.NewSize(1100, 480))
			w.openSession(sampleSession(t, "staging before the release of the new payment service, 2026-11-20.posthouse", 3), 3)
			store := capture.New(capture.Options{})
			fillStore(store)
			w.openSession(writeSession(t, "checkout.posthouse", store), 9)
			w.rows.marks.star([]flow.ID{2})
			w.until("the star is drawn", func() bool { return w.columnShown("star") })
			w.until("the rows are shown", func() bool { return w.list.Length == 9 && len(w.queue) == 0 })
			test.AssertRendersToImage(t, "window-session-"+c.name+".png", w.win.Canvas())
		})
	}
}
