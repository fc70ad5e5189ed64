package compose

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/conversation"
	"posthouse/proxy/websocket"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// socketRow is one message in the list: when, an arrow for whose it is, its kind, how long it is, and its begin.
type socketRow struct {
	widget.BaseWidget
	style.AppTheme
	cells [5]*uiwidget.CutLabel
}

const (
	socketRowHeight = 24
	timeForm        = "15:04:05.000"
	previewSize     = 400 // bytes of a message that are shown in its row
	previewBytes    = 32  // of a binary one
)

func newSocketRow() *socketRow {
	w := &socketRow{}
	for i := range w.cells {
		w.cells[i] = uiwidget.NewCutLabel(style.ColorMuted)
	}
	w.ExtendBaseWidget(w)
	return w
}

func (w *socketRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(socketRowLayout{}, w.cells[0], w.cells[1], w.cells[2], w.cells[3], w.cells[4]))
}

// show shows a message.
func (w *socketRow) show(e *conversation.Entry) {
	arrow, colour := "↓", style.ColorInfo
	if e.Sent {
		arrow, colour = "↑", style.ColorGood
	}
	text, foreground := previewText(e), fyne.ThemeColorName(theme.ColorNameForeground)
	switch {
	case e.Failed:
		text, foreground = i18n.T("compose.socket.failed"), theme.ColorNameError
	case e.Opcode.Control():
		foreground = style.ColorMuted
	}
	w.cells[0].Set(words.ClockText(e.At, timeForm))
	w.cells[1].SetColored(arrow, colour)
	w.cells[2].SetColored(opcodeText(e.Opcode), colour)
	w.cells[3].Set(words.SizeText(e.Size))
	w.cells[4].SetColored(text, foreground)
}

// blank shows nothing: the message has gone meanwhile.
func (w *socketRow) blank() {
	for _, c := range w.cells {
		c.Set("")
	}
}

func opcodeText(o websocket.Opcode) string {
	switch o {
	case websocket.Text:
		return i18n.T("compose.socket.op.text")
	case websocket.Binary:
		return i18n.T("compose.socket.op.binary")
	case websocket.Ping:
		return "Ping"
	case websocket.Pong:
		return "Pong"
	}
	return i18n.T("compose.socket.op.close")
}

// previewText is the begin of a message in a line.
func previewText(e *conversation.Entry) string {
	switch {
	case e.Opcode == websocket.Close:
		return closeText(websocket.CloseText(e.Data))
	case e.Took > 0:
		return i18n.T("compose.socket.took", words.DurationText(e.Took))
	case e.Opcode == websocket.Binary:
		text := hex.EncodeToString(e.Data[:min(len(e.Data), previewBytes)])
		var b strings.Builder
		for i := 0; i < len(text); i += 2 {
			b.WriteString(text[i:i+2] + " ")
		}
		if e.Size > previewBytes {
			b.WriteString(words.Ellipsis)
		}
		return strings.TrimRight(b.String(), " ")
	}
	return visible.Text(words.ShortText(string(e.Data[:min(len(e.Data), previewSize+1)]), previewSize))
}

// closeText is the code and the reason of a close.
func closeText(code uint16, text []byte) string {
	if code == websocket.CloseNone {
		return i18n.T("compose.socket.code.none")
	}
	return strings.TrimRight(strconv.Itoa(int(code))+" "+visible.Text(string(text)), " ")
}

// aboutText is what a conversation has come to, in a line.
func aboutText(s *conversation.State) string {
	parts := []string{i18n.T("compose.socket.counts", words.CountText(s.Sent), words.CountText(s.Received))}
	if s.Waiting > 0 {
		parts = append(parts, i18n.T("compose.socket.waiting", words.CountText(s.Waiting)))
	}
	if s.First > 0 {
		parts = append(parts, i18n.T("compose.socket.gone", words.CountText(s.First)))
	}
	if s.Agreed.Protocol != "" {
		parts = append(parts, visible.Text(words.ShortText(s.Agreed.Protocol, shortWidth)))
	}
	if s.Agreed.Deflate != nil {
		parts = append(parts, "permessage-deflate")
	}
	return strings.Join(parts, "  ·  ")
}

// factsText is what is to be known of a message beside its content.
func factsText(e *conversation.Entry) string {
	side := "compose.socket.received"
	if e.Sent {
		side = "compose.socket.sent"
	}
	parts := []string{i18n.T(side), opcodeText(e.Opcode), words.ExactSize(e.Size)}
	if kept := int64(len(e.Data)); kept < e.Size {
		parts = append(parts, i18n.T("compose.socket.cut", words.SizeText(kept)))
	}
	if e.Frames > 1 {
		parts = append(parts, i18n.N("compose.socket.frames", e.Frames, words.CountText(e.Frames)))
	}
	if e.Deflated {
		parts = append(parts, i18n.T("compose.socket.deflated", words.SizeText(e.Wire)))
	}
	if e.Opcode == websocket.Text && !validText(e) {
		parts = append(parts, i18n.T("compose.socket.notutf8"))
	}
	return strings.Join(parts, "  ·  ")
}

// validText reports whether what is kept of a text is UTF-8; a character may be cut at its end.
func validText(e *conversation.Entry) bool {
	b := e.Data
	if int64(len(b)) < e.Size {
		for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
			if utf8.RuneStart(b[len(b)-n]) {
				if !utf8.FullRune(b[len(b)-n:]) {
					b = b[:len(b)-n]
				}
				break
			}
		}
	}
	return utf8.Valid(b)
}

type socketRowLayout struct{}

// Where the cells begin, in pixels.
var socketColumns = [5]float32{8, 96, 116, 178, 246}

func (socketRowLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(120, socketRowHeight)
}

func (socketRowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for i, o := range objects {
		end := size.Width - 4
		if i+1 < len(objects) {
			end = socketColumns[i+1] - 6
		}
		height := o.MinSize().Height
		o.Move(fyne.NewPos(socketColumns[i], (size.Height-height)/2))
		o.Resize(fyne.NewSize(max(0, end-socketColumns[i]), height))
	}
}
