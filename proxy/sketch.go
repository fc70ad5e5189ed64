package proxy

import (
	"bytes"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
)

// A head that was refused is in the list all the same, with what it seems to ask for.
// The functions here read it leniently, for display alone: nothing is done by it.

// Bounds of what is taken for a method and a scheme, in bytes.
const (
	maxSketchedMethod = 32
	maxSketchedScheme = 16
)

// sketch fills in what the first line of raw and its Host field seem to say; what
// cannot be made out stays empty.
func sketch(b *capture.Begin, raw []byte) {
	b.Scheme = ""
	line := raw
	if end := bytes.IndexByte(raw, '\n'); end >= 0 {
		line = raw[:end]
	}
	line = bytes.TrimRight(line, "\r \t")
	end := bytes.IndexAny(line, " \t")
	if end < 0 {
		end = len(line)
	}
	method, target := line[:end], bytes.TrimLeft(line[end:], " \t")
	if !methodLike(method) {
		return // another protocol, such as TLS
	}
	b.Method = span(raw, method)
	if i := bytes.LastIndexAny(target, " \t"); i >= 0 && http1.EqualFold(target[i+1:min(len(target), i+6)], "http/") {
		b.Proto = span(raw, target[i+1:])
		target = bytes.TrimRight(target[:i], " \t")
	}
	if len(target) == 0 {
		return
	}
	if string(method) == "CONNECT" {
		b.Kind, b.Host = flow.KindTunnel, span(raw, target)
		return
	}
	sketchTarget(b, raw, target, hostLike(raw))
}

// sketchTarget fills in scheme, host and path of a target, in absolute-form or with
// the value of a Host field; both are parts of raw.
func sketchTarget(b *capture.Begin, raw, target, host []byte) {
	b.Scheme, b.Path = "http", span(raw, target)
	if scheme, rest := cut(target, "://"); rest != nil && schemeLike(scheme) {
		end := bytes.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		b.Scheme, b.Path = string(bytes.ToLower(scheme)), span(raw, rest[end:])
		host = rest[bytes.LastIndexByte(rest[:end], '@')+1 : end]
	}
	b.Host = span(raw, host)
}

// methodLike takes more than a token (RFC 9110 section 5.6.2): what is wrong with a
// method is to be seen.
func methodLike(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(b) <= maxSketchedMethod
}

func schemeLike(b []byte) bool {
	if len(b) == 0 || len(b) > maxSketchedScheme {
		return false
	}
	for i, c := range b {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return true
}

// hostLike is the value of the first field of raw that is called Host.
func hostLike(raw []byte) []byte {
	for len(raw) > 0 {
		line, rest := cut(raw, "\n")
		if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			break // the head's end
		}
		if name, value := cut(line, ":"); value != nil && http1.EqualFold(bytes.TrimRight(name, " \t"), "host") {
			return bytes.Trim(value, " \t\r")
		}
		raw = rest
	}
	return nil
}

// cut is bytes.Cut with parts whose place in b span can find.
func cut(b []byte, sep string) (before, after []byte) {
	if i := bytes.Index(b, []byte(sep)); i >= 0 {
		return b[:i], b[i+len(sep):]
	}
	return b, nil
}

// sketchedHost is the host that a sketch of raw shows, without its port and brackets.
func sketchedHost(b *capture.Begin, raw []byte) []byte {
	host := raw[b.Host.Off:][:b.Host.Len]
	if i := bytes.LastIndexByte(host, ':'); i >= 0 && bytes.IndexByte(host[i:], ']') < 0 {
		host = host[:i]
	}
	return bytes.Trim(host, "[]")
}
