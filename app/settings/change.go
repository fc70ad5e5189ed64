package settings

import (
	"reflect"
	"slices"
	"strings"
)

// change is one setting that is to have another value. Of a list it says what comes
// and goes, so that what others put there meanwhile stays.
type change struct {
	name  string
	value reflect.Value // of what is no list
	from  []string
	to    []string // nil: no list
}

// Changes are what a person changed. They hold on whatever the settings are by then.
type Changes []change

// fields are all settings in the order of leaves.
func (s *Settings) fields() []reflect.Value {
	var all []reflect.Value
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		var tables []reflect.Value
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.Struct {
				tables = append(tables, f)
			} else {
				all = append(all, f)
			}
		}
		for _, table := range tables {
			walk(table)
		}
	}
	walk(reflect.ValueOf(s).Elem())
	return all
}

// Diff are the settings that differ.
func Diff(from, to *Settings) Changes {
	var all Changes
	was, fields := leaves(*from), to.fields()
	for i, is := range leaves(*to) {
		if is.value == was[i].value {
			continue
		}
		one := change{name: is.name()}
		if is.list != nil {
			one.from, one.to = was[i].list, is.list
		} else {
			one.value = reflect.ValueOf(fields[i].Interface())
		}
		all = append(all, one)
	}
	return all
}

// On are the settings with the changes made to them.
func (c Changes) On(s Settings) Settings {
	s = s.Clone()
	fields := s.fields()
	for i, l := range leaves(s) {
		for _, one := range c {
			switch {
			case one.name != l.name():
			case one.to != nil:
				fields[i].Set(reflect.ValueOf(MergeList(one.from, one.to, l.list)))
			default:
				fields[i].Set(one.value)
			}
		}
	}
	return s
}

// and are these changes and later ones, with as few as say the same.
func (c Changes) and(later Changes) Changes {
	all := slices.Clone(c)
	for _, one := range later {
		i := slices.IndexFunc(all, func(o change) bool { return o.name == one.name })
		switch {
		case i >= 0 && one.to == nil:
			all[i] = one
		case i >= 0:
			all[i].to = MergeList(one.from, one.to, all[i].to)
		default:
			all = append(all, one)
		}
	}
	return all
}

// without leaves out the settings that others changed since; of a list both hold.
func (c Changes) without(others Changes) Changes {
	return slices.DeleteFunc(slices.Clone(c), func(one change) bool {
		return one.to == nil && slices.ContainsFunc(others, func(o change) bool { return o.name == one.name })
	})
}

// MergeList does to a list what was done to another: what came there comes, what
// went there goes, and all else stays.
func MergeList(from, to, list []string) []string {
	if slices.Equal(from, list) {
		return slices.Clone(to)
	}
	has := func(list []string, text string) bool {
		return slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, text) })
	}
	var merged []string
	for _, text := range list {
		if has(to, text) || !has(from, text) {
			merged = append(merged, text)
		}
	}
	for _, text := range to {
		if !has(from, text) && !has(merged, text) {
			merged = append(merged, text)
		}
	}
	return merged
}

// Clone shares no list with c.
func (s Settings) Clone() Settings {
	s.Proxy.Listen = slices.Clone(s.Proxy.Listen)
	s.Proxy.UpstreamBypass = slices.Clone(s.Proxy.UpstreamBypass)
	s.Decrypt, s.LAN, s.Share = s.Decrypt.Clone(), s.LAN.Clone(), s.Share.clone()
	s.Filters.Saved = slices.Clone(s.Filters.Saved)
	return s
}
