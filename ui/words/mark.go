package words

import (
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// MarkText is the name of a mark's colour, or says that there is none.
func MarkText(m flow.Mark) string { return i18n.T(MarkName(m)) }

// MarkName is the key of MarkText.
func MarkName(m flow.Mark) string {
	if m == flow.MarkNone {
		return "mark.none"
	}
	return "mark." + m.String()
}

// MarkLetter tells a mark without its colour; "" for none.
func MarkLetter(m flow.Mark) string {
	if m == flow.MarkNone {
		return ""
	}
	return i18n.T("mark." + m.String() + ".letter")
}
