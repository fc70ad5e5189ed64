package raster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/bmp"
)

// open reads the headers of a picture. The name is that of its format, also with
// an error.
func open(body []byte) (f frame, name string, err error) {
	read, name := opener(body)
	if read == nil {
		return f, name, ErrUnknown
	}
	f, err = read(body)
	if f.canvas == (image.Point{}) {
		f.canvas = f.size
	}
	return f, name, err
}

// opener knows a format by its first bytes. image.Decode does too, but calls
// whatever decoders any part of the program has registered, which nothing bounds.
func opener(b []byte) (read func([]byte) (frame, error), name string) {
	begins := func(magic string) bool { return len(b) >= len(magic) && string(b[:len(magic)]) == magic }
	switch {
	case begins(pngMagic):
		return openPNG, "PNG"
	case begins("\xff\xd8\xff"):
		return openJPEG, "JPEG"
	case (begins("GIF87a") || begins("GIF89a")) && len(b) > 12:
		return openGIF, "GIF"
	case begins("RIFF") && len(b) >= 12 && string(b[8:12]) == "WEBP":
		return openWebP, "WebP"
	case begins("BM") && isBMP(b):
		return openBMP, "BMP"
	case isICO(b):
		return openICO, "ICO"
	case len(b) >= 12 && string(b[4:8]) == "ftyp":
		return nil, brands[string(b[8:12])]
	case begins("\xff\x0a") || begins("\x00\x00\x00\x0cJXL \r\n\x87\n"):
		return nil, "JPEG XL"
	case begins("II*\x00") || begins("MM\x00*"):
		return nil, "TIFF"
	}
	return nil, ""
}

// brands are those of ISO 14496-12 files that are pictures; they have a name, no decoder.
var brands = map[string]string{"avif": "AVIF", "avis": "AVIF", "heic": "HEIC", "heix": "HEIC", "mif1": "HEIF"}

const pngMagic = "\x89PNG\r\n\x1a\n"

func openPNG(b []byte) (f frame, err error) {
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return f, damaged(err)
	}
	f = frame{size: image.Pt(c.Width, c.Height), data: b, decode: png.Decode}
	f.memory = pixels(f.size) * int64(bytesOf(c.ColorModel))
	if grey := c.ColorModel == color.GrayModel || c.ColorModel == color.Gray16Model; grey && pngChunk(b, "tRNS") != nil {
		f.memory *= 4 // one of the greys is transparent, so all are kept in colour
	}
	if interlaced := len(b) > 28 && b[28] != 0; interlaced {
		f.memory *= 2 // each pass is its own picture
	}
	f.turn = orientationOf(pngChunk(b, "eXIf"))
	return f, nil
}

// pngChunk is the data of the first chunk of a type, nil where there is none.
func pngChunk(b []byte, name string) []byte {
	for rest := b[len(pngMagic):]; len(rest) >= 12; {
		length := uint64(binary.BigEndian.Uint32(rest))
		if length+12 > uint64(len(rest)) {
			return nil
		}
		if string(rest[4:8]) == name {
			return rest[8 : 8+length]
		}
		rest = rest[12+length:]
	}
	return nil
}

// bytesOf is how many a pixel takes.
func bytesOf(m color.Model) int {
	switch m {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 4
}

func openGIF(b []byte) (f frame, err error) {
	c, err := gif.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return f, damaged(err)
	}
	f = frame{canvas: image.Pt(c.Width, c.Height), data: b, decode: gif.Decode}
	at := 13
	if b[10]&0x80 != 0 {
		at += 3 << (b[10]&7 + 1) // the colours that all frames share
	}
	for at+1 < len(b) && b[at] == '!' { // extensions before the first frame
		const text = 1
		label := b[at+1]
		if at += 2; label == text {
			at += 13 // as the decoder has it, whatever the length says
		}
		for at < len(b) && b[at] != 0 {
			at += 1 + int(b[at])
		}
		at++
	}
	if at+10 > len(b) || b[at] != ',' {
		return f, fmt.Errorf("%w: it has no frame", ErrDamaged)
	}
	le := binary.LittleEndian
	f.at = image.Pt(int(le.Uint16(b[at+1:])), int(le.Uint16(b[at+3:])))
	f.size = image.Pt(int(le.Uint16(b[at+5:])), int(le.Uint16(b[at+7:])))
	f.memory = 2 * pixels(f.size) // an interlaced one is put in order in a copy
	return f, nil
}

