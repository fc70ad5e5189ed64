package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"posthouse/assets"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
)

// sign is what the list shows of a row's TLS. Each has a shape of its own.
type sign uint8

const (
	signNone      sign = iota // no TLS
	signTunnel                // TLS that passes unread
	signDecrypted             // read, and all is well
	signBad                   // read, but the origin's certificate did not pass
	SignRefused               // the client did not take Posthouse's certificate
	signFailed                // no TLS with the origin
	signCount
)

// SignOf is the sign of a row. What is in a tunnel that is not opened is not
// known to be TLS before its ClientHello was seen.
func SignOf(r *flow.Row) sign {
	switch r.TLS.Outcome {
	case flow.TLSDecrypted:
		return signDecrypted
	case flow.TLSBadCertificate:
		return signBad
	case flow.TLSRefused:
		return SignRefused
	case flow.TLSFailed:
		return signFailed
	}
	if r.Kind == flow.KindTunnel && r.TLS.Seen {
		return signTunnel
	}
	return signNone
}

// signLook is a drawing and the colour that it has in the theme in force.
type signLook struct {
	Picture fyne.Resource
	color   fyne.ThemeColorName
	word    string // key of its words
}

// SignLooks is how each sign is drawn, and the key of its words.
var SignLooks = [signCount]signLook{
	signTunnel:    newSignLook("lock-closed.svg", assets.LockClosed, theme.ColorNamePlaceHolder, "tunnel"),
	signDecrypted: newSignLook("lock-open.svg", assets.LockOpen, theme.ColorNameSuccess, "decrypted"),
	signBad:       newSignLook("lock-warning.svg", assets.LockWarning, theme.ColorNameWarning, "bad-certificate"),
	SignRefused:   newSignLook("lock-refused.svg", assets.LockRefused, theme.ColorNameError, "refused"),
	signFailed:    newSignLook("lock-failed.svg", assets.LockFailed, theme.ColorNameError, "failed"),
}

func newSignLook(name string, svg []byte, color fyne.ThemeColorName, word string) signLook {
	r := theme.NewColoredResource(fyne.NewStaticResource(name, svg), color)
	return signLook{r, color, "padlock." + word}
}

// Words say what the sign means, "" for no TLS.
func (s sign) Words() string {
	if s == signNone {
		return ""
	}
	return i18n.T(SignLooks[s].word)
}

const (
	SignSize = 16 // pixels; the drawings lie on this grid
)

// SignCell draws the sign in a row of the list. It touches its picture only
// when another one is to be seen.
type SignCell struct {
	Picture *canvas.Image
	shown   sign
	at      fyne.Position
}

// NewSignCell makes a cell without a sign.
func NewSignCell() *SignCell {
	c := &SignCell{Picture: &canvas.Image{FillMode: canvas.ImageFillContain}}
	c.Picture.Resize(fyne.NewSquareSize(SignSize))
	c.Picture.Hide()
	return c
}

// Show draws a sign at x, in a column of a width, 0 where it is not shown.
func (c *SignCell) Show(s sign, x, width float32) {
	if width == 0 {
		s = signNone
	}
	if at := fyne.NewPos(x+(width-SignSize)/2, (style.RowHeight-SignSize)/2); at != c.at {
		c.at = at
		c.Picture.Move(at)
	}
	if s == c.shown {
		return
	}
	c.shown = s
	if s == signNone {
		c.Picture.Hide()
		return
	}
	c.Picture.Resource = SignLooks[s].Picture
	c.Picture.Hidden = false
	c.Picture.Refresh()
}
