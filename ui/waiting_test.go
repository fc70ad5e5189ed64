package ui

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/proxy/breakpoints"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
)

// waits has a message wait in the window's queue.
func (w *testWindow) waits(path string) *breakpoints.Message {
	w.t.Helper()
	m, why := w.controller.Breakpoints().Enter("Rule", breakpoints.Request, 10)
	if m == nil {
		w.t.Fatal(why)
	}
	w.t.Cleanup(m.Release)
	m.Show(breakpoints.Content{Row: flow.Row{Method: "GET", Scheme: "http", Host: "a.test", Path: path},
		Check: func(*breakpoints.Edit) flow.Reason { return flow.Reason{} }})
	return m
}

func waitsSign(w *testWindow) string { return w.status.waiting.label.Text }

// What waits is counted at the rail and in the status bar; it takes neither focus nor room.
func TestWhatWaitsIsCounted(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.waits("/a")
	w.until("the sign says one", func() bool { return waitsSign(w) == "1 waiting" })
	w.waits("/b")
	w.until("the sign says two", func() bool { return waitsSign(w) == "2 waiting" })
	if w.rooms.now != roomTraffic || w.win.Canvas().Focused() != nil {
		t.Errorf("%s is in sight, %v has the focus", w.rooms.now, w.win.Canvas().Focused())
	}
	test.Tap(w.status.waiting)
	if w.rooms.now != roomWaiting {
		t.Error("the sign does not lead to the room")
	}
	w.key(fyne.KeyG, ctrl|fyne.KeyModifierShift)
	w.until("everything has gone", func() bool { return waitsSign(w) == "" })
	if w.controller.Breakpoints().On() || w.controller.Settings().Breakpoints.Enabled {
		t.Error("breakpoints are on")
	}
	w.entry("Proxy", "Breakpoints").Action()
	w.until("breakpoints are on", func() bool { return w.controller.Breakpoints().On() })
}

// What breaks next is like the selected rows where they are in sight, and any request elsewhere.
func TestBreakingOnTheNextOutOfSight(t *testing.T) {
	w := openWindow(t, windowOptions{})
	uitest.Record(w.controller.Store(), "a.test", "/x", 200)
	w.listed(1)
	w.list.SelectID(1)
	for room, like := range map[string]bool{roomTraffic: true, roomWaiting: false} {
		w.rooms.show(room)
		w.key(fyne.KeyB, ctrl|fyne.KeyModifierShift)
		words := uitest.Words(w.win.Canvas().Overlays().Top())
		if !strings.Contains(words, "Break on the next") || strings.Contains(words, "a.test") != like {
			t.Errorf("in %s it asks %q", room, words)
		}
		w.leaveDialog()
	}
}

// While the window is hidden a note tells of what waits, once in ten seconds, and is taken back.
func TestNotesOfWhatWaits(t *testing.T) {
	notes := &fakeNotes{}
	w := openWindow(t, windowOptions{resident: Resident{Notes: notes}})
	w.Hide()
	one := w.waits("/a?secret=1")
	w.until("a note is shown", func() bool { return len(notes.shown) == 1 })
	if n := notes.shown[0]; n.Topic != waitingTopic || !strings.Contains(n.Title, "1 message waits") || !strings.Contains(n.Body, "/a") {
		t.Errorf("%+v", n)
	}
	w.waits("/b")
	w.until("the sign says two", func() bool { return waitsSign(w) == "2 waiting" })
	if len(notes.shown) != 1 {
		t.Errorf("%+v", notes.shown)
	}
	w.ShowSoon("start")
	w.until("the window is shown", func() bool { return !w.notices.notes.hidden })
	if !w.rooms.traffic() {
		t.Error("a note of the start leads to what waits")
	}
	w.Hide()
	w.ShowSoon(waitingTopic)
	w.until("the note leads to what waits", func() bool { return w.rooms.now == roomWaiting && !w.notices.notes.hidden })
	w.controller.Breakpoints().AllGo()
	w.until("the note is taken back", func() bool { return len(notes.taken) > 0 && notes.taken[len(notes.taken)-1] == waitingTopic })
	if one.State() != breakpoints.Unchanged {
		t.Error(one.State())
	}
}

// From a command to the origin: the next request waits, is edited in the room, and goes.
func TestARequestIsEditedInTheWindow(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.URL.Path+" "+string(body))
	}))
	defer origin.Close()
	w := openWindow(t, windowOptions{})
	w.controller.Start()
	w.until("the proxy runs", func() bool { return w.controller.Status().State == app.Running })
	w.key(fyne.KeyB, ctrl|fyne.KeyModifierShift)
	asked := w.win.Canvas().Focused()
	asked.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	w.until("it is armed", func() bool { return w.controller.Breakpoints().Armed() })
	proxied, _ := url.Parse("http://" + w.controller.Status().Addrs[0])
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxied), DisableKeepAlives: true}}
	answered := make(chan string, 1)
	go func() {
		resp, err := client.Post(origin.URL+"/typed", "text/plain", strings.NewReader("one"))
		if err != nil {
			answered <- err.Error()
			return
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		answered <- string(body)
	}()
	w.until("it waits", func() bool { return waitsSign(w) == "1 waiting" })
	w.rooms.show(roomWaiting)
	if err := w.controller.Breakpoints().List()[0].Go(breakpoints.Edit{
		Head:    []byte(strings.Replace(string(w.controller.Breakpoints().List()[0].Head), "/typed", "/edited", 1)),
		NewBody: true, Body: []byte("two and more")}); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; got != "/edited two and more" {
		t.Errorf("%q", got)
	}
	w.until("nothing waits", func() bool { return waitsSign(w) == "" })
}

// The key that sends in Compose sends what waits, as it is edited; where nothing waits the window says so.
func TestWhatWaitsGoesByTheKey(t *testing.T) {
	w := openWindow(t, windowOptions{})
	one := w.waits("/a")
	w.until("it waits", func() bool { return waitsSign(w) == "1 waiting" })
	w.key(fyne.KeyReturn, ctrl)
	if one.State() != breakpoints.Waiting {
		t.Fatal("it went while another room was in sight")
	}
	w.rooms.show(roomWaiting)
	if got, want := w.commands.table.Find("resend").Words(), i18n.T("breaks.go"); got != want {
		t.Errorf("the key is called %q, not %q", got, want)
	}
	w.key(fyne.KeyReturn, ctrl)
	w.until("nothing waits", func() bool { return waitsSign(w) == "" })
	if one.State() == breakpoints.Waiting || w.commands.table.Find("resend").Enabled() {
		t.Error("it waits, or the key can be used with nothing waiting")
	}
}
