package style

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// Colours of our own, beside the toolkit's names. ThemeColor looks them up.
const (
	ColorInfo        fyne.ThemeColorName = "posthouse.info"     // 1xx, waiting
	ColorGood        fyne.ThemeColorName = "posthouse.good"     // 2xx
	ColorMoved       fyne.ThemeColorName = "posthouse.moved"    // 3xx
	colorClientFault fyne.ThemeColorName = "posthouse.client"   // 4xx
	ColorServerFault fyne.ThemeColorName = "posthouse.server"   // 5xx, failures
	ColorMuted       fyne.ThemeColorName = "posthouse.muted"    // what is read second
	ColorRowStripe   fyne.ThemeColorName = "posthouse.stripe"   // every other row
	ColorRowSelected fyne.ThemeColorName = "posthouse.selected" // the row that is open
	ColorPictureBack fyne.ThemeColorName = "posthouse.picture"  // behind what a picture lets through
	ColorMatch       fyne.ThemeColorName = "posthouse.match"    // behind what a search found
	ColorOld         fyne.ThemeColorName = "posthouse.old"      // behind what is only in the first of two
	ColorNew         fyne.ThemeColorName = "posthouse.new"      // behind what is only in the second
	ColorNothing     fyne.ThemeColorName = "posthouse.nothing"  // where the other side has lines, and this one none; behind good news
	ColorMatchNow    fyne.ThemeColorName = "posthouse.matchnow" // behind the place the search stands at
	ColorBanner      fyne.ThemeColorName = "posthouse.banner"   // behind a warning
	ColorBad         fyne.ThemeColorName = "posthouse.bad"      // behind a failure

	ColorKey     fyne.ThemeColorName = "posthouse.key"     // names in JSON and headers
	ColorString  fyne.ThemeColorName = "posthouse.string"  // strings in JSON
	ColorNumber  fyne.ThemeColorName = "posthouse.number"  // numbers in JSON
	ColorLiteral fyne.ThemeColorName = "posthouse.literal" // true, false, null

	ColorStepResolve fyne.ThemeColorName = "posthouse.step.resolve" // the waterfall's steps
	ColorStepConnect fyne.ThemeColorName = "posthouse.step.connect"
	ColorStepTLS     fyne.ThemeColorName = "posthouse.step.tls"
	ColorStepSend    fyne.ThemeColorName = "posthouse.step.send"
	ColorStepWait    fyne.ThemeColorName = "posthouse.step.wait"
	ColorStepReceive fyne.ThemeColorName = "posthouse.step.receive"

	colorMarkRed     fyne.ThemeColorName = "posthouse.mark.red" // what a person marked rows with
	colorMarkOrange  fyne.ThemeColorName = "posthouse.mark.orange"
	colorMarkYellow  fyne.ThemeColorName = "posthouse.mark.yellow"
	colorMarkGreen   fyne.ThemeColorName = "posthouse.mark.green"
	colorMarkBlue    fyne.ThemeColorName = "posthouse.mark.blue"
	colorMarkPurple  fyne.ThemeColorName = "posthouse.mark.purple"
	colorMarkInk     fyne.ThemeColorName = "posthouse.mark.ink"      // the letter on these
	colorMarkInkPale fyne.ThemeColorName = "posthouse.mark.ink.pale" // the letter on orange and yellow

	colorMethodSafe   fyne.ThemeColorName = "posthouse.method.safe"   // GET, HEAD, OPTIONS, TRACE
	colorMethodChange fyne.ThemeColorName = "posthouse.method.change" // POST, PUT, PATCH
	colorMethodDelete fyne.ThemeColorName = "posthouse.method.delete"
	colorMethodTunnel fyne.ThemeColorName = "posthouse.method.tunnel" // CONNECT
)

// appTheme is dense, as a tool that is looked at all day should be.
type appTheme struct {
	fyne.Theme
	variant string // "system", "light", "dark"
	chinese fyne.Resource
}

