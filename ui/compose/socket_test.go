package compose

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/conversation"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
	"posthouse/proxy/websocket"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
)

// A conversation as a person has it: connect, write, send by the key, read, and the server closes.
func TestAConversation(t *testing.T) {
	r := openRoom(t, roomOptions{})
	peers := r.withPeers("")
	r.write("ws://chat.example.test/")
	if r.line.send.Text != "Connect" || !strings.Contains(r.response.hint.Text, "handshake") {
		t.Errorf("%q, %q", r.line.send.Text, r.response.hint.Text)
	}
	p := r.connects(peers)
	pane := r.response.socket
	if r.line.send.Text != "Disconnect" || r.response.title.Text != "Connected" || !pane.send.Visible() {
		t.Errorf("%q, %q", r.line.send.Text, r.response.title.Text)
	}
	pane.text.Insert("hello")
	r.typedHere(sendKey())
	p.expect("1 hello")
	r.line.url.OnSubmitted("") // Enter does not cut it
	p.send("\x81\x0ahi\x00 \xff\x1b[2Jx\x82\x03\x00\x01\xff")
	r.until("they are shown", func() bool { return pane.count == 3 })
	r.Sockets.Ping()
	p.expect("9 1")
	p.send("\x88\x05\x03\xe8bye")
	p.expect("8 \x03\xe8")
	_ = p.conn.Close()
	r.until("it has ended", func() bool { return !r.Sending() })
	want := []string{"↑ | Text | 5 B | hello", `↓ | Text | 10 B | hi‹NUL› ‹\xFF›‹ESC›[2Jx`, "↓ | Binary | 3 B | 00 01 ff",
		"↑ | Ping | 1 B | 1", "↓ | Close | 5 B | 1000 bye", "↑ | Close | 2 B | 1000"}
	if got := r.rowsOf(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	if r.response.title.Text != "Closed by the server: 1000 bye" || r.line.send.Text != "Connect" || pane.send.Visible() ||
		!strings.HasPrefix(pane.about.Text, "1 sent, 2 received") {
		t.Errorf("%q, %q, %q", r.response.title.Text, r.line.send.Text, pane.about.Text)
	}
	r.response.pages.Choose(pageHandshake)
	if pane.object.Visible() || !r.response.details.Object().Visible() {
		t.Error("the handshake is not shown")
	}
	// Again: another key, and its own place.
	was := r.now.draft.Head.Value("Sec-WebSocket-Key")
	p = r.connects(peers)
	if len(r.now.sends) != 2 || r.now.draft.Head.Value("Sec-WebSocket-Key") == was || string(r.now.draft.Socket.Bytes) != "hello" {
		t.Errorf("%d, %+v", len(r.now.sends), r.now.draft.Socket)
	}
	r.response.step(-1)
	r.Sockets.Act() // it brings what is connected into sight
	p.expect("1 hello")
	if r.now.at != 1 {
		t.Errorf("it is at %d", r.now.at)
	}
}

// What a person closes is closed by the button, with a code, on closing the tab, and at the end.
func TestWhatClosesAWebSocket(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(r *testRoom)
		want string
	}{
		"the button": {func(r *testRoom) { r.line.send.OnTapped() }, "8 \x03\xe8"},
		"a code":     {func(r *testRoom) { r.Sockets.closeWith(r.now.talk(), "4001", "enough") }, "8 \x0f\xa1enough"},
		"no code":    {func(r *testRoom) { r.Sockets.closeWith(r.now.talk(), "", "") }, "8 "},
		"the tab":    {func(r *testRoom) { r.Close() }, "8 \x03\xe9"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			r := openRoom(t, roomOptions{})
			p := r.connects(r.withPeers(""))
			tab := r.now
			for _, wrong := range []string{"x", "65536", "-1"} {
				r.Sockets.closeWith(r.now.talk(), wrong, "")
				if !r.Sockets.Connected() || !strings.Contains(r.response.socket.said.Label.Text, "65535") {
					t.Errorf("%q: it says %q", wrong, r.response.socket.said.Label.Text)
				}
			}
			r.Sockets.closeWith(r.now.talk(), "1000", strings.Repeat("x", 124))
			if !r.Sockets.Connected() || !strings.Contains(r.response.socket.said.Label.Text, "123") {
				t.Errorf("it says %q", r.response.socket.said.Label.Text)
			}
			c.do(r)
			p.expect(c.want)
			_ = p.conn.Close()
			r.until("it has ended", func() bool { return !tab.sending() })
		})
	}
	r := openRoom(t, roomOptions{})
	p := r.connects(r.withPeers(""))
	r.Sockets.askClose()
	if overlay := r.win.Canvas().Overlays().Top(); overlay == nil {
		t.Error("it asks for no code")
	}
	r.Sockets.Stop()
	p.expect("8 \x03\xe8")
	r.Sockets.Stop() // asked twice: not waited for
	r.until("it was cut", func() bool { return !r.Sending() })
}

