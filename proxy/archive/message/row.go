package message

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// SetURL takes an absolute URL apart into a row, without a fragment. It reports whether it was one.
func SetURL(r *flow.Row, url string) bool {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || scheme == "" || strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz0123456789+-.") != "" {
		return false
	}
	url, _, _ = strings.Cut(rest, "#")
	end := strings.IndexAny(url, "/?\\")
	if end < 0 {
		end = len(url)
	}
	authority, path := url[:end], url[end:]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		authority = authority[at+1:]
	}
	if path == "" || path[0] != '/' {
		path = "/" + path
	}
	if authority == "" {
		return false
	}
	r.Scheme = strings.ToLower(scheme)
	if r.Scheme == "wss" {
		r.Scheme = "https" // as an opened tunnel has it
	}
	r.Host, r.Path = WithoutPort(r.Scheme, authority), path
	return true
}

// WithoutPort is an authority without the port that its scheme has anyway.
func WithoutPort(scheme, authority string) string {
	port := map[string]string{"http": ":80", "ws": ":80", "https": ":443"}[scheme]
	if port == "" {
		return authority
	}
	return strings.TrimSuffix(authority, port)
}

// Authority joins a host, which may be an IPv6 address, and a port.
func Authority(scheme, host string, port int) string {
	host = strings.Trim(host, "[]")
	if port <= 0 || port > 65535 {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return WithoutPort(scheme, net.JoinHostPort(host, strconv.Itoa(port)))
}

// Addr is an address and a port, zero where they are none.
func Addr(host string, port int) netip.AddrPort {
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil || port < 0 || port > 65535 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port))
}

// Note is text as an annotation has it: valid UTF-8 of bounded length.
func Note(text string) string {
	text = strings.ToValidUTF8(strings.TrimSpace(text), "\ufffd")
	if len(text) > flow.MaxNote {
		text = text[:flow.MaxNote]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
	}
	return text
}

// Colour is the mark whose name is in a text such as ":red_circle:".
func Colour(text string) flow.Mark {
	text = strings.ToLower(text)
	for _, m := range flow.Marks {
		if strings.Contains(text, m.String()) {
			return m
		}
	}
	for name, m := range map[string]flow.Mark{"gold": flow.MarkYellow, "violet": flow.MarkPurple, "magenta": flow.MarkPurple,
		"cyan": flow.MarkBlue, "lime": flow.MarkGreen, "crimson": flow.MarkRed, "pink": flow.MarkRed} {
		if strings.Contains(text, name) {
			return m
		}
	}
	return flow.MarkNone
}

// maxType bounds Row.ContentType, as the store does.
const maxType = 128

// Finish fills in what follows from the heads and bodies: how it ended, its kind, type,
// sizes and duration. An exchange without an answer has failed, unless it was never sent.
func Finish(x *flow.Exchange, sent bool) {
	if x.Kind == 0 {
		x.Kind = flow.KindHTTP
	}
	if x.Status == 101 {
		x.Kind = flow.KindUpgraded
	}
	switch {
	case x.Phase.Final():
	case x.Status == 0 && sent:
		x.Phase = flow.PhaseFailed
	default:
		x.Phase = flow.PhaseDone
	}
	_, fields := content.Fields(x.ResponseHead)
	x.ContentType = content.Value(fields, "Content-Type")
	if len(x.ContentType) > maxType {
		x.ContentType = strings.ToValidUTF8(x.ContentType[:maxType], "")
	}
	if x.Kind != flow.KindTunnel && x.Kind != flow.KindUpgraded {
		x.RequestSize, x.ResponseSize = x.RequestBody.Size, x.ResponseBody.Size
	}
	x.Duration = x.Timing.End
}

// Since is the offset of a moment from the start of an exchange: zero of what is not
// known, and at least a nanosecond, because zero says that it did not happen.
func Since(start, at time.Time) time.Duration {
	if at.IsZero() || start.IsZero() {
		return 0
	}
	return max(at.Sub(start), 1)
}
