package h2test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// maxFrame bounds what is read: a peer that sends more than this is broken.
const maxFrame = 1 << 20

// maxBlock bounds a header block that is put together.
const maxBlock = 16 << 20

// Wire writes and reads the frames of one connection. It keeps the HPACK tables of both
// directions and nothing else: no stream states, no windows, no answers of its own.
type Wire struct {
	Net net.Conn

	block   bytes.Buffer
	encoder *hpack.Encoder
	decoder *hpack.Decoder
}

// NewWire speaks on conn.
func NewWire(conn net.Conn) *Wire {
	w := &Wire{Net: conn, decoder: hpack.NewDecoder(4096, nil)}
	w.encoder = hpack.NewEncoder(&w.block)
	return w
}

// Block encodes fields as the next header block on this connection.
func (w *Wire) Block(lines ...string) []byte {
	w.block.Reset()
	for _, f := range Fields(lines...) {
		_ = w.encoder.WriteField(f) // into memory
	}
	return bytes.Clone(w.block.Bytes())
}

// Headers has fields encoded by this connection's table, in one frame with END_HEADERS.
func (w *Wire) Headers(stream uint32, lines ...string) Frame {
	f := Headers(stream, w.Block(lines...))
	f.Fields = Fields(lines...)
	return f
}

// EncoderTable limits the dynamic table that Block uses, as a peer's
// SETTINGS_HEADER_TABLE_SIZE demands.
func (w *Wire) EncoderTable(size uint32) {
	w.encoder.SetMaxDynamicTableSizeLimit(size)
	w.encoder.SetMaxDynamicTableSize(size)
}

// DecoderTable is what this side's SETTINGS_HEADER_TABLE_SIZE allows, once it was
// acknowledged: a table above it is an error, and so is what refers to one.
func (w *Wire) DecoderTable(size uint32) {
	w.decoder.SetAllowedMaxDynamicTableSize(size)
	if size < 4096 {
		w.decoder.SetMaxDynamicTableSize(size)
	}
}

// Write writes frames with one call.
func (w *Wire) Write(frames ...Frame) error {
	var b []byte
	for _, f := range frames {
		b = f.Append(b)
	}
	_, err := w.Net.Write(b)
	return err
}

// ReadPreface reads the client's 24 bytes.
func (w *Wire) ReadPreface() error {
	got := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(w.Net, got); err != nil {
		return fmt.Errorf("no preface: %w", err)
	}
	if string(got) != http2.ClientPreface {
		return fmt.Errorf("no preface but %q", got)
	}
	return nil
}

// ReadFrame reads a single frame, whatever it is.
func (w *Wire) ReadFrame() (Frame, error) {
	var head [9]byte
	if _, err := io.ReadFull(w.Net, head[:]); err != nil {
		return Frame{}, err
	}
	n := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
	f := Frame{Type: http2.FrameType(head[3]), Flags: http2.Flags(head[4]), Stream: binary.BigEndian.Uint32(head[5:])}
	if n > maxFrame {
		return f, fmt.Errorf("%v of %d bytes", f.Type, n)
	}
	f.Payload = make([]byte, n)
	if _, err := io.ReadFull(w.Net, f.Payload); err != nil {
		return f, fmt.Errorf("within %v: %w", f.Type, err)
	}
	return f, nil
}

// Read reads a frame, or a header block with all its frames, decoded.
func (w *Wire) Read() (Frame, error) {
	f, err := w.ReadFrame()
	if err != nil || f.Type != http2.FrameHeaders && f.Type != http2.FramePushPromise {
		return f, err
	}
	f.Sizes = []int{len(f.Payload)}
	block, ended := bytes.Clone(f.Content()), f.Flags&EndHeaders != 0
	for !ended {
		next, err := w.ReadFrame()
		switch {
		case err != nil:
			return f, err
		case next.Type != http2.FrameContinuation || next.Stream != f.Stream:
			return f, fmt.Errorf("within a header block: %v", next)
		case len(block)+len(next.Payload) > maxBlock:
			return f, errors.New("a header block without end")
		}
		f.Sizes = append(f.Sizes, len(next.Payload))
		block = append(block, next.Payload...)
		ended = next.Flags&EndHeaders != 0
	}
	f.Fields, err = w.decoder.DecodeFull(block)
	if err != nil {
		err = fmt.Errorf("a header block that cannot be decoded: %w", err)
	}
	return f, err
}
