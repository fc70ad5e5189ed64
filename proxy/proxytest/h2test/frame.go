package h2test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Flags that tests name; the value of EndStream is ACK's too.
const (
	EndStream  = http2.FlagDataEndStream
	EndHeaders = http2.FlagHeadersEndHeaders
	Padded     = http2.FlagDataPadded
	Prioritize = http2.FlagHeadersPriority
	Ack        = http2.FlagSettingsAck
)

// Frame is one frame as it is on the wire, or a whole header block that was read.
type Frame struct {
	Type    http2.FrameType
	Flags   http2.Flags
	Stream  uint32 // 31 bits and, for tests, the reserved one
	Payload []byte // padding and priority included; of a header block the first frame's

	Fields []hpack.HeaderField // of a header block that was read
	Sizes  []int               // of the frames that carried it: HEADERS, then CONTINUATIONs
}

// Settings keeps the order and duplicates.
func Settings(settings ...http2.Setting) Frame {
	f := Frame{Type: http2.FrameSettings}
	for _, s := range settings {
		f.Payload = binary.BigEndian.AppendUint16(f.Payload, uint16(s.ID))
		f.Payload = binary.BigEndian.AppendUint32(f.Payload, s.Val)
	}
	return f
}

// Data has no padding; see Pad.
func Data(stream uint32, content string) Frame {
	return Frame{Type: http2.FrameData, Stream: stream, Payload: []byte(content)}
}

// Headers has a block that was encoded already, and END_HEADERS.
func Headers(stream uint32, block []byte) Frame {
	return Frame{Type: http2.FrameHeaders, Flags: EndHeaders, Stream: stream, Payload: block}
}

// Continuation does not end the block; see With.
func Continuation(stream uint32, fragment []byte) Frame {
	return Frame{Type: http2.FrameContinuation, Stream: stream, Payload: fragment}
}

// WindowUpdate grants n bytes.
func WindowUpdate(stream, n uint32) Frame {
	return Frame{Type: http2.FrameWindowUpdate, Stream: stream, Payload: binary.BigEndian.AppendUint32(nil, n)}
}

// Reset is RST_STREAM.
func Reset(stream uint32, code http2.ErrCode) Frame {
	return Frame{Type: http2.FrameRSTStream, Stream: stream, Payload: binary.BigEndian.AppendUint32(nil, uint32(code))}
}

// GoAway names the last stream that was or may have been worked on.
func GoAway(last uint32, code http2.ErrCode, debug string) Frame {
	b := binary.BigEndian.AppendUint32(nil, last)
	b = binary.BigEndian.AppendUint32(b, uint32(code))
	return Frame{Type: http2.FrameGoAway, Payload: append(b, debug...)}
}

// Ping takes eight bytes.
func Ping(data string) Frame { return Frame{Type: http2.FramePing, Payload: []byte(data)} }

// Priority is the frame; see Prioritized for the fields in HEADERS.
func Priority(stream uint32, p http2.PriorityParam) Frame {
	return Frame{Type: http2.FramePriority, Stream: stream, Payload: appendPriority(nil, p)}
}

func appendPriority(b []byte, p http2.PriorityParam) []byte {
	on := p.StreamDep
	if p.Exclusive {
		on |= 1 << 31
	}
	return append(binary.BigEndian.AppendUint32(b, on), p.Weight)
}

// PriorityUpdate is RFC 9218's, on stream 0.
func PriorityUpdate(stream uint32, value string) Frame {
	return Frame{Type: http2.FramePriorityUpdate, Payload: append(binary.BigEndian.AppendUint32(nil, stream), value...)}
}

// End sets END_STREAM.
func (f Frame) End() Frame { return f.With(EndStream) }

// With sets flags beside those that are set.
func (f Frame) With(flags http2.Flags) Frame {
	f.Flags |= flags
	return f
}

// Without clears flags.
func (f Frame) Without(flags http2.Flags) Frame {
	f.Flags &^= flags
	return f
}

// Pad adds padding of n zero bytes to DATA or HEADERS. In HEADERS it comes after Prioritized.
func (f Frame) Pad(n uint8) Frame {
	b := append([]byte{n}, f.Payload...)
	f.Payload = append(b, make([]byte, n)...)
	return f.With(Padded)
}

// Prioritized puts priority fields into HEADERS.
func (f Frame) Prioritized(p http2.PriorityParam) Frame {
	f.Payload = append(appendPriority(nil, p), f.Payload...)
	return f.With(Prioritize)
}

// Split cuts the block of HEADERS after so many bytes each and sends the rest in one
// CONTINUATION more. Priority and padding stay in the first frame.
func (f Frame) Split(after ...int) []Frame {
	rest := f.Content()
	lead := len(f.Payload) - len(rest)
	if f.Flags&Padded != 0 {
		lead -= int(f.Payload[0])
	}
	padding := f.Payload[lead+len(rest):]
	frames := []Frame{f.Without(EndHeaders)}
	for i, n := range after {
		n = min(n, len(rest))
		if i == 0 {
			frames[0].Payload = slices.Concat(f.Payload[:lead], rest[:n], padding)
		} else {
			frames = append(frames, Continuation(f.Stream, rest[:n]))
		}
		rest = rest[n:]
	}
	return append(frames, Continuation(f.Stream, rest).With(EndHeaders))
}

// Append writes the frame after b.
func (f Frame) Append(b []byte) []byte {
	n := len(f.Payload)
	b = append(b, byte(n>>16), byte(n>>8), byte(n), byte(f.Type), byte(f.Flags))
	return append(binary.BigEndian.AppendUint32(b, f.Stream), f.Payload...)
}

