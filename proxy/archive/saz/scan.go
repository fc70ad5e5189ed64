package saz

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
)

// scan lists the files of an archive that lost its directory, by the headers before each
// (APPNOTE 4.3.7). A file that was written as a stream says its size behind itself, so it
// is unpacked to find its end. Where r is an archive.Counter it tells how far this is.
func scan(r io.ReaderAt, size int64, files map[int]*session) error {
	const header = 30
	var head [header]byte
	left := int64(scanLimit)
	teller, _ := r.(interface{ Tell(part float64) })
	for at, count := int64(0), 0; at+header <= size && count < maxDirectory/header; count++ {
		if teller != nil {
			teller.Tell(scanShare * float64(at) / float64(size))
		}
		if n, err := r.ReadAt(head[:], at); n < header {
			if err != io.EOF {
				return err
			}
			break
		}
		if !bytes.HasPrefix(head[:], []byte("PK\x03\x04")) {
			break
		}
		flags, method := binary.LittleEndian.Uint16(head[6:]), binary.LittleEndian.Uint16(head[8:])
		packed := int64(binary.LittleEndian.Uint32(head[18:]))
		name := make([]byte, binary.LittleEndian.Uint16(head[26:]))
		begin := at + header + int64(len(name)) + int64(binary.LittleEndian.Uint16(head[28:]))
		if n, _ := r.ReadAt(name, at+header); n < len(name) || begin > size {
			break
		}
		whole := true
		if flags&8 != 0 && packed == 0 {
			packed, whole = streamed(r, begin, size, method, &left)
		}
		end := min(begin+packed, size)
		add(files, string(name), &part{encrypted: flags&1 != 0, packed: float64(end - begin),
			open: opener(io.NewSectionReader(r, begin, end-begin), method)})
		if !whole || begin+packed > size {
			break
		}
		at = end
		if flags&8 != 0 {
			at += descriptor(r, at)
		}
	}
	return errEnds
}

// scanShare is the share of listing in the work of reading such an archive: all of it is unpacked twice.
const scanShare = 0.5

// streamed is how many bytes a stream of deflate takes, and whether its end was found.
func streamed(r io.ReaderAt, begin, size int64, method uint16, left *int64) (int64, bool) {
	if method != 8 {
		return size - begin, false
	}
	in := &counted{r: bufio.NewReader(io.NewSectionReader(r, begin, size-begin))}
	n, err := io.Copy(io.Discard, io.LimitReader(flate.NewReader(in), *left))
	*left -= n
	return in.n, err == nil && *left > 0
}

// scanLimit bounds what is unpacked to find the ends of all files, in bytes.
const scanLimit = 4 << 30

// counted counts the bytes that are taken; flate reads no further than its end from an
// io.ByteReader.
type counted struct {
	r *bufio.Reader
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

func (c *counted) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// descriptor is how long the sizes behind a stream are (APPNOTE 4.3.9): with or without
// their signature, of 32 or of 64 bits. What follows tells.
func descriptor(r io.ReaderAt, at int64) int64 {
	var b [28]byte
	n, _ := r.ReadAt(b[:], at)
	for _, size := range [...]int{16, 24, 12, 20} {
		if n >= size+4 && b[size] == 'P' && b[size+1] == 'K' {
			return int64(size)
		}
	}
	return 16
}

// opener opens a section as a file.
func opener(section *io.SectionReader, method uint16) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		again := io.NewSectionReader(section, 0, section.Size())
		if method == 8 {
			return flate.NewReader(bufio.NewReader(again)), nil
		}
		return io.NopCloser(again), nil
	}
}
