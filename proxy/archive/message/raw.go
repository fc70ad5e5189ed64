package message

import (
	"bytes"
	"strconv"
	"strings"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// SetRequest takes the bytes of a request into an exchange: its head as it is, its body
// without framing, which lies in raw. Scheme is that of a target in origin form. It reports
// whether there is a request line.
func SetRequest(x *flow.Exchange, raw []byte, scheme string, limit int64) bool {
	raw = bytes.TrimLeft(raw, "\r\n")
	head, body := Cut(raw)
	_, fields := content.Fields(head)
	start, _, _ := bytes.Cut(head, []byte("\n"))
	words := strings.Fields(string(start))
	if len(words) < 2 || strings.Trim(words[0], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_!#$%&'*+.^`|~") != "" {
		return false
	}
	x.Method, x.Proto = words[0], Proto("")
	var target string
	if last := len(words) - 1; last >= 2 && strings.HasPrefix(words[last], "HTTP/") {
		x.Proto = Proto(words[last])
		target = strings.Join(words[1:last], " ")
	} else {
		target = strings.Join(words[1:], " ")
	}
	x.RequestHead = bytes.Clone(head)
	payload, trailer := Unframed(head, body)
	x.RequestBody, x.RequestTrailer = Kept(payload, limit), trailer
	host := strings.TrimSpace(content.Value(fields, "Host"))
	switch {
	case strings.EqualFold(x.Method, "CONNECT"):
		x.Kind, x.Host = flow.KindTunnel, target
	case SetURL(&x.Row, target):
	default:
		x.Scheme, x.Host, x.Path = scheme, WithoutPort(scheme, host), target
	}
	return true
}

// SetResponse takes the bytes of an answer into an exchange as SetRequest does, interim answers
// before it too. It reports whether there is a status line.
func SetResponse(x *flow.Exchange, raw []byte, limit int64) bool {
	for {
		raw = bytes.TrimLeft(raw, "\r\n")
		head, body := Cut(raw)
		start, _ := content.Fields(head)
		status := Status(start)
		if status == 0 {
			return false
		}
		if status < 200 && status != 101 && len(body) > 0 {
			x.Interim = append(x.Interim, head...)
			raw = body
			continue
		}
		x.Status, x.ResponseHead = status, bytes.Clone(head)
		payload, trailer := Unframed(head, body)
		x.ResponseBody, x.ResponseTrailer = Kept(payload, limit), trailer
		return true
	}
}

// Status is that of a status line, 0 where it is none.
func Status(line string) int {
	words := strings.Fields(line)
	if len(words) < 2 || !strings.HasPrefix(words[0], "HTTP/") {
		return 0
	}
	n, err := strconv.Atoi(words[1])
	if err != nil || n < 100 || n > 999 {
		return 0
	}
	return n
}
