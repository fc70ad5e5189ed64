//go:build !ci

package style

import "posthouse/ui/i18n"

// ownChinese reports whether the app must bring the Chinese characters.
func ownChinese() bool { return !i18n.SystemHasChinese() }
