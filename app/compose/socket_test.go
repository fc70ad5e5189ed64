package compose

import (
	"path/filepath"
	"strings"
	"testing"

	"posthouse/proxy/outgoing"
	"posthouse/proxy/websocket"
)

const rowHead = "GET /chat HTTP/1.1\r\nHost: a.test\r\nconnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nOrigin: http://a.test\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"

func kinds(d *Draft) (all []ProblemKind) {
	for _, p := range d.Problems() {
		all = append(all, p.Kind)
	}
	return all
}

// A URL of ws or wss makes a handshake of a request, one of http or https a request again.
func TestTheSchemeAsksForAWebSocket(t *testing.T) {
	d := New()
	if err := d.SetURL("ws://a.test/chat?x"); err != nil {
		t.Fatal(err)
	}
	head := string(d.Head.Raw())
	if !d.WebSocket() || d.Scheme != "http" || d.URL() != "ws://a.test/chat?x" || kinds(d) != nil ||
		!strings.HasPrefix(head, "GET /chat?x HTTP/1.1\r\nHost: a.test\r\nUser-Agent: Posthouse\r\nAccept: */*\r\n"+
			"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ") ||
		!strings.HasSuffix(head, "==\r\nSec-WebSocket-Version: 13\r\n\r\n") || d.Title() != "WS a.test/chat" {
		t.Errorf("%q, %q, %v", d.URL(), head, d.Problems())
	}
	m, files, err := d.Message()
	if err != nil || !m.KeepOpen || m.Scheme != "http" || string(m.Head) != head {
		t.Errorf("%+v, %v", m, err)
	}
	_ = files.Close()
	if err := d.SetURL("b.test/"); err != nil || d.URL() != "ws://b.test/" { // what has no scheme stays what it is
		t.Errorf("%v, %q", err, d.URL())
	}
	key := d.Head.Value(fieldKey)
	d.Head.set("Sec-WebSocket-Protocol", "chat")
	if err := d.SetURL("https://b.test/"); err != nil || d.WebSocket() || strings.Contains(string(d.Head.Raw()), "ebSocket") ||
		strings.Contains(string(d.Head.Raw()), "Connection") {
		t.Errorf("%v, %q", err, d.Head.Raw())
	}
	if err := d.SetURL("wss://b.test/"); err != nil || !d.WebSocket() || d.Head.Value(fieldKey) != key || d.Scheme != "https" ||
		d.Head.Value("Sec-WebSocket-Protocol") != "chat" || d.URL() != "wss://b.test/" {
		t.Errorf("%v, %q", err, d.Head.Raw())
	}
	for _, bad := range []string{"wsx://a.test/", "ws://", "wss:///x"} {
		if d.SetURL(bad) == nil {
			t.Errorf("%q is a URL", bad)
		}
	}
}

// The request of a row is a handshake as it passed, and its key stays; one that was made is new each time.
func TestKeys(t *testing.T) {
	d := FromMessage(&outgoing.Message{Scheme: "https", Host: "a.test", Head: []byte(rowHead)})
	if !d.WebSocket() || d.URL() != "wss://a.test/chat" || d.FreshKey() || string(d.Head.Raw()) != rowHead || kinds(d) != nil {
		t.Errorf("%q, %q, %v", d.URL(), d.Head.Raw(), d.Problems())
	}
	if err := d.SetURL("wss://a.test/other"); err != nil || d.Head.Value(fieldKey) != "dGhlIHNhbXBsZSBub25jZQ==" {
		t.Errorf("%v, %q", err, d.Head.Raw())
	}
	d = NewSocket()
	before := d.Head.Value(fieldKey)
	if !d.FreshKey() || d.Head.Value(fieldKey) == before || !websocket.ValidKey(d.Head.Value(fieldKey)) {
		t.Errorf("%q", d.Head.Raw())
	}
	d.Head.set(fieldKey, "mine")
	if d.FreshKey() || d.Head.Value(fieldKey) != "mine" {
		t.Errorf("%q", d.Head.Raw())
	}
}

