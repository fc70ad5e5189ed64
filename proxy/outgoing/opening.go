package outgoing

import (
	"encoding/binary"
	"strconv"
	"strings"

	"posthouse/proxy/http2"
)

// ownOpening is what Posthouse's own connections begin with, in the form of flow.HTTP2.Opening.
const ownOpening = "2:0;4:4194304|15663105|0|"

// opening is what a connection of HTTP/2 begins with, read from flow.HTTP2.Opening.
type opening struct {
	settings   []http2.Setting
	window     uint32 // what is granted beyond the first window, in bytes
	priorities []streamPriority
}

type streamPriority struct {
	stream uint32
	bytes  []byte // as they stand in frames
}

// parseOpening reads an opening; ok is false for one of another form. Of one that was cut
// it takes what is whole.
func parseOpening(text string) (o opening, ok bool) {
	parts := strings.Split(text, "|")
	if len(parts) < 3 {
		return o, false
	}
	for pair := range strings.SplitSeq(parts[0], ";") {
		id, value, _ := strings.Cut(pair, ":")
		n, err := strconv.ParseUint(id, 10, 16)
		v, err2 := strconv.ParseUint(value, 10, 32)
		if pair == "" {
			continue
		}
		if err != nil || err2 != nil {
			return o, false
		}
		o.settings = append(o.settings, http2.Setting{ID: http2.SettingID(n), Value: uint32(v)})
	}
	window, err := strconv.ParseUint(parts[1], 10, 31)
	if err != nil {
		return o, false
	}
	o.window = uint32(window)
	for one := range strings.SplitSeq(parts[2], ",") {
		number, priority, _ := strings.Cut(one, ":")
		stream, err := strconv.ParseUint(number, 10, 31)
		b := priorityBytes(priority)
		if err == nil && stream > 0 && b != nil {
			o.priorities = append(o.priorities, streamPriority{uint32(stream), b})
		}
	}
	return o, true
}

// priorityBytes undoes http2.PriorityText; nil for what is none.
func priorityBytes(text string) []byte {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return nil
	}
	exclusive, err := strconv.ParseUint(parts[0], 10, 1)
	on, err2 := strconv.ParseUint(parts[1], 10, 31)
	weight, err3 := strconv.ParseUint(parts[2], 10, 16)
	if err != nil || err2 != nil || err3 != nil || weight < 1 || weight > 256 {
		return nil
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(exclusive)<<31|uint32(on))
	return append(b, byte(weight-1))
}

// StreamNumber is the stream that a message goes in: the first that its opening leaves free.
func (m *Message) StreamNumber() uint32 {
	number := uint32(1)
	o, _ := parseOpening(m.Stream.Opening)
	for _, p := range o.priorities {
		if p.stream >= number && p.stream < 1<<16 {
			number = (p.stream+1)/2*2 + 1
		}
	}
	return number
}

// AppendOpening writes what a connection of HTTP/2 begins with, from flow.HTTP2.Opening: that of
// Posthouse's own where it has another form.
func AppendOpening(b []byte, text string) []byte {
	o, ok := parseOpening(text)
	if !ok {
		o, _ = parseOpening(ownOpening)
	}
	return o.append(b)
}

// append writes the preface and the frames of the opening.
func (o *opening) append(b []byte) []byte {
	b = append(b, http2.Preface...)
	b = http2.Header{Length: uint32(6 * len(o.settings)), Type: http2.Settings}.Append(b)
	for _, s := range o.settings {
		b = binary.BigEndian.AppendUint16(b, uint16(s.ID))
		b = binary.BigEndian.AppendUint32(b, s.Value)
	}
	if o.window > 0 {
		b = http2.AppendWindowUpdate(b, 0, o.window)
	}
	for _, p := range o.priorities {
		b = http2.Header{Length: uint32(len(p.bytes)), Type: http2.Priority, Stream: p.stream}.Append(b)
		b = append(b, p.bytes...)
	}
	return b
}
