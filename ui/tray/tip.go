package tray

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"posthouse/app/switches/systemproxy"
	"posthouse/ui/i18n"
)

// maxTrayTip is what Windows takes of a tray icon's tooltip, in UTF-16 units:
// NOTIFYICONDATAW has 128 with the zero at its end.
const maxTrayTip = 127

// trayTip is what the pointer finds on the tray icon: how much waits at breakpoints, the proxy's state,
// the system proxy's where that is not off, and how many rules are in force. A screen reader says it
// too. What waits stands first, for it waits for this person.
func trayTip(state string, system systemproxy.Phase, changing int, waiting string) string {
	parts := []string{"Posthouse"}
	if waiting != "" {
		parts = append(parts, waiting)
	}
	parts = append(parts, state)
	if system != systemproxy.Off {
		parts = append(parts, i18n.T("system."+string(system)))
	}
	if changing > 0 {
		parts = append(parts, i18n.N("rules.sign", changing, strconv.Itoa(changing)))
	}
	units := utf16.Encode([]rune(strings.Join(parts, " · ")))
	if len(units) <= maxTrayTip {
		return string(utf16.Decode(units))
	}
	cut := units[:maxTrayTip-1]
	if last := cut[len(cut)-1]; utf16.IsSurrogate(rune(last)) && last < 0xdc00 { // the first half of a pair
		cut = cut[:len(cut)-1]
	}
	return string(utf16.Decode(cut)) + "…"
}
