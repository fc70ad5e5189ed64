package message

import (
	"encoding/base64"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// WebSocket messages and what else a file tells lie in Exchange.Foreign as package har has
// it: members of an entry, the messages under Chrome's name, so that they go out in a HAR.

// Opcodes of messages (RFC 6455 section 5.2).
const (
	OpcodeText   = 1
	OpcodeBinary = 2
)

// WebSocketMessage is a message as Chrome writes it into a HAR file.
type WebSocketMessage struct {
	Type   string  `json:"type"` // "send" or "receive"
	Time   float64 `json:"time"` // seconds since 1970
	Opcode int     `json:"opcode"`
	Data   string  `json:"data"` // base64 unless it is text
}

// WebSocketMessages collects messages up to a number of bytes.
type WebSocketMessages struct {
	List   []WebSocketMessage
	Left   int64 // bytes that may still come
	Missed int   // messages that there was no room for
}

// messageCost is what a message takes beside its data, in bytes.
const messageCost = 64

// Add adds a message.
func (m *WebSocketMessages) Add(fromClient bool, at time.Time, opcode int, data []byte) {
	if m.Missed > 0 || m.Left < int64(len(data))+messageCost {
		m.Missed++
		return
	}
	m.Left -= int64(len(data)) + messageCost
	one := WebSocketMessage{Type: "receive", Opcode: opcode, Time: seconds(at)}
	if fromClient {
		one.Type = "send"
	}
	if opcode == OpcodeText && utf8.Valid(data) {
		one.Data = string(data)
	} else {
		if opcode == OpcodeText {
			one.Opcode = OpcodeBinary
		}
		one.Data = base64.StdEncoding.EncodeToString(data)
	}
	m.List = append(m.List, one)
}

func seconds(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.UnixMicro()) / 1e6
}

// Foreign makes the object: messages under Chrome's name, the rest under the name of the
// program. It is nil where there is nothing.
func Foreign(program string, rest map[string]any, m *WebSocketMessages) []byte {
	all := map[string]any{}
	if m != nil && len(m.List) > 0 {
		all["_webSocketMessages"] = m.List
	}
	if m != nil && m.Missed > 0 {
		if rest == nil {
			rest = map[string]any{}
		}
		rest["webSocketMessagesLeftOut"] = m.Missed
	}
	if len(rest) > 0 {
		all["_"+program] = rest
	}
	if len(all) == 0 {
		return nil
	}
	text, err := json.Marshal(map[string]any{"har": map[string]any{"entry": all}})
	if err != nil {
		return nil // a number that JSON has none for; there is no such value below
	}
	return text
}
