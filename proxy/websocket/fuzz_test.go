package websocket

import (
	"bytes"
	"io"
	"testing"
)

// Whatever a server sends, reading ends, tells no more than was sent, and keeps no more than it may.
func FuzzReader(f *testing.F) {
	for _, wire := range []string{"\x81\x05Hello", "\x01\x03Hel\x89\x01p\x80\x02lo", "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00",
		"\x88\x02\x03\xe8", "\x82\x7e\x01\x00", "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
		"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00"} {
		f.Add([]byte(wire), true)
		f.Add([]byte(wire), false)
	}
	f.Fuzz(func(t *testing.T, wire []byte, compressed bool) {
		var params *Deflate
		if compressed {
			params = &Deflate{}
		}
		r := NewReader(bytes.NewReader(wire), params)
		r.Keep = 64
		told := int64(0)
		check := func(m Message) error {
			told += m.Wire
			if len(m.Data) > max(r.Keep, MaxControl) || int64(len(m.Data)) > m.Size || !m.Deflated && m.Size != m.Wire || m.Frames < 1 ||
				!m.Opcode.known() || m.Opcode == Continuation {
				t.Errorf("%+v", m)
			}
			return nil
		}
		r.Control = check
		for {
			m, err := r.Next()
			if err != nil {
				if err == io.EOF && !compressed && r.src.Buffered() > 0 {
					t.Errorf("it ends %d bytes before the end", r.src.Buffered())
				}
				break
			}
			_ = check(m)
		}
		if told > int64(len(wire)) {
			t.Errorf("%d bytes of %d", told, len(wire))
		}
	})
}

// What is written is read again, however it is cut into frames.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("Hello"), []byte("Hello again, hello"), uint16(3), true)
	f.Add([]byte{}, []byte("x"), uint16(0), false)
	f.Fuzz(func(t *testing.T, a, b []byte, piece uint16, compressed bool) {
		var params *Deflate
		if compressed {
			params = &Deflate{}
		}
		var wire bytes.Buffer
		w := NewWriter(&wire, params)
		for _, data := range [][]byte{a, b, a} {
			if _, _, err := w.Write(Binary, data); err != nil {
				t.Fatal(err)
			}
		}
		served, _ := asServer(t, wire.Bytes())
		r := NewReader(bytes.NewReader(inPieces(served, int(piece))), params)
		for i, data := range [][]byte{a, b, a} {
			m, err := r.Next()
			if err != nil || !bytes.Equal(m.Data, data) || m.Opcode != Binary {
				t.Errorf("%d: %q is %q, %v", i, data, m.Data, err)
			}
		}
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("behind the last: %v", err)
		}
	})
}

// inPieces cuts the first piece of bytes off each frame's payload, as a frame of its own.
func inPieces(wire []byte, piece int) (out []byte) {
	for len(wire) > 0 {
		h, n, _ := ParseHeader(wire)
		payload := wire[n : n+int(h.Length)]
		wire = wire[n+int(h.Length):]
		if first := min(piece, len(payload)); piece > 0 {
			part := h
			part.Final, part.Length = false, int64(first)
			out = append(part.Append(out), payload[:first]...)
			h.Opcode, h.Reserved, h.Length = Continuation, 0, h.Length-int64(first)
			payload = payload[first:]
		}
		out = append(h.Append(out), payload...)
	}
	return out
}

// A header that is read is written as it was.
func FuzzHeader(f *testing.F) {
	f.Add([]byte("\x81\x05"))
	f.Add([]byte("\x81\x85\x37\xfa\x21\x3d"))
	f.Add([]byte("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := ParseHeader(b)
		if err != nil {
			return
		}
		if got := h.Append(nil); !bytes.Equal(got, b[:n]) || n > MaxHeader || h.Length < 0 {
			t.Errorf("%x became %x", b[:n], got)
		}
	})
}

// Fields of any form are read, and agreed on is no more than was offered.
func FuzzExtensions(f *testing.F) {
	f.Add("permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=10")
	f.Add("x, y;a=b", "y; =\"")
	f.Fuzz(func(t *testing.T, offer, taken string) {
		d, err := agreed([]string{offer}, []string{taken})
		if err == nil && d != nil && len(extensions([]string{offer})) == 0 {
			t.Errorf("%q was taken of %q", taken, offer)
		}
		if err != nil && len(err.Error()) > 400 {
			t.Errorf("it says %d bytes", len(err.Error()))
		}
	})
}
