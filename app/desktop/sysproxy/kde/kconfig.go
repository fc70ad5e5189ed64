package kde

import (
	"bytes"
	"strings"

	"posthouse/app/desktop/sysproxy/backend"
)

// KConfig's files are INI files with options in brackets behind names. These
// functions change single lines and keep every other byte.

// kLine is one line of such a file.
type kLine struct {
	from, to int    // its bytes, with the line's end
	group    string // the group it lies in
	header   bool   // it opens the group
	key      string // without options; empty: no key
	text     string // the value, or options=value where there are options
	locked   bool   // marked as immutable, itself or its group
}

// kParse cuts a file into lines.
func kParse(text []byte) []kLine {
	var lines []kLine
	group, groupLocked := "", false
	for at := 0; at < len(text); {
		end := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		line := kLine{from: at, to: end}
		trimmed := strings.TrimSpace(string(text[at:end]))
		switch {
		case strings.HasPrefix(trimmed, "["):
			name, options := kOptions(trimmed)
			group, groupLocked = name, strings.Contains(options, "i")
			line.header = true
		case trimmed != "" && trimmed[0] != '#' && trimmed[0] != ';':
			name, value, ok := strings.Cut(trimmed, "=")
			if !ok {
				break
			}
			key, options := kOptions(strings.TrimSpace(name))
			line.key, line.text = key, strings.TrimSpace(value)
			line.locked = strings.Contains(options, "i")
			if options != "" {
				line.text = "[$" + options + "]=" + line.text
			}
		}
		line.group = group
		line.locked = line.locked || groupLocked
		lines = append(lines, line)
		at = end
	}
	return lines
}

// kOptions takes "[$ei]" off the end of a name.
func kOptions(name string) (bare, options string) {
	i := strings.LastIndex(name, "[$")
	if i < 0 || !strings.HasSuffix(name, "]") {
		return name, ""
	}
	return name[:i], name[i+2 : len(name)-1]
}

// kValue is a value without its options.
func kValue(text string) string {
	if strings.HasPrefix(text, "[$") {
		if _, value, ok := strings.Cut(text, "]="); ok {
			return value
		}
	}
	return text
}

// kGet returns the line that counts for a key: the last one.
func kGet(lines []kLine, group, key string) (kLine, bool) {
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].key == key && lines[i].group == group {
			return lines[i], true
		}
	}
	return kLine{}, false
}

// kSet returns text with the key changed, added or, where to is not set, removed.
func kSet(text []byte, group, key string, to backend.Value) []byte {
	lines := kParse(text)
	content := key + "=" + to.Text
	if strings.HasPrefix(to.Text, "[$") {
		content = key + to.Text
	}
	if line, ok := kGet(lines, group, key); ok {
		if !to.Set {
			return splice(text, line.from, line.to, "")
		}
		old := string(text[line.from:line.to])
		return splice(text, line.from, line.to, content+old[len(strings.TrimRight(old, "\r\n")):])
	}
	if !to.Set {
		return text
	}
	at := -1
	for _, line := range lines {
		if line.group == group && (line.header || line.key != "") {
			at = line.to
		}
	}
	if at >= 0 {
		return splice(text, at, at, newlineBefore(text[:at])+content+"\n")
	}
	blank := ""
	if len(text) > 0 {
		blank = "\n"
	}
	return splice(text, len(text), len(text), newlineBefore(text)+blank+group+"\n"+content+"\n")
}

func newlineBefore(text []byte) string {
	if len(text) == 0 || text[len(text)-1] == '\n' {
		return ""
	}
	return "\n"
}

func splice(text []byte, from, to int, with string) []byte {
	out := append([]byte(nil), text[:from]...)
	return append(append(out, with...), text[to:]...)
}