// NewTheme makes the theme for the setting general.theme; anything but "light"
// and "dark" follows the system.
func NewTheme(variant string) fyne.Theme {
	t := &appTheme{Theme: theme.DefaultTheme(), variant: variant}
	if ownChinese() {
		t.chinese = fyne.NewStaticResource("chinese.ttf", i18n.ChineseFont)
	}
	return t
}

// Color looks a colour up in our palettes first.
func (t *appTheme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch t.variant {
	case "light":
		v = theme.VariantLight
	case "dark":
		v = theme.VariantDark
	}
	if c, ok := paletteColor(name, v); ok {
		return c
	}
	return t.Theme.Color(name, v)
}

// Font is the toolkit's. Where the system has no Chinese characters, ours come
// first: they are nothing but those, and the toolkit looks further for the rest.
func (t *appTheme) Font(style fyne.TextStyle) fyne.Resource {
	if t.chinese != nil && !style.Symbol {
		return t.chinese
	}
	return t.Theme.Font(style)
}

// sizes are in device-independent pixels.
var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:           13,
	theme.SizeNameCaptionText:    11,
	theme.SizeNameSubHeadingText: 15,
	theme.SizeNameHeadingText:    19,
	theme.SizeNamePadding:        4,
	theme.SizeNameInnerPadding:   6,
	theme.SizeNameLineSpacing:    3,
	theme.SizeNameInlineIcon:     17,
	theme.SizeNameScrollBar:      11,
	theme.SizeNameScrollBarSmall: 4,
	theme.SizeNameInputRadius:    4,
	// The toolkit (2.8.1) blurs what lies under a dialog anew in every frame: it copies the whole window
	// twice and waits for all that was drawn, which without a graphics processor takes longer than the window.
	// A dialog lies on what is dimmed.
	theme.SizeNameModalBlurRadius: 0,
	// Where a corner is round each point of the ground is asked for how far it is from it: a quarter of what a
	// frame of a dialog takes without a graphics processor.
	theme.SizeNamePopupRadius: 0,
}

func (t *appTheme) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := sizes[name]; ok {
		return s
	}
	return t.Theme.Size(name)
}

// MonoSize is the text size of lists, heads and bodies.
const MonoSize float32 = 12

// ThemeColor is a colour of the theme in force, also while it is not ours (in tests).
func ThemeColor(name fyne.ThemeColorName) color.Color {
	settings := fyne.CurrentApp().Settings()
	if t, ok := settings.Theme().(*appTheme); ok {
		return t.Color(name, settings.ThemeVariant())
	}
	if c, ok := paletteColor(name, settings.ThemeVariant()); ok {
		return c
	}
	return theme.Color(name)
}

// StatusColor is the colour of an exchange with this status, or this failure.
// Colour is never the only sign: the status or the failure's words stand beside it.
func StatusColor(r *flow.Row) color.Color { return ThemeColor(StatusColorName(r)) }

// StatusColorName is the name of the colour in which an exchange's status is shown.
func StatusColorName(r *flow.Row) fyne.ThemeColorName {
	status, failure := r.Status, r.Failure
	if r.LeftStream() {
		failure = flow.FailureNone
	}
	switch {
	case failure == flow.FailureClientGone:
		return colorClientFault // not the origin's
	case failure != flow.FailureNone || status >= 500:
		return ColorServerFault
	case status >= 400:
		return colorClientFault
	case status >= 300:
		return ColorMoved
	case status >= 200:
		return ColorGood
	case status >= 100:
		return ColorInfo
	}
	return ColorMuted
}

// MethodColor tells reading from changing from deleting.
func MethodColor(method string) color.Color { return ThemeColor(MethodColorName(method)) }

// MethodColorName is the name of the colour of a method.
func MethodColorName(method string) fyne.ThemeColorName {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE":
		return colorMethodSafe
	case "DELETE":
		return colorMethodDelete
	case "CONNECT":
		return colorMethodTunnel
	}
	return colorMethodChange
}
