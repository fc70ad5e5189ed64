package details

import (
	"strings"
	"testing"
	"unicode/utf8"

	"posthouse/ui/uitest"
)

// Names come from the network; the file must be one in the folder that was chosen,
// on every system.
func TestCleanName(t *testing.T) {
	for name, want := range map[string]string{
		"photo.png": "photo.png", "a b.txt": "a b.txt", "书.html": "书.html",
		"": "body", ".": "body", "..": "body", "/": "body", "...": "body", "- -": "body", " ": "body", "_": "body", "~": "body",
		"x.": "x", "x. . ": "x", "x.txt ": "x.txt", ".env": "_env", ".ssh.": "_ssh", "-rf": "_rf", "--x.txt": "_x.txt", " x": "_x",
		"~root": "_root",
		`a\b`:   "a_b", "a:b": "a_b", "file.txt:stream": "file.txt_stream", "file.txt::$DATA": "file.txt__$DATA", `"<>|?*`: "body",
		"%2e%2e": "_2e_2e",
		"CON":    "_CON", "con": "_con", "con.txt": "_con.txt", "Con .txt": "_Con .txt", "NUL.tar.gz": "_NUL.tar.gz", "aux.": "_aux",
		"PRN ": "_PRN", "COM1": "_COM1", "com0.log": "_com0.log",
		"COM¹": "_COM¹", "LPT³.txt": "_LPT³.txt", "lpt9": "_lpt9", "CONIN$": "_CONIN$", "CLOCK$.x": "_CLOCK$.x", "COM10": "COM10",
		"CONSOLE": "CONSOLE", "COM": "COM", "company.txt": "company.txt",
		"a\x00b\x1bc\nd\x7f": "a_b_c_d_", "a\u009b\u0085": "a__", "x\u202egpj.exe": "x_gpj.exe", "a\u2028\u200eb": "a__b",
		"\xff\xfe.bin": "__.bin", "\u2066CON": "_CON",
		strings.Repeat("a", 300) + ".tar.gz": strings.Repeat("a", 93) + ".tar.gz",
		strings.Repeat("中", 100) + ".js":     strings.Repeat("中", 33) + ".js",
		"x" + strings.Repeat(".", 300):       "body",
	} {
		got := cleanName(name)
		if got != want || len(got) > 110 || !utf8.ValidString(got) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for _, c := range []struct{ path, contentType, want string }{
		{"/con", "text/html", "_con.html"}, {"/x.", "text/plain", "x.txt"}, {"/a/..", "", "body.bin"},
		{"/a/.htaccess?x=/y", "text/plain", "_htaccess.txt"},
	} {
		x := uitest.SampleExchange(1, "", "")
		x.Path = c.path
		x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Type: " + c.contentType + "\r\n\r\n")
		if got := FileName(MessageOf(&x, true), true); got != c.want {
			t.Errorf("%s: %q, want %q", c.path, got, c.want)
		}
	}
}
