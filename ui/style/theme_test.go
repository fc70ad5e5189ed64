package style

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/flow"
)

// luminance and contrast are as in WCAG 2.2.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	part := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(r) + 0.7152*part(g) + 0.0722*part(b)
}

func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func TestTextIsReadable(t *testing.T) {
	texts := []fyne.ThemeColorName{theme.ColorNameForeground, theme.ColorNamePlaceHolder, theme.ColorNamePrimary, theme.ColorNameHyperlink,
		theme.ColorNameError,
		theme.ColorNameWarning, theme.ColorNameSuccess, ColorInfo, ColorGood, ColorMoved, colorClientFault, ColorServerFault,
		ColorMuted, ColorKey, ColorString, ColorNumber, ColorLiteral, colorMethodSafe, colorMethodChange, colorMethodDelete,
		colorMethodTunnel}
	pairs := map[fyne.ThemeColorName][]fyne.ThemeColorName{
		theme.ColorNameBackground:      texts,
		theme.ColorNameInputBackground: texts,
		ColorRowStripe:                 texts,
		ColorRowSelected: {theme.ColorNameForeground, ColorGood, ColorMoved, colorClientFault, ColorServerFault, ColorMuted,
			colorMethodChange},
		ColorMatch:             {theme.ColorNameForeground},
		ColorMatchNow:          {theme.ColorNameForeground},
		ColorOld:               {theme.ColorNameForeground, ColorKey, ColorMuted},
		ColorNew:               {theme.ColorNameForeground, ColorKey, ColorMuted},
		ColorBanner:            {theme.ColorNameForeground, ColorMuted},
		ColorBad:               {theme.ColorNameForeground, ColorMuted, ColorServerFault},
		theme.ColorNamePrimary: {theme.ColorNameForegroundOnPrimary},
		theme.ColorNameError:   {theme.ColorNameForegroundOnError},
		theme.ColorNameButton:  {theme.ColorNameForeground},
		colorMarkRed:           {colorMarkInk},
		colorMarkGreen:         {colorMarkInk},
		colorMarkBlue:          {colorMarkInk},
		colorMarkPurple:        {colorMarkInk},
		colorMarkOrange:        {colorMarkInkPale},
		colorMarkYellow:        {colorMarkInkPale},
	}
	for _, look := range []string{"light", "dark"} {
		th := NewTheme(look)
		for back, fronts := range pairs {
			for _, front := range fronts {
				if got := contrast(th.Color(front, theme.VariantDark), th.Color(back, theme.VariantDark)); got < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f", look, front, back, got)
				}
			}
		}
	}
}

func TestTheSystemsLookIsFollowedUnlessOneIsChosen(t *testing.T) {
	name := theme.ColorNameBackground
	light, dark := NewTheme("light").Color(name, theme.VariantDark), NewTheme("dark").Color(name, theme.VariantLight)
	if light == dark {
		t.Fatal("light and dark look alike")
	}
	system := NewTheme("system")
	if system.Color(name, theme.VariantLight) != light || system.Color(name, theme.VariantDark) != dark {
		t.Error("system does not follow the variant it is given")
	}
}

func TestColoursTellStatusAndMethodsApart(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(NewTheme("light"))
	seen := map[color.Color]int{}
	for _, status := range []int{200, 301, 404, 500} {
		c := StatusColor(&flow.Row{Status: status, Failure: flow.FailureNone})
		if other, twice := seen[c]; twice {
			t.Errorf("%d looks like %d", status, other)
		}
		seen[c] = status
	}
	if StatusColor(&flow.Row{Status: 200, Failure: flow.FailureTruncated}) != StatusColor(&flow.Row{Status: 502,
		Failure: flow.FailureNone}) {
		t.Error("a failure after a 200 does not look like one")
	}
	if StatusColor(&flow.Row{Status: 0, Failure: flow.FailureNone}) != ThemeColor(ColorMuted) {
		t.Error("no status yet is not muted")
	}
	if MethodColor("GET") == MethodColor("POST") || MethodColor("POST") == MethodColor("DELETE") ||
		MethodColor("BREW") != MethodColor("POST") {
		t.Error("methods are not told apart")
	}
}

func TestOurColoursAreThereUnderAnotherTheme(t *testing.T) {
	test.NewTempApp(t)
	if _, _, _, alpha := ThemeColor(ColorServerFault).RGBA(); alpha == 0 {
		t.Error("the colour is transparent")
	}
}
