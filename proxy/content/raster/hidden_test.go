package raster

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"runtime"
	"strings"
	"testing"
)

// hides puts a header where this package would pass over it and the decoder would
// not, and behind it a picture that is small.
var hides = map[string]func(t testing.TB) []byte{
	"JPEG, extraneous data": func(t testing.TB) []byte {
		small := encoded(t, "JPEG", sample(8, 8))
		large := encoded(t, "JPEG", image.NewGray(image.Rect(0, 0, 8, 8)))
		sof := bytes.Index(large, []byte("\xff\xc0"))
		binary.BigEndian.PutUint16(large[sof+5:], 40000)
		binary.BigEndian.PutUint16(large[sof+7:], 10000)
		b := append([]byte("\xff\xd8\xff\x00"), large[sof:]...) // its first two bytes are a length for some
		b = append(b, make([]byte, 2+2+0xffc0-2-(len(b)-2))...)
		return append(b, small[2:]...)
	},
	"GIF, text of another length": func(t testing.TB) []byte {
		frame := func(w, h int) []byte {
			b := binary.LittleEndian.AppendUint16([]byte(",\x00\x00\x00\x00"), uint16(w))
			return append(binary.LittleEndian.AppendUint16(b, uint16(h)), "\x00\x02\x01\x00\x00"...)
		}
		b := []byte("GIF89a\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\xff\xff\xff")
		b = append(b, "!\x01\xff"+strings.Repeat("\x00", 12)+"\x00"...) // 12 bytes and an end, whatever the length says
		b = append(b, frame(40000, 10000)...)
		b = append(b, make([]byte, 255-13-14)...)
		return append(append(b, 0), frame(2, 2)...)
	},
	"PNG, grey with a transparent one": func(t testing.TB) []byte {
		b := encoded(t, "PNG", image.NewGray16(image.Rect(0, 0, 8, 8)))
		binary.BigEndian.PutUint32(b[16:], 8192)
		binary.BigEndian.PutUint32(b[20:], 4096)
		b[28] = 1 // in passes
		binary.BigEndian.PutUint32(b[29:], crc(b[12:29]))
		chunk := []byte("\x00\x00\x00\x02tRNS\x00\x00\x00\x00\x00\x00")
		binary.BigEndian.PutUint32(chunk[10:], crc(chunk[4:10]))
		return append(b[:33:33], append(chunk, b[33:]...)...)
	},
}

// What is bounded is what the decoder takes, not what this package has read.
func TestHiddenHeadersAreCounted(t *testing.T) {
	for name, hide := range hides {
		body := hide(t)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := Decode(context.Background(), body, 100)
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 32<<20 {
			t.Errorf("%s: %d MiB were taken: %v, %v", name, taken>>20, p.Size, err)
		}
	}
}

// The trees of a lossless WebP take up to 256 times their bytes, and are counted.
func TestTreesAreCounted(t *testing.T) {
	for trees, large := range map[int]bool{100: false, 1 << 20: true} {
		body := riff(lossless(5100, 5100) + strings.Repeat("\x00", trees))
		f, _, _ := open(body)
		if got := f.check() == ErrLarge; got != large || f.size.X != 5100 {
			t.Errorf("%d bytes: refused %v", trees, got)
		}
	}
}
