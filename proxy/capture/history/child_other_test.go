//go:build !unix

package history

func runChild() bool { return false }
