//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"image"
	"io"
	"strconv"
	"time"
)

var seed = maphash.MakeSeed()

// picture tells one picture of an area from another.
func (d *desktop) picture(area image.Rectangle) uint64 {
	field := func(n int) int { return int(binary.BigEndian.Uint32(d.screen[4*n:])) }
	pixels, stride := d.screen[field(0)+12*field(19):], field(12)
	var h maphash.Hash
	h.SetSeed(seed)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		_, _ = h.Write(pixels[y*stride+4*area.Min.X : y*stride+4*area.Max.X])
	}
	return h.Sum64()
}

// inked is how many lines of an area are not of one colour.
func (d *desktop) inked(area image.Rectangle) (lines int) {
	field := func(n int) int { return int(binary.BigEndian.Uint32(d.screen[4*n:])) }
	pixels, stride := d.screen[field(0)+12*field(19):], field(12)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		line := pixels[y*stride+4*area.Min.X : y*stride+4*area.Max.X]
		for x := 4; x < len(line); x += 4 {
			if string(line[x:x+4]) != string(line[:4]) {
				lines++
				break
			}
		}
	}
	return lines
}

// list is where the rows are.
func (d *desktop) list() image.Rectangle {
	return image.Rect(d.x+sidebarWidth, d.y+firstRow-rowHeight/2, d.x+d.w-20, d.y+d.h/2).Intersect(image.Rect(0, 0, 1280, 900))
}

// changes waits until an area looks otherwise after something was done.
func (d *desktop) changes(area image.Rectangle, done func()) error {
	before := d.picture(area)
	done()
	for begun := time.Now(); time.Since(begun) < 3*time.Second; time.Sleep(time.Millisecond) {
		if d.picture(area) != before {
			return nil
		}
	}
	return errors.New("the picture stays as it is")
}

// becomes waits until an area has a picture that is known, and that it had not, after something was done.
func (d *desktop) becomes(area image.Rectangle, picture uint64, done func()) error {
	if d.picture(area) == picture {
		return errors.New("the picture is there before anything is done")
	}
	done()
	for begun := time.Now(); time.Since(begun) < 5*time.Second; time.Sleep(time.Millisecond) {
		if d.picture(area) == picture {
			return nil
		}
	}
	return errors.New("the picture stays another")
}

// pictures counts how often an area changes in a second.
func (d *desktop) pictures(area image.Rectangle, during time.Duration) float64 {
	count, last := 0, d.picture(area)
	for begun := time.Now(); time.Since(begun) < during; time.Sleep(2 * time.Millisecond) {
		if now := d.picture(area); now != last {
			count, last = count+1, now
		}
	}
	return float64(count) / during.Seconds()
}

// move puts the pointer at a place of the window; below 0 counts from its end.
func (d *desktop) move(x, y int) {
	if y < 0 {
		y += d.h
	}
	_, _ = d.do("xdotool", "mousemove", "--sync", strconv.Itoa(d.x+x), strconv.Itoa(d.y+y))
}

// key presses and releases a key, with others that are named before it: ctrl+f.
func (d *desktop) key(name string) { _, _ = io.WriteString(d.mouse, "key "+name+"\n") }

// text types a text without spaces, after the keys before it.
func (d *desktop) text(s string) { _, _ = io.WriteString(d.mouse, "type --delay 5 "+s+"\n") }

// The wheel, as X has its buttons.
const (
	wheelUp   = "4"
	wheelDown = "5"
)

// scroll turns the wheel, 60 times a second, and counts the pictures that it sees of an area; gap
// is the longest time without a new one.
func (d *desktop) scroll(area image.Rectangle, wheel string, during time.Duration) (fps float64, gap time.Duration) {
	_, _ = d.do("xdotool", "click", "--repeat", "30", "--delay", "5", wheel) // away from the end
	turns := int(during / (16 * time.Millisecond))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = d.do("xdotool", "click", "--repeat", strconv.Itoa(turns), "--delay", "16", wheel)
	}()
	frames := 0
	last, begun := d.picture(area), time.Now()
	first, at := time.Time{}, time.Time{}
	for {
		select {
		case <-done:
			return float64(frames) / at.Sub(first).Seconds(), gap
		case <-time.After(2 * time.Millisecond):
		}
		if now := d.picture(area); now != last {
			last = now
			if first.IsZero() {
				first = time.Now()
			} else {
				frames++
				gap = max(gap, time.Since(at))
			}
			at = time.Now()
		}
		if time.Since(begun) > 10*during {
			return 0, gap
		}
	}
}

const (
	rowHeight    = 26
	sidebarWidth = 290 // with the rail, and more than it has
	firstRow     = 180 // its middle, below the menus, the switches, the filter, its buttons and the heading
)

// clicks clicks on rows and waits for the details to show each. right is how often the row
// that was under the pointer when the click was decided on is the one that was hit: it looks
// selected now, and the list still stands where it had. Two rows lie between those of two
// clicks, so that none takes the selection away from a row that is compared, and none goes
// to the row that is selected already.
func (d *desktop) clicks(n int) (took []time.Duration, right int) {
	details := image.Rect(d.x+sidebarWidth, d.y+d.h*2/3, d.x+d.w-20, d.y+d.h-40).Intersect(image.Rect(0, 0, 1280, 900))
	for range n {
		x, y := 500, firstRow+d.clicked%3*3*rowHeight
		d.clicked++
		d.move(x, y)
		time.Sleep(300 * time.Millisecond) // the row under the pointer is marked
		row, below, begun := d.picture(d.pointed(x, y)), d.picture(d.below(x, y)), time.Now()
		if d.changes(details, func() { _, _ = io.WriteString(d.mouse, "click 1\n") }) == nil {
			took = append(took, time.Since(begun))
		}
		if d.picture(d.pointed(x, y)) != row && d.picture(d.below(x, y)) == below {
			right++
		}
		time.Sleep(200 * time.Millisecond)
	}
	return took, right
}

// pointed is a part of the row that is clicked.
func (d *desktop) pointed(x, y int) image.Rectangle {
	return image.Rect(d.x+x-200, d.y+y-2, d.x+x+200, d.y+y+2)
}

// below is what lies under the row that is clicked, wherever in the row that is.
func (d *desktop) below(x, y int) image.Rectangle {
	return image.Rect(d.x+x-200, d.y+y+rowHeight, d.x+x+200, d.y+y+2*rowHeight)
}
