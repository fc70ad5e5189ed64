//go:build unix && !darwin

package appicon

import (
	"bytes"
	"path/filepath"
	"strings"
)

// Bounds of scripts that start a program.
const (
	maxScript    = 64 << 10 // bytes
	maxVariables = 64
	maxExpanded  = 1024 // bytes of a word
)

// mayWrap tells, without reading it, whether a starter may be a script that starts
// the program at a path: it lies beside it, or has its name.
func mayWrap(s *starter, path string) bool {
	base := filepath.Base(path)
	return filepath.Dir(s.file) == filepath.Dir(path) || filepath.Base(s.file) == base || s.name == base
}

// wraps reports whether a file is a script that starts the program at a path: it
// names the whole path, or the two lie in one folder and it names the file there, as
// /opt/google/chrome/google-chrome does with chrome, or has its name but for the
// ending, as soffice and soffice.bin.
func wraps(script, path string) bool {
	b, err := readFile(script, maxScript)
	if err != nil || !bytes.HasPrefix(b, []byte("#!")) {
		return false
	}
	base := filepath.Base(path)
	beside := filepath.Dir(script) == filepath.Dir(path)
	if beside && stem(script) == stem(path) {
		return true
	}
	variables := map[string]string{}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		if name, value, ok := strings.Cut(line, "="); ok && isVariable(name) && len(variables) < maxVariables {
			variables[name] = expand(strings.Trim(value, `"'`), variables)
		}
		for _, word := range strings.FieldsFunc(line, isSeparator) {
			word = expand(word, variables)
			if word == path || beside && lastOf(word) == base {
				return true
			}
		}
	}
	return false
}

// stem is the name of a file without its ending.
func stem(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

func isSeparator(r rune) bool { return strings.ContainsRune(" \t\"'`;&|()<>=", r) }

func isVariable(name string) bool {
	return name != "" && variableLen(name) == len(name)
}

// variableLen is how many bytes at the start of s are the name of a variable.
func variableLen(s string) int {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return i
		}
	}
	return len(s)
}

// expand puts the values of variables into a word; one that is not known stays.
func expand(word string, variables map[string]string) string {
	var b strings.Builder
	for word != "" && b.Len() < maxExpanded {
		at := strings.IndexByte(word, '$')
		if at < 0 {
			break
		}
		b.WriteString(word[:at])
		name, rest := variableAt(word[at+1:])
		if value, ok := variables[name]; ok {
			b.WriteString(value)
		} else {
			b.WriteString(word[at : len(word)-len(rest)])
		}
		word = rest
	}
	b.WriteString(word)
	return b.String()[:min(b.Len(), maxExpanded)]
}

// variableAt is the name that follows a dollar sign, "" for none, and what comes after it.
func variableAt(s string) (name, rest string) {
	if strings.HasPrefix(s, "{") {
		if end := strings.IndexByte(s, '}'); end > 0 && isVariable(s[1:end]) {
			return s[1:end], s[end+1:]
		}
		return "", s
	}
	end := variableLen(s)
	return s[:end], s[end:]
}
