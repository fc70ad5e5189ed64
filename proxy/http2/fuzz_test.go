package http2

import (
	"bytes"
	"slices"
	"testing"

	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// FuzzFrames compares what headers and payloads are taken for with x/net's framer: what
// passes the checks here it must not call a fault of the connection's.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, 0, 9}, true)
	f.Add([]byte{0, 0, 8, 1, 0x2d, 0, 0, 0, 1, 1, 0, 0, 0, 3, 7, 0x82, 0}, true)
	f.Add([]byte{0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 1, 0}, false)
	f.Add([]byte{0, 0, 3, 0, 8, 0, 0, 0, 3, 1, 'x', 0}, false)
	f.Add([]byte{0, 0, 6, 5, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0x82, 0x84}, false)
	f.Fuzz(func(t *testing.T, b []byte, fromClient bool) {
		if len(b) < HeaderSize {
			return
		}
		h := ParseHeader(b)
		if int(h.Length) > len(b)-HeaderSize {
			return
		}
		payload := b[HeaderSize:][:h.Length]
		if again := h.Append(nil); !bytes.Equal(again[:5], b[:5]) || again[5] != b[5]&0x7f || !bytes.Equal(again[6:], b[6:HeaderSize]) {
			t.Fatalf("%v is written as %x", h, again)
		}
		if payloadFault(h, payload, fromClient) != nil || h.Type == Continuation {
			return
		}
		framer := xhttp2.NewFramer(nil, bytes.NewReader(b))
		framer.SetMaxReadFrameSize(MaxFrame)
		if _, err := framer.ReadFrame(); err != nil {
			t.Fatalf("%v of %x: %v (%v)", h, payload, err, framer.ErrorDetail())
		}
	})
}

// payloadFault is what any of this package's checks says of a frame.
func payloadFault(h Header, payload []byte, fromClient bool) error {
	if err := h.Check(MaxFrame, fromClient); err != nil {
		return err
	}
	var err error
	switch h.Type {
	case Data:
		if !h.Has(FlagPadded) {
			return nil
		}
		if len(payload) == 0 {
			return errPadding
		}
		err = CheckPad(h, payload[0])
	case Headers, PushPromise:
		var f Fragment
		if f, err = ParseFragment(h, payload); err == nil && len(f.Block)+f.Pad > len(payload) {
			panic("longer than its frame")
		}
	case Priority:
		err = CheckPriority(h, payload)
	case Settings:
		err = EachSetting(payload, fromClient, func(Setting) error { return nil })
	case PriorityUpdate:
		err = CheckPriorityUpdate(payload)
	case WindowUpdate:
		_, err = Increment(h, payload)
	case ResetStream:
		ResetCode(payload)
	case GoAway:
		Away(payload)
	}
	return err
}

// FuzzSection reads sections of any bytes, one after the other with the same tables, and
// writes what came of them: x/net reads the same fields, and again from what was written.
func FuzzSection(f *testing.F) {
	f.Add([]byte{0x82, 0x84, 0x86, 0x41, 1, 'a'}, uint8(6), uint16(4096))
	f.Add([]byte{0x40, 1, 'a', 1, 'b', 0xbe, 0x10, 1, 'c', 1, 'd', 0x7e, 2, 'x', 'y'}, uint8(5), uint16(0))
	f.Add([]byte{0x20, 0x3f, 0xe1, 0x1f, 0x00, 1, 'a', 0}, uint8(20), uint16(100))
	f.Add([]byte{0x1f, 0x00, 0x81, 0x1f, 0x00, 0x00}, uint8(3), uint16(50))
	f.Fuzz(func(t *testing.T, b []byte, cut uint8, table uint16) {
		ours, judge := NewDecoder(Limits{Size: 1 << 20, Fields: 1000}), hpack.NewDecoder(defaultTable, nil)
		encoder, reader := NewEncoder(), hpack.NewDecoder(defaultTable, nil)
		encoder.Limit(uint32(table))
		first := b[:min(int(cut), len(b))]
		var s Section
		for _, block := range [][]byte{first, b[len(first):], first} {
			want, wantErr := judge.DecodeFull(block)
			err := ours.Decode(block, &s)
			if err != nil {
				if wantErr == nil && !resizes(block) { // x/net lets these pass where its table is empty
					t.Fatalf("%x is refused: %v", block, err)
				}
				return
			}
			if wantErr != nil {
				if len(block) > 0 && block[0]&0xe0 == 0x20 { // two changes of size, of which x/net takes one
					return
				}
				t.Fatalf("%x is taken, x/net says %v", block, wantErr)
			}
			if s.Over {
				return
			}
			same(t, s.Fields, want)
			checkText(t, &s)
			for i := range s.Fields {
				encoder.Field(s.Fields[i])
			}
			out := encoder.Append(nil, Header{Type: Headers, Stream: 1}, &Fragment{}, MinFrame)
			again, err := reader.DecodeFull(blockOf(t, out))
			if err != nil {
				t.Fatalf("written as %x: %v", out, err)
			}
			same(t, again, want)
		}
	})
}

