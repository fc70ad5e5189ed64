package compose

import (
	"strings"

	"posthouse/proxy/outgoing"
	"posthouse/proxy/websocket"
)

// Socket is what a draft that asks for a WebSocket has besides.
type Socket struct {
	Bytes []byte // the message that is written
	Hex   bool   // it is written in hexadecimal, and sent as a binary one
	// Key is the Sec-WebSocket-Key that was made for the draft. As long as the head has that
	// one, each connection gets a new one.
	Key string
}

// Fields of a handshake (RFC 6455 section 4.1), in the order in which they are added.
const (
	fieldUpgrade = "Upgrade"
	fieldKey     = "Sec-WebSocket-Key"
	fieldOptions = "Connection"
	fieldVersion = "Sec-WebSocket-Version"
	socketPrefix = "Sec-WebSocket-"
)

// NewSocket is an empty request for a WebSocket.
func NewSocket() *Draft {
	d := New()
	d.AskSocket(true)
	return d
}

// WebSocket reports whether the draft asks for a WebSocket.
func (d *Draft) WebSocket() bool {
	return !d.Head.Multiplexed() && websocket.Asked(d.Head.values)
}

// AskSocket has the head ask for a WebSocket, or not. Fields that are not to be sent any more are off, and
// are sent again when they are.
func (d *Draft) AskSocket(on bool) {
	switch {
	case on == d.WebSocket():
		return
	case !on:
		for i := range d.Head.Lines {
			if l := &d.Head.Lines[i]; l.ofSocket() {
				l.Off = true
			}
		}
		return
	}
	if d.Head.Multiplexed() {
		d.asHTTP1()
	}
	_ = d.Head.SetMethod("GET") // it is one word
	for i := range d.Head.Lines {
		if l := &d.Head.Lines[i]; l.Off && l.ofSocket() {
			l.Off = false
		}
	}
	h := &d.Head
	if !websocket.Fields(h.values).Lists(fieldOptions, "upgrade") {
		h.set(fieldOptions, "Upgrade")
	}
	h.set(fieldUpgrade, "websocket")
	if h.find(fieldKey) == nil {
		d.Socket.Key = websocket.NewKey()
		h.set(fieldKey, d.Socket.Key)
	}
	if h.find(fieldVersion) == nil {
		h.set(fieldVersion, "13")
	}
}

// ofSocket reports whether a field is of a handshake.
func (l *Line) ofSocket() bool {
	one := websocket.Fields(func(string) []string { return []string{l.Value} })
	switch {
	case strings.EqualFold(l.Name, fieldOptions):
		return one.Lists(fieldOptions, "upgrade")
	case strings.EqualFold(l.Name, fieldUpgrade):
		return websocket.Asked(one)
	}
	return len(l.Name) > len(socketPrefix) && strings.EqualFold(l.Name[:len(socketPrefix)], socketPrefix)
}

// asHTTP1 puts a head of HTTP/2 into the form of HTTP/1.1.
func (d *Draft) asHTTP1() {
	m := outgoing.Message{Scheme: d.Scheme, Protocol: outgoing.HTTP2}
	m.Host, m.Port = d.hostPort()
	for _, l := range d.Head.Lines {
		if !l.Off && l.Raw() != "" {
			m.Fields = append(m.Fields, outgoing.Field{Name: l.Name, Value: l.Value})
		}
	}
	d.Head = ParseHead(m.AsHTTP1().Head, nil)
	d.Stream.Opening, d.Stream.Priority = "", ""
}

// FreshKey has the head have another Sec-WebSocket-Key, where it has the one that was made for the
// draft: RFC 6455 wants one for each connection. One that a person wrote, or that came with a
// row, stays. It reports whether the head changed.
func (d *Draft) FreshKey() bool {
	if d.Socket.Key == "" || d.Head.Value(fieldKey) != d.Socket.Key {
		return false
	}
	d.Socket.Key = websocket.NewKey()
	d.Head.set(fieldKey, d.Socket.Key)
	return true
}

// socketProblems are what is to be said of a handshake.
func (d *Draft) socketProblems() (all []Problem) {
	fields := websocket.Fields(d.Head.values)
	missing := websocket.Missing(fields)
	if d.Head.Method() != "GET" {
		missing = append([]string{d.Head.Method()}, missing...)
	}
	if len(missing) > 0 {
		all = append(all, Problem{Kind: HandshakeWrong, Says: strings.Join(missing, ", ")})
	}
	if names := websocket.Unspoken(fields(socketPrefix + "Extensions")); len(names) > 0 {
		all = append(all, Problem{Kind: ExtensionUnspoken, Says: strings.Join(names, ", ")})
	}
	if d.Proto == HTTP2 {
		all = append(all, Problem{Kind: SocketOverHTTP2})
	}
	return all
}

// SetMessage takes the message for a WebSocket as a person left it.
func (d *Draft) SetMessage(b []byte) error {
	if len(b) > MaxMessage {
		return ErrLong
	}
	d.Socket.Bytes = b
	return nil
}
