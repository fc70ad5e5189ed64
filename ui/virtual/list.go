// Package virtual is the toolkit's list of rows that are only made for what is in
// sight, mended. It belongs to the UI goroutine.
package virtual

import "fyne.io/fyne/v2/widget"

// List is the toolkit's list for content that may shrink. Embed it where
// widget.List would be embedded.
//
// The toolkit (2.8.1) keeps the place scrolled to twice, in the list and in its
// scroller. When all content fits into its room the scroller goes back to its top
// without telling the list, which then puts its rows where nobody sees them.
type List struct{ widget.List }

// Refresh draws the rows, and has the list take over where its scroller stands.
func (l *List) Refresh() {
	l.List.Refresh()
	l.Resize(l.Size())
}
