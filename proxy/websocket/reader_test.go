package websocket

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// frame is one as a server sends it.
func frame(first byte, payload string) string {
	h := Header{Final: first&bitFinal != 0, Reserved: first & bitReserved, Opcode: Opcode(first & 0xf), Length: int64(len(payload))}
	return string(h.Append(nil)) + payload
}

// transcript is what a reader tells of bytes, line by line, and how it ends.
func transcript(r *Reader) (text string, err error) {
	var lines []string
	line := func(m Message) {
		lines = append(lines, fmt.Sprintf("%d %q %d/%d in %d", m.Opcode, m.Data, m.Size, m.Wire, m.Frames))
	}
	r.Control = func(m Message) error {
		line(m)
		return nil
	}
	for {
		m, err := r.Next()
		if err != nil {
			return strings.Join(lines, "\n"), err
		}
		line(m)
	}
}

// What servers send, also byte by byte.
func TestMessagesArePutTogether(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for _, c := range []struct {
		name, wire, want string
		end              error
	}{
		{"text (RFC 6455 section 5.7)", "\x81\x05Hello", `1 "Hello" 5/5 in 1`, io.EOF},
		{"in pieces (section 5.7)", "\x01\x03Hel\x80\x02lo", `1 "Hello" 5/5 in 2`, io.EOF},
		{"nothing", "\x82\x00", `2 "" 0/0 in 1`, io.EOF},
		{"pieces of nothing", "\x01\x00\x00\x00\x80\x00", `1 "" 0/0 in 3`, io.EOF},
		{"a ping amid pieces", "\x01\x03Hel\x89\x01p\x80\x02lo\x8a\x00",
			"9 \"p\" 1/1 in 1\n1 \"Hello\" 5/5 in 2\n10 \"\" 0/0 in 1", io.EOF},
		{"a close", "\x88\x04\x03\xe8ok", `8 "\x03\xe8ok" 4/4 in 1`, io.EOF},
		{"256 bytes", "\x82\x7e\x01\x00" + long[:256], fmt.Sprintf("2 %q 256/256 in 1", long[:256]), io.EOF},
		{"longer than is kept", frame(0x81, long), fmt.Sprintf("1 %q 70000/70000 in 1", long[:1000]), io.EOF},
		{"an end in a header", "\x81", "", io.ErrUnexpectedEOF},
		{"an end in a length", "\x81\x7e\x01", "", io.ErrUnexpectedEOF},
		{"an end in a payload", "\x81\x05Hel", "", io.ErrUnexpectedEOF},
		{"an end between pieces", "\x01\x03Hel", "", io.ErrUnexpectedEOF},
		{"an end in a ping", "\x89\x05Hel", "", io.ErrUnexpectedEOF},
		{"no bytes", "", "", io.EOF},
	} {
		for _, src := range []io.Reader{strings.NewReader(c.wire), iotest.OneByteReader(strings.NewReader(c.wire))} {
			r := NewReader(src, nil)
			r.Keep = 1000
			if got, err := transcript(r); got != c.want || err != c.end {
				t.Errorf("%s: %s, %v", c.name, got, err)
			}
		}
	}
}

// What breaks the protocol is refused, each with its reason.
func TestBrokenFramesAreRefused(t *testing.T) {
	for _, c := range []struct {
		wire string
		code flow.ReasonCode
	}{
		{"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", reason.SocketMasked},
		{"\xc1\x00", reason.SocketReserved},
		{"\xa1\x00", reason.SocketReserved},
		{"\x83\x00", reason.SocketOpcode},
		{"\x8b\x00", reason.SocketOpcode},
		{"\x09\x00", reason.SocketControl},
		{"\x89\x7e\x00\x7e" + strings.Repeat("x", 126), reason.SocketControl},
		{"\x80\x00", reason.SocketOrder},
		{"\x01\x00\x81\x00", reason.SocketOrder},
		{"\x81\x7e\x00\x05Hello", reason.SocketLength},
		{"\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff", reason.SocketLength},
		{"\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00", reason.SocketLength},
		{"\x88\x01x", reason.SocketClose},
	} {
		_, err := transcript(NewReader(strings.NewReader(c.wire), nil))
		var fault *Error
		if !errors.As(err, &fault) || fault.Why.Code != c.code || fault.Code != CloseProtocol {
			t.Errorf("%q: %v", c.wire, err)
		}
	}
}

// A handler that wants no more ends the reading, also amid a message.
func TestControlEndsTheReading(t *testing.T) {
	enough := errors.New("enough")
	r := NewReader(strings.NewReader("\x01\x03Hel\x88\x00\x80\x02lo"), nil)
	r.Control = func(Message) error { return enough }
	if _, err := r.Next(); err != enough {
		t.Error(err)
	}
}

