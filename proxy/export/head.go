package export

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/flow"
)

// head is a request head taken apart without changing a byte.
type head struct {
	method struct {
		text  string
		valid bool // a token
	}
	fields    []field
	malformed []string // what stands for names in lines that are no field lines
	http2     bool
	cut       bool // its end is not kept
}

type field struct {
	name, value string // value without the space around it
	line        string // all of it, without its line end
}

// parseHead takes what was captured apart. Heads that the proxy refused are among
// that, so a line may be anything.
func parseHead(x *flow.Exchange) head {
	var h head
	text, _, whole := bytes.Cut(x.RequestHead, []byte("\r\n\r\n")) // a refused one has all that came with it
	lines := bytes.Split(text, []byte("\r\n"))
	if h.cut = !whole; h.cut {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		return h // not even the start-line is whole
	}
	h.http2 = bytes.HasPrefix(x.RequestHead, []byte(":"))
	if !h.http2 {
		method, _, _ := bytes.Cut(lines[0], []byte(" "))
		h.setMethod(string(method))
		lines = lines[1:]
	}
	for _, line := range lines {
		switch {
		case len(line) == 0:
		case h.http2 && line[0] == ':':
			name, value, _ := strings.Cut(string(line[1:]), ": ")
			if name == "method" {
				h.setMethod(value)
			}
			if name == "authority" && value != x.Host {
				h.fields = append(h.fields, field{"Host", value, "Host: " + value})
			}
		default:
			h.add(string(line))
		}
	}
	return h
}

func (h *head) setMethod(text string) { h.method.text, h.method.valid = text, token(text) }

func (h *head) add(line string) {
	name, value, ok := strings.Cut(line, ":")
	if !ok || !token(name) || strings.ContainsAny(value, "\x00\r\n") {
		if !utf8.ValidString(name) {
			name = strings.ToValidUTF8(name, "\ufffd")
		}
		h.malformed = append(h.malformed, name)
		return
	}
	h.fields = append(h.fields, field{name, strings.Trim(value, " \t"), line})
}

func (h *head) has(name string) bool {
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// value is that of the first field of a name.
func (h *head) value(name string) string {
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// ofCurl reports whether curl sends this very Host field for the URL by itself,
// but for the case of its name, which is curl's in any case.
func (f field) ofCurl(x *flow.Exchange) bool {
	return f.value == x.Host && f.line[len(f.name):] == ": "+x.Host && plainAuthority(x)
}

// plainAuthority reports whether every program makes the Host field of a URL's
// authority as it stands in it: in lower case, without the scheme's own port.
func plainAuthority(x *flow.Exchange) bool {
	name, port, _ := strings.Cut(x.Host, ":")
	standard := map[string]string{"http": "80", "https": "443"}[webScheme(x)]
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" && strings.Trim(port, "0123456789") == "" &&
		port != standard && !strings.HasPrefix(port, "0") && !strings.HasSuffix(x.Host, ":")
}

// token is RFC 9110 section 5.6.2.
func token(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return text != ""
}
