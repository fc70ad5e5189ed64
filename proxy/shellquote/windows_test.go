package shellquote_test

import (
	"testing"

	"posthouse/proxy/shellquote"
)

// One form is right in both shells of Windows, or it is PowerShell's.
func TestWindows(t *testing.T) {
	for word, want := range map[string]string{
		`C:\ca.pem`: `C:\ca.pem`, `C:\a b\c.pem`: `"C:\a b\c.pem"`, `C:\a&calc&b`: `"C:\a&calc&b"`, `C:\it's`: `"C:\it's"`, "": `""`,
		`C:\$(calc)`: `'C:\$(calc)'`, `C:\%a%`: `'C:\%a%'`, "C:\\a`b": "'C:\\a`b'", "C:\\a”;calc;“b'": "'C:\\a”;calc;“b'''",
		"a\x1bb": "'a\ufffdb'", `a"b`: `'a"b'`,
	} {
		if got := shellquote.Windows(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
