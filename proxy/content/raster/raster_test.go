package raster

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/bmp"
)

// The four corners of a sample: red, green, blue, white.
var corners = [4]color.NRGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}}

func sample(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, corners[min(1, 2*x/w)+2*min(1, 2*y/h)])
		}
	}
	return m
}

// seen names the corners of a picture: "rgbw" is upright.
func seen(m *image.NRGBA) string {
	var out strings.Builder
	r := m.Bounds()
	for _, p := range []image.Point{{0, 0}, {r.Dx() - 1, 0}, {0, r.Dy() - 1}, {r.Dx() - 1, r.Dy() - 1}} {
		c := m.NRGBAAt(p.X, p.Y)
		names := map[[3]bool]string{{true, false, false}: "r", {false, true, false}: "g", {false, false, true}: "b",
			{true, true, true}: "w"}
		out.WriteString(names[[3]bool{c.R > 128, c.G > 128, c.B > 128}] + "")
	}
	return out.String()
}

func encoded(t testing.TB, format string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "PNG":
		err = png.Encode(&b, m)
	case "JPEG":
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 95})
	case "GIF":
		err = gif.Encode(&b, m, nil)
	case "BMP":
		err = bmp.Encode(&b, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func exif(o byte) []byte {
	return []byte{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, o, 0, 0, 0, 0, 0, 0, 0}
}

// turnedJPEG is a JPEG with an orientation.
func turnedJPEG(t testing.TB, o byte) []byte {
	b, e := encoded(t, "JPEG", sample(32, 16)), append([]byte("Exif\x00\x00"), exif(o)...)
	app1 := append([]byte{0xff, 0xe1, 0, byte(len(e) + 2)}, e...)
	return append(append(append([]byte{}, b[:2]...), app1...), b[2:]...)
}

// riff makes a WebP file of chunks.
func riff(chunks ...string) []byte {
	out := []byte("RIFF\x00\x00\x00\x00WEBP")
	for _, c := range chunks {
		out = append(out, c[:4]...)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(c)-4))
		if out = append(out, c[4:]...); len(c)%2 != 0 {
			out = append(out, 0)
		}
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// lossless is a VP8L picture of one symbol, of whatever size it says.
func lossless(w, h int) string {
	bits := binary.LittleEndian.AppendUint32(nil, uint32(w-1)|uint32(h-1)<<14)
	return "VP8L\x2f" + string(bits) + "\x88\x88\x08\x00\x00\x00\x00"
}

func le24(n int) string { return string([]byte{byte(n), byte(n >> 8), byte(n >> 16)}) }

// extended is the header of a WebP file that claims a size.
func extended(flags byte, w, h int) string {
	return "VP8X" + string([]byte{flags, 0, 0, 0}) + le24(w-1) + le24(h-1)
}

// animated has a first frame of 4x2 at 8, 6 on a canvas of 16x8.
func animated() []byte {
	frame := riff(lossless(4, 2))[12:]
	return riff(extended(2, 16, 8), "ANIM\x00\x00\x00\x00\x00\x00", "ANMF"+le24(4)+le24(3)+le24(3)+le24(1)+le24(100)+"\x00"+string(frame))
}

func icon(pictures ...[]byte) []byte {
	out := []byte{0, 0, 1, 0, byte(len(pictures)), 0}
	at := 6 + 16*len(pictures)
	for _, p := range pictures {
		out = append(out, 0, 0, 0, 0, 1, 0, 32, 0)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(p)))
		out = binary.LittleEndian.AppendUint32(out, uint32(at))
		at += len(p)
	}
	return append(out, bytes.Join(pictures, nil)...)
}

// bitmap is a picture of an icon that is no PNG, red.
func bitmap(side int) []byte {
	out := binary.LittleEndian.AppendUint32(nil, 40)
	out = binary.LittleEndian.AppendUint32(out, uint32(side))
	out = binary.LittleEndian.AppendUint32(out, uint32(2*side))
	out = append(out, 1, 0, 32, 0)
	out = append(out, make([]byte, 24)...)
	return append(out, bytes.Repeat([]byte{0, 0, 255, 255}, side*side)...)
}

