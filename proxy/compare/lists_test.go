package compare_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/compare"
	"posthouse/proxy/flow"
)

// list are exchanges as a list to compare.
func list(all ...flow.Exchange) *compare.List {
	byID := map[flow.ID]flow.Exchange{}
	for _, x := range all {
		byID[x.ID] = x
	}
	return &compare.List{
		Each: func(_ context.Context, visit func(*flow.Row)) {
			for i := range all {
				row := all[i].Row
				visit(&row)
			}
		},
		Get: func(id flow.ID) (flow.Exchange, bool) { x, ok := byID[id]; return x, ok },
	}
}

// exchange is one of a line "METHOD path status ms body".
func exchange(id flow.ID, host, line string) flow.Exchange {
	var method, path, body string
	var status, ms int
	if _, err := fmt.Sscanf(line, "%s %s %d %d %s", &method, &path, &status, &ms, &body); err != nil {
		panic(err)
	}
	x := answered(body)
	x.ID, x.Method, x.Path, x.Host, x.Status, x.Phase = id, method, path, host, status, flow.PhaseDone
	x.ResponseSize = int64(len(body))
	x.RequestHead = []byte(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
	x.Duration = time.Duration(ms) * time.Millisecond
	return *x
}

// recording are the exchanges of lines.
func recording(host string, lines ...string) *compare.List {
	var all []flow.Exchange
	for i, line := range lines {
		all = append(all, exchange(flow.ID(i+1), host, line))
	}
	return list(all...)
}

func compared(t *testing.T, a, b *compare.List, o compare.ListOptions) *compare.ListResult {
	t.Helper()
	r, err := compare.Lists(t.Context(), a, b, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func pairs(r *compare.ListResult) (lines []string) {
	for i := range r.Pairs {
		p := &r.Pairs[i]
		line := fmt.Sprintf("%s %d %d", p.Kind, p.A, p.B)
		if p.Slower {
			line += " slower"
		}
		if p.OtherPath {
			line += " other-path"
		}
		for _, d := range r.Told(p) {
			line += " " + strings.TrimSuffix(d.Part.String()+":"+d.Name, ":")
		}
		lines = append(lines, line)
	}
	return lines
}

// kinds are new, gone, changed, unknown, same.
func kinds(r *compare.ListResult) string { return fmt.Sprint(r.Counts.Kinds, r.Counts.Slower) }

func TestListsPairInOrder(t *testing.T) {
	a := recording("a.example", "GET /users/1 200 10 x", "GET /users/2 200 10 x", "GET /gone 200 1 x", "POST /login 200 10 x",
		"GET /users/9 200 1 x")
	b := recording("a.example", "GET /users/2 200 10 x", "GET /new 200 1 x", "GET /users/7 200 10 x", "POST /login 500 90 x",
		"GET /users/8?q=1 200 1 y")
	r := compared(t, a, b, compare.ListOptions{})
	expect(t, pairs(r), "same 2 1", "new 0 2", "same 1 3 other-path", "gone 3 0", "changed 4 4 slower status",
		"changed 5 5 other-path query:q response-body")
	if kinds(r) != "[1 1 2 0 2] 1" {
		t.Errorf("%+v", r.Counts)
	}
	if q, ok := r.Request(&r.Pairs[2]); !ok || q != (compare.Request{Method: "GET", Host: "a.example", Path: "/users/{}"}) {
		t.Errorf("%+v", q)
	}
}

// Rows of memory come by when they ended, those of the disk from the newest back.
func TestListsAreInTheOrderOfTheirBeginning(t *testing.T) {
	x := func(id flow.ID, body string) flow.Exchange { return exchange(id, "a.example", "GET /x/1 200 1 "+body) }
	r := compared(t, list(x(3, "three"), x(1, "one"), x(2, "two")), list(x(20, "two"), x(10, "one"), x(30, "three")), compare.ListOptions{})
	expect(t, pairs(r), "same 1 10", "same 2 20", "same 3 30")
}

func TestListsOfTwoHosts(t *testing.T) {
	a, b := recording("old.example", "GET / 200 1 x"), recording("new.example", "GET / 200 1 x")
	if r := compared(t, a, b, compare.ListOptions{}); kinds(r) != "[1 1 0 0 0] 0" {
		t.Errorf("%+v", r.Counts)
	}
	r := compared(t, a, b, compare.ListOptions{AnyHost: true})
	if q, _ := r.Request(&r.Pairs[0]); kinds(r) != "[0 0 0 0 1] 0" || q.Host != "new.example" {
		t.Errorf("%+v %+v", r.Counts, q)
	}
}

// Two stretches of one list, which filters choose; what they cannot see is said.
func TestListsOfTwoStretches(t *testing.T) {
	all := []string{"GET /1 200 1 old", "GET /2 404 1 old", "GET /1 200 1 fresh", "GET /2 404 1 fresh"}
	x := recording("a.example", all...)
	stretch := func(text string) *compare.List {
		q, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return &compare.List{Each: x.Each, Get: x.Get, Filter: q}
	}
	r := compared(t, stretch("body:old"), stretch("body:fresh status:404"), compare.ListOptions{})
	expect(t, pairs(r), "gone 1 0", "changed 2 4 response-body")
	get := x.Get
	x.Get = func(id flow.ID) (flow.Exchange, bool) {
		one, ok := get(id)
		one.ResponseBody.State, one.ResponseBody.Bytes = flow.BodyEvicted, nil
		return one, ok
	}
	if r = compared(t, stretch("body:old"), stretch("status:404"), compare.ListOptions{}); r.Counts.Filtered != [2]int{4, 0} ||
		r.Counts.Rows != [2]int{0, 2} {
		t.Errorf("%+v", r.Counts)
	}
}

func TestListsSayWhatWasNotLookedAt(t *testing.T) {
	body := func(change func(*flow.Body)) flow.Exchange {
		x := exchange(1, "a.example", "GET / 200 1 x")
		change(&x.ResponseBody)
		return x
	}
	whole := body(func(*flow.Body) {})
	cut := body(func(b *flow.Body) { b.State, b.Size = flow.BodyCut, 100 })
	for name, c := range map[string]struct {
		a, b flow.Exchange
		want string
		lack int
	}{
		"evicted": {body(func(b *flow.Body) { b.State, b.Bytes = flow.BodyEvicted, nil }), whole, "unknown 1 1", 1},
		"evicted, longer": {body(func(b *flow.Body) { *b = flow.Body{State: flow.BodyEvicted, Size: 9} }), whole,
			"changed 1 1 response-body", 1},
		"not recorded": {body(func(b *flow.Body) { b.State, b.Bytes = flow.BodyNotRecorded, nil }), whole, "unknown 1 1", 2},
		"both cut":     {cut, cut, "unknown 1 1", 0},
		"one cut":      {cut, whole, "changed 1 1 response-body", 0},
	} {
		r := compared(t, list(c.a), list(c.b), compare.ListOptions{})
		if got := pairs(r)[0]; got != c.want || r.Counts.Lacks[c.lack] != 1 {
			t.Errorf("%s: %s %v", name, got, r.Counts)
		}
	}
	coded := answered("no gzip", "Content-Encoding: gzip")
	coded.ID, coded.Phase = 1, flow.PhaseDone
	other := *coded
	other.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Encoding: zip\r\n\r\n")
	if r := compared(t, list(*coded), list(other), compare.ListOptions{}); r.Counts.Lacks[4] != 1 {
		t.Errorf("undecodable: %v", r.Counts)
	}
	tunnel := flow.Exchange{Row: flow.Row{ID: 1, Kind: flow.KindTunnel, Method: "CONNECT", Host: "a:443", Phase: flow.PhaseDone}}
	if r := compared(t, list(tunnel), list(tunnel), compare.ListOptions{}); kinds(r) != "[0 0 0 1 0] 0" || r.Counts.Lacks[5] != 1 {
		t.Errorf("a tunnel: %v", r.Counts)
	}
	opened := tunnel // its requests are compared by their own rows
	opened.TLS.Outcome = flow.TLSDecrypted
	if r := compared(t, list(opened), list(opened), compare.ListOptions{}); kinds(r) != "[0 0 0 0 1] 0" {
		t.Errorf("an opened tunnel: %v", r.Counts)
	}
	opened.RequestSize = 1
	if r := compared(t, list(opened), list(opened), compare.ListOptions{}); kinds(r) != "[0 0 0 1 0] 0" {
		t.Errorf("an opened tunnel with something else in it: %v", r.Counts)
	}
	left := list(whole)
	left.Get = func(flow.ID) (flow.Exchange, bool) { return flow.Exchange{}, false }
	if r := compared(t, left, list(whole), compare.ListOptions{}); kinds(r) != "[0 0 0 1 0] 0" || r.Counts.Left != 1 {
		t.Errorf("%+v", r.Counts)
	}
	running := whole
	running.Phase = flow.PhaseResponse
	if r := compared(t, list(running), list(whole), compare.ListOptions{}); kinds(r) != "[1 0 0 0 0] 0" ||
		r.Counts.Running != [2]int{1, 0} {
		t.Errorf("%+v", r.Counts)
	}
}

// What is too large is compared byte by byte, and what is coded then is not known.
func TestListsDoNotLookIntoLargeBodies(t *testing.T) {
	x := func(end, coding string) flow.Exchange {
		body := `{"a":"` + strings.Repeat("x", 5<<20) + `",` + end
		x := answered(body, "Content-Type: application/json", "Content-Encoding: "+coding)
		x.ID, x.Phase = 1, flow.PhaseDone
		return *x
	}
	for _, c := range []struct {
		a, b flow.Exchange
		want string
		lack int
	}{
		{x(`"b":1,"c":2}`, ""), x(`"c":2,"b":1}`, ""), "changed 1 1 response-body", 0},
		{x(`"b":1,"c":2}`, "gzip"), x(`"c":2,"b":1}`, "gzip"), "unknown 1 1", 1},
		{x(`"b":1,"c":2}`, "gzip"), x(`"b":1,"c":2}`, "gzip"), "same 1 1", 0},
	} {
		if r := compared(t, list(c.a), list(c.b), compare.ListOptions{}); pairs(r)[0] != c.want || r.Counts.Lacks[6] != c.lack {
			t.Errorf("%s, want %s: %v", pairs(r)[0], c.want, r.Counts)
		}
	}
}

// Names of what differs, each once, without places in arrays; what is passed over counts not.
func TestListsTellWhatDiffers(t *testing.T) {
	x := func(agent, body string) flow.Exchange {
		x := answered(body, "Content-Type: application/json", "Date: "+body, "ETag: "+body)
		x.ID, x.Phase = 1, flow.PhaseDone
		x.RequestHead = []byte("GET / HTTP/1.1\r\nUser-Agent: " + agent + "\r\n\r\n")
		return *x
	}
	a := x("one", `{"items":[{"id":1,"at":1},{"id":2,"at":1}],"total":2}`)
	b := x("two", `{"total":3,"items":[{"id":1,"at":2},{"id":2,"at":2}]}`)
	o := compare.ListOptions{Options: compare.Options{Fields: compare.DefaultFields}}
	r := compared(t, list(a), list(b), o)
	expect(t, pairs(r), "changed 1 1 response-body:$.items[*].at response-body:$.total request-field:user-agent response-field:etag")
	if r.Pairs[0].Differ != 5 {
		t.Errorf("%d differences", r.Pairs[0].Differ)
	}
	o.Fields = append(slices.Clone(o.Fields), "etag", "user-agent")
	o.Paths = []string{"$.items[*].at", "$.total"}
	expect(t, pairs(compared(t, list(a), list(b), o)), "same 1 1")
}

func TestListsEndWhenCalledOff(t *testing.T) {
	x := recording("a.example", slices.Repeat([]string{"GET / 200 1 x"}, 1000)...)
	for _, at := range []string{"reading", "comparing"} {
		ctx, cancel := context.WithCancel(t.Context())
		get := x.Get
		looked := 0
		counted := &compare.List{Each: x.Each, Get: func(id flow.ID) (flow.Exchange, bool) {
			if looked++; looked == 10 {
				cancel()
			}
			return get(id)
		}}
		if at == "reading" {
			counted.Each = func(ctx context.Context, visit func(*flow.Row)) {
				cancel()
				x.Each(ctx, visit)
			}
		}
		r, err := compare.Lists(ctx, counted, x, compare.ListOptions{})
		if !errors.Is(err, context.Canceled) || r != nil || looked > 20 {
			t.Errorf("%s: %v, %v after %d", at, r, err, looked)
		}
		cancel()
	}
}

// More rows than are paired, more names than are kept, more fields than are told.
func TestListsOfTooMuch(t *testing.T) {
	long := strings.Repeat("p", 300)
	many := func(_ context.Context, visit func(*flow.Row)) {
		for i := range 2*compare.MaxRows + 3 {
			visit(&flow.Row{ID: flow.ID(i + 1), Method: "GET", Host: "a", Path: fmt.Sprintf("/x%dx/%s", i, long), Phase: flow.PhaseDone})
		}
	}
	r := compared(t, &compare.List{Each: many}, list(), compare.ListOptions{})
	if r.Counts.Over != [2]int{compare.MaxRows + 3, 0} || r.Counts.Kinds[compare.PairGone] != compare.MaxRows {
		t.Errorf("%+v", r.Counts)
	}
	if first := r.Pairs[0].A; first != compare.MaxRows+4 {
		t.Errorf("begins with %d", first)
	}
	told := 0
	for i := range r.Pairs {
		if q, ok := r.Request(&r.Pairs[i]); ok {
			told += len(q.Path)
		}
	}
	if told > 32<<20 {
		t.Errorf("%d bytes of names", told)
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