// A handshake that is refused is shown as any answer; one that is none says why.
func TestAHandshakeThatIsRefused(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.answer = func(*outgoing.Message) (*flow.Exchange, error) {
		x := uitest.SampleExchange(0, "text/plain", "no")
		x.Status = 403
		return &x, nil
	}
	r.write("wss://chat.example.test/")
	r.sends()
	r.settled()
	if !strings.HasPrefix(r.response.title.Text, "403") || r.response.socket.object.Visible() || r.response.turns.Visible() {
		t.Errorf("%q", r.response.title.Text)
	}
	if m := r.sent[0]; !m.KeepOpen || m.Scheme != "https" {
		t.Errorf("%+v", m)
	}
	peers := r.withPeers("Sec-WebSocket-Extensions: permessage-deflate\r\n")
	r.Send()
	<-peers
	r.until("it has ended", func() bool { return !r.Sending() })
	if !strings.Contains(r.response.title.Text, "permessage-deflate, which was not offered") || r.response.turns.Visible() {
		t.Errorf("%q", r.response.title.Text)
	}
}

// Bytes are written in hexadecimal, and what is none is not sent.
func TestBinaryMessages(t *testing.T) {
	r := openRoom(t, roomOptions{})
	p := r.connects(r.withPeers(""))
	pane := r.response.socket
	pane.pages.Choose(pageHex)
	pane.hex.Insert("00 ff 4")
	r.Sockets.Send()
	if !strings.Contains(pane.said.Label.Text, "Line 1") {
		t.Errorf("it says %q", pane.said.Label.Text)
	}
	pane.hex.Insert("1")
	r.Sockets.Send()
	p.expect("2 \x00\xffA")
	if pane.said.Label.Text != "" {
		t.Errorf("it says %q", pane.said.Label.Text)
	}
	p.send("\x82\x02\x01\x02")
	r.until("it is shown", func() bool { return pane.count == 2 })
	pane.list.Select(1)
	if pane.pages.Selected != pageChosen || !strings.Contains(pane.view.facts.Text, "Binary") {
		t.Errorf("%d, %q", pane.pages.Selected, pane.view.facts.Text)
	}
	pane.writeAgain(pane.view.entry)
	if string(r.now.draft.Socket.Bytes) != "\x01\x02" || pane.pages.Selected != pageHex || !strings.Contains(pane.hex.Text(), "01 02") {
		t.Errorf("%q, %q", r.now.draft.Socket.Bytes, pane.hex.Text())
	}
	pane.view.copyAll()
	r.until("it is copied", func() bool { return len(r.copied) == 1 })
	if r.copied[0] != "01 02" {
		t.Errorf("%q", r.copied)
	}
}

// The message that is chosen stays in sight while others come and old ones go.
func TestTheChosenMessageStays(t *testing.T) {
	r := openRoom(t, roomOptions{})
	p := r.connects(r.withPeers(""))
	pane := r.response.socket
	const first = 200
	go func() { p.send(strings.Repeat("\x81\x01x", first)) }()
	r.until("they are shown", func() bool { return pane.count == first })
	if !pane.follows || pane.list.GetScrollOffset() == 0 {
		t.Error("the newest is not in sight")
	}
	pane.list.Select(150)
	go func() { p.send(strings.Repeat("\x81\x01y", conversation.MaxEntries-100)) }()
	r.until("old ones have gone", func() bool { return pane.first == 100 && pane.count == conversation.MaxEntries })
	if pane.follows || !pane.chosen || pane.choice != 150 || !pane.follower.Visible() {
		t.Errorf("follows %v, chosen %v %d", pane.follows, pane.chosen, pane.choice)
	}
	if !strings.Contains(pane.about.Text, "oldest 100 no longer") {
		t.Errorf("it says %q", pane.about.Text)
	}
	go func() { p.send(strings.Repeat("\x81\x01y", 51)) }()
	r.until("it has gone too", func() bool { return pane.first == 151 })
	if pane.chosen {
		t.Error("one that has gone is chosen")
	}
	pane.followAgain()
	if !pane.follows || pane.follower.Visible() {
		t.Error("it does not follow")
	}
	pane.clear.Tapped(nil)
	r.until("they are cleared", func() bool { return pane.count == 0 })
}