func TestPicturesAreDecoded(t *testing.T) {
	pngTurned := encoded(t, "PNG", sample(8, 4))
	chunk := append(binary.BigEndian.AppendUint32(nil, 26), append([]byte("eXIf"), exif(6)...)...)
	pngTurned = append(append(append([]byte{}, pngTurned[:33]...), append(chunk, 0, 0, 0, 0)...), pngTurned[33:]...)
	binary.BigEndian.PutUint32(pngTurned[33+8+26:], crc(pngTurned[33+4:33+8+26]))
	for _, c := range []struct {
		name, format string
		body         []byte
		size         image.Point
		seen         string // corners; "" is not asked
	}{
		{"PNG", "PNG", encoded(t, "PNG", sample(8, 4)), image.Pt(8, 4), "rgbw"},
		{"JPEG", "JPEG", encoded(t, "JPEG", sample(32, 16)), image.Pt(32, 16), "rgbw"},
		{"GIF", "GIF", encoded(t, "GIF", sample(8, 4)), image.Pt(8, 4), "rgbw"},
		{"BMP", "BMP", encoded(t, "BMP", sample(8, 4)), image.Pt(8, 4), "rgbw"},
		{"still WebP", "WebP", riff(lossless(4, 2)), image.Pt(4, 2), ""},
		{"WebP with a header", "WebP", riff(extended(0, 4, 2), lossless(4, 2)), image.Pt(4, 2), ""},
		{"WebP, turned", "WebP", riff(extended(8, 4, 2), lossless(4, 2), "EXIF"+string(exif(6))), image.Pt(2, 4), ""},
		{"animated WebP", "WebP", animated(), image.Pt(16, 8), ""},
		{"icon of a PNG", "ICO", icon(encoded(t, "PNG", sample(8, 4))), image.Pt(8, 4), "rgbw"},
		{"icon, the largest", "ICO", icon(bitmap(4), bitmap(16), bitmap(8)), image.Pt(16, 16), "rrrr"},
		{"JPEG lying on its side", "JPEG", turnedJPEG(t, 6), image.Pt(16, 32), "brwg"},
		{"JPEG upside down", "JPEG", turnedJPEG(t, 3), image.Pt(32, 16), "wbgr"},
		{"JPEG mirrored", "JPEG", turnedJPEG(t, 2), image.Pt(32, 16), "grwb"},
		{"JPEG flipped", "JPEG", turnedJPEG(t, 4), image.Pt(32, 16), "bwrg"},
		{"JPEG transposed", "JPEG", turnedJPEG(t, 5), image.Pt(16, 32), "rbgw"},
		{"JPEG transversed", "JPEG", turnedJPEG(t, 7), image.Pt(16, 32), "wgbr"},
		{"JPEG on its other side", "JPEG", turnedJPEG(t, 8), image.Pt(16, 32), "gwrb"},
		{"JPEG, no such orientation", "JPEG", turnedJPEG(t, 9), image.Pt(32, 16), "rgbw"},
		{"PNG lying on its side", "PNG", pngTurned, image.Pt(4, 8), "brwg"},
	} {
		p, err := Decode(t.Context(), c.body, 1000)
		if err != nil || p.Format != c.format || p.Size != c.size || p.Image.Bounds() != (image.Rectangle{Max: c.size}) {
			t.Errorf("%s: %v, %q, %v", c.name, err, p.Format, p.Size)
			continue
		}
		if got := seen(p.Image); c.seen != "" && got != c.seen {
			t.Errorf("%s: corners %s, want %s", c.name, got, c.seen)
		}
	}
}

func TestLargePicturesAreMadeSmaller(t *testing.T) {
	p, err := Decode(t.Context(), encoded(t, "PNG", sample(1000, 500)), 100)
	if err != nil || p.Size != image.Pt(1000, 500) || p.Image.Bounds() != image.Rect(0, 0, 100, 50) || seen(p.Image) != "rgbw" {
		t.Fatalf("%v, %v", p.Size, err)
	}
	for y := range 50 { // made in strips: none is left out
		if c := p.Image.NRGBAAt(10, y); c.A != 255 || (y < 25) != (c.R > 128) && y != 24 && y != 25 {
			t.Fatalf("row %d: %v", y, c)
		}
	}
	if p, err = Decode(t.Context(), encoded(t, "PNG", sample(3000, 2)), 300); err != nil || p.Image.Bounds() != image.Rect(0, 0, 300, 1) {
		t.Errorf("%v, %v", p.Size, err)
	}
}

// A picture of one row, or one column, takes no more memory to scale than others.
func TestScalingIsBounded(t *testing.T) {
	for _, size := range []image.Point{{1 << 23, 1}, {1, 1 << 23}} {
		m := image.NewGray(image.Rectangle{Max: size})
		f := frame{size: size, canvas: size}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		out, err := f.scaled(t.Context(), m, 100)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; err != nil || max(out.Rect.Dx(), out.Rect.Dy()) != 100 || m.Pix[0] != 0 {
			t.Errorf("%v: %v", size, err)
		} else if peak := after.HeapSys - min(after.HeapSys, before.HeapSys); peak > 128<<20 {
			t.Errorf("%v: %d MiB at a time, %d MiB in all", size, peak>>20, used>>20)
		}
	}
}

