package settings

import (
	"bytes"
	"encoding"
	"fmt"
	"reflect"
	"strings"
)

// leaf is one setting as it stands in a file.
type leaf struct {
	table, key, value string
	kind              KeyKind
	list              []string // of a list, never nil there
}

func (l leaf) path() []string { return strings.Split(l.name(), ".") }

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
		one := leaf{table: table, key: v.Type().Field(i).Tag.Get("toml"), value: valueText(v.Field(i).Interface())}
		switch value := v.Field(i).Interface().(type) {
		case []string:
			one.kind, one.list = KindTexts, append([]string{}, value...)
		case Size:
			one.kind = KindSize
		case Duration:
			one.kind = KindDuration
		case bool:
			one.kind = KindBool
		case int:
			one.kind = KindNumber
		default:
			one.kind = KindText
		}
		*all = append(*all, one)
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
		return quoteTOML(string(text))
	case string:
		return quoteTOML(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = quoteTOML(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// quoteTOML writes a basic string of TOML, which knows fewer escapes than Go.
func quoteTOML(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, "\\u%04X", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// renderSettings writes a whole file.
func renderSettings(s Settings) []byte {
	var b bytes.Buffer
	b.WriteString("# Settings of Posthouse. Edit freely: a running Posthouse reads this file again\n# when it Changes, and keeps your " +
		"comments. docs/settings.md explains each line.\n\n")
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

// Keys are the names of all settings, such as "proxy.port", in the order of the file.
func Keys() []string {
	var keys []string
	for _, l := range leaves(Default()) {
		keys = append(keys, l.name())
	}
	return keys
}
