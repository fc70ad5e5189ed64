package settings

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFiltersAreSavedByName(t *testing.T) {
	var f Filters
	for _, one := range []SavedFilter{{"Errors", "is:error"}, {"API = v1", "x"}, {"慢", `time:>2s "a = b"`}} {
		if strings.Contains(one.Name, "=") {
			if got, _ := ParseFilter(one.String()); got.Name == one.Name {
				t.Errorf("a name with = is %q", got.Name)
			}
			continue
		}
		f.Save(one)
	}
	f.Save(SavedFilter{"Errors", "status:5xx"})
	if want := []SavedFilter{{"Errors", "status:5xx"}, {"慢", `time:>2s "a = b"`}}; !slices.Equal(f.All(), want) {
		t.Errorf("%q", f.All())
	}
	f.Rename("Errors", "Faults")
	f.Rename("nope", "x")
	f.Save(SavedFilter{"Z", "z"})
	f.Rename("Z", "慢")
	f.Delete("nope")
	if want := []SavedFilter{{"Faults", "status:5xx"}, {"慢", "z"}}; !slices.Equal(f.All(), want) {
		t.Errorf("%q", f.All())
	}
	if f.Delete("Faults"); len(f.Saved) != 1 {
		t.Errorf("%q", f.Saved)
	}
}

func TestFiltersThatCannotBeSaved(t *testing.T) {
	for _, entry := range []string{"no filter", "= x", "x =", "x\ny = z", strings.Repeat("n", MaxFilterName+1) + " = x", "x = " +
		strings.Repeat("y", 5000)} {
		s := Default()
		s.Filters.Saved = []string{entry}
		if bad := (*ValueError)(nil); !errors.As(s.Validate(), &bad) || bad.Key != "filters.saved" {
			t.Errorf("%.20q: %v", entry, s.Validate())
		}
	}
	s := Default()
	if s.Filters.Saved = slices.Repeat([]string{"a = b"}, MaxFilters+1); s.Validate() == nil {
		t.Error("too many are taken")
	}
}

// They outlive the app, in the file.
func TestFiltersAreInTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.toml")
	from, to := Default(), Default()
	to.Filters.Save(SavedFilter{"Errors", `is:error -host:"a b"`})
	f, _ := Open(FileOptions{Path: file}, from)
	f.Put(Diff(&from, &to))
	if err := f.Took(f.Writing()()); err != nil {
		t.Fatal(err)
	}
	again, err := Load(file)
	if err != nil || !slices.Equal(again.Filters.All(), to.Filters.All()) {
		t.Errorf("%q (%v)", again.Filters, err)
	}
}
