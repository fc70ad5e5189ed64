// Package export writes what was captured in forms that other tools take.
package export

import (
	"strings"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// Curl is a command for a POSIX shell that sends the request again, header for
// header as it was sent. Its second value says what could not be put in: "" for
// nothing. Fields that curl makes itself for the same request are left to it.
func Curl(x *flow.Exchange) (command, note string) {
	start, fields := content.Fields(x.RequestHead)
	method, _, _ := strings.Cut(start, " ")
	var b strings.Builder
	b.WriteString("curl ")
	body := x.RequestBody.Bytes
	switch {
	case method == "HEAD":
		b.WriteString("--head ")
	case method == "GET" && x.RequestBody.Size == 0, method == "POST" && x.RequestBody.Size > 0:
	case method != "":
		b.WriteString("-X " + quote(method) + " ")
	}
	if x.Proto == "HTTP/1.0" {
		b.WriteString("--http1.0 ")
	}
	b.WriteString("--path-as-is --globoff " + quote(address(x)))
	has := map[string]bool{}
	for _, f := range fields {
		has[strings.ToLower(f.Name)] = true
		if left(f.Name, f.Value, x) {
			continue
		}
		header := f.Name + ": " + f.Value
		if f.Value == "" {
			header = f.Name + ";" // curl's way to send an empty field
		}
		b.WriteString(" \\\n  -H " + quote(header))
	}
	for _, own := range []string{"User-Agent", "Accept"} {
		if !has[strings.ToLower(own)] {
			b.WriteString(" \\\n  -H " + quote(own+":")) // curl would add it
		}
	}
	if x.RequestBody.Size > 0 {
		if !has["content-type"] {
			b.WriteString(" \\\n  -H 'Content-Type:'")
		}
		b.WriteString(" \\\n  --data-binary " + quote(string(body)))
		if x.RequestBody.State != flow.BodyWhole || strings.Contains(string(body), "\x00") {
			note = "the request body is not whole here"
		}
	}
	return b.String(), note
}

// address is what curl is told to fetch. It would make a handshake of its own for ws,
// with another key; the same request over http is the one that was sent.
func address(x *flow.Exchange) string {
	url := x.URL()
	if rest, ok := strings.CutPrefix(url, "ws://"); ok {
		return "http://" + rest
	}
	return url
}

// left reports whether curl sends the field by itself, or it was for the proxy alone.
func left(name, value string, x *flow.Exchange) bool {
	switch strings.ToLower(name) {
	case "host":
		return value == x.Host
	case ":method", ":scheme", ":authority", ":path", "content-length", "transfer-encoding", "proxy-connection", "proxy-authorization", "connection", "keep-alive":
		return true
	}
	return false
}

// quote makes one word of s for a POSIX shell.
func quote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/=@%+,") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
