package archive

import (
	"bytes"
	"path"
	"strings"
)

// Format is the form that a file is in.
type Format uint8

const (
	Unknown     Format = iota
	HAR                // HTTP Archive 1.2
	Session            // Posthouse's own
	SAZ                // Fiddler's
	Mitmproxy          // flows as mitmproxy writes them
	Charles            // Charles' session as JSON
	Raw                // HTTP messages as text
	CommandLine        // a command for curl or PowerShell

	formats // how many there are
)

// table has what is known of each format.
var table = [formats]struct {
	name    string   // stable: for flags, settings and logs
	endings []string // of files, the usual one first
	sniff   func(head []byte) bool
}{
	HAR:         {"har", []string{".har", ".har.gz", ".zhar"}, isHAR},
	Session:     {"posthouse", []string{".posthouse"}, isSession},
	SAZ:         {"saz", []string{".saz"}, isZip},
	Mitmproxy:   {"mitmproxy", []string{".mitm", ".flow", ".flows", ".dump"}, isNetstring},
	Charles:     {"charles", []string{".chlsj"}, isCharles},
	Raw:         {"raw", []string{".http", ".rest", ".req", ".txt"}, isMessage},
	CommandLine: {"curl", []string{".curl", ".sh", ".cmd", ".bat", ".ps1"}, isCommand},
}

// Formats are all formats, in their order.
func Formats() []Format {
	all := make([]Format, 0, formats-1)
	for f := HAR; f < formats; f++ {
		all = append(all, f)
	}
	return all
}

// String is the name used in flags and logs, "" for Unknown.
func (f Format) String() string {
	if f < formats {
		return table[f].name
	}
	return "unknown"
}

// Ending is how the names of such files usually end, such as ".har".
func (f Format) Ending() string {
	if f == Unknown || f >= formats {
		return ""
	}
	return table[f].endings[0]
}

// Extensions are all endings of such files without their first dot, the usual one first.
func (f Format) Extensions() (all []string) {
	if f < formats {
		for _, ending := range table[f].endings {
			all = append(all, strings.TrimPrefix(ending, "."))
		}
	}
	return all
}

// Reads reports whether such files can be read, Writes whether they can be written.
func (f Format) Reads() bool  { return f < formats && codecs[f].Open != nil }
func (f Format) Writes() bool { return f < formats && codecs[f].Create != nil }

// ParseFormat finds a format by its name.
func ParseFormat(name string) (Format, bool) {
	for _, f := range Formats() {
		if strings.EqualFold(table[f].name, name) {
			return f, true
		}
	}
	return Unknown, false
}

// OfName is the format that a file's name has, Unknown for none.
func OfName(name string) Format {
	name = strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	for _, f := range Formats() {
		for _, ending := range table[f].endings {
			if strings.HasSuffix(name, ending) {
				return f
			}
		}
	}
	return Unknown
}

// Detect tells the format of a file by its first bytes, and where those are of several
// or of none, by its name.
func Detect(head []byte, name string) Format {
	named := OfName(name)
	if named != Unknown && table[named].sniff(head) {
		return named
	}
	for _, f := range Formats() {
		if table[f].sniff(head) {
			return f
		}
	}
	return named
}

// text is the beginning of a text without a byte order mark and white space. One in
// UTF-16 loses its zeros, which is enough to tell what it is.
func text(head []byte) []byte {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		head = bytes.ReplaceAll(head[2:], []byte{0}, nil)
	}
	return bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
}

func isHAR(head []byte) bool {
	head = text(head)
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	inner := bytes.TrimLeft(head[1:], " \t\r\n")
	return bytes.HasPrefix(inner, []byte(`"log"`)) || bytes.Contains(head, []byte(`"entries"`)) ||
		bytes.Contains(head, []byte(`"log"`)) && bytes.Contains(head, []byte(`"creator"`))
}

// sessionMagic is what a session file begins with.
const sessionMagic = "\x89POSTHIS"

func isSession(head []byte) bool { return bytes.HasPrefix(head, []byte(sessionMagic)) }

func isZip(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// isNetstring knows a length and a colon, as a typed netstring begins.
func isNetstring(head []byte) bool {
	digits := 0
	for digits < len(head) && digits <= 12 && head[digits] >= '0' && head[digits] <= '9' {
		digits++
	}
	return digits > 0 && digits < len(head) && head[digits] == ':'
}

// isCharles knows an array of objects with the members that Charles writes.
func isCharles(head []byte) bool {
	head = text(head)
	if len(head) == 0 || head[0] != '[' {
		return false
	}
	inner := bytes.TrimLeft(head[1:], " \t\r\n")
	return len(inner) > 0 && inner[0] == '{' && bytes.Contains(inner, []byte(`"status"`))
}

// isMessage knows a request line or a status line.
func isMessage(head []byte) bool {
	line, _, _ := bytes.Cut(text(head), []byte("\n"))
	line = bytes.TrimRight(line, "\r ")
	if bytes.HasPrefix(line, []byte("HTTP/")) {
		return true
	}
	words := bytes.Fields(line)
	if len(words) < 2 || !isMethod(words[0]) {
		return false
	}
	target := words[1]
	return len(words) == 3 && bytes.HasPrefix(words[2], []byte("HTTP/")) ||
		len(words) == 2 && (target[0] == '/' || bytes.Contains(target, []byte("://")))
}

// isMethod knows a word in capitals.
func isMethod(word []byte) bool {
	for _, c := range word {
		if (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return len(word) >= 3
}

// isCommand knows how commands begin that browsers and people copy.
func isCommand(head []byte) bool {
	begin := string(bytes.TrimLeft(text(head), "$> "))
	for _, with := range [...]string{"curl", "invoke-webrequest", "invoke-restmethod", "session = new-object microsoft.powershell",
		"iwr", "irm", "#!/bin/"} {
		if len(begin) <= len(with) || !strings.EqualFold(begin[:len(with)], with) {
			continue
		}
		if after := begin[len(with)]; after == ' ' || after == '.' || after == '\t' || after == '\\' || after == '^' || after == '`' ||
			strings.Contains(with, "/") {
			return true
		}
	}
	return false
}
