package export

import "testing"

// LessText bounds copies by so many bytes in place of MaxText, for a test.
func LessText(t *testing.T, most int) {
	was := mostText
	mostText = most
	t.Cleanup(func() { mostText = was })
}
