//go:build e2e && linux

package e2e

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

// screen reads the X server's framebuffer, which Xvfb keeps in a file in the
// XWD format: looking costs the app nothing.
func (d *desktop) screen() *image.NRGBA {
	d.t.Helper()
	data, err := os.ReadFile(filepath.Join(d.path("screen"), "Xvfb_screen0"))
	d.must(err)
	field := func(n int) int { return int(binary.BigEndian.Uint32(data[4*n:])) }
	width, height, bitsPerPixel, stride := field(4), field(5), field(11), field(12)
	pixels := data[field(0)+12*field(19):] // header, then the colour map
	if bitsPerPixel != 32 || len(pixels) < height*stride {
		d.t.Fatalf("unexpected framebuffer: %dx%d, %d bits", width, height, bitsPerPixel)
	}
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p := pixels[y*stride+4*x:]
			img.SetNRGBA(x, y, color.NRGBA{p[2], p[1], p[0], 0xff})
		}
	}
	return img
}

// digest tells whether what is shown in an area has changed.
func (d *desktop) digest(area image.Rectangle) uint32 {
	d.t.Helper()
	img := d.screen()
	area = area.Intersect(img.Bounds())
	sum := crc32.NewIEEE()
	for y := area.Min.Y; y < area.Max.Y; y++ {
		from := img.PixOffset(area.Min.X, y)
		sum.Write(img.Pix[from : from+4*area.Dx()])
	}
	return sum.Sum32()
}

// atRest is longer than the list goes without being drawn when much happens.
const atRest = 500 * time.Millisecond

// settled waits until an area has not changed for a while.
func (d *desktop) settled(area image.Rectangle) uint32 {
	d.t.Helper()
	last, since := d.digest(area), time.Now()
	eventually.Within(d.t, patience, "the picture is at rest", func() bool {
		if now := d.digest(area); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > atRest
	})
	return last
}

// picture saves what an area of the screen shows.
func (d *desktop) picture(file string, area image.Rectangle) {
	d.t.Helper()
	out, err := os.Create(file)
	d.must(err)
	defer out.Close()
	img := d.screen()
	d.must(png.Encode(out, img.SubImage(area.Intersect(img.Bounds()))))
}

// shot keeps a picture of the whole screen in the session's directory, which
// stays if the test fails.
func (d *desktop) shot(name string) {
	d.t.Helper()
	d.shots++
	d.picture(d.path(fmt.Sprintf("%02d-%s.png", d.shots, name)), image.Rect(0, 0, 1<<15, 1<<15))
}

// window is a window on the screen.
type window struct {
	d    *desktop
	id   string
	area image.Rectangle // without the frame
}

// windows lists the visible windows of a process.
func (d *desktop) windows(pid int) (ids []string) {
	out, err := d.try("xdotool", "search", "--onlyvisible", "--all", "--pid", strconv.Itoa(pid), "--name", ".")
	if err != nil {
		return nil // xdotool fails when it finds none
	}
	return strings.Fields(out)
}

// geometry is where a window lies, without its frame. xdotool's own answer
// counts the frame twice.
func (d *desktop) geometry(id string) image.Rectangle {
	out, err := d.try("xwininfo", "-id", id)
	if err != nil {
		return image.Rectangle{}
	}
	v := map[string]int{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		v[name], _ = strconv.Atoi(strings.TrimSpace(value))
	}
	x, y := v["Absolute upper-left X"], v["Absolute upper-left Y"]
	return image.Rect(x, y, x+v["Width"], y+v["Height"])
}

// click presses a mouse button at a point of the window; negative co-ordinates
// count from the right and from the bottom.
func (w *window) click(x, y int) {
	w.d.t.Helper()
	p := w.at(x, y)
	w.d.do("xdotool", "mousemove", "--sync", strconv.Itoa(p.X), strconv.Itoa(p.Y), "click", "1")
}

func (w *window) at(x, y int) image.Point {
	w.area = w.d.geometry(w.id)
	if x < 0 {
		x += w.area.Dx()
	}
	if y < 0 {
		y += w.area.Dy()
	}
	return w.area.Min.Add(image.Pt(x, y))
}

// key presses keys in the window, such as "ctrl+shift+p".
func (w *window) key(keys ...string) {
	w.d.t.Helper()
	w.activate()
	w.d.do("xdotool", append([]string{"key", "--clearmodifiers"}, keys...)...)
}

func (w *window) write(text string) {
	w.d.t.Helper()
	w.d.do("xdotool", "type", "--clearmodifiers", "--delay", "15", text)
}

// activate gives the window the keyboard and waits until it has it.
func (w *window) activate() {
	w.d.t.Helper()
	w.d.do("wmctrl", "-i", "-a", w.id)
	eventually.Within(w.d.t, patience, "the window has the focus", func() bool {
		out, _ := w.d.try("xdotool", "getactivewindow")
		return out == w.id
	})
}

// close asks the window to close, as its title bar's button does.
func (w *window) close() {
	w.d.t.Helper()
	w.d.do("wmctrl", "-i", "-c", w.id)
}

// clipboard is what a paste would give.
func (d *desktop) clipboard() string {
	out, _ := d.try("timeout", "3", "xclip", "-o", "-selection", "clipboard")
	return out
}
