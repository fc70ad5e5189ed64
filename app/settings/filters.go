package settings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/capture/query"
)

// Filters are what the list is often narrowed to.
type Filters struct {
	Saved []string `toml:"saved"` // "NAME = FILTER", in the order of the menu
}

const (
	// MaxFilters bounds how many filters are saved.
	MaxFilters = 100
	// MaxFilterName bounds a name, in characters.
	MaxFilterName = 60
)

// SavedFilter is one of them.
type SavedFilter struct{ Name, Text string }

// String is it as the settings have it.
func (f SavedFilter) String() string { return f.Name + " = " + f.Text }

// ParseFilter reads "NAME = FILTER".
func ParseFilter(entry string) (SavedFilter, bool) {
	name, text, ok := strings.Cut(entry, "=")
	f := SavedFilter{strings.TrimSpace(name), strings.TrimSpace(text)}
	n := utf8.RuneCountInString(f.Name)
	return f, ok && n > 0 && n <= MaxFilterName && f.Text != "" && len(f.Text) <= query.MaxLength
}

// All are the filters, by their names: of two with one name the first counts.
func (f Filters) All() (all []SavedFilter) {
	for _, entry := range f.Saved {
		one, ok := ParseFilter(entry)
		if ok && !slices.ContainsFunc(all, func(o SavedFilter) bool { return o.Name == one.Name }) {
			all = append(all, one)
		}
	}
	return all
}

// Save keeps a filter, in place of one that has its name.
func (f *Filters) Save(one SavedFilter) {
	at := f.index(one.Name)
	if at < 0 {
		f.Saved = append(f.Saved, one.String())
		return
	}
	f.Saved[at] = one.String()
}

// Rename gives a filter another name, in its place; one that has that name goes.
func (f *Filters) Rename(from, to string) {
	at := f.index(from)
	if at < 0 || from == to {
		return
	}
	one, _ := ParseFilter(f.Saved[at])
	one.Name = to
	f.Saved[at] = one.String()
	f.Saved = slices.DeleteFunc(f.Saved, func(entry string) bool {
		other, _ := ParseFilter(entry)
		return other.Name == to && entry != one.String()
	})
}

// Delete forgets a filter.
func (f *Filters) Delete(name string) {
	f.Saved = slices.DeleteFunc(f.Saved, func(entry string) bool {
		one, _ := ParseFilter(entry)
		return one.Name == name
	})
}

// index is where a name is, -1 for nowhere.
func (f *Filters) index(name string) int {
	return slices.IndexFunc(f.Saved, func(entry string) bool {
		one, _ := ParseFilter(entry)
		return one.Name == name
	})
}

func (f *Filters) validate() error {
	const key = "filters.saved"
	if n := len(f.Saved); n > MaxFilters {
		return &ValueError{Key: key, Value: strconv.Itoa(n) + " entries", Rule: RuleAtMost, Args: []any{MaxFilters},
			Remedy: fmt.Sprintf("at most %d are kept", MaxFilters)}
	}
	for _, entry := range f.Saved {
		if !plainText(entry) {
			return &ValueError{Key: key, Value: strconv.Quote(entry), Rule: RuleControls, Remedy: "control characters are not taken"}
		}
		if _, ok := ParseFilter(entry); !ok {
			return &ValueError{Key: key, Value: strconv.Quote(entry), Rule: RuleFilter, Args: []any{MaxFilterName},
				Remedy: fmt.Sprintf("write NAME = FILTER, with a name of at most %d characters", MaxFilterName)}
		}
	}
	return nil
}