// scans is a progressive JPEG of w times h pixels whose scans say nothing, n times.
func scans(w, h, n int) []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xc2, 0, 11, 8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), 1, 1, 0x11, 0}
	b = append(b, 0xff, 0xdb, 0, 67, 0)
	b = append(b, bytes.Repeat([]byte{1}, 64)...)
	// AC table: the one code of one bit is the longest run of ends of blocks.
	b = append(b, 0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe0)
	var bits strings.Builder
	for blocks := (w + 7) / 8 * ((h + 7) / 8); blocks > 0; blocks -= 1<<15 - 1 {
		bits.WriteString("0" + strings.Repeat("1", 14))
	}
	bits.WriteString("1111111")
	var data []byte
	for text := bits.String(); len(text) >= 8; text = text[8:] {
		c, _ := strconv.ParseUint(text[:8], 2, 8)
		if data = append(data, byte(c)); c == 0xff {
			data = append(data, 0)
		}
	}
	for range n {
		b = append(append(b, 0xff, 0xda, 0, 8, 1, 1, 0, 1, 1, 0), data...)
	}
	return append(b, 0xff, 0xd9)
}

// What is refused, and what is known of it.
func TestHostilePictures(t *testing.T) {
	limit := maxTime
	maxTime *= 3 // the race detector, on a busy machine, makes an honest picture slower than that
	t.Cleanup(func() { maxTime = limit })
	file := func(name string) []byte {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := encoded(t, "PNG", sample(8, 4))
	large := func(w, h uint32, depth, colour, interlace byte) []byte {
		b := bytes.Clone(good[:33])
		binary.BigEndian.PutUint32(b[16:], w)
		binary.BigEndian.PutUint32(b[20:], h)
		b[24], b[25], b[28] = depth, colour, interlace
		binary.BigEndian.PutUint32(b[29:], crc(b[12:29]))
		return append(b, good[33:]...)
	}
	gifFrame := []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02L\x01\x00;")
	wideGIF := encoded(t, "GIF", sample(8, 4))
	copy(wideGIF[6:], "\xff\xff\xff\xff")
	bomb := animated()
	copy(bomb[bytes.Index(bomb, []byte("VP8L")):], lossless(16384, 16384)[:4]+"\x0c\x00\x00\x00"+lossless(16384, 16384)[4:])
	for _, c := range []struct {
		name   string
		body   []byte
		want   error
		format string
		size   image.Point
	}{
		{"WebP with transparency of another size", file("crash-alpha.webp"), ErrDamaged, "WebP", image.Pt(150, 100)},
		{"WebP larger than it claims", file("bomb-16384.webp"), ErrLarge, "WebP", image.Pt(16384, 16384)},
		{"large still WebP", riff(lossless(16384, 16384)), ErrLarge, "WebP", image.Pt(16384, 16384)},
		{"large frame of an animated WebP", bomb, ErrLarge, "WebP", image.Pt(16, 8)},
		{"WebP without a frame", riff(extended(2, 16, 8)), ErrDamaged, "WebP", image.Pt(16, 8)},
		{"large PNG", large(65536, 65536, 8, 6, 0), ErrLarge, "PNG", image.Pt(65536, 65536)},
		{"large interlaced PNG", large(6000, 5000, 16, 6, 1), ErrLarge, "PNG", image.Pt(6000, 5000)},
		{"PNG without its pixels", large(5000, 5000, 8, 6, 0), ErrDamaged, "PNG", image.Pt(5000, 5000)},
		{"interlaced PNG without its pixels", large(5000, 5000, 8, 6, 1), ErrDamaged, "PNG", image.Pt(5000, 5000)},
		{"GIF with a large frame on a small canvas", gifFrame, ErrLarge, "GIF", image.Pt(1, 1)},
		{"cut GIF", []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00"), ErrDamaged, "GIF", image.Point{}},
		{"large BMP", append([]byte("BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00"+
			"\x00\x00\x01\x00\x00\x00\x01\x00\x01\x00\x20\x00"), make([]byte, 24)...), ErrLarge, "BMP", image.Pt(65536, 65536)},
		{"large JPEG", scans(65535, 65535, 1), ErrLarge, "JPEG", image.Pt(65535, 65535)},
		{"large progressive JPEG", scans(8000, 4194, 1), nil, "JPEG", image.Pt(8000, 4194)},
		{"JPEG cut in its header", []byte("\xff\xd8\xff\xc0\x00\x0b\x08\x00"), ErrDamaged, "JPEG", image.Point{}},
		{"JPEG without end", append([]byte("\xff\xd8"), bytes.Repeat([]byte{0xff}, 1<<20)...), ErrDamaged, "JPEG", image.Point{}},
		{"icon that points outside", []byte("\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00\x01\x00\x20\x00\xff\xff\xff\xff\x16\x00\x00\x00"),
			ErrDamaged, "ICO", image.Point{}},
		{"large PNG in an icon", icon(large(65536, 65536, 8, 6, 0)), ErrLarge, "ICO", image.Pt(65536, 65536)},
		{"AVIF", []byte("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00"), ErrUnknown, "AVIF", image.Point{}},
		{"text", []byte("hello, world"), ErrUnknown, "", image.Point{}},
		{"nothing", nil, ErrUnknown, "", image.Point{}},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun := time.Now()
		p, err := Decode(t.Context(), c.body, 1280)
		took := time.Since(begun)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, c.want) || c.want != nil && p.Image != nil || p.Format != c.format || p.Size != c.size {
			t.Errorf("%s: %v, %q, %v", c.name, err, p.Format, p.Size)
		}
		// All that was allocated, also what was free again soon.
		if used := after.TotalAlloc - before.TotalAlloc; used > 2*maxMemory || took > maxTime {
			t.Errorf("%s: %d MiB, %v", c.name, used>>20, took)
		}
	}
	if p, err := Decode(t.Context(), wideGIF, 1280); err != nil || p.Size != image.Pt(65535, 65535) || p.Image.Bounds().Dx() != 1280 {
		t.Errorf("a small GIF on a huge canvas: %v, %v", p.Size, err)
	}
}

// A decoder that goes on and on is stopped by its time, or when the picture is no longer wanted.
func TestADecoderIsStopped(t *testing.T) {
	endless := scans(8000, 4194, 200_000)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if p, err := Decode(ctx, endless, 1280); !errors.Is(err, context.DeadlineExceeded) || p.Size != image.Pt(8000, 4194) {
		t.Errorf("%v, %v", p.Size, err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("called off after 0.2 s, it took %v", took)
	}
	defer func(was time.Duration) { maxTime = was }(maxTime)
	maxTime = 200 * time.Millisecond
	if _, err := Decode(t.Context(), endless, 1280); !errors.Is(err, ErrSlow) {
		t.Errorf("%v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := Decode(ended, encoded(t, "PNG", sample(8, 4)), 1280); !errors.Is(err, context.Canceled) {
		t.Errorf("called off before: %v", err)
	}
}

// A picture whose drawing panics is a damaged one.
func TestAPanicIsAnError(t *testing.T) {
	f := frame{size: image.Pt(2, 2), canvas: image.Pt(2, 2)}
	bad := &image.NRGBA{Pix: make([]byte, 1), Stride: 8, Rect: image.Rect(0, 0, 2, 2)}
	_, err := guard(func() (*image.NRGBA, error) { return f.scaled(t.Context(), bad, 1280) })
	if !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

func crc(b []byte) uint32 {
	sum := ^uint32(0)
	for _, c := range b {
		sum ^= uint32(c)
		for range 8 {
			sum = sum>>1 ^ 0xedb88320&-(sum&1)
		}
	}
	return ^sum
}

func FuzzDecode(f *testing.F) {
	for _, format := range []string{"PNG", "JPEG", "GIF", "BMP"} {
		f.Add(encoded(f, format, sample(4, 2)))
	}
	f.Add(turnedJPEG(f, 6))
	f.Add(animated())
	f.Add(riff(extended(16, 4, 2), "ALPH\x00\x00\x00\x00\x00\x00\x00\x00\x00", lossless(4, 2)))
	f.Add(icon(bitmap(4), encoded(f, "PNG", sample(4, 2))))
	f.Add(scans(64, 64, 2))
	for _, hide := range hides {
		f.Add(hide(f))
	}
	for _, name := range []string{"crash-alpha.webp", "bomb-16384.webp"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sent := bytes.Clone(body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := Decode(t.Context(), body, 64)
		runtime.ReadMemStats(&after)
		if f, _, _ := open(body); int64(after.TotalAlloc-before.TotalAlloc) > 2*f.memory+int64(8*len(body))+16<<20 {
			t.Fatalf("%d MiB are taken, %d are counted", (after.TotalAlloc-before.TotalAlloc)>>20, f.memory>>20)
		}
		if (p.Image == nil) == (err == nil) {
			t.Fatalf("%v and %v", p.Image != nil, err)
		}
		if p.Image != nil && (p.Image.Rect.Min != image.Point{} || p.Image.Rect.Dx() > 64 || p.Image.Rect.Dy() > 64 ||
			p.Image.Rect.Empty()) {
			t.Fatalf("%v", p.Image.Rect)
		}
		if !bytes.Equal(sent, body) {
			t.Fatal("the body was written to")
		}
	})
}
