//go:build !unix && !windows

package trust

func systemRoots(bundle string) ([][]byte, error) { return firstRoots(bundle) }
