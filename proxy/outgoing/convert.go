package outgoing

import (
	"bytes"
	"strings"

	"posthouse/proxy/websocket"
)

// ExtendedWebSocket reports whether the message asks for a WebSocket as HTTP/2 does (RFC 8441).
func (m *Message) ExtendedWebSocket() bool {
	return m.Protocol == HTTP2 && m.Method() == "CONNECT" && m.pseudo(":protocol") == "websocket"
}

// AsHTTP1 is the message in HTTP/1.1: the fields in their order, Host first, the crumbs of
// Cookie joined (RFC 9113 section 8.2.3). One for a WebSocket asks for it as HTTP/1.1 does.
func (m Message) AsHTTP1() Message {
	if m.Protocol == HTTP1 {
		return m
	}
	path := m.pseudo(":path")
	if path == "" {
		path = "/"
	}
	host := m.pseudo(":authority")
	if host == "" {
		host = m.Authority()
	}
	method, upgrade := m.pseudo(":method"), ""
	if m.ExtendedWebSocket() {
		method, upgrade = "GET", "Connection: Upgrade\r\nUpgrade: websocket\r\n"
		if !hasField(m.Fields, "sec-websocket-key") {
			upgrade += "Sec-WebSocket-Key: " + websocket.NewKey() + "\r\n"
		}
	}
	head := append([]byte(method), ' ')
	head = append(append(head, path...), " HTTP/1.1\r\n"...)
	if !hasField(m.Fields, "host") {
		head = append(append(append(head, "Host: "...), host...), "\r\n"...)
	}
	head = append(head, upgrade...)
	var cookies []string
	for _, f := range m.Fields {
		if f.Name == "cookie" {
			cookies = append(cookies, f.Value)
		}
	}
	for _, f := range m.Fields {
		value := f.Value
		switch {
		case strings.HasPrefix(f.Name, ":"):
			continue
		case f.Name == "cookie" && cookies == nil:
			continue
		case f.Name == "cookie":
			value, cookies = strings.Join(cookies, "; "), nil
		}
		head = append(append(append(append(head, f.Name...), ": "...), value...), "\r\n"...)
	}
	m.Head = append(head, "\r\n"...)
	m.Fields, m.Protocol, m.AsClient = nil, HTTP1, false
	return m
}

func hasField(fields []Field, name string) bool {
	for _, f := range fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

// ofConnection are the fields that HTTP/2 has no use for (RFC 9113 section 8.2.2), and Host,
// which becomes :authority.
const ofConnection = " connection proxy-connection keep-alive transfer-encoding upgrade http2-settings host "

// OfConnection reports whether a field, by its name in lower case, is one that HTTP/2 has no use for.
func OfConnection(name string) bool { return strings.Contains(ofConnection, " "+name+" ") }

// AsHTTP2 is the message in HTTP/2: names in lower case, without what is of a connection
// of HTTP/1 alone (RFC 9113 section 8.2.2), the pseudo-header fields in the order of browsers.
func (m Message) AsHTTP2() Message {
	if m.Protocol == HTTP2 {
		return m
	}
	method, rest, _ := bytes.Cut(firstLine(m.Head), []byte(" "))
	path, _, _ := bytes.Cut(rest, []byte(" "))
	authority := m.Authority()
	named := map[string]bool{}
	lines := fieldLines(m.Head)
	for _, l := range lines {
		if l.is("host") {
			authority = string(l.value)
		}
		if l.is("connection") {
			for name := range strings.SplitSeq(string(l.value), ",") {
				named[strings.ToLower(strings.TrimSpace(name))] = true
			}
		}
	}
	fields := []Field{{Name: ":method", Value: string(method)}, {Name: ":authority", Value: authority},
		{Name: ":scheme", Value: m.Scheme}, {Name: ":path", Value: string(originForm(path))}}
	for _, l := range lines {
		name := strings.ToLower(string(bytes.TrimSpace(l.name)))
		if name == "" || OfConnection(name) || name == "te" && !strings.EqualFold(string(l.value), "trailers") ||
			named[name] && name != "te" {
			continue
		}
		fields = append(fields, Field{Name: name, Value: string(l.value)})
	}
	m.Fields, m.Head, m.Protocol, m.AsClient, m.RawBody = fields, nil, HTTP2, false, false
	return m
}

// originForm is a target without scheme and authority.
func originForm(target []byte) []byte {
	i := bytes.Index(target, []byte("://"))
	if i < 0 || target[0] == '/' {
		return target
	}
	rest := target[i+3:]
	at := bytes.IndexAny(rest, "/?#")
	if at < 0 {
		return []byte("/")
	}
	rest, _, _ = bytes.Cut(rest[at:], []byte("#"))
	if len(rest) == 0 || rest[0] != '/' {
		rest = append([]byte("/"), rest...)
	}
	return rest
}
