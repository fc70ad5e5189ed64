package compare_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/compare"
	"posthouse/proxy/flow"
)

// recording is a list of "METHOD path status ms body".
func recording(host string, lines ...string) compare.List {
	var l compare.List
	all := map[flow.ID]flow.Exchange{}
	for i, line := range lines {
		var method, path, body string
		var status, ms int
		if _, err := fmt.Sscanf(line, "%s %s %d %d %s", &method, &path, &status, &ms, &body); err != nil {
			panic(err)
		}
		x := answered(body)
		x.ID, x.Method, x.Path, x.Host, x.Status = flow.ID(i+1), method, path, host, status
		x.RequestHead = []byte(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
		x.Duration = time.Duration(ms) * time.Millisecond
		all[x.ID] = *x
		l.Rows = append(l.Rows, x.Row)
	}
	l.Get = func(id flow.ID) (flow.Exchange, bool) { x, ok := all[id]; return x, ok }
	return l
}

func pairs(r *compare.ListResult) (lines []string) {
	for _, p := range r.Pairs {
		line := fmt.Sprintf("%s %d %d", p.Kind, p.A, p.B)
		if p.Slower {
			line += " slower"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestListsPairInOrder(t *testing.T) {
	a := recording("a.example", "GET /users/1 200 10 x", "GET /users/2 200 10 x", "GET /gone 200 1 x", "POST /login 200 10 x")
	b := recording("a.example", "GET /users/2 200 10 x", "GET /new 200 1 x", "GET /users/7 200 10 x", "POST /login 500 90 x")
	r, err := compare.Lists(t.Context(), a, b, compare.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, pairs(r), "same 2 1", "added 0 2", "changed 1 3", "removed 3 0", "changed 4 4 slower")
	if want := (compare.ListCounts{Same: 1, Changed: 2, New: 1, Gone: 1, Slower: 1}); r.Counts != want {
		t.Errorf("%+v", r.Counts)
	}
	if r.Pairs[2].Key != "GET a.example/users/{}" {
		t.Error(r.Pairs[2].Key)
	}
}

func TestListsOfTwoHosts(t *testing.T) {
	a, b := recording("old.example", "GET / 200 1 x"), recording("new.example", "GET / 200 1 x")
	r, err := compare.Lists(t.Context(), a, b, compare.ListOptions{})
	if err != nil || r.Counts.Gone != 1 || r.Counts.New != 1 {
		t.Errorf("%+v %v", r, err)
	}
	if r, err = compare.Lists(t.Context(), a, b, compare.ListOptions{AnyHost: true}); err != nil || r.Counts.Same != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestListsSayWhatWasNotLookedAt(t *testing.T) {
	a, b := recording("a.example", "GET / 200 1 x"), recording("a.example", "GET / 200 1 x")
	a.Get = func(flow.ID) (flow.Exchange, bool) { return flow.Exchange{}, false }
	r, err := compare.Lists(t.Context(), a, b, compare.ListOptions{})
	if err != nil || r.Counts.Unknown != 1 || r.Pairs[0].Differ != -1 {
		t.Errorf("%+v %v", r, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = compare.Lists(ctx, a, b, compare.ListOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	long := make([]flow.Row, compare.MaxRows+3)
	if r, err = compare.Lists(t.Context(), compare.List{Rows: long}, compare.List{}, compare.ListOptions{}); err != nil ||
		r.Over != [2]int{3, 0} ||
		r.Counts.Gone != compare.MaxRows {
		t.Errorf("%v %v", r.Counts, err)
	}
}

func TestTemplate(t *testing.T) {
	for path, want := range map[string]string{
		"/users/42/posts": "/users/{}/posts",
		"/v2/items":       "/v2/items",
		"/o/6f9619ff-8b86-d011-b42d-00cf4fc964ff": "/o/{}",
		"/c/deadbeef01":              "/c/{}",
		"/f/report2024.pdf":          "/f/report2024.pdf",
		"/t/eyJhbGciOiJIUzI1NiIs12":  "/t/{}",
		"/css/bootstrap-grid":        "/css/bootstrap-grid",
		"":                           "",
		"/" + strings.Repeat("1", 9): "/{}",
	} {
		if got := compare.Template(path); got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
}
