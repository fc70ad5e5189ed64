package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
)

// Exchanges are numbered anew, and what was made of another still says of which.
func TestConvertKeepsWhatWasMadeOfWhat(t *testing.T) {
	in := filepath.Join(t.TempDir(), "a.posthouse")
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	w := history.NewSessionWriter(f)
	for _, from := range [][2]flow.ID{{5, 0}, {7, 5}, {9, 2}} { // 2 is not in the file
		x := flow.Exchange{Row: flow.Row{ID: from[0], Phase: flow.PhaseDone, Method: "GET", Scheme: "http", Host: "a.test",
			Path: "/", Proto: "HTTP/1.1", Status: 200}, RequestHead: []byte("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")}
		x.From = from[1]
		if err := w.Write(&x); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	code, out, said := ran(t, "", "convert", in, "-")
	var har struct {
		Log struct {
			Entries []struct {
				Own struct{ ID, From int } `json:"_posthouse"`
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &har); code != 0 || err != nil {
		t.Fatal(code, err, said)
	}
	var got [][2]int
	for _, e := range har.Log.Entries {
		got = append(got, [2]int{e.Own.ID, e.Own.From})
	}
	if want := [][2]int{{1, 0}, {2, 1}, {3, 0}}; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}
