package app_test

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"posthouse/app"
)

// saved writes a state, and waits for that.
func saved(path string, w app.WindowState) {
	f := app.WindowFile{Path: path}
	f.Save(w)
	f.End()
}

func TestWindowState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "window.json")
	w := app.DefaultWindowState()
	w.Width, w.Filter, w.Columns = 900, "host:a", []app.ColumnState{{Name: "host", Width: 120}}
	saved(path, w)
	if got := app.LoadWindowState(path); got.Width != 900 || got.Filter != "host:a" || len(got.Columns) != 1 {
		t.Errorf("read again: %+v", got)
	}
	for _, text := range []string{"", "{", "null", "[]", `{"width":1e30}`, `{"width":-5,"split":9}`, `{"columns":[{"width":0}]}`,
		`{"width":"x"}`, `{"split_beside":7,"mark":"pink"}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := app.LoadWindowState(path)
		if got.Width < 200 || got.Width > 10_000 || got.Split <= 0 || got.Split >= 1 || math.IsNaN(got.Split) || len(got.Columns) > 0 ||
			got.SplitSide <= 0 || got.SplitSide >= 1 || got.Mark != "" {
			t.Errorf("%q gives %+v", text, got)
		}
	}
}

func TestWhatWasSaidIsBounded(t *testing.T) {
	const many, bound = 300, 100
	path := filepath.Join(t.TempDir(), "window.json")
	w := app.DefaultWindowState()
	for i := range many {
		w.Said = append(w.Said, strconv.Itoa(i))
	}
	saved(path, w)
	if got := app.LoadWindowState(path).Said; len(got) != bound || got[bound-1] != strconv.Itoa(many-1) {
		t.Errorf("%d are kept", len(got))
	}
}