// What a server will refuse is said before.
func TestProblemsOfHandshakes(t *testing.T) {
	d := NewSocket()
	_ = d.SetURL("wss://a.test/")
	_ = d.Head.SetMethod("POST")
	d.Head.set(fieldKey, "short")
	d.Head.find(fieldVersion).Off = true
	d.Head.set("Sec-WebSocket-Extensions", "permessage-deflate, x-mine")
	d.Proto = HTTP2
	var says []string
	for _, p := range d.Problems() {
		says = append(says, p.Says)
	}
	if got := kinds(d); len(got) != 3 || got[0] != HandshakeWrong || got[1] != ExtensionUnspoken || got[2] != SocketOverHTTP2 ||
		says[0] != "POST, Sec-WebSocket-Key, Sec-WebSocket-Version" || says[1] != "x-mine" {
		t.Errorf("%v, %q", got, says)
	}
	m, files, err := d.Message()
	if err != nil || m.Protocol != outgoing.HTTP1 || !strings.HasPrefix(string(m.Head), "POST / HTTP/1.1\r\n") {
		t.Errorf("%+v, %v", m, err)
	}
	_ = files.Close()
}

// A request of HTTP/2 that is to be a WebSocket becomes one of HTTP/1.1.
func TestAWebSocketOfARequestOfHTTP2(t *testing.T) {
	d := New()
	d.Scheme, d.Host = "https", "a.test"
	d.Head = ParseHead([]byte(":method: GET\r\n:scheme: https\r\n:authority: a.test\r\n:path: /x\r\naccept: */*\r\n"), nil)
	if err := d.SetURL("wss://a.test/x"); err != nil || !d.WebSocket() ||
		!strings.HasPrefix(string(d.Head.Raw()), "GET /x HTTP/1.1\r\nHost: a.test\r\naccept: */*\r\nConnection: Upgrade\r\n") {
		t.Errorf("%v, %q", err, d.Head.Raw())
	}
}

func TestAPastedWebSocket(t *testing.T) {
	p, err := Recognise("curl 'wss://a.test/chat' -H 'Origin: https://a.test'")
	if err != nil || p == nil || p.Draft.URL() != "wss://a.test/chat" || !p.Draft.WebSocket() || p.Draft.Head.Value("Origin") == "" {
		t.Fatalf("%+v, %v", p, err)
	}
	p, err = Recognise(rowHead)
	if err != nil || p == nil || !p.Draft.WebSocket() || p.Draft.URL() != "wss://a.test/chat" {
		t.Errorf("%+v, %v", p, err)
	}
	p, err = Recognise("curl 'https://a.test/chat' -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Key: x'")
	if err != nil || p == nil || !p.Draft.WebSocket() || p.Draft.Head.Value(fieldKey) != "x" {
		t.Errorf("%+v, %v", p, err)
	}
}

// The message that is written, and the key that was made, are kept; a longer message than may be sent is refused.
func TestTheMessageIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "compose.json")
	d := NewSocket()
	_ = d.SetURL("ws://a.test/")
	if err := d.SetMessage([]byte("\x00hello")); err != nil {
		t.Fatal(err)
	}
	d.Socket.Hex = true
	if left, err := Save(path, &Kept{Drafts: []*Draft{d}}); err != nil || left != nil {
		t.Fatalf("%v, %v", left, err)
	}
	kept, err := Load(path)
	if err != nil || len(kept.Drafts) != 1 {
		t.Fatalf("%+v, %v", kept, err)
	}
	k := kept.Drafts[0]
	if string(k.Socket.Bytes) != "\x00hello" || !k.Socket.Hex || k.Socket.Key != d.Socket.Key || k.URL() != "ws://a.test/" ||
		!k.FreshKey() {
		t.Errorf("%+v", k.Socket)
	}
	if d.SetMessage(make([]byte, MaxMessage+1)) != ErrLong || len(d.Socket.Bytes) != 6 {
		t.Error("a longer message is taken")
	}
	_ = d.SetMessage(make([]byte, MaxKept))
	if left, err := Save(path, &Kept{Drafts: []*Draft{d}}); err != nil || len(left) != 1 {
		t.Errorf("what has no room: %v, %v", left, err)
	}
}
