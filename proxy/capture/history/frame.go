package history

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Files are a head and frames, which docs/history-format.md describes. All numbers are
// little-endian.
const (
	fileMagic    = "\x89POSTHIS"
	fileHeadSize = 32

	frameMagic    = "\xf5PHb"
	frameHeadSize = 64

	maxFrame = 256 << 20 // bytes that a frame may hold, stored or not
	maxStuck = 32 << 20  // bytes without a frame that are looked through for the next one
)

// Kinds of files.
const (
	fileSegment = 1
	fileKept    = 2 // a segment of marked exchanges that retention has moved
	fileTail    = 3
	fileNotes   = 4
	fileSession = 5
)

// Kinds of frames. A reader passes over others.
const (
	frameExchanges = 1
	frameFilter    = 2 // of the block before it
	frameNotes     = 3
	frameRows      = 4 // of the blocks before it, in a session
	frameTrailer   = 5
)

// frameHead stands before each frame.
type frameHead struct {
	kind, codec    uint8
	raw, size      uint32 // bytes, decompressed and as stored
	count          uint32 // records
	first, last    flow.ID
	oldest, newest int64  // seconds since 1970: when the first and the last of them began
	sum            uint32 // CRC-32C of what is stored
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

func (f *frameHead) append(b []byte) []byte {
	start := len(b)
	b = append(b, frameMagic...)
	b = append(b, f.kind, f.codec, 0, 0)
	le := binary.LittleEndian
	b = le.AppendUint32(b, f.raw)
	b = le.AppendUint32(b, f.size)
	b = le.AppendUint32(b, f.count)
	b = le.AppendUint64(b, uint64(f.first))
	b = le.AppendUint64(b, uint64(f.last))
	b = le.AppendUint64(b, uint64(f.oldest))
	b = le.AppendUint64(b, uint64(f.newest))
	b = append(b, 0, 0, 0, 0)
	b = le.AppendUint32(b, f.sum)
	return le.AppendUint32(b, checksum(b[start:]))
}

// parseFrame reads a head; false if it is none.
func parseFrame(b []byte) (f frameHead, ok bool) {
	if len(b) < frameHeadSize || string(b[:4]) != frameMagic {
		return f, false
	}
	le := binary.LittleEndian
	if le.Uint32(b[60:]) != checksum(b[:60]) {
		return f, false
	}
	f = frameHead{kind: b[4], codec: b[5], raw: le.Uint32(b[8:]), size: le.Uint32(b[12:]), count: le.Uint32(b[16:]),
		first: flow.ID(le.Uint64(b[20:])), last: flow.ID(le.Uint64(b[28:])), oldest: int64(le.Uint64(b[36:])),
		newest: int64(le.Uint64(b[44:])), sum: le.Uint32(b[56:])}
	return f, f.raw <= maxFrame && f.size <= maxFrame
}

// fileHead stands at the beginning of each file.
func fileHead(kind uint8, number uint64) []byte {
	b := append(make([]byte, 0, fileHeadSize), fileMagic...)
	b = binary.LittleEndian.AppendUint16(b, formatVersion)
	b = append(b, kind, 0)
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint64(b, uint64(time.Now().Unix()))
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}

var (
	errNoHead  = reason.New(reason.HistoryHead)
	errPayload = reason.New(reason.HistoryChecksum)
	errGap     = reason.New(reason.HistoryGap)
)

// checkFileHead reads the head of a file. One that is damaged but for its magic is let pass:
// frames have their own checksums.
func checkFileHead(r io.ReaderAt, name string, kind uint8) error {
	b := make([]byte, fileHeadSize)
	if _, err := r.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	whole := binary.LittleEndian.Uint32(b[28:]) == checksum(b[:28])
	if string(b[:8]) != fileMagic {
		return &DamagedError{File: name, Err: errNoHead}
	}
	if version := int(binary.LittleEndian.Uint16(b[8:])); whole && version > formatVersion {
		return &LaterError{File: name, Version: version}
	}
	if !whole || b[10] != kind {
		return &DamagedError{File: name, Err: errNoHead}
	}
	return nil
}

// place is a frame in a file.
type place struct {
	frameHead
	at int64 // of its head
}

func (p *place) end() int64 { return p.at + frameHeadSize + int64(p.size) }

// framesOf calls visit for each frame from offset at on that is wholly within size bytes. It
// passes over what is no frame, telling damaged where that begins; an unfinished frame at the
// end is told too. It ends when visit returns false. It returns the end of the last frame.
func framesOf(r io.ReaderAt, at, size int64, visit func(place) bool, damaged func(at int64)) (end int64, err error) {
	head := make([]byte, frameHeadSize)
	end = at
	for at < size {
		n, err := r.ReadAt(head, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return end, err
		}
		f, ok := parseFrame(head[:n])
		p := place{f, at}
		if !ok || p.end() > size {
			damaged(at)
			if at, err = nextFrame(r, at+1, size); err != nil || at < 0 {
				return end, err
			}
			continue
		}
		if !visit(p) {
			return end, nil
		}
		at, end = p.end(), p.end()
	}
	return end, nil
}

// nextFrame looks for the next frame's head; -1 if there is none.
func nextFrame(r io.ReaderAt, at, size int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for limit := min(size, at+maxStuck+maxFrame); at < limit; {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		if n == 0 || err != nil && !errors.Is(err, io.EOF) {
			return -1, err
		}
		for from := 0; ; {
			i := bytes.Index(buf[from:n], []byte(frameMagic))
			if i < 0 {
				break
			}
			i += from
			head := make([]byte, frameHeadSize)
			if m, _ := r.ReadAt(head, at+int64(i)); m == frameHeadSize {
				if f, ok := parseFrame(head); ok && at+int64(i)+frameHeadSize+int64(f.size) <= size {
					return at + int64(i), nil
				}
			}
			from = i + 1
		}
		if n < len(buf) {
			return -1, nil
		}
		at += int64(n - len(frameMagic) + 1)
	}
	return -1, nil
}

// payload reads what a frame holds and checks it, as it is stored.
func payload(r io.ReaderAt, p place, name string) ([]byte, error) {
	return payloadIn(nil, r, p, name)
}

// payloadIn is payload into a buffer, where that is large enough.
func payloadIn(buf []byte, r io.ReaderAt, p place, name string) ([]byte, error) {
	b := slices.Grow(buf[:0], int(p.size))[:p.size]
	if _, err := io.ReadFull(io.NewSectionReader(r, p.at+frameHeadSize, int64(p.size)), b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if checksum(b) != p.sum {
		return nil, &DamagedError{File: name, At: p.at, Err: errPayload}
	}
	return b, nil
}
