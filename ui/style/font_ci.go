//go:build ci

package style

// ownChinese is always so where the toolkit does not look for system fonts, which
// keeps the pictures of the tests the same on every machine.
func ownChinese() bool { return true }
