package outgoing

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// FromExchange makes the message that passed, to be sent as it was: the bytes of the head as
// the program sent them, through the engine and its rules. The error says what of it is
// missing; nothing else is sent in its place. Of one that became another protocol it is the
// request; a WebSocket over HTTP/2 is there with ErrConnect, see Message.AsHTTP1.
func FromExchange(e *flow.Exchange) (Message, error) {
	m := Message{From: e.ID, AsClient: true, Rules: true, JA4: e.TLS.ClientJA4, Scheme: "http"}
	if m.JA4 == (flow.JA4{}) {
		m.JA4 = e.Secure.Client.JA4
	}
	switch {
	case e.Kind == flow.KindTunnel:
		return Message{}, reason.New(reason.SendTunnel)
	case len(e.RequestHead) == 0:
		return Message{}, reason.New(reason.SendNoHead)
	}
	if e.Scheme == "https" || e.Scheme == "wss" {
		m.Scheme = "https"
	}
	if m.Host, m.Port = splitHost(e.Host); e.TLS.SNI != m.Host {
		m.ServerName = e.TLS.SNI
	}
	if e.Kind == flow.KindUpgraded { // what follows the body, and is counted with it, is no HTTP
		m.Body.Bytes = bytes.Clone(e.RequestBody.Bytes)
	} else if err := m.takeBody(&e.RequestBody); err != nil {
		return Message{}, err
	}
	m.Trailer = bytes.Clone(e.RequestTrailer)
	if e.Proto == "HTTP/2.0" {
		m.Protocol, m.Stream = HTTP2, e.HTTP2
		m.Fields = ParseFields(e.RequestHead, e.HTTP2.NeverIndexed)
	} else {
		m.Head = bytes.Clone(e.RequestHead)
	}
	return m, m.Check()
}

func (m *Message) takeBody(b *flow.Body) error {
	switch b.State {
	case flow.BodyArriving:
		return reason.New(reason.SendOpen)
	case flow.BodyCut:
		return reason.New(reason.SendCut, len(b.Bytes), b.Size)
	case flow.BodyEvicted:
		return reason.New(reason.SendEvicted)
	case flow.BodyNotRecorded:
		return reason.New(reason.SendNoBody)
	}
	if b.Size > int64(len(b.Bytes)) {
		return reason.New(reason.SendNoBody)
	}
	m.Body.Bytes = bytes.Clone(b.Bytes)
	return nil
}

// splitHost takes Row.Host apart; the port is 0 where it is the scheme's own.
func splitHost(host string) (name string, port uint16) {
	name = host
	i := strings.LastIndexByte(host, ':')
	if i > strings.LastIndexByte(host, ']') && (host[0] == '[' || strings.IndexByte(host, ':') == i) {
		if n, err := strconv.ParseUint(host[i+1:], 10, 16); err == nil {
			name, port = host[:i], uint16(n)
		}
	}
	return strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"), port
}

// Authority is host and port as fields name them, without the port that is the scheme's own.
func (m *Message) Authority() string {
	host := m.Host
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		host = "[" + host + "]"
	}
	port := m.EffectivePort()
	if m.Scheme == "https" && port == 443 || m.Scheme == "http" && port == 80 {
		return host
	}
	return host + ":" + strconv.Itoa(int(port))
}

// ParseFields reads the text of a field section, as rows show it: "name: value" lines. Of
// those that never lists, by bit, it is said that they are never to be indexed.
func ParseFields(text []byte, never uint64) (fields []Field) {
	for line := range bytes.SplitSeq(text, []byte("\r\n")) {
		if len(line) == 0 {
			continue
		}
		i := bytes.Index(line[1:], []byte(": "))
		if i < 0 {
			continue
		}
		at := len(fields)
		fields = append(fields, Field{Name: string(line[:i+1]), Value: string(line[i+3:]), NeverIndexed: at < 64 && never>>at&1 != 0})
	}
	return fields
}

// FieldsText is how a field section is shown, with the empty line at its end.
func FieldsText(fields []Field) (text []byte) {
	for _, f := range fields {
		text = append(append(append(append(text, f.Name...), ": "...), f.Value...), "\r\n"...)
	}
	return append(text, "\r\n"...)
}

// NeverIndexed are the bits that ParseFields is given for fields.
func NeverIndexed(fields []Field) (never uint64) {
	for i, f := range fields {
		if f.NeverIndexed && i < 64 {
			never |= 1 << i
		}
	}
	return never
}
