package compose

import (
	"errors"
	"net"
	"strings"

	"golang.org/x/net/idna"

	"posthouse/proxy/http1"
)

// ErrURL says that a text is no URL of HTTP.
var ErrURL = errors.New("no URL")

// startWords are the parts of a request line: method, target, and the rest with the spaces.
func (h *Head) startWords() (method, target, rest string) {
	line, end := cutEnd(h.Start)
	method, line, _ = strings.Cut(line, " ")
	at := strings.LastIndexByte(line, ' ')
	if at < 0 || !strings.HasPrefix(line[at+1:], "HTTP/") {
		return method, line, end
	}
	return method, line[:at], line[at:] + end
}

func (h *Head) setStart(method, target, rest string) {
	if !strings.Contains(rest, "HTTP/") {
		rest = " HTTP/1.1" + crlf
	}
	h.Start = method + " " + target + rest
}

// Method is that of the head, as it is sent.
func (h *Head) Method() string {
	if h.Multiplexed() {
		return h.Value(":method")
	}
	method, _, _ := h.startWords()
	return method
}

// Target is that of the head, as it is sent.
func (h *Head) Target() string {
	if h.Multiplexed() {
		return h.Value(":path")
	}
	_, target, _ := h.startWords()
	return target
}

// SetMethod changes the method, which is one word.
func (h *Head) SetMethod(method string) error {
	if strings.ContainsAny(method, " \t\r\n\x00") {
		return ErrLineEnd
	}
	if h.Multiplexed() {
		h.set(":method", method)
		return nil
	}
	_, target, rest := h.startWords()
	h.setStart(method, target, rest)
	return nil
}

func (h *Head) setTarget(target string) {
	if h.Multiplexed() {
		h.set(":path", target)
		return
	}
	method, _, rest := h.startWords()
	h.setStart(method, target, rest)
}

// authorityName is where the head says the host.
func (h *Head) authorityName() string {
	if h.Multiplexed() && len(h.values(":authority")) > 0 {
		return ":authority"
	}
	return "Host"
}

// URL is where the draft goes, with the path of its head.
func (d *Draft) URL() string {
	target := d.Head.Target()
	if _, _, rest, err := cutURL(target); err == nil { // absolute form
		target = rest
	}
	if d.Host == "" {
		return target
	}
	scheme := d.Scheme
	if d.WebSocket() {
		scheme = strings.Replace(scheme, "http", "ws", 1)
	}
	return scheme + "://" + d.Host + target
}

// SetURL changes where the draft goes, its target and, where that said the same host as before,
// its Host. What cannot stand in a target is percent-encoded (RFC 3986 section 2.1). With ws or
// wss the draft asks for a WebSocket, with http or https it does not any more.
func (d *Draft) SetURL(text string) error {
	scheme, host, target, err := d.splitURL(text)
	if err != nil {
		return err
	}
	scheme = d.ofSocket(scheme, strings.Contains(text, "://"))
	head, name := &d.Head, d.Head.authorityName()
	switch said := head.find(name); {
	case host == d.Host:
	case said == nil && d.Host == "":
		head.setFirst(name, host)
	case said != nil && (said.Value == "" || d.sameHost(said.Value)):
		said.Value = host
	}
	if head.Multiplexed() {
		head.set(":scheme", scheme)
	}
	if _, _, _, err := cutURL(head.Target()); err == nil {
		target = scheme + "://" + host + target
	}
	if target != head.Target() {
		head.setTarget(target)
	}
	if host != d.Host {
		d.Server = ""
	}
	d.Scheme, d.Host = scheme, host
	return nil
}

// ofSocket has the draft ask for a WebSocket or not, as a scheme says that was written, and is
// the scheme on the wire.
func (d *Draft) ofSocket(scheme string, written bool) string {
	wire, is := wireScheme(scheme)
	if written {
		d.AskSocket(is)
	}
	return wire
}

// wireScheme is the scheme of what is sent; socket reports whether it is one of a WebSocket
// (RFC 6455 section 3).
func wireScheme(scheme string) (wire string, socket bool) {
	if rest, is := strings.CutPrefix(scheme, "ws"); is {
		return "http" + rest, true
	}
	return scheme, false
}

// setFirst changes a field, or puts it before the others.
func (h *Head) setFirst(name, value string) {
	if h.find(name) == nil {
		h.Lines = append([]Line{{Name: name}}, h.Lines...)
	}
	h.set(name, value)
}

// splitURL is a URL that a person wrote, who may leave the scheme out.
func (d *Draft) splitURL(text string) (scheme, host, target string, err error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		text = d.likelyScheme(text) + "://" + text
	}
	scheme, host, target, err = cutURL(text)
	if err != nil {
		return "", "", "", err
	}
	if host, err = asciiHost(host); err != nil {
		return "", "", "", err
	}
	target, _, _ = strings.Cut(target, "#")
	switch {
	case target == "":
		target = "/"
	case target[0] != '/':
		target = "/" + target
	}
	return scheme, host, escapedTarget(target, ascii(d.Head.Target())), nil
}

// likelyScheme is that of a URL without one.
func (d *Draft) likelyScheme(text string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(text, "//"), "/")
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	addr, is := http1.HostAddr(strings.Trim(name, "[]"))
	switch {
	case port == "443":
		return "https"
	case port == "80", strings.EqualFold(name, "localhost"), is && addr.IsLoopback():
		return "http"
	case d.Scheme != "":
		return d.Scheme
	case port != "":
		return "http"
	}
	return "https"
}

// cutURL takes an absolute URL apart; target begins with / or ? or is "".
func cutURL(text string) (scheme, host, target string, err error) {
	scheme, rest, ok := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	if wire, _ := wireScheme(scheme); !ok || wire != "http" && wire != "https" {
		return "", "", "", ErrURL
	}
	host = rest
	if at := strings.IndexAny(rest, "/?#"); at >= 0 {
		host, target = rest[:at], rest[at:]
	}
	if host == "" || strings.ContainsAny(host, "@\\\x00\r\n\t ") {
		return "", "", "", ErrURL
	}
	return scheme, host, target, nil
}

// asciiHost is a host as it is asked for: names in other scripts as IDNA has them (RFC 5891).
func asciiHost(host string) (string, error) {
	if ascii(host) {
		return host, nil
	}
	name, port := host, ""
	if at := strings.LastIndexByte(host, ':'); at >= 0 {
		name, port = host[:at], host[at:]
	}
	name, err := idna.Lookup.ToASCII(name)
	if err != nil {
		return "", ErrURL
	}
	return name + port, nil
}

// escapedTarget has no white space and no controls, and nothing beyond ASCII where the target
// had nothing such before.
func escapedTarget(target string, all bool) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(target) {
		if c := target[i]; c > ' ' && c < 0x7f || c >= 0x80 && !all {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// sameHost reports whether a Host says where the draft goes.
func (d *Draft) sameHost(said string) bool {
	return strings.EqualFold(withoutPort(d.Scheme, said), withoutPort(d.Scheme, d.Host))
}

// withoutPort leaves out the port that a scheme has anyway.
func withoutPort(scheme, host string) string {
	switch scheme {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}
