package raster

import (
	"encoding/binary"
	"fmt"
	"image"

	"golang.org/x/image/webp"
)

// openWebP finds the frame in a WebP file (RFC 9649). The canvas that its first
// chunk claims and the frame that follows may differ, and the decoder takes memory
// for either; of an animation it takes nothing. So the first frame is put into a
// separate file, with one size for all.
func openWebP(b []byte) (f frame, err error) {
	var parts webpParts
	animated := false
	for name, data := range riffChunks(b[12:]) {
		switch name {
		case "VP8X":
			if len(data) < 10 {
				return f, damagedWebP("its header is cut")
			}
			animated = data[0]&2 != 0
			f.canvas = image.Pt(uint24(data[4:])+1, uint24(data[7:])+1)
		case "EXIF":
			f.turn = orientationOf(exifTIFF(data))
		case "ANMF":
			if parts.frame == nil && len(data) >= 16 {
				f.at = image.Pt(2*uint24(data), 2*uint24(data[3:]))
				parts.read(data[16:])
			}
		case "ALPH", "VP8 ", "VP8L":
			if !animated {
				parts.add(name, data)
			}
		}
	}
	f.size, err = parts.size()
	if err != nil {
		return f, err
	}
	if f.canvas != (image.Point{}) && !animated && f.canvas != f.size {
		f.canvas = f.size // what is there, not what is claimed
		err = damagedWebP("its frame has another size than it claims")
		if tooMany(f.size) {
			err = ErrLarge
		}
		return f, err
	}
	f.memory = parts.memory(f.size)
	f.decode = webp.Decode
	if f.check() == nil {
		f.data = parts.file(f.size)
	}
	return f, nil
}

func damagedWebP(why string) error { return fmt.Errorf("%w: %s", ErrDamaged, why) }

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// riffChunks are the chunks of a RIFF file; the last may be cut.
func riffChunks(b []byte) func(func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for len(b) >= 8 {
			length := int(min(uint64(binary.LittleEndian.Uint32(b[4:])), uint64(len(b)-8)))
			if !yield(string(b[:4]), b[8:8+length]) {
				return
			}
			b = b[min(len(b), 8+length+length%2):]
		}
	}
}

// webpParts are those of one frame.
type webpParts struct {
	alpha, frame []byte
	lossless     bool
}

func (p *webpParts) add(name string, data []byte) {
	switch {
	case p.frame != nil:
	case name == "ALPH":
		p.alpha = data
	default:
		p.frame, p.lossless = data, name == "VP8L"
	}
}

// read takes the chunks within the frame of an animation.
func (p *webpParts) read(b []byte) {
	for name, data := range riffChunks(b) {
		if name == "ALPH" || name == "VP8 " || name == "VP8L" {
			p.add(name, data)
		}
	}
}

// size is what the bitstream itself says.
func (p *webpParts) size() (image.Point, error) {
	switch b := p.frame; {
	case p.lossless && len(b) >= 5 && b[0] == 0x2f:
		bits := binary.LittleEndian.Uint32(b[1:])
		return image.Pt(int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1), nil
	case !p.lossless && len(b) >= 10 && string(b[3:6]) == "\x9d\x01\x2a": // RFC 6386 section 9.1
		return image.Pt(int(binary.LittleEndian.Uint16(b[6:])&0x3fff), int(binary.LittleEndian.Uint16(b[8:])&0x3fff)), nil
	}
	return image.Point{}, damagedWebP("it has no frame")
}

// memory is what decoding takes, in bytes. What is lossless (a frame, or the
// transparency of one) has up to 2,600 groups of Huffman trees, and a byte of the
// file may be 256 of a tree.
func (p *webpParts) memory(size image.Point) int64 {
	const (
		groups = 2600
		most   = 53 << 10 // bytes of one, with the largest alphabets
		least  = 3 << 10
	)
	trees := func(b []byte) int64 { return min(groups*most, groups*least+256*int64(len(b))) }
	switch {
	case p.lossless:
		return 5*pixels(size) + trees(p.frame)
	case p.alpha != nil:
		return 8*pixels(size) + trees(p.alpha)
	}
	return 3 * pixels(size)
}

// file is a WebP file with nothing but this frame.
func (p *webpParts) file(size image.Point) []byte {
	out := []byte("RIFF\x00\x00\x00\x00WEBP")
	add := func(name string, data []byte) {
		out = append(out, name...)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
		if out = append(out, data...); len(data)%2 != 0 {
			out = append(out, 0)
		}
	}
	switch {
	case p.lossless:
		add("VP8L", p.frame)
	case p.alpha != nil:
		const hasAlpha = 0x10
		w, h := size.X-1, size.Y-1
		add("VP8X", []byte{hasAlpha, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)})
		add("ALPH", p.alpha)
		fallthrough
	default:
		add("VP8 ", p.frame)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}
