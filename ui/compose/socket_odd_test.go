package compose

import (
	"strings"
	"testing"
)

// A repeat beside a WebSocket does not take its place: it stays what is under way.
func TestARepeatBesideAWebSocket(t *testing.T) {
	r := openRoom(t, roomOptions{})
	p := r.connects(r.withPeers(""))
	tab, live := r.now, r.now.inSight()
	r.deps.Send = r.carryOut
	r.repeatsTimes("150", false).hide()
	if len(tab.sends) != maxSends || tab.inSight() != live || !r.Sockets.Connected() || tab.sends[0].id != 52 {
		t.Fatalf("%d sendings, the first is %d, connected: %v", len(tab.sends), tab.sends[0].id, r.Sockets.Connected())
	}
	r.response.socket.text.Insert("hello")
	r.Sockets.Send()
	p.expect("1 hello")
}

// Messages are forgotten also when the connection has ended.
func TestMessagesAreClearedAfterTheEnd(t *testing.T) {
	r := openRoom(t, roomOptions{})
	p := r.connects(r.withPeers(""))
	p.send("\x81\x02hi")
	pane := r.response.socket
	r.until("it is shown", func() bool { return pane.count == 1 })
	_ = p.conn.Close()
	r.until("it has ended", func() bool { return !r.Sending() })
	if pane.clear.Tapped(nil); pane.count != 0 || pane.clear.Visible() {
		t.Errorf("%d messages are shown", pane.count)
	}
}

// What takes the place of the request takes that of its message too, and is what is sent.
func TestAPasteBesideAWebSocket(t *testing.T) {
	r := openRoom(t, roomOptions{})
	p := r.connects(r.withPeers(""))
	pane := r.response.socket
	pane.text.Insert("hello")
	r.pasteURL(curl)
	if pane.text.Text() != string(r.now.draft.Socket.Bytes) {
		t.Errorf("%q is in sight, and %q is sent", pane.text.Text(), r.now.draft.Socket.Bytes)
	}
	r.unpaste()
	r.Sockets.Send()
	p.expect("1 hello")
	if pane.text.Text() != "hello" {
		t.Errorf("%q is in sight", pane.text.Text())
	}
}

// What is no hexadecimal stays so when another page was looked at, and is not sent.
func TestBrokenHexIsNotForgotten(t *testing.T) {
	r := openRoom(t, roomOptions{})
	p := r.connects(r.withPeers(""))
	pane := r.response.socket
	pane.pages.Choose(pageHex)
	pane.hex.Insert("00 ff ")
	pane.hex.Insert("4")
	pane.pages.Choose(pageText)
	pane.pages.Choose(pageHex)
	if r.Sockets.Send(); !strings.Contains(pane.said.Label.Text, "Line 1") {
		t.Errorf("of %q it says %q", pane.hex.Text(), pane.said.Label.Text)
	}
	pane.hex.Insert("1")
	r.Sockets.Send()
	p.expect("2 \x00\xffA")
}

// A message that was chosen is not shown with another conversation.
func TestTheChosenMessageIsOfItsConversation(t *testing.T) {
	r := openRoom(t, roomOptions{})
	peers := r.withPeers("")
	p := r.connects(peers)
	p.send("\x81\x06secret")
	pane := r.response.socket
	r.until("it is shown", func() bool { return pane.count == 1 })
	pane.list.Select(0)
	r.NewTab()
	r.connects(peers)
	if pane.pages.Choose(pageChosen); pane.view.entry != nil || pane.view.facts.Text != "" {
		t.Errorf("%q", pane.view.facts.Text)
	}
}

// The line has the URL of the tab in sight, also where that of another one is being written.
func TestTheLineFollowsTheTab(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.write("http://a.test/one")
	focus(r.line.url)
	if r.NewTab(); r.line.url.Text != "" {
		t.Errorf("of a new tab the line says %q", r.line.url.Text)
	}
	r.write("http://a.test/two")
	if r.Step(-1); r.line.url.Text != "http://a.test/one" {
		t.Errorf("the line says %q", r.line.url.Text)
	}
}

// Keys do not stay with the message of a WebSocket that has ended, where another answer is in sight:
// after a minute the driver would not know their window any more.
func TestTheFocusLeavesAHiddenMessage(t *testing.T) {
	r := openRoom(t, roomOptions{})
	p := r.connects(r.withPeers(""))
	c, text := r.win.Canvas(), r.response.socket.text.LineView
	if c.Focus(text); c.Focused() != text {
		t.Fatalf("%T has the focus", c.Focused())
	}
	_ = p.conn.Close()
	r.until("it has ended", func() bool { return !r.Sending() })
	if c.Focused() != text {
		t.Errorf("%T has the focus, and the message is in sight", c.Focused())
	}
	r.deps.Send = r.carryOut
	r.Sockets.Act()
	r.until("it was refused", func() bool { return !r.Sending() })
	if at := c.Focused(); at != nil {
		t.Errorf("%T has the focus, and is hidden", at)
	}
}
