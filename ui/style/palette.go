package style

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// shades is one colour in the light and the dark look, as 0xRRGGBB or, with a transparency, 0xAARRGGBB; 0 is clear.
type shades struct{ light, dark uint32 }

// palette has every text at a contrast of 4.5:1 or more on its background
// (WCAG 2.2, 1.4.3); TestTextIsReadable holds that.
var palette = map[fyne.ThemeColorName]shades{
	theme.ColorNameBackground:        {0xf7f8f9, 0x1b1d20},
	theme.ColorNameForeground:        {0x1e2227, 0xe2e5e9},
	theme.ColorNamePlaceHolder:       {0x5f6873, 0x98a1ac},
	theme.ColorNameDisabled:          {0x98a0aa, 0x6a727c},
	theme.ColorNameButton:            {0xe8ebee, 0x2d3136},
	theme.ColorNameDisabledButton:    {0xeff1f3, 0x25282c},
	theme.ColorNameInputBackground:   {0xffffff, 0x121416},
	theme.ColorNameInputBorder:       {0xccd2d9, 0x3d434a},
	theme.ColorNameHeaderBackground:  {0xeceff1, 0x25282c},
	theme.ColorNameMenuBackground:    {0xffffff, 0x25282c},
	theme.ColorNameOverlayBackground: {0xffffff, 0x212428},
	theme.ColorNameSeparator:         {0xdde1e6, 0x32373c},
	theme.ColorNameHover:             {0x0f000000, 0x14ffffff},
	theme.ColorNamePressed:           {0x1e000000, 0x28ffffff},
	theme.ColorNameScrollBar:         {0x66525a63, 0x668e98a3},
	theme.ColorNameScrollBarBackground: {
		0x00000000, 0x00000000},
	theme.ColorNameShadow:              {0x33000000, 0x66000000},
	theme.ColorNamePrimary:             {0x0b7a69, 0x2fb8a0},
	theme.ColorNameHyperlink:           {0x0b7a69, 0x4cc7b2},
	theme.ColorNameFocus:               {0x400b7a69, 0x552fb8a0},
	theme.ColorNameSelection:           {0x380b7a69, 0x502fb8a0},
	theme.ColorNameForegroundOnPrimary: {0xffffff, 0x08201c},
	theme.ColorNameError:               {0xc42b1c, 0xff8576},
	theme.ColorNameWarning:             {0x8a5700, 0xf0b34a},
	theme.ColorNameSuccess:             {0x1a7a3c, 0x5ccb80},
	theme.ColorNameForegroundOnError:   {0xffffff, 0x2b0805},
	theme.ColorNameForegroundOnWarning: {0xffffff, 0x2a1c00},
	theme.ColorNameForegroundOnSuccess: {0xffffff, 0x04200e},

	ColorInfo:        {0x5f6873, 0x98a1ac},
	ColorGood:        {0x1a7a3c, 0x5ccb80},
	ColorMoved:       {0x2460b8, 0x7cb2f5},
	colorClientFault: {0x965200, 0xf0a94a},
	ColorServerFault: {0xc42b1c, 0xff8576},
	ColorMuted:       {0x5f6873, 0x98a1ac},
	ColorRowStripe:   {0xf1f3f5, 0x1f2225},
	ColorRowSelected: {0xdcf1ec, 0x17332f},
	ColorPictureBack: {0xe4e7ea, 0x3a3f45},
	ColorMatch:       {0xffeca3, 0x5c4a0c},
	ColorMatchNow:    {0xffc24d, 0x7a5406},
	ColorOld:         {0xffe3e0, 0x4a2421},
	ColorNew:         {0xd9f4df, 0x1c3d27},
	ColorNothing:     {0xeef0f3, 0x2c3037},
	ColorBanner:      {0xfff4d9, 0x3a2f15},
	ColorBad:         {0xfdeae7, 0x3d211d},

	ColorKey:     {0x0b6658, 0x6fd0bd},
	ColorString:  {0x2b5d9e, 0x9cc4f2},
	ColorNumber:  {0x92400e, 0xf0b27a},
	ColorLiteral: {0x7a3aa8, 0xcfa4ee},

	ColorStepResolve: {0x7aa2c9, 0x5d86ad},
	ColorStepConnect: {0xe0a030, 0xc98d28},
	ColorStepTLS:     {0xc7685f, 0xb25c54},
	ColorStepSend:    {0x9a7bc8, 0x8a6bbb},
	ColorStepWait:    {0x3fae78, 0x35996a},
	ColorStepReceive: {0x2f86d6, 0x3a86c8},

	colorMarkRed:     {0xc42b1c, 0xff8576},
	colorMarkOrange:  {0xf28c28, 0xf0a94a},
	colorMarkYellow:  {0xf5cf2e, 0xf2dc5d},
	colorMarkGreen:   {0x1a7a3c, 0x5ccb80},
	colorMarkBlue:    {0x2460b8, 0x7cb2f5},
	colorMarkPurple:  {0x7a3aa8, 0xcfa4ee},
	colorMarkInk:     {0xffffff, 0x14171a},
	colorMarkInkPale: {0x1e2227, 0x14171a},

	colorMethodSafe:   {0x1e2227, 0xe2e5e9},
	colorMethodChange: {0x7a3aa8, 0xcfa4ee},
	colorMethodDelete: {0xc42b1c, 0xff8576},
	colorMethodTunnel: {0x5f6873, 0x98a1ac},
}

func paletteColor(name fyne.ThemeColorName, v fyne.ThemeVariant) (color.Color, bool) {
	both, ok := palette[name]
	if !ok {
		return nil, false
	}
	argb := both.dark
	if v == theme.VariantLight {
		argb = both.light
	}
	if argb > 0xffffff || argb == 0 {
		return color.NRGBA{A: uint8(argb >> 24), R: uint8(argb >> 16), G: uint8(argb >> 8), B: uint8(argb)}, true
	}
	return color.NRGBA{A: 0xff, R: uint8(argb >> 16), G: uint8(argb >> 8), B: uint8(argb)}, true
}
