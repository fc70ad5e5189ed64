package compose

import (
	"strconv"

	"posthouse/app/compose"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// shortWidth bounds what is told of a head in a line of words, in bytes.
const shortWidth = 80

// problemText is a problem in words.
func problemText(p *compose.Problem) string {
	says, is := visible.Text(words.ShortText(p.Says, shortWidth)), visible.Text(words.ShortText(p.Is, shortWidth))
	bytes, _ := strconv.Atoi(p.Is) // where it is a length
	switch p.Kind {
	case compose.LengthStale:
		return i18n.N("compose.problem.length", bytes, says, is)
	case compose.LengthMended:
		return i18n.N("compose.problem.mended", bytes, says, is)
	case compose.LengthMissing:
		return i18n.N("compose.problem.nolength", bytes, is)
	case compose.HostDiffers:
		return i18n.T("compose.problem.host", says, is)
	case compose.TypeDiffers:
		if says == "" {
			says = "—"
		}
		return i18n.T("compose.problem.type", says, is)
	case compose.TwoReadings:
		return i18n.T("compose.problem.readings", words.Reason(p.Why))
	case compose.BodyBehindHead:
		return i18n.T("compose.problem.behind")
	case compose.FileMissing:
		return i18n.T("compose.problem.file", says)
	case compose.HandshakeWrong:
		return i18n.T("compose.problem.handshake", says)
	case compose.ExtensionUnspoken:
		return i18n.T("compose.problem.extension", says)
	case compose.FieldNameless:
		return i18n.T("compose.problem.field", says)
	case compose.PairNameless:
		return i18n.T("compose.problem.pair", says)
	case compose.PartNameless:
		return i18n.T("compose.problem.part", says)
	case compose.SocketOverHTTP2:
		return i18n.T("compose.problem.sockethttp2")
	}
	return ""
}
