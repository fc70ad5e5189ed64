package http2

import (
	"encoding/binary"
	"strconv"
)

// maxOpening bounds an Opening's text, in bytes.
const maxOpening = 256

// Opening puts down what a client's connection begins with, up to its first request:
// settings|window|priorities|pseudo-header fields, as fingerprints of HTTP/2 do.
type Opening struct {
	settings, priorities []byte
	window               uint32
	done                 bool
}

// Frame takes a frame in that came before the first request.
func (o *Opening) Frame(h Header, payload []byte) {
	if o.done {
		return
	}
	switch {
	case h.Type == Settings && !h.Has(FlagAck) && o.settings == nil:
		o.settings = []byte{}
		for ; len(payload) >= 6 && len(o.settings) < maxOpening/2; payload = payload[6:] {
			o.settings = pair(o.settings, ';', uint64(binary.BigEndian.Uint16(payload)), uint64(binary.BigEndian.Uint32(payload[2:])))
		}
	case h.Type == WindowUpdate && h.Stream == 0 && o.window == 0:
		o.window = binary.BigEndian.Uint32(payload) & MaxWindow
	case h.Type == Priority && len(o.priorities) < maxOpening/2:
		if len(o.priorities) > 0 {
			o.priorities = append(o.priorities, ',')
		}
		o.priorities = append(strconv.AppendUint(o.priorities, uint64(h.Stream), 10), ':')
		o.priorities = append(o.priorities, PriorityText(payload)...)
	}
}

func pair(b []byte, between byte, name, value uint64) []byte {
	if len(b) > 0 {
		b = append(b, between)
	}
	return strconv.AppendUint(append(strconv.AppendUint(b, name, 10), ':'), value, 10)
}

// Text ends the opening with the first request.
func (o *Opening) Text(first *Section) string {
	o.done = true
	b := strconv.AppendUint(append(o.settings, '|'), uint64(o.window), 10)
	b = append(b, '|')
	if len(o.priorities) == 0 {
		b = append(b, '0')
	}
	b = append(append(b, o.priorities...), '|')
	begun := false
	for i := range first.Fields {
		f := &first.Fields[i]
		if !f.IsPseudo() || len(f.Name) < 2 {
			continue
		}
		if begun {
			b = append(b, ',')
		}
		b = append(b, f.Name[1])
		begun = true
	}
	*o = Opening{done: true}
	return string(b[:min(len(b), maxOpening)])
}

// PriorityText is a priority as exclusive:dependency:weight; b is as it stands in frames.
func PriorityText(b []byte) string {
	if len(b) < priorityLength {
		return ""
	}
	on := binary.BigEndian.Uint32(b)
	text := strconv.AppendUint(nil, uint64(on>>31), 10)
	text = pair(append(text, ':')[:len(text)], ':', uint64(on&MaxStream), uint64(b[4])+1)
	return string(text)
}
