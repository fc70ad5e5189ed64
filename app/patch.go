package app

import (
	"bytes"
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// leaf is one setting as it stands in a file.
type leaf struct {
	table, key, value string
}

func (l leaf) name() string {
	if l.table == "" {
		return l.key
	}
	return l.table + "." + l.key
}

// leaves lists all settings in the order of the file.
func leaves(s Settings) []leaf {
	var all []leaf
	collect(&all, "", reflect.ValueOf(s))
	return all
}

func collect(all *[]leaf, table string, v reflect.Value) {
	var tables []int
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Struct {
			tables = append(tables, i)
			continue
		}
		*all = append(*all, leaf{table, v.Type().Field(i).Tag.Get("toml"), valueText(v.Field(i).Interface())})
	}
	for _, i := range tables {
		name := v.Type().Field(i).Tag.Get("toml")
		if table != "" {
			name = table + "." + name
		}
		collect(all, name, v.Field(i))
	}
}

func valueText(v any) string {
	switch v := v.(type) {
	case encoding.TextMarshaler:
		text, _ := v.MarshalText() // Size and Duration return no error
		return strconv.Quote(string(text))
	case string:
		return strconv.Quote(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = strconv.Quote(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// renderSettings writes a whole file.
func renderSettings(s Settings) []byte {
	var b bytes.Buffer
	b.WriteString("# Settings of Posthouse. Edit freely: a running Posthouse reads this file again\n# when it changes, and keeps your comments. docs/settings.md explains each line.\n\n")
	table := ""
	for _, l := range leaves(s) {
		if l.table != table {
			table = l.table
			fmt.Fprintf(&b, "\n[%s]\n", table)
		}
		fmt.Fprintf(&b, "%s = %s\n", l.key, l.value)
	}
	return b.Bytes()
}

// patchSettings changes the values in old that differ from s, and nothing else.
// It reports whether the result, read again, is exactly s.
func patchSettings(old []byte, s Settings) ([]byte, bool) {
	before, err := ParseSettings("", old)
	if err != nil {
		return nil, false
	}
	lines := strings.SplitAfter(string(old), "\n")
	was := leaves(before)
	for i, l := range leaves(s) {
		if l.value != was[i].value {
			lines = setLine(lines, l)
		}
	}
	text := []byte(strings.Join(lines, ""))
	after, err := ParseSettings("", text)
	return text, err == nil && after.Equal(s)
}

// setLine replaces or adds one setting.
func setLine(lines []string, l leaf) []string {
	table, last := "", -1
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		if name, ok := tableName(trimmed); ok {
			table = name
		} else if key, value, ok := strings.Cut(trimmed, "="); ok && table == l.table && strings.Trim(strings.TrimSpace(key), `"'`) == l.key {
			at := strings.Index(line, "=") + 1
			lines[i] = line[:at] + " " + l.value + comment(value) + lineEnd(line)
			return lines
		}
		if table == l.table && trimmed != "" {
			last = i
		}
	}
	added := l.key + " = " + l.value + "\n"
	if last < 0 {
		if l.table != "" {
			added = "\n[" + l.table + "]\n" + added
			return append(endLast(lines), added)
		}
		return append([]string{added}, lines...)
	}
	lines = append(lines[:last+1:last+1], append([]string{added}, lines[last+1:]...)...)
	if !strings.HasSuffix(lines[last], "\n") {
		lines[last] += "\n"
	}
	return lines
}

func endLast(lines []string) []string {
	if n := len(lines); n > 0 && lines[n-1] != "" && !strings.HasSuffix(lines[n-1], "\n") {
		lines[n-1] += "\n"
	}
	return lines
}

func tableName(line string) (string, bool) {
	if !strings.HasPrefix(line, "[") || strings.HasPrefix(line, "[[") {
		return "", false
	}
	end := strings.IndexByte(line, ']')
	if end < 0 {
		return "", false
	}
	return strings.ReplaceAll(strings.TrimSpace(line[1:end]), " ", ""), true
}

// comment is what follows a value on its line: white space and a comment.
func comment(value string) string {
	quote := byte(0)
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quote != 0 && c == '\\' && quote == '"':
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case c == '"' || c == '\'':
			quote = c
		case c == '#':
			start := len(strings.TrimRight(value[:i], " \t"))
			return value[start:]
		}
	}
	return ""
}

func lineEnd(line string) string {
	switch {
	case strings.HasSuffix(line, "\r\n"):
		return "\r\n"
	case strings.HasSuffix(line, "\n"):
		return "\n"
	}
	return ""
}

// lineOf finds the line of a key such as "proxy.port", from 1; 0 if it is not there.
func lineOf(text []byte, name string) int {
	table := ""
	for i, line := range strings.Split(string(text), "\n") {
		trimmed := strings.TrimSpace(line)
		if t, ok := tableName(trimmed); ok {
			table = t
			continue
		}
		key, _, ok := strings.Cut(trimmed, "=")
		if ok && (leaf{table: table, key: strings.Trim(strings.TrimSpace(key), `"'`)}).name() == name {
			return i + 1
		}
	}
	return 0
}

// nearestKey is the known setting that differs least from an unknown one, "" if none is near.
func nearestKey(name string) string {
	best, least := "", len(name)/2+1
	for _, l := range leaves(Default()) {
		for _, known := range []string{l.name(), l.key} {
			if d := distance(name, known); d < least {
				best, least = l.name(), d
			}
		}
		if i := strings.LastIndexByte(name, '.'); i >= 0 && name[i+1:] == l.key {
			return l.name() // the right name under the wrong table
		}
	}
	return best
}

// distance is how many letters must be changed, added or removed (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := above
			if a[i] != b[j] {
				cost++
			}
			above = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// SettingKeys are the names of all settings, such as "proxy.port", in the order of the file.
func SettingKeys() []string {
	var keys []string
	for _, l := range leaves(Default()) {
		keys = append(keys, l.name())
	}
	return keys
}
