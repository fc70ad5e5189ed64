package ui

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// leftHistory is a folder with exchanges of an earlier run that did not end by itself.
func leftHistory(t *testing.T, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "history")
	s := settings.Default()
	s.Proxy.Port, s.History.Keep = 0, "7d"
	c := app.New(app.Options{Settings: &s, HistoryDir: dir})
	eventually.Holds(t, "the history is open", func() bool { return c.History().Status().On })
	for range n {
		uitest.Record(c.Store(), uitest.SampleHosts[n%4], "/earlier", 200)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	h, err := history.Open(history.Options{Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(h.SetUnkept(1), h.Close()); err != nil { // Close discards nothing, as a crash would not
		t.Fatal(err)
	}
	return dir
}

func keptFor(days string) settings.Settings {
	s := settings.Default()
	s.Proxy.Port, s.History.Keep = 0, days
	return s
}

// listed tells that so many rows are listed.
func (w *testWindow) listed(n int) {
	w.t.Helper()
	w.until("all are listed", func() bool { return w.last.Total == n && w.model.Len() == n })
}

func TestEarlierRunsAreInTheListAndOpen(t *testing.T) {
	w := openWindow(t, windowOptions{settings: keptFor("7d"), history: leftHistory(t, 30)})
	w.listed(30)
	if w.status.disk.Hidden || !strings.HasPrefix(w.status.disk.label.Text, "Disk ") {
		t.Errorf("the disk's meter says %q, hidden: %v", w.status.disk.label.Text, w.status.disk.Hidden)
	}
	w.list.SelectID(7)
	w.until("an exchange of the disk is shown", func() bool { return w.details.Exchange != nil && w.details.Exchange.ID == 7 })
	if x := w.details.Exchange; string(x.ResponseBody.Bytes) != "hello" || x.Path != "/earlier" {
		t.Errorf("it is %q with %q", x.Path, x.ResponseBody.Bytes)
	}
	if tip := historyTip(&w.status.disk.status); !strings.Contains(tip, "30 requests on the disk") {
		t.Errorf("the meter's tip is %q", tip)
	}
	w.rows.marks.toggle([]flow.ID{7})
	w.until("it is marked", func() bool { row, _ := w.controller.Exchanges().Row(7); return row.Mark != flow.MarkNone })
}

func TestPrivateIsSeenWhileItIsOn(t *testing.T) {
	w := openWindow(t, windowOptions{settings: keptFor("7d"), history: filepath.Join(t.TempDir(), "history")})
	w.until("the switch is there", func() bool { return !w.switches.privacy.Hidden })
	w.key(fyne.KeyR, fyne.KeyModifierShortcutDefault|fyne.KeyModifierShift)
	w.until("it is on", func() bool { return w.switches.privacy.Look == uiwidget.ToggleOn })
	w.until("the status bar says so", func() bool { return w.status.disk.label.Text == "Private: nothing goes to the disk" })
	uitest.Record(w.controller.Store(), "secret.test", "/", 200)
	w.until("it is counted", func() bool { return w.controller.History().Status().Stats.NotOnDisk.Private == 1 })
	test.Tap(w.switches.privacy)
	w.until("it is off", func() bool { return w.switches.privacy.Look == uiwidget.ToggleOff })
	w.until("what is missing is said", func() bool {
		w.showStatus()
		return strings.Contains(w.status.disk.label.Text, "1 not there") && strings.Contains(historyTip(&w.status.disk.status), "private")
	})
}

func TestWithoutHistoryThereIsNoSwitchForIt(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.showStatus()
	if !w.switches.privacy.Hidden || !w.status.disk.Hidden {
		t.Error("they are there")
	}
}

func TestWhatACrashLeftIsShownOrRemoved(t *testing.T) {
	for _, show := range []bool{true, false} {
		w := openWindow(t, windowOptions{settings: keptFor(settings.KeepUntilQuit), history: leftHistory(t, 3)})
		w.until("it is offered", func() bool { k, _ := w.notices.banner.Key.(source); return k.kind == ofLeft })
		if text := w.notices.banner.Text.Text; !strings.HasPrefix(text, "3 requests") {
			t.Errorf("it says %q", text)
		}
		if n := w.model.Len(); n != 0 {
			t.Errorf("%d are listed before", n)
		}
		if show {
			test.Tap(w.notices.banner.Remedy)
			w.listed(3)
		} else {
			test.Tap(w.notices.banner.Other)
			w.until("they are gone", func() bool { return w.controller.History().Status().Stats.Rows == 0 })
		}
		w.until("the banner is gone", func() bool { return w.notices.banner.Key == nil })
	}
}

func TestAHistoryThatCannotBeHadIsSaid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	other, err := history.Open(history.Options{Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	w := openWindow(t, windowOptions{settings: keptFor("7d"), history: dir})
	w.until("it is said", func() bool { return strings.HasPrefix(w.notices.banner.Text.Text, "Another Posthouse has the history") })
	w.until("the status bar says so", func() bool { return w.status.disk.label.Text == i18n.T("history.trouble") })
	test.Tap(w.notices.banner.Close)
	w.until("it is said once", func() bool { return w.notices.banner.Key == nil })
}

func TestClearAsksBeforeEarlierRunsGo(t *testing.T) {
	w := openWindow(t, windowOptions{settings: keptFor("7d"), history: leftHistory(t, 3)})
	w.listed(3)
	uitest.Record(w.controller.Store(), "a.test", "/", 200)
	w.listed(4)
	clearing{w.Window}.clear()
	w.until("it asks", w.covered)
	w.leaveDialog()
	clearing{w.Window}.from(w.controller.History().Status().Before + 1)
	w.listed(3)
	clearing{w.Window}.from(0)
	w.listed(0)
	w.until("the disk is empty", func() bool { return w.controller.History().Status().Stats.Rows == 0 })
	uitest.Record(w.controller.Store(), "a.test", "/", 200)
	w.listed(1)
	clearing{w.Window}.clear() // nothing but this run's: it does not ask
	w.listed(0)
}

// The switch and the meter, in both languages.
func TestHistoryPictures(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{{"light-en", "light", "en"}, {"dark-zh", "dark", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			s := keptFor("7d")
			s.General.Theme = c.theme
			w := openWindow(t, windowOptions{settings: s, lang: c.lang, history: filepath.Join(t.TempDir(), "history")})
			w.win.Resize(fyne.NewSize(1100, 300))
			w.until("the switch is there", func() bool { return !w.switches.privacy.Hidden })
			w.controller.History().SetPrivate(true)
			w.until("it is on", func() bool { return w.switches.privacy.Look == uiwidget.ToggleOn })
			state := app.HistoryStatus{On: true, Stats: history.Stats{Rows: 98_231, Bytes: 310 << 20, Budget: 1 << 30}}
			w.status.show(flow.Stats{MemoryUsed: 41 << 20, MemoryBudget: 128 << 20}, state, 1204,
				98_231, w.stateText(w.controller.Status()))
			test.AssertRendersToImage(t, "window-history-"+c.name+".png", w.win.Canvas())
		})
	}
}

// A deletion is said and can be undone while that is in sight, one after the other; then nothing is kept of it.
func TestADeletionCanBeUndone(t *testing.T) {
	w := openWindow(t, windowOptions{settings: keptFor("7d"), history: leftHistory(t, 30)})
	w.listed(30)
	note := flow.Annotation{Star: true, Note: "a note"}
	if !w.controller.Exchanges().Annotate(7, note) {
		t.Fatal("it takes no note")
	}
	undone := func() { test.Tap(w.notices.banner.Remedy) }
	said := func() bool {
		return w.notices.banner.Text.Text == i18n.N("delete.done", 1, "1") && !w.notices.banner.Object.Hidden
	}
	w.list.SelectID(5)
	w.typed(fyne.KeyDelete)
	w.until("it is said", said)
	w.listed(29)
	undone()
	w.listed(30)
	if w.model.At(4) != 5 || w.notices.banner.Key != nil {
		t.Errorf("row 4 is %d; the banner has %v", w.model.At(4), w.notices.banner.Key)
	}
	w.list.SelectID(7)
	w.typed(fyne.KeyDelete)
	w.until("it asks about a note, and says that there is a way back", w.says(i18n.T("delete.text.undo")))
	w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	w.until("it is said", said)
	w.listed(29)
	undone()
	w.listed(30)
	if row, ok := w.controller.Exchanges().Row(7); !ok || row.Annotation != note {
		t.Errorf("it has %+v, %v", row.Annotation, ok)
	}
	w.list.SelectID(8)
	w.typed(fyne.KeyDelete)
	w.until("it is said", said)
	late := w.notices.banner.Remedy.OnTapped
	w.notices.banner.Close.OnTapped()
	late() // as from a click that is under way
	w.listed(29)
	w.typed(fyne.KeyDelete)
	w.until("it is said", said)
	w.notices.answer(notice{source: source{kind: ofMarking}, text: "something else"})
	late = w.notices.banner.Remedy.OnTapped
	w.listed(28)
	if late != nil || w.notices.gone != nil {
		t.Error("what is no longer in sight can be undone")
	}
	// In memory alone there is no way back, and none is offered.
	w.controller.History().SetPrivate(true)
	uitest.Record(w.controller.Store(), "secret.test", "/", 200)
	w.listed(29)
	w.list.SelectID(w.model.At(28))
	w.notices.banner.Clear()
	w.typed(fyne.KeyDelete)
	w.listed(28)
	if w.notices.banner.Key != nil {
		t.Errorf("it says %q", w.notices.banner.Text.Text)
	}
}
