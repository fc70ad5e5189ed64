package ui

import "fyne.io/fyne/v2"

// Do has f called on the toolkit's goroutine, or not at all where the toolkit has ended.
func Do(f func()) { toToolkit(fyne.Do)(f) }

// toToolkit is do for callers that may outlive the toolkit: it closes its queue as it
// ends, and a send to that panics.
func toToolkit(do func(func())) func(func()) {
	return func(f func()) {
		defer func() {
			if r := recover(); r != nil {
				if err, ok := r.(error); !ok || err.Error() != "send on closed channel" {
					panic(r)
				}
			}
		}()
		do(f)
	}
}

// EndWithoutHook takes out the toolkit's own hook for its end, which saves preferences;
// Posthouse has none. The toolkit (2.8.1) has the hook called by way of the queue that
// it closes at that moment: now and then it panicked then, or waited for ever.
func EndWithoutHook(app fyne.App) {
	if l, ok := app.Lifecycle().(interface{ SetOnStoppedHookExecuted(func()) }); ok {
		l.SetOnStoppedHookExecuted(nil)
	}
}

// layOut lays out what changed in a window before it is painted. The toolkit (2.8.1) does
// that in the middle of painting, takes what it moves there for a further change, and
// paints the whole window a second time: with each refresh of a list that becomes longer,
// for its scroll bar moves.
func layOut(win fyne.Window) {
	if c, ok := win.Canvas().(interface{ EnsureMinSize() bool }); ok && c.EnsureMinSize() {
		win.SetPadded(win.Padded()) // what is inside became larger: the window may have to as well
	}
}
