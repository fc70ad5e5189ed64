package words

import (
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// MarkText is the name of a mark's colour, or says that there is none.
func MarkText(m flow.Mark) string {
	if m == flow.MarkNone {
		return i18n.T("mark.none")
	}
	return i18n.T("mark." + m.String())
}

// MarkLetter tells a mark without its colour; "" for none.
func MarkLetter(m flow.Mark) string {
	if m == flow.MarkNone {
		return ""
	}
	return i18n.T("mark." + m.String() + ".letter")
}
