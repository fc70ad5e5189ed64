package clientcheck

import (
	"strings"

	"posthouse/proxy/bounded"
)

// maxFile bounds what is read of a settings file, in bytes.
const maxFile = 1 << 20

// readFile is a settings file's text, "" where there is none.
func readFile(path string) string {
	text, _ := bounded.ReadFileHead(path, maxFile) // what was read counts
	return string(text)
}

// option is one line of a settings file, with the name in lower case and
// without dashes and underscores.
type option struct{ name, value string }

// options are the lines of curl's and wget's settings: "name = value",
// "name: value", "name value" or "--name value", comments behind #, and values
// in quotes or not.
func options(text string) []option {
	var all []option
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value := line, ""
		if at := strings.IndexAny(line, "=: \t"); at > 0 {
			name, value = line[:at], strings.TrimSpace(strings.TrimLeft(line[at:], "=: \t"))
		}
		if len(value) > 1 && value[0] == '"' {
			value = unquoted(value[1:])
		}
		name = strings.NewReplacer("-", "", "_", "").Replace(name)
		if strings.HasPrefix(line, "-") && !strings.HasPrefix(line, "--") {
			name = "-" + name // one letter, which knows case
		} else {
			name = strings.ToLower(name)
		}
		all = append(all, option{name, value})
	}
	return all
}

// unquoted is what stands before the closing quote.
func unquoted(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String()
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// value is that of the last line with one of the names.
func value(all []option, names ...string) string {
	found := ""
	for _, o := range all {
		for _, name := range names {
			if o.name == name {
				found = o.value
			}
		}
	}
	return found
}

// has reports whether there is a line with one of the names that is not "off".
func has(all []option, names ...string) bool {
	for _, o := range all {
		for _, name := range names {
			if o.name == name && o.value != "off" {
				return true
			}
		}
	}
	return false
}
