package words

import (
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// MendedLines say how an answer broke the rules of HTTP, and what was done, below
// a title; none for one that keeps them.
func MendedLines(m flow.Mended) []string {
	if m == 0 {
		return nil
	}
	lines := []string{i18n.T("mended.title")}
	for _, code := range m.Codes() {
		lines = append(lines, "– "+i18n.T("mended."+code))
	}
	return lines
}