// The examples of RFC 7692 section 7.2.3.
func TestCompressedMessages(t *testing.T) {
	hello := `1 "Hello" 5/%d in %d`
	for name, c := range map[string]struct{ wire, want string }{
		"one block": {"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", fmt.Sprintf(hello, 7, 1)},
		"in pieces": {"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00", fmt.Sprintf(hello, 7, 2)},
		"the same window": {"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00",
			fmt.Sprintf(hello, 7, 1) + "\n" + fmt.Sprintf(hello, 5, 1)},
		"not compressed": {"\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", fmt.Sprintf(hello, 11, 1)},
		"a last block":   {"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00", fmt.Sprintf(hello, 8, 1)},
		"two blocks":     {"\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", fmt.Sprintf(hello, 13, 1)},
		"as it is":       {"\x81\x05Hello", fmt.Sprintf(hello, 5, 1)},
	} {
		if got, err := transcript(NewReader(strings.NewReader(c.wire), &Deflate{})); got != c.want || err != io.EOF {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for name, wire := range map[string]string{"damaged": "\xc1\x03\xff\xff\xff", "cut": "\xc1\x03\xf2\x48\xcd",
		"before the window": "\xc1\x05\xf2\x00\x11\x00\x00"} {
		_, err := transcript(NewReader(strings.NewReader(wire), &Deflate{ServerFresh: true}))
		var fault *Error
		if !errors.As(err, &fault) && err != io.ErrUnexpectedEOF {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := transcript(NewReader(strings.NewReader("\x41\x00\xc0\x00"), &Deflate{}))
	var fault *Error
	if !errors.As(err, &fault) || fault.Why.Code != reason.SocketReserved {
		t.Errorf("a later piece that says it is compressed: %v", err)
	}
}

// A compressed message whose frames are there to the end, and whose bytes are not, is a fault of the
// server's; one whose frames are cut is none.
func TestACompressedMessageThatEndsTooSoon(t *testing.T) {
	for wire, fault := range map[string]bool{"\xc1\x06\x00\x00\x10\xff\xefx": true, "\x41\x06\x00\x00\x10\xff\xefx\x80\x00": true,
		"\xc1\x07\x00\x00\x10\xff\xefx": false, "\x41\x06\x00\x00\x10\xff\xefx": false} {
		_, err := transcript(NewReader(strings.NewReader(wire), &Deflate{}))
		var e *Error
		if is := errors.As(err, &e); is != fault || is && (e.Why.Code != reason.SocketDeflate || e.Code != CloseProtocol) ||
			!is && err != io.ErrUnexpectedEOF {
			t.Errorf("%q: %v", wire, err)
		}
	}
}

// A long message that came as a short one is counted, and holds no more than is kept.
func TestABombIsCounted(t *testing.T) {
	if testing.Short() {
		t.Skip("it inflates 64 MiB")
	}
	d := &deflater{}
	packed, err := d.message(make([]byte, 64<<20))
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(strings.NewReader(frame(0xc2, string(packed))), &Deflate{})
	m, err := r.Next()
	if err != nil || m.Size != 64<<20 || len(m.Data) != r.Keep || cap(m.Data) > 2*r.Keep {
		t.Errorf("%d bytes, %d kept in %d, %v", m.Size, len(m.Data), cap(m.Data), err)
	}
}

// asServer is what a client wrote as a server would send it: without masks. Each key is another one.
func asServer(t testing.TB, wire []byte) (out []byte, frames int) {
	t.Helper()
	seen := map[[4]byte]bool{}
	for len(wire) > 0 {
		h, n, err := ParseHeader(wire)
		if err != nil || !h.Masked || !h.Final || int64(len(wire)-n) < h.Length {
			t.Fatalf("it wrote %x: %v", wire[:min(len(wire), 40)], err)
		}
		if seen[h.Key] {
			t.Error("a key was used twice")
		}
		seen[h.Key] = true
		payload := bytes.Clone(wire[n : n+int(h.Length)])
		Mask(h.Key, 0, payload)
		h.Masked = false
		out = append(h.Append(out), payload...)
		wire = wire[n+int(h.Length):]
		frames++
	}
	return out, frames
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	texts := []string{"", "a", "Hello", strings.Repeat("compress me ", 20_000),
		strings.Repeat("x", 65_535), strings.Repeat("y", 65_536), "Hello"}
	for _, params := range []*Deflate{nil, {}, {ClientFresh: true, ServerFresh: true}, {ClientBits: 9}} {
		var wire bytes.Buffer
		w := NewWriter(&wire, params)
		for i, text := range texts {
			opcode := Text
			if i%2 == 1 {
				opcode = Binary
			}
			n, deflated, err := w.Write(opcode, []byte(text))
			if err != nil || deflated != (params != nil && params.ClientBits == 0 && text != "") || !deflated && n != len(text) ||
				deflated && len(text) > 1000 && n > len(text)/10 {
				t.Errorf("%+v: %d bytes were written as %d, %v, %v", params, len(text), n, deflated, err)
			}
			if _, _, err := w.Write(Ping, []byte("p")); err != nil {
				t.Error(err)
			}
		}
		served, frames := asServer(t, wire.Bytes())
		if frames != 2*len(texts) {
			t.Errorf("%d frames", frames)
		}
		r := NewReader(bytes.NewReader(served), params)
		for i, text := range texts {
			m, err := r.Next()
			if err != nil || string(m.Data) != text || m.Opcode != Opcode(1+i%2) {
				t.Errorf("%+v: %d is %d bytes of %d, %v", params, i, m.Size, len(text), err)
			}
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAWriterThatFails(t *testing.T) {
	if _, _, err := NewWriter(failing{}, nil).Write(Text, []byte("x")); err != io.ErrClosedPipe {
		t.Error(err)
	}
}

func TestCloseSaysCodeAndReason(t *testing.T) {
	for _, c := range []struct {
		code uint16
		text string
		want string
	}{{1000, "bye", "\x03\xe8bye"}, {CloseNone, "", ""}, {4999, "", "\x13\x87"},
		{1000, strings.Repeat("x", 123), "\x03\xe8" + strings.Repeat("x", 123)}} {
		b, err := ClosePayload(c.code, c.text)
		code, text := CloseText(b)
		if string(b) != c.want || err != nil || code != c.code || string(text) != c.text {
			t.Errorf("%d %q: %q, %v; back %d %q", c.code, c.text, b, err, code, text)
		}
	}
	if _, err := ClosePayload(1000, strings.Repeat("x", 124)); err == nil {
		t.Error("a reason of 124 bytes")
	}
}
