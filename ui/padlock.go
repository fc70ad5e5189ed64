package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"posthouse/assets"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// sign is what the list shows of a row's TLS. Each has a shape of its own.
type sign uint8

const (
	signNone      sign = iota // no TLS
	signTunnel                // TLS that passes unread
	signDecrypted             // read, and all is well
	signBad                   // read, but the origin's certificate did not pass
	signRefused               // the client did not take Posthouse's certificate
	signFailed                // no TLS with the origin
	signCount
)

// signOf is the sign of a row. What is in a tunnel that is not opened is not
// known to be TLS before its ClientHello was seen.
func signOf(r *flow.Row) sign {
	switch r.TLS.Outcome {
	case flow.TLSDecrypted:
		return signDecrypted
	case flow.TLSBadCertificate:
		return signBad
	case flow.TLSRefused:
		return signRefused
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
	picture fyne.Resource
	color   fyne.ThemeColorName
	word    string // key of its words
}

var signLooks = [signCount]signLook{
	signTunnel:    newSignLook("lock-closed.svg", assets.LockClosed, theme.ColorNamePlaceHolder, "tunnel"),
	signDecrypted: newSignLook("lock-open.svg", assets.LockOpen, theme.ColorNameSuccess, "decrypted"),
	signBad:       newSignLook("lock-warning.svg", assets.LockWarning, theme.ColorNameWarning, "bad-certificate"),
	signRefused:   newSignLook("lock-refused.svg", assets.LockRefused, theme.ColorNameError, "refused"),
	signFailed:    newSignLook("lock-failed.svg", assets.LockFailed, theme.ColorNameError, "failed"),
}

func newSignLook(name string, svg []byte, color fyne.ThemeColorName, word string) signLook {
	r := theme.NewColoredResource(fyne.NewStaticResource(name, svg), color)
	return signLook{r, color, "padlock." + word}
}

// words say what the sign means, "" for no TLS.
func (s sign) words() string {
	if s == signNone {
		return ""
	}
	return i18n.T(signLooks[s].word)
}

const (
	signColumn = "padlock"
	signSize   = 16 // pixels; the drawings lie on this grid
)

// signCell draws the sign in a row of the list. It touches its picture only
// when another one is to be seen.
type signCell struct {
	picture *canvas.Image
	shown   sign
	at      fyne.Position
}

func newSignCell() *signCell {
	c := &signCell{picture: &canvas.Image{FillMode: canvas.ImageFillContain}}
	c.picture.Resize(fyne.NewSquareSize(signSize))
	c.picture.Hide()
	return c
}

func (c *signCell) show(s sign, p place) {
	if p.width == 0 {
		s = signNone
	}
	if at := fyne.NewPos(p.x+(p.width-signSize)/2, (rowHeight-signSize)/2); at != c.at {
		c.at = at
		c.picture.Move(at)
	}
	if s == c.shown {
		return
	}
	c.shown = s
	if s == signNone {
		c.picture.Hide()
		return
	}
	c.picture.Resource = signLooks[s].picture
	c.picture.Hidden = false
	c.picture.Refresh()
}
