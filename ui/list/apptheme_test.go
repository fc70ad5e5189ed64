package list

import (
	"testing"

	"fyne.io/fyne/v2/theme"
)

// The toolkit reads all fonts anew for each theme override that draws a text.
func TestRowsAreDrawnWithTheFontsOfTheApp(t *testing.T) {
	l := newTestList(t, 40)
	l.arrive(1)
	if theme.CurrentForWidget(l.Rows) == theme.Current() {
		t.Fatal("the list has no theme that differs: is AppTheme needed?")
	}
	for _, r := range l.drawn {
		for _, text := range r.cells {
			if theme.CurrentForWidget(text) != theme.Current() {
				t.Fatal("a text of a row is in a theme override")
			}
		}
	}
}
