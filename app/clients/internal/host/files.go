package host

import (
	"os"
)

// Exists reports whether there is anything at a path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// IsFile reports whether a path leads to a regular file.
func IsFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// IsProgram reports whether a path leads to a file that Unix would run.
func IsProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// Writable reports whether this user can change a file; the file is not changed.
func Writable(path string) bool {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	return err == nil && f.Close() == nil
}
