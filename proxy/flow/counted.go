package flow

import "strconv"

// Counted is a number with the words that follow it, in English: one behind 1, other behind any other. It is for
// what programs and files say; the window has words of its own (i18n.N).
func Counted[T int | int64](n T, one, other string) string {
	if n != 1 {
		one = other
	}
	return strconv.FormatInt(int64(n), 10) + " " + one
}