// Settings of a SETTINGS frame, in order.
func (f Frame) Settings() (all []http2.Setting) {
	for b := f.Payload; len(b) >= 6; b = b[6:] {
		all = append(all, http2.Setting{ID: http2.SettingID(binary.BigEndian.Uint16(b)), Val: binary.BigEndian.Uint32(b[2:])})
	}
	return all
}

// Content is the payload without padding and priority.
func (f Frame) Content() []byte {
	b, pad := f.Payload, 0
	carries := f.Type == http2.FrameHeaders || f.Type == http2.FrameData || f.Type == http2.FramePushPromise
	if carries && f.Flags&Padded != 0 && len(b) > 0 {
		pad, b = int(b[0]), b[1:]
	}
	switch {
	case f.Type == http2.FrameHeaders && f.Flags&Prioritize != 0 && len(b) >= 5:
		b = b[5:]
	case f.Type == http2.FramePushPromise && len(b) >= 4:
		b = b[4:]
	}
	return b[:max(0, len(b)-pad)]
}

// Priority are the priority fields of HEADERS or PRIORITY, if it has any.
func (f Frame) Priority() (p http2.PriorityParam, has bool) {
	b := f.Payload
	if f.Type == http2.FrameHeaders {
		if f.Flags&Prioritize == 0 {
			return p, false
		}
		if f.Flags&Padded != 0 && len(b) > 0 {
			b = b[1:]
		}
	}
	if len(b) < 5 {
		return p, false
	}
	on := binary.BigEndian.Uint32(b)
	return http2.PriorityParam{StreamDep: on &^ (1 << 31), Exclusive: on>>31 == 1, Weight: b[4]}, true
}

// number is the big-endian value at an offset, 0 where the payload is shorter.
func (f Frame) number(at int) uint32 {
	if len(f.Payload) < at+4 {
		return 0
	}
	return binary.BigEndian.Uint32(f.Payload[at:])
}

// Code is that of RST_STREAM or GOAWAY.
func (f Frame) Code() http2.ErrCode {
	if f.Type == http2.FrameGoAway {
		return http2.ErrCode(f.number(4))
	}
	return http2.ErrCode(f.number(0))
}

// LastStream is that of GOAWAY.
func (f Frame) LastStream() uint32 { return f.number(0) &^ (1 << 31) }

// Increment is that of WINDOW_UPDATE.
func (f Frame) Increment() uint32 { return f.number(0) &^ (1 << 31) }

// String is how Expect wants a frame, such as "HEADERS 1 END_STREAM :status: 200 | a: b",
// "SETTINGS 0 3:100 4:65535", "RST_STREAM 1 CANCEL" or `DATA 1 "hi"`.
func (f Frame) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %d", f.Type, f.Stream)
	f.writeFlags(&b)
	switch f.Type {
	case http2.FrameHeaders, http2.FramePushPromise:
		b.WriteString(" " + strings.Join(Lines(f.Fields), " | "))
	case http2.FrameSettings:
		for _, s := range f.Settings() {
			fmt.Fprintf(&b, " %d:%d", uint16(s.ID), s.Val)
		}
	case http2.FrameRSTStream:
		fmt.Fprintf(&b, " %v", f.Code())
	case http2.FrameGoAway:
		fmt.Fprintf(&b, " last %d %v %q", f.LastStream(), f.Code(), f.Payload[min(8, len(f.Payload)):])
	case http2.FrameWindowUpdate:
		fmt.Fprintf(&b, " +%d", f.Increment())
	case http2.FramePriority:
		p, _ := f.Priority()
		b.WriteString(priorityText(p))
	case http2.FramePriorityUpdate:
		fmt.Fprintf(&b, " of %d %q", f.number(0), f.Payload[min(4, len(f.Payload)):])
	default:
		b.WriteString(" " + short(f.Content()))
	}
	return b.String()
}

func (f Frame) writeFlags(b *strings.Builder) {
	var names map[http2.Flags]string
	switch f.Type {
	case http2.FrameData, http2.FrameHeaders, http2.FramePushPromise:
		names = map[http2.Flags]string{EndStream: "END_STREAM", Padded: "PADDED"}
	case http2.FrameSettings, http2.FramePing:
		names = map[http2.Flags]string{Ack: "ACK"}
	case http2.FrameContinuation, http2.FramePriority, http2.FramePriorityUpdate, http2.FrameRSTStream, http2.FrameGoAway,
		http2.FrameWindowUpdate:
	default:
		fmt.Fprintf(b, " flags %#x", uint8(f.Flags))
	}
	for _, flag := range []http2.Flags{EndStream, Padded} {
		if name := names[flag]; name != "" && f.Flags&flag != 0 {
			b.WriteString(" " + name)
		}
	}
	if p, has := f.Priority(); has && f.Type == http2.FrameHeaders {
		b.WriteString(priorityText(p))
	}
}

func priorityText(p http2.PriorityParam) string {
	text := fmt.Sprintf(" on %d weight %d", p.StreamDep, int(p.Weight)+1)
	if p.Exclusive {
		text += " exclusive"
	}
	return text
}

func short(b []byte) string {
	if len(b) > 400 {
		return fmt.Sprintf("%q ... %q (%d bytes)", b[:200], b[len(b)-100:], len(b))
	}
	return fmt.Sprintf("%q", b)
}
