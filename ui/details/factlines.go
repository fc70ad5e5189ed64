package details

import (
	"image/color"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

const (
	lineHeight   float32 = 17 // of the further lines of a value
	maxFactLines         = 6  // of one value; the last one is cut
	valueEnd     float32 = 24 // right of a value: the sign that it can be copied
)

// setWrap says whether values are broken into lines in a table of a width.
func (f *factTable) setWrap(on bool, width float32) {
	if f.wrap != on {
		f.wrap = on
		f.arrange(width)
		f.Refresh()
	} else if on && f.width != width {
		f.arrange(width)
	}
}

// left is where the values begin.
func (f *factTable) left() float32 {
	names := float32(0)
	for i := range f.facts {
		if one := &f.facts[i]; !one.title {
			names = max(names, one.indent()+fyne.MeasureText(one.name, style.MonoSize, fyne.TextStyle{}).Width)
		}
	}
	return style.LeftSpace + 2 + names + factSpace
}

// arrange finds the lines of the values in a table of a width, and where each fact begins.
func (f *factTable) arrange(width float32) {
	f.width, f.lines, f.tops = width, f.lines[:0], f.tops[:0]
	left, y, more := f.left(), float32(0), 0
	for i := range f.facts {
		one, room := &f.facts[i], width-left-valueEnd
		if one.title {
			room = width - style.LeftSpace - 2 - one.indent() - valueEnd
		}
		if one.icon != nil {
			room -= uiwidget.ProgramIconRoom
		}
		lines := []string{uiwidget.CutToWidth(words.VisibleText(one.value), room, style.MonoSize)}
		if f.wrap && !one.title {
			lines = breakText(words.VisibleText(one.value), room)
		}
		f.lines, f.tops = append(f.lines, lines), append(f.tops, y)
		y += factHeight + float32(len(lines)-1)*lineHeight
		more += len(lines) - 1
	}
	f.tops = append(f.tops, y)
	for len(f.more) < more {
		t := canvas.NewText("", color.Transparent)
		t.TextSize = style.MonoSize
		f.more = append(f.more, t)
	}
}

// at is the fact at a height, -1 for none.
func (f *factTable) at(y float32) int {
	for i := range f.facts {
		if y >= f.tops[i] && y < f.tops[i+1] {
			return i
		}
	}
	return -1
}

// breakText breaks a text into lines that fit into a room, at most maxFactLines. A line
// ends behind a space where it has one in its second half, else anywhere.
func breakText(text string, room float32) (lines []string) {
	for {
		line := uiwidget.CutToWidth(text, room, style.MonoSize)
		if line == text || len(lines) == maxFactLines-1 {
			return append(lines, line)
		}
		end := len(strings.TrimSuffix(line, words.Ellipsis))
		if end == 0 {
			_, end = utf8.DecodeRuneInString(text)
		}
		if space := strings.LastIndexByte(text[:end], ' ') + 1; space > end/2 {
			end = space
		}
		lines, text = append(lines, strings.TrimRight(text[:end], " ")), text[end:]
	}
}
