package main

import (
	"os"
	"time"
	_ "unsafe" // go:linkname
)

// textLife is how long drawn texts are kept. The toolkit (2.8.1) keeps them for a minute, which under
// fast change is hundreds of megabytes. With ten seconds or less it walks through the whole window 60
// times a second, to keep what is on a screen that stands still.
const textLife = 11 * time.Second

// The toolkit takes both from FYNE_CACHE before any code of ours runs. To start this program again
// with that set cost a tenth of the start.
//
//go:linkname toolkitTextLife fyne.io/fyne/v2/internal/cache.ValidDuration
var toolkitTextLife time.Duration

//go:linkname toolkitTextSweep fyne.io/fyne/v2/internal/cache.cleanTaskInterval
var toolkitTextSweep time.Duration

// limitTexts has the toolkit keep texts no longer than that, unless a person says otherwise.
func limitTexts() {
	if os.Getenv("FYNE_CACHE") == "" {
		toolkitTextLife, toolkitTextSweep = textLife, textLife/2
	}
}
