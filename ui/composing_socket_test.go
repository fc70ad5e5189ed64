package ui

import (
	"net/http/httptest"
	"testing"

	"fyne.io/fyne/v2"
	"golang.org/x/net/websocket"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// A WebSocket is opened by its command, speaks by the key, is disconnected, and its row is edited and connected again.
func TestAWebSocketIsHeldInTheWindow(t *testing.T) {
	heard := make(chan string, 8)
	server := httptest.NewServer(websocket.Server{Handler: func(ws *websocket.Conn) {
		for {
			var text string
			if websocket.Message.Receive(ws, &text) != nil {
				return
			}
			heard <- text
		}
	}})
	t.Cleanup(server.Close)
	w := openWindow(t, windowOptions{})
	sockets := w.rooms.composed().Sockets
	named := func(id, key string) {
		t.Helper()
		if got, want := w.commands.table.Find(id).Words(), i18n.T(key); got != want {
			t.Errorf("%s is called %q, not %q", id, got, want)
		}
	}
	w.commands.table.Find("compose.websocket").Run()
	if !w.rooms.composing() || !sockets.Asked() || w.commands.table.Find("compose.ping").Enabled() {
		t.Fatal("the command leads to no WebSocket")
	}
	named("resend", "command.compose.connect")
	fyne.CurrentApp().Clipboard().SetContent("ws://" + server.Listener.Addr().String() + "/chat")
	w.win.Canvas().Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
	w.key(fyne.KeyReturn, ctrl)
	w.until("it is connected", func() bool { return sockets.Connected() && w.model.Len() == 1 })
	named("resend", "command.compose.message")
	w.until("the message is written into", func() bool { return w.win.Canvas().Focused() != nil })
	w.until("it can be asked", w.commands.table.Find("compose.ping").Enabled)
	w.key(fyne.KeyReturn, ctrl)
	if got := <-heard; got != "" {
		t.Errorf("it heard %q", got)
	}
	w.commands.table.Find("compose.disconnect").Run()
	w.until("it is over", func() bool { return !w.rooms.compose.Sending() })
	row, _ := w.tabs.live().tiers.Row(1)
	if row.Kind != flow.KindUpgraded || row.Status != 101 || !row.Own || row.Failure != flow.FailureNone || row.Path != "/chat" {
		t.Errorf("%+v", row)
	}
	w.rooms.show(roomTraffic)
	w.list.SelectID(1)
	w.until("it is open", func() bool { return w.details.Exchange != nil })
	w.key(fyne.KeyReturn, ctrl|fyne.KeyModifierShift)
	w.until("it is open in Compose", func() bool { return w.rooms.composing() && w.rooms.compose.Ready() && sockets.Asked() })
	w.key(fyne.KeyReturn, ctrl)
	w.until("it is connected again", sockets.Connected)
	w.rooms.compose.Close()
	w.until("its row has ended", func() bool { row, ok := w.tabs.live().tiers.Row(2); return ok && row.Phase.Final() })
}
