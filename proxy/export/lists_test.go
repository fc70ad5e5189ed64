package export_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/compare"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
)

var listForms = append(export.ListForms[:], export.ListLines)

// listed is a list of exchanges.
func listed(all ...flow.Exchange) *compare.List {
	return &compare.List{
		Each: func(_ context.Context, visit func(*flow.Row)) {
			for _, x := range all {
				visit(&x.Row)
			}
		},
		Get: func(id flow.ID) (flow.Exchange, bool) { return all[id-1], true },
	}
}

func asked(id flow.ID, method, host, path string, status int, took time.Duration, fields, body string) flow.Exchange {
	x := flow.Exchange{Row: flow.Row{ID: id, Phase: flow.PhaseDone, Method: method, Host: host, Path: path, Status: status, Duration: took,
		ResponseSize: int64(len(body))}}
	x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + fields + "\r\n")
	x.ResponseBody = flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}
	return x
}

// comparison is one with every kind of pair, some of which somebody sent to do harm.
func comparison(t *testing.T) *export.Comparison {
	t.Helper()
	const ms = time.Millisecond
	gone := asked(2, "DELETE", "a.example", "/old", 204, 5*ms, "", "")
	failed := asked(4, "GET", "a.example", "/cut", 0, 900*ms, "", "")
	failed.Failure, failed.Phase, failed.ResponseBody = flow.FailureResponseTimeout, flow.PhaseFailed, flow.Body{}
	lost := asked(5, "GET", "a.example", "/lost", 200, ms, "", "xyz")
	lost.ResponseBody = flow.Body{State: flow.BodyEvicted, Size: 3}
	a := listed(asked(1, "GET", "a.example", "/users/17?page=1", 200, 12*ms, "ETag: 1\r\n", `{"n":1,"a|b":1}`), gone,
		asked(3, "GET", "a.example", "/same", 200, 3*ms, "", "1"), failed, lost)
	b := listed(asked(1, "GET", "a.example", "/users/18?page=2", 500, 90*ms, "ETag: 2\r\n", `{"n":2,"a|b":2}`),
		asked(2, "=CMD()", "evil`|\x1b]0;x\a<script>", "/\u202etxt|@\r\n# x", 200, ms, "", ""),
		asked(3, "GET", "a.example", "/same", 200, 3*ms, "", "1"), asked(4, "GET", "a.example", "/cut", 200, 3*ms, "", "1"),
		asked(5, "GET", "a.example", "/lost", 200, ms, "", "xyz"))
	r, err := compare.Lists(t.Context(), a, b, compare.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := &export.Comparison{Result: r, Names: [2]string{"Monday `1` | x", "Live · app:new"}}
	for i := range r.Pairs {
		c.Pairs = append(c.Pairs, int32(i))
	}
	return c
}

func written(t *testing.T, c *export.Comparison, f export.ListForm) string {
	t.Helper()
	var out strings.Builder
	if err := c.Write(&out, f, func(float64) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// What each form looks like, so that a change of looks is seen. UPDATE_FORMS=1
// writes it anew.
func TestListFormsLook(t *testing.T) {
	c := comparison(t)
	var all strings.Builder
	for _, f := range listForms {
		all.WriteString("==== " + f.Ending() + "\n" + written(t, c, f) + "\n")
	}
	const file = "testdata/lists.txt"
	if os.Getenv("UPDATE_FORMS") != "" {
		if err := os.WriteFile(file, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if all.String() != string(want) {
		t.Errorf("%s\nwant\n%s", all.String(), want)
	}
}

// What was sent is text in all of them, and each row is one.
func TestListFormsAreSafe(t *testing.T) {
	c := comparison(t)
	for _, f := range listForms {
		if text := written(t, c, f); strings.ContainsAny(text, "\x1b\a\u202e\r") {
			t.Errorf("%s: %q", f.Ending(), text)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(written(t, c, export.ListCSV))).ReadAll()
	if err != nil || len(rows) != len(c.Pairs)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, text := range row {
			if strings.HasPrefix(text, "=") || strings.HasPrefix(text, "@") {
				t.Errorf("a formula: %q", text)
			}
		}
	}
	lines := strings.Split(strings.TrimSpace(written(t, c, export.ListNDJSON)), "\n")
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
	table := strings.Split(written(t, c, export.ListMarkdown), "\n")
	for _, line := range table[5:] {
		if n := strings.Count(line, "|") - strings.Count(line, `\|`); line != "" && n != 7 {
			t.Errorf("%d bars: %s", n, line)
		}
	}
}

// Secrets that are hidden are so wherever a text stands.
func TestListFormsAreShownAs(t *testing.T) {
	c := comparison(t)
	c.Shown = func(s string) string {
		return strings.NewReplacer("a.example", "‹secret 1›", "$.n", "‹secret 2›").Replace(s)
	}
	for _, f := range listForms {
		if text := written(t, c, f); strings.Contains(text, "a.example") || strings.Contains(text, "$.n") ||
			!strings.Contains(text, "‹secret 2›") {
			t.Errorf("%s: %s", f.Ending(), text)
		}
	}
}

func TestListFormsEndWhenCalledOff(t *testing.T) {
	c := comparison(t)
	off := errors.New("called off")
	if err := c.Write(&strings.Builder{}, export.ListCSV, func(float64) error { return off }); !errors.Is(err, off) {
		t.Error(err)
	}
}
