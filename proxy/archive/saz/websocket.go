package saz

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/archive/message"
	"posthouse/proxy/websocket"
)

// readMessages reads messages one behind the other: lines such as "Request-Length: 12",
// "ID: 1", "BitFlags: 0", "DoneRead: TIME", an empty one, and so many bytes, which are
// the frame as it passed. It ends at the first that is not so.
func readMessages(all *message.WebSocketMessages, text []byte) {
	for len(text) > 0 {
		text = bytes.TrimLeft(text, "\r\n")
		head, rest := message.Cut(text)
		if len(rest) == 0 && !bytes.HasSuffix(head, []byte("\n")) {
			return
		}
		length, fromClient, at := -1, false, time.Time{}
		for line := range strings.Lines(string(head[:min(len(head), 4096)])) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch name {
			case "Request-Length", "Response-Length":
				n, err := strconv.Atoi(value)
				if err != nil || n < 0 {
					return
				}
				length, fromClient = n, name == "Request-Length"
			case "DoneRead":
				at = messageTime(value)
			}
		}
		if length < 0 || length > len(rest) {
			return
		}
		opcode, payload := frame(rest[:length])
		all.Add(fromClient, at, opcode, payload)
		text = rest[length:]
	}
}

// messageTime knows the forms in which Fiddler writes the time of a message.
func messageTime(text string) time.Time {
	for _, form := range [...]string{"2006-01-02T15:04:05.9999999Z07:00", "2006-01-02T15:04:05.9999999", "15:04:05.999"} {
		if t, err := time.Parse(form, text); err == nil && t.Year() >= 1970 {
			return t
		}
	}
	return time.Time{}
}

// frame takes a frame apart. Bytes that are none are a binary message.
func frame(b []byte) (opcode int, payload []byte) {
	h, at, err := websocket.ParseHeader(b)
	if err != nil || int64(len(b)-at) != h.Length {
		return message.OpcodeBinary, b
	}
	payload = b[at:]
	if h.Masked {
		payload = bytes.Clone(payload)
		websocket.Mask(h.Key, 0, payload)
	}
	return int(h.Opcode), payload
}