// isBMP looks further than at two letters that a text may begin with.
func isBMP(b []byte) bool {
	if len(b) < 26 {
		return false
	}
	header := binary.LittleEndian.Uint32(b[14:])
	return (header == 12 || header >= 40 && header <= 124) && binary.LittleEndian.Uint32(b[6:]) == 0
}

func openBMP(b []byte) (f frame, err error) {
	c, err := bmp.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return f, damaged(err)
	}
	f = frame{size: image.Pt(c.Width, c.Height), data: b, decode: bmp.Decode}
	f.memory = pixels(f.size) * int64(bytesOf(c.ColorModel))
	return f, nil
}

// openJPEG reads the frame header, which is to be the one that the decoder takes.
func openJPEG(b []byte) (f frame, err error) {
	if f, err = readJPEG(b); err != nil {
		return f, err
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err == nil && image.Pt(c.Width, c.Height) != f.size {
		err = errors.New("it has two sizes")
	}
	if err != nil && f.check() == nil {
		return f, damaged(err)
	}
	return f, nil
}

// readJPEG reads the frame header (ITU T.81 B.2.2). A progressive picture is kept
// as coefficients of four bytes until its last scan.
func readJPEG(b []byte) (f frame, err error) {
	f = frame{data: b, decode: jpeg.Decode}
	for at := 2; at+4 <= len(b); {
		if b[at] != 0xff {
			break
		}
		marker := b[at+1]
		if marker == 0xff || marker >= 0xd0 && marker <= 0xd8 || marker <= 1 { // fill, or without a length
			if at++; marker != 0xff {
				at++
			}
			continue
		}
		length := int(binary.BigEndian.Uint16(b[at+2:]))
		segment := b[at+4 : min(len(b), max(at+4, at+2+length))]
		switch {
		case marker == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) && f.turn == 0:
			f.turn = orientationOf(segment[6:])
		case marker == 0xc0 || marker == 0xc1 || marker == 0xc2:
			return f, f.startOfFrame(segment, marker == 0xc2)
		case marker >= 0xc3 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			return f, fmt.Errorf("%w: its way of coding is not supported", ErrDamaged)
		}
		at += 2 + length
	}
	return f, fmt.Errorf("%w: it has no frame", ErrDamaged)
}

func (f *frame) startOfFrame(b []byte, progressive bool) error {
	if len(b) < 6 || len(b) < 6+3*int(b[5]) || b[5] == 0 {
		return fmt.Errorf("%w: its frame header is cut", ErrDamaged)
	}
	f.size = image.Pt(int(binary.BigEndian.Uint16(b[3:])), int(binary.BigEndian.Uint16(b[1:])))
	wide, high, samples := 1, 1, 0 // samples in the smallest unit of all components
	for i := range int(b[5]) {
		h, v := int(b[7+3*i]>>4), int(b[7+3*i]&15)
		wide, high, samples = max(wide, h), max(high, v), samples+h*v
	}
	f.memory = pixels(f.size) * int64(samples) / int64(wide*high)
	if progressive {
		f.memory *= 5
	}
	if b[5] > 1 {
		f.memory += 4 * pixels(f.size) // one in RGB or CMYK is converted
	}
	return nil
}

func damaged(err error) error { return fmt.Errorf("%w: %w", ErrDamaged, err) }
