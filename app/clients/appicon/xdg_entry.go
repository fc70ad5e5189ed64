//go:build unix && !darwin

package appicon

import (
	"strings"
	"unicode/utf8"
)

// Bounds of desktop entries.
const (
	maxEntryFile = 64 << 10 // bytes
	maxWords     = 64       // of a command
)

// entry is what is used of a desktop entry.
type entry struct {
	icon    string
	exec    []string // the words of its command, without those that stand for files
	tryExec string
	snap    string // the snap or the flatpak that it came with
	flatpak string
}

// parseEntry reads a desktop entry; false if it starts no program or has no icon.
func parseEntry(b []byte) (entry, bool) {
	values := iniGroup(b, "Desktop Entry")
	if values["Type"] != "Application" || values["Hidden"] == "true" || values["Icon"] == "" {
		return entry{}, false
	}
	// Copies: a part of the file would keep all of it.
	e := entry{icon: strings.Clone(unescape(values["Icon"])), tryExec: strings.Clone(unescape(values["TryExec"])),
		snap: strings.Clone(values["X-SnapInstanceName"]), flatpak: strings.Clone(values["X-Flatpak"])}
	e.exec = commandWords(strings.Clone(unescape(values["Exec"])))
	return e, true
}

// iniGroups is the groups of a file in the form of desktop entries; of several keys
// with one name the first counts.
func iniGroups(b []byte) map[string]map[string]string {
	groups := map[string]map[string]string{}
	var now map[string]string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
			if now = groups[line]; now == nil {
				now = map[string]string{}
				groups[line] = now
			}
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key = strings.TrimSpace(key)
		if _, have := now[key]; ok && !have && now != nil && line[0] != '#' {
			now[key] = strings.TrimSpace(value)
		}
	}
	return groups
}

// iniGroup is one of them.
func iniGroup(b []byte, name string) map[string]string { return iniGroups(b)["["+name+"]"] }

var escapes = strings.NewReplacer(`\s`, " ", `\n`, "\n", `\t`, "\t", `\r`, "\r", `\\`, `\`)

// unescape undoes the escapes of values of the type string.
func unescape(value string) string {
	if !utf8.ValidString(value) {
		return ""
	}
	return escapes.Replace(value)
}

// commandWords are the words of an Exec key (Desktop Entry Specification, The Exec
// key), nil where it is not well-formed. Field codes that stand alone, such as %U,
// are left out: they are what the program is to open.
func commandWords(exec string) []string {
	var words []string
	for rest := strings.TrimLeft(exec, " \t\n"); rest != ""; rest = strings.TrimLeft(rest, " \t\n") {
		word, after, ok := commandWord(rest)
		if !ok || len(words) == maxWords {
			return nil
		}
		rest = after
		if len(word) == 2 && word[0] == '%' && word[1] != '%' {
			continue
		}
		words = append(words, strings.ReplaceAll(word, "%%", "%"))
	}
	return words
}

// commandWord cuts the first word off.
func commandWord(s string) (word, rest string, ok bool) {
	if s[0] != '"' {
		end := strings.IndexAny(s, " \t\n")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], !strings.ContainsAny(s[:end], "\"'`")
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\"`$\\", s[i+1]) >= 0:
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// command is what a desktop entry starts: a program, and whether with options.
type command struct {
	program string
	options bool
}

// commands are the programs that an entry stands for. One that is told by a word
// what to do, as a shell or an interpreter is, stands for itself elsewhere; then
// the entry stands for what TryExec names, if that is another.
func (e *entry) commands() []command {
	words := e.exec
	if len(words) > 0 && (words[0] == "env" || words[0] == "/usr/bin/env") {
		words = words[1:]
		for len(words) > 0 && strings.Contains(words[0], "=") && words[0][0] != '-' {
			words = words[1:]
		}
	}
	told, c := true, command{}
	if len(words) > 0 && !strings.HasPrefix(words[0], "-") {
		told, c.program = false, words[0]
		for _, word := range words[1:] {
			option := strings.HasPrefix(word, "-")
			c.options = c.options || option
			told = told || !option
		}
	}
	switch {
	case !told:
		return []command{c}
	case e.tryExec != "" && lastOf(e.tryExec) != lastOf(c.program):
		return []command{{program: e.tryExec}}
	}
	return nil
}

func lastOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