func same(t *testing.T, got, want []hpack.HeaderField) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func checkText(t *testing.T, s *Section) {
	t.Helper()
	for i, f := range s.Fields {
		if got, want := string(s.Line(i)), f.Name+": "+f.Value+"\r\n"; got != want {
			t.Fatalf("line %d is %q, want %q", i, got, want)
		}
	}
}

// blockOf puts the frames of a section together.
func blockOf(t *testing.T, frames []byte) (block []byte) {
	t.Helper()
	for ended := false; !ended; {
		h := ParseHeader(frames)
		if h.Length > MinFrame || (h.Type == Headers) != (block == nil) || h.Stream != 1 {
			t.Fatalf("frame %v", h)
		}
		if block = append(block, frames[HeaderSize:][:h.Length]...); block == nil {
			block = []byte{}
		}
		frames, ended = frames[HeaderSize+h.Length:], h.Has(FlagEndHeaders)
	}
	if len(frames) > 0 {
		t.Fatalf("%x behind the end", frames)
	}
	return block
}

// FuzzMessage reads any fields as each kind of message. What x/net would not send is
// not taken either.
func FuzzMessage(f *testing.F) {
	f.Add(":method", "GET", ":path", "/", "te", "trailers")
	f.Add(":status", "200", "content-length", "+5", "x", " y")
	f.Add(":method", "CONNECT", ":authority", "", ":protocol", "")
	f.Fuzz(func(t *testing.T, n1, v1, n2, v2, n3, v3 string) {
		var s Section
		for _, f := range [][2]string{{":scheme", "https"}, {n1, v1}, {n2, v2}, {n3, v3}} {
			s.Fields = append(s.Fields, hpack.HeaderField{Name: f[0], Value: f[1]})
		}
		var r Request
		if s.ParseRequest(&r) == nil {
			if r.Method == "" || r.Path == "" && r.Method != "CONNECT" || r.Length < -1 {
				t.Errorf("request %+v", r)
			}
			checkTaken(t, s.Fields)
		}
		s.Fields = s.Fields[1:]
		if status, length, err := s.ParseResponse(); err == nil {
			if status < 100 || status > 999 || status == 101 || length < -1 {
				t.Errorf("status %d, length %d", status, length)
			}
			checkTaken(t, s.Fields)
		}
		if s.CheckTrailer() == nil {
			checkTaken(t, s.Fields)
		}
	})
}

// checkTaken fails if fields could end a line, or a message, of HTTP/1.
func checkTaken(t *testing.T, fields []hpack.HeaderField) {
	t.Helper()
	for _, f := range fields {
		name := f.Name
		if f.IsPseudo() {
			name = name[1:]
		}
		if name == "" || bytes.ContainsAny([]byte(name), " :\r\n\x00\t") || bytes.ContainsAny([]byte(f.Value), "\r\n\x00") {
			t.Errorf("%q: %q is taken", f.Name, f.Value)
		}
	}
}
