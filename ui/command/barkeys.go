package command

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// keyGap is the least room between the names of a menu and its keys.
const keyGap = 28

// showKeys writes keys behind the names in a menu, at its right edge. The toolkit
// (2.8.1) would draw them with a fifth of the ink, which nobody can read, and would
// take the keys for the menu before what has the focus gets them. On macOS the system
// draws them.
//
// A menu without keys is not measured: that of the languages would have the toolkit
// load a font of the system with all Chinese characters, 17 MB, before anybody opens it.
func showKeys(m *fyne.Menu, keys map[*fyne.MenuItem]string) {
	for _, item := range m.Items {
		if item.ChildMenu != nil {
			showKeys(item.ChildMenu, keys)
		}
	}
	if !slices.ContainsFunc(m.Items, func(item *fyne.MenuItem) bool { return keys[item] != "" }) {
		return
	}
	width := float32(0) // of the names with their keys
	for _, item := range m.Items {
		least := labelWidth(item.Label)
		if key := keys[item]; key != "" {
			least += keyGap + labelWidth(key)
		}
		width = max(width, least)
	}
	space := labelWidth("  ") - labelWidth(" ")
	for _, item := range m.Items {
		if key := keys[item]; key != "" {
			room := width - labelWidth(item.Label) - labelWidth(key)
			item.Label += strings.Repeat(" ", max(1, int(room/space+0.5))) + key
		}
	}
}

func labelWidth(label string) float32 {
	return fyne.MeasureText(label, theme.TextSize(), fyne.TextStyle{}).Width
}
