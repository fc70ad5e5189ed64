//go:build !windows

package host

func registered(string) []string { return nil }
