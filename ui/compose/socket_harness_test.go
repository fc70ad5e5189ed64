package compose

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/websocket"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
)

// peer is the server of a WebSocket, which a test writes.
type peer struct {
	t    *testing.T
	conn net.Conn
	got  chan string // the frames that it got
}

// withPeers has requests be answered by servers of WebSockets.
func (r *testRoom) withPeers(fields string) chan *peer {
	peers := make(chan *peer, 16)
	id := flow.ID(100)
	r.deps.Send = func(ctx context.Context, m outgoing.Message) (*outgoing.Sending, error) {
		ours, theirs := net.Pipe()
		p := &peer{t: r.t, conn: theirs, got: make(chan string, 100)}
		ctx, cancel := context.WithCancel(ctx)
		s := outgoing.NewSending(cancel)
		x := uitest.SampleExchange(0, "", "")
		r.mu.Lock()
		id++
		x.ID, x.Kind, x.Status, x.RequestHead = id, flow.KindUpgraded, 101, m.Head
		x.ResponseHead = []byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " +
			websocket.Accept(outgoing.HeadValues(m.Head, "Sec-WebSocket-Key")[0]) + "\r\n" + fields + "\r\n")
		r.rows[id] = x
		r.mu.Unlock()
		s.Begin(x.ID)
		s.Upgrade(outgoing.Upgraded{ReadWriteCloser: ours, Head: x.ResponseHead})
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			p.read()
		}()
		go func() {
			select {
			case <-gone:
			case <-ctx.Done():
				_ = theirs.Close()
				<-gone
			}
			cancel()
			s.End(outgoing.Result{Row: x.Row, Hops: []flow.ID{x.ID}})
		}()
		peers <- p
		return s, nil
	}
	return peers
}

// read takes frames until the connection ends.
func (p *peer) read() {
	defer func() { _ = p.conn.Close() }()
	var wire []byte
	b := make([]byte, 4096)
	for {
		n, err := p.conn.Read(b)
		if err != nil {
			return
		}
		for wire = append(wire, b[:n]...); ; {
			h, n, err := websocket.ParseHeader(wire)
			if err != nil || len(wire)-n < int(h.Length) {
				break
			}
			payload := bytes.Clone(wire[n : n+int(h.Length)])
			websocket.Mask(h.Key, 0, payload)
			wire = wire[n+int(h.Length):]
			p.got <- fmt.Sprintf("%d %s", h.Opcode, payload)
		}
	}
}

func (p *peer) send(wire string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, wire); err != nil {
		p.t.Error(err)
	}
}

func (p *peer) expect(want string) {
	p.t.Helper()
	select {
	case got := <-p.got:
		if got != want {
			p.t.Errorf("it got %q, not %q", got, want)
		}
	case <-time.After(20 * time.Second):
		p.t.Fatalf("it got no %q", want)
	}
}

// connects opens a WebSocket in the tab in sight.
func (r *testRoom) connects(peers chan *peer) *peer {
	r.t.Helper()
	r.write("ws://chat.example.test/room?id=1")
	r.Sockets.Act()
	p := <-peers
	label := i18n.T("compose.disconnect")
	r.until("it is connected", func() bool { return r.line.send.Text == label && r.response.socket.object.Visible() })
	return p
}

// rowsOf are the messages in the list.
func (r *testRoom) rowsOf() (all []string) {
	p := r.response.socket
	row := newSocketRow()
	for i := range p.count {
		p.draw(i, row)
		all = append(all, strings.Join([]string{row.cells[1].Text, row.cells[2].Text, row.cells[3].Text, row.cells[4].Text}, " | "))
	}
	return all
}

// The room with a WebSocket as a person sees it.
func TestSocketPictures(t *testing.T) {
	for _, c := range []struct {
		name, theme, lang string
		do                func(*testRoom)
	}{
		{"messages-light-en", "light", "en", func(*testRoom) {}},
		{"messages-dark-zh", "dark", "zh-Hans", func(*testRoom) {}},
		{"chosen-dark-en", "dark", "en", func(r *testRoom) {
			r.response.socket.list.Select(1)
			r.settledSocket()
		}},
		{"handshake-light-zh", "light", "zh-Hans", func(r *testRoom) {
			r.response.pages.Choose(pageHandshake)
			r.settled()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := openRoom(t, roomOptions{theme: c.theme, lang: c.lang})
			r.sampleTalk()
			c.do(r)
			uitest.Walk(r.response.socket.object, func(o fyne.CanvasObject) {
				if row, ok := o.(*socketRow); ok && row.cells[0].Text != "" { // they are of now
					row.cells[0].Set("12:30:00.125")
				}
			})
			r.leave()
			test.AssertRendersToImage(t, "socket-"+c.name+".png", r.win.Canvas())
		})
	}
}

// sampleTalk is a conversation to be looked at.
func (r *testRoom) sampleTalk() {
	r.write("ws://chat.example.test/")
	for i := range r.now.draft.Head.Lines {
		if l := &r.now.draft.Head.Lines[i]; l.Name == "Sec-WebSocket-Key" {
			l.Value = "dGhlIHNhbXBsZSBub25jZQ==" // as a person writes it
		}
	}
	p := r.connects(r.withPeers(""))
	r.settledSocket()
	r.leave()
	pane := r.response.socket
	pane.text.Insert(`{"type": "hello", "name": "Ada"}`)
	pane.text.Refresh()
	r.Sockets.Send()
	p.expect("1 " + `{"type": "hello", "name": "Ada"}`)
	p.send(frameOf(websocket.Text, `{"type":"welcome","room":{"id":1,"name":"驿站"},"members":["Ada","Grace"]}`) +
		frameOf(websocket.Binary, strings.Repeat("\x89PNG\r\n\x1a\n", 12)) + frameOf(websocket.Text, "bell\x07 and \xff") +
		frameOf(websocket.Ping, "are you there"))
	p.expect("10 are you there")
	p.send(frameOf(websocket.Text, strings.Repeat("long ", 2000)))
	r.until("they are shown", func() bool { return pane.count == 7 })
}

// frameOf is a frame as a server sends it.
func frameOf(opcode websocket.Opcode, payload string) string {
	h := websocket.Header{Final: true, Opcode: opcode, Length: int64(len(payload))}
	return string(h.Append(nil)) + payload
}

// settledSocket waits until the message that is chosen is drawn.
func (r *testRoom) settledSocket() {
	r.t.Helper()
	for {
		select {
		case f := <-r.queue:
			f()
		case <-time.After(300 * time.Millisecond):
			return
		}
	}
}
