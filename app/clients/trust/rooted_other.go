//go:build !unix

package trust

// systemProgram leaves it to Windows to ask, which names the program.
func systemProgram(name string) (string, error) { return name, nil }