// The messages of few conversations that have ended are kept.
func TestOldConversationsAreForgotten(t *testing.T) {
	r := openRoom(t, roomOptions{})
	for range maxTalks + 2 {
		s := &sent{id: 1, ended: true, talk: conversation.New()}
		r.now.add(s)
		r.Sockets.hungUp(s)
	}
	kept := 0
	for _, s := range r.now.sends {
		if s.talk != nil {
			kept++
		}
	}
	if kept != maxTalks || len(r.Sockets.talks) != maxTalks || !r.now.sends[0].forgot {
		t.Errorf("%d are kept", kept)
	}
	r.now.at = 0
	if r.response.show(); !strings.Contains(r.response.title.Text, "no longer kept") {
		t.Errorf("%q", r.response.title.Text)
	}
}

// What hides secrets hides messages too.
func TestHiddenMessages(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.connects(r.withPeers(""))
	r.hidden = true
	if r.SecretsChanged(); r.response.socket.object.Visible() || !strings.Contains(r.response.hint.Text, "Secrets are hidden") ||
		!r.response.empty.Visible() {
		t.Errorf("%q", r.response.hint.Text)
	}
	r.hidden = false
	if r.SecretsChanged(); !r.response.socket.object.Visible() {
		t.Error("it stays hidden")
	}
}

// A message is turned into words as it is: cut, compressed, in pieces, no UTF-8.
func TestFactsOfMessages(t *testing.T) {
	i18n.Set("en")
	said := func(m websocket.Message) conversation.Entry {
		m.Opcode = websocket.Text
		return conversation.Entry{Message: m}
	}
	for want, e := range map[string]conversation.Entry{
		"first 3 B kept":                           said(websocket.Message{Data: []byte("a\xe4\xb8"), Size: 9}),
		"2 frames  ·  5 B compressed":              said(websocket.Message{Size: 9, Frames: 2, Deflated: true, Wire: 5}),
		"Received  ·  Text  ·  1 byte  ·  not UTF": said(websocket.Message{Data: []byte("\xff"), Size: 1, Frames: 1}),
	} {
		if got := factsText(&e); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
		if strings.Contains(want, "kept") && strings.Contains(factsText(&e), "UTF-8") {
			t.Error("a character that is cut is no fault")
		}
	}
	s := conversation.State{Phase: conversation.Ended, Problem: reason.New(reason.SocketEnded)}
	if got := talkText(&s); !strings.Contains(got, "without a close") {
		t.Errorf("%q", got)
	}
}

// The method's menu makes a WebSocket of a request, and a request of it again.
func TestTheMenuTurnsARequestIntoAWebSocket(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.write("https://a.test/x")
	if r.line.turnSocket(); r.line.url.Text != "wss://a.test/x" || r.line.send.Text != "Connect" {
		t.Errorf("%q, %q", r.line.url.Text, r.line.send.Text)
	}
	if r.line.turnSocket(); r.line.url.Text != "https://a.test/x" || r.line.send.Text != "Send" {
		t.Errorf("%q, %q", r.line.url.Text, r.line.send.Text)
	}
	if r.Sockets.New(); !r.Sockets.Asked() || r.Ready() {
		t.Error("a new WebSocket is none")
	}
}

// What is typed once it is connected is the message, also where the place for it was never drawn,
// so that the driver knows no canvas of it: the driver of tests takes that of the newest window.
func TestTheMessageIsWrittenOnceItIsConnected(t *testing.T) {
	r := openRoom(t, roomOptions{})
	peers := r.withPeers("")
	r.write("ws://chat.example.test/")
	r.win.Canvas().Focus(r.line.url)
	other := test.NewTempWindow(t, widget.NewLabel(""))
	r.Sockets.Act()
	<-peers
	r.until("it is told", func() bool { return r.now.inSight() != nil && r.now.inSight().phase == conversation.Open })
	if at := r.win.Canvas().Focused(); at != r.response.socket.text.LineView {
		t.Errorf("%T has the focus", at)
	}
	if at := other.Canvas().Focused(); at != nil {
		t.Errorf("%T has the focus in another window", at)
	}
}
