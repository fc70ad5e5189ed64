package ui

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
)

// rawOrigin keeps the bytes of each request, and answers it with how many there were.
type rawOrigin struct {
	net.Listener
	mu   sync.Mutex
	seen []string
	done sync.WaitGroup
}

func newRawOrigin(t *testing.T) *rawOrigin {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &rawOrigin{Listener: l}
	o.done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			o.done.Go(func() { o.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		o.done.Wait()
	})
	return o
}

func (o *rawOrigin) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	var raw strings.Builder
	r, err := http.ReadRequest(bufio.NewReaderSize(io.TeeReader(c, &raw), 16))
	if err != nil {
		return
	}
	_, _ = httputil.DumpRequest(r, true) // reads the body
	o.mu.Lock()
	o.seen = append(o.seen, raw.String())
	n := len(o.seen)
	o.mu.Unlock()
	body := fmt.Sprintf(`{"requests":%d}`, n)
	_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		len(body), body)
}

func (o *rawOrigin) requests() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.seen...)
}

// Sending many times is found in the menus and in the palette, and not in the room's own menu alone.
func TestSendManyTimesIsACommand(t *testing.T) {
	w := openWindow(t, windowOptions{})
	many := w.commands.table.Find("compose.repeat")
	if many == nil || many.Enabled() {
		t.Fatal("it is no command, or can be done without a request")
	}
	w.key(fyne.KeyN, ctrl)
	if many.Enabled() {
		t.Error("a request that goes nowhere can be sent many times")
	}
	test.Type(w.win.Canvas().Focused(), "http://a.test/")
	if !many.Enabled() {
		t.Fatal("it cannot be done in Compose")
	}
	if many.Run(); !w.covered() {
		t.Error("nothing opens")
	}
}

// From Traffic it opens the selected request in Compose first.
func TestTheSelectedRequestIsSentManyTimes(t *testing.T) {
	w := openFilled(t, windowOptions{})
	many := w.commands.table.Find("compose.repeat")
	if many.Enabled() {
		t.Error("nothing is selected")
	}
	w.selectFirst(2)
	if many.Enabled() {
		t.Error("two are selected")
	}
	w.selectFirst(1)
	w.commands.table.Run(many)
	w.until("it is asked how often", func() bool { return w.rooms.composing() && w.covered() })
	if text := uitest.Words(w.win.Canvas().Overlays().Top()); !strings.Contains(text, i18n.T("compose.repeat")) {
		t.Errorf("the dialog says\n%s", text)
	}
}

// A command is pasted, sent, found in Traffic, and edited and sent again as it was.
func TestARequestIsWrittenSentAndSentAgain(t *testing.T) {
	origin := newRawOrigin(t)
	w := openWindow(t, windowOptions{})
	room := w.rooms.composed()
	w.key(fyne.KeyN, ctrl)
	if !w.rooms.composing() {
		t.Fatal("Ctrl+N does not lead to Compose")
	}
	fyne.CurrentApp().Clipboard().SetContent("curl http://" + origin.Addr().String() + "/a -H 'X-ODD:  kept' -d 'x=1&y=2'")
	w.win.Canvas().Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
	w.key(fyne.KeyReturn, ctrl)
	w.until("it is sent", func() bool { return !room.Sending() && len(origin.requests()) == 1 })
	w.until("its row is there", func() bool { return w.model.Len() == 1 })
	first := origin.requests()[0]
	if !strings.Contains(first, "X-ODD:  kept\r\n") || !strings.HasSuffix(first, "\r\n\r\nx=1&y=2") {
		t.Errorf("it was sent as %q", first)
	}

	// What is for Traffic does nothing here, and is said.
	w.key(fyne.KeyK, ctrl)
	if w.model.Len() != 1 || w.notices.banner.Object.Visible() == false {
		t.Error("the list is cleared from Compose, or nothing is said")
	}

	w.key(fyne.Key1, ctrl|fyne.KeyModifierAlt)
	if !w.rooms.traffic() {
		t.Fatal("the key does not lead to Traffic")
	}
	w.list.SelectID(1)
	w.until("it is open", func() bool { return w.details.Exchange != nil })
	w.key(fyne.KeyReturn, ctrl|fyne.KeyModifierShift)
	w.until("it is open in Compose", func() bool { return w.rooms.composing() && room.Ready() })
	w.key(fyne.KeyReturn, ctrl)
	w.until("it is sent again", func() bool { return !room.Sending() && len(origin.requests()) == 2 })
	if again := origin.requests()[1]; again != first {
		t.Errorf("it was\n%q\nand is\n%q", first, again)
	}
	w.until("its row is there", func() bool { return w.model.Len() == 2 })
}

// Each room has its own tabs, and the window's keys are for the room in sight.
func TestKeysAreForTheRoomInSight(t *testing.T) {
	w := openWindow(t, windowOptions{})
	room := w.rooms.composed()
	w.rooms.show(roomCompose)
	w.key(fyne.KeyN, ctrl)
	fyne.CurrentApp().Clipboard().SetContent("http://a.test/")
	w.win.Canvas().Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
	w.key(fyne.KeyN, ctrl)
	w.key(fyne.Key1, ctrl)
	if !room.Ready() {
		t.Error("Ctrl+1 does not lead to the first request")
	}
	w.key(fyne.KeyTab, fyne.KeyModifierControl)
	if room.Ready() {
		t.Error("Ctrl+Tab does not lead to the second request")
	}
	w.key(fyne.KeyW, ctrl)
	if !w.rooms.composing() || !room.Ready() {
		t.Error("Ctrl+W does not close the request")
	}
	if name := w.commands.table.Find("close").Words(); name != i18n.T("command.compose.close") {
		t.Errorf("it is called %q", name)
	}
	w.rooms.show(roomTraffic)
	if w.commands.table.Find("resend").Enabled() {
		t.Error("a request that is out of sight can be sent")
	}
	if name := w.commands.table.Find("close").Words(); name != i18n.T("command.close") {
		t.Errorf("it is called %q", name)
	}
}

// The window with the room, as a person sees it.
func TestComposePictures(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} {
		t.Run(lang, func(t *testing.T) {
			w := openWindow(t, windowOptions{lang: lang})
			w.win.Resize(fyne.NewSize(1100, 700))
			w.rooms.show(roomCompose)
			fyne.CurrentApp().Clipboard().SetContent("curl https://api.example.test/v1/users -d '{}'")
			w.win.Canvas().Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
			w.win.Canvas().Unfocus()
			test.AssertRendersToImage(t, "window-compose-"+lang+".png", w.win.Canvas())
		})
	}
}
