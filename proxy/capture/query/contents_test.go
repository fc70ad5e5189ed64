package query_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.Bytes()
}

// whole is an exchange with all its contents.
func whole() flow.Exchange {
	response := zipped(`{"user":"Änn","note":"\u4e2d\u6587","price":912.50}`)
	request := []byte("name=%E4%B8%AD%E6%96%87&city=K\xf6ln")
	return flow.Exchange{
		Row: flow.Row{ID: 1, Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "POST", Scheme: "http", Host: "api.test", Path: "/p",
			Status: 200},
		RequestHead: []byte("POST /p HTTP/1.1\r\nHost: api.test\r\n" +
			"Content-Type: application/x-www-form-urlencoded; charset=iso-8859-1\r\n" +
			"X-Trace: abc,\r\n def\r\nCookie: sid=42\r\n\r\n"),
		ResponseHead: []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n" +
			"Set-Cookie: a=1\r\nset-cookie: b=2\r\n\r\n"),
		ResponseTrailer: []byte("Digest: xyz\r\n"),
		RequestBody:     flow.Body{State: flow.BodyWhole, Size: int64(len(request)), Bytes: request},
		ResponseBody:    flow.Body{State: flow.BodyWhole, Size: int64(len(response)), Bytes: response},
	}
}

func newBodies() *query.Bodies { return query.NewBodies(context.Background(), query.DefaultBudget) }

func TestMatchOfContents(t *testing.T) {
	x, b := whole(), newBodies()
	for text, want := range map[string]bool{
		"body:USER": true, "body:nope": false, "-body:nope": true, "resp.body:user": true, "req.body:user": false, "req.body:name": true,
		"body:中文": true, "req.body:中文": true, "resp.body:中文": true, "req.body:köln": true, "resp.body:änn": true, "body:日本": false,
		`body:"price":9`: false, `body:"\"": 9"`: false, `body:/"price":9\d\d\.\d+/`: true, `body:/PRICE/`: false, `body:/PRICE/i`: true,
		"header:cookie": true, "resp.header:cookie": false, "req.header:set-cookie": false, "header:SET-Cookie=b=2": true,
		"header:set-cookie=c": false, "header:x-trace=def": true, "header:nope": false, "-header:nope": true,
		"resp.header:digest=XYZ":      true,
		"header:content-type=/json$/": true, `header:/^x-.*:\ abc/i`: true, "header:/^HTTP/": false, "header:host=api,cdn": false,
		"any:api.test": true, "any:sid=42": true, "any:price": true, "any:nope": false, "any:/pri.e/": true, "any:set-cookie:": true,
		"body:user host:api": true, "body:user host:cdn": false, "(body:nope | header:digest)": true, "-(body:user header:digest)": false,
		"body:a,b": false, "200 body:user -is:failed": true,
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		got, lack := q.MatchExchange(&x, b)
		if got == query.Unknown || (got == query.Matched) != want || lack != 0 {
			t.Errorf("%q: %v, %b", text, got, lack)
		}
		if alone := q.Row(&x.Row); alone != query.Unknown && alone != got {
			t.Errorf("%q of the row alone: %v", text, alone)
		}
		if !q.NeedsContents() {
			t.Errorf("%q needs no contents", text)
		}
	}
}

// What was not looked at is never said not to match.
func TestWhatIsMissingIsUnknown(t *testing.T) {
	with := func(change func(*flow.Exchange)) flow.Exchange {
		x := whole()
		change(&x)
		return x
	}
	for name, c := range map[string]struct {
		x    flow.Exchange
		lack query.Lack
	}{
		"cut": {with(func(x *flow.Exchange) { x.ResponseBody.State = flow.BodyCut }), query.LackCut},
		"cut within its coding": {with(func(x *flow.Exchange) {
			x.ResponseBody.State, x.ResponseBody.Bytes = flow.BodyCut, x.ResponseBody.Bytes[:30]
		}), query.LackCut},
		"evicted": {with(func(x *flow.Exchange) { x.ResponseBody = flow.Body{State: flow.BodyEvicted, Size: 9} }),
			query.LackEvicted},
		"not recorded": {with(func(x *flow.Exchange) { x.ResponseBody = flow.Body{State: flow.BodyNotRecorded, Size: 9} }),
			query.LackNotRecorded},
		"arriving": {with(func(x *flow.Exchange) {
			x.Phase, x.ResponseBody.State = flow.PhaseResponse, flow.BodyArriving
		}), query.LackArriving},
		"not there yet": {with(func(x *flow.Exchange) {
			x.Phase, x.ResponseBody, x.ResponseHead = flow.PhaseRequest, flow.Body{}, nil
		}), query.LackArriving},
		"of an unknown coding": {with(func(x *flow.Exchange) {
			x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Encoding: odd\r\n\r\n")
		}), query.LackUndecoded},
		"damaged": {with(func(x *flow.Exchange) { x.ResponseBody.Bytes = x.ResponseBody.Bytes[:30] }), query.LackUndecoded},
		"in a tunnel": {with(func(x *flow.Exchange) {
			x.Kind, x.ResponseBody = flow.KindTunnel, flow.Body{Size: 9000}
		}), query.LackTunnel},
	} {
		for text, want := range map[string]query.Result{
			"body:nope": query.Unknown, "-body:nope": query.Unknown, "body:name": query.Matched, "body:nope host:cdn": query.NotMatched,
			"body:nope | host:api": query.Matched, "-(body:nope | host:api)": query.NotMatched, "req.body:nope": query.NotMatched,
			"body:/no+pe/": query.Unknown, "any:nope": query.Unknown, "any:api": query.Matched,
		} {
			q, err := query.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			got, lack := q.MatchExchange(&c.x, newBodies())
			if got != want || got == query.Unknown && lack&c.lack == 0 || got != query.Unknown && lack != 0 {
				t.Errorf("%s, %q: %v, %b", name, text, got, lack)
			}
		}
	}
	secret := flow.Exchange{Row: flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Status: 200}}
	q, _ := query.Parse("header:cookie")
	if got, lack := q.MatchExchange(&secret, newBodies()); got != query.Unknown || lack != query.LackNotRecorded {
		t.Errorf("without its heads: %v, %b", got, lack)
	}
}

// Literals are what a match cannot be without, where the row leaves it open.
func TestLiterals(t *testing.T) {
	for text, want := range map[string]string{
		"body:USER": "[[user]]", "body:user host:api": "[[user]]", "body:user body:price": "[[user] [price]]", "-body:user": "[]",
		"host:api": "[]", "body:中": "[[中 \\u4e2d %e4%b8%ad]]", "header:Cookie": "[[cookie]]", "header:cookie=sid": "[[cookie] [sid]]",
		`header:a="b ccc d"`: "[[a] [ccc]]", "body:/pri[c]e.*912/": "[[price]]", `body:/(?i)kelvin\ \d/`: "[[elvin ]]",
		"body:/a|b/":      "[]",
		"body:x | body:y": "[[x y]]", "body:x | host:api": "[[x]]", "body:x | -body:y": "[]", "-(body:x | body:y)": "[]",
		"-(-body:xx | -body:y)": "[[xx] [y]]", "any:foo": "[[foo]]", "any:foo status:200": "[[foo]]", "any:foo body:x": "[[x]]",
		"(host:a | body:x) body:y": "[[y]]", "(body:a | body:b) header:c": "[[c] [a b]]",
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := fmt.Sprint(q.LiteralSets()); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	q, _ := query.Parse("body:ONE body:中 body:two")
	if got := q.Literals(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("%q", got)
	}
}

func TestPlaces(t *testing.T) {
	x, b := whole(), newBodies()
	for text, want := range map[string][]string{
		"body:e": {"e", "e", "e", "e"}, "resp.body:/[0-9]+/": {"4", "2", "6587", "912", "50"},
		"header:set-cookie":   {"Set-Cookie: a=1", "set-cookie: b=2"},
		"header:set-cookie=b": {"b"}, "any:api": {"api"}, "-body:e": nil, "-(-body:user)": {"user"}, "host:api": nil, "body:nope": nil,
		"body:user body:price": {"user", "price"}, "resp.header:xyz": nil, "resp.header:digest=xyz": {"xyz"},
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range q.Places(&x, b, 100) {
			got = append(got, string(p.Part.Text(&x, b)[p.At:][:p.Len]))
		}
		if text != "body:e" && !slices.Equal(got, want) || text == "body:e" && len(got) < 4 {
			t.Errorf("%q: %q", text, got)
		}
		if len(q.Places(&x, b, 1)) > 4 {
			t.Errorf("%q has more places than were asked for", text)
		}
	}
}

// Decoded bodies are kept for the next query, and no more than the budget has room for.
func TestBodiesAreKeptWithinBounds(t *testing.T) {
	b := query.NewBodies(context.Background(), 10_000)
	q, _ := query.Parse("body:needle")
	for id := range flow.ID(50) {
		x := whole()
		x.ID = id + 1
		x.ResponseBody.Bytes = zipped(strings.Repeat("hay ", 250) + fmt.Sprint("needle", id))
		for range 2 {
			if got, _ := q.MatchExchange(&x, b); got != query.Matched {
				t.Fatal(id, got)
			}
			if used, kept := b.Kept(); used > 10_000 || kept == 0 || kept > 42 {
				t.Fatalf("%d bodies of %d bytes are kept", kept, used)
			}
		}
		// Another body under the same name is not mistaken for it.
		other := whole()
		other.ID = id + 1
		if got, _ := q.MatchExchange(&other, b); got != query.NotMatched {
			t.Fatal("it is searched in what was before")
		}
	}
	large := whole()
	large.ResponseBody.Bytes = zipped(strings.Repeat("hay ", 25_000) + "needle")
	if got, _ := q.MatchExchange(&large, b); got != query.Matched {
		t.Fatal(got)
	}
	if used, _ := b.Kept(); used > 10_000 {
		t.Errorf("%d bytes are kept", used)
	}
}

// A long body is searched in pieces, and nothing is lost at their borders.
func TestExpressionsInLongBodies(t *testing.T) {
	for _, c := range []struct {
		fill, word, text string
		want             query.Result
	}{
		{"x", "needle77", `body:/needle\d+/`, query.Matched}, {"x", "needle", `body:/needle\d+/`, query.NotMatched},
		{"x", "", `body:/[^x]/`, query.NotMatched}, {"x", "", `body:/\bx/`, query.Matched}, {"x", "", `body:/x\b.*x/`, query.NotMatched},
		{"x\n", "q\n", `body:/^q$/m`, query.Matched}, {"x", "q", `body:/^q/m`, query.NotMatched}, {"x", "q", `body:/q$/m`,
			query.NotMatched},
		{"x", "中中", `body:/中{2}/`, query.Matched}, {"x", "中", `body:/x中x/`, query.Matched},
		{"\x00\xff\x01\xfe\x02\x03", "needle77", `body:/needle\d+\x00\xff/`, query.Matched},
	} {
		q, err := query.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{0, 1<<20 - 3, 1<<20 + 7, 2<<20 - 64<<10 - 1, 3<<20 - 4} {
			x := whole()
			body := []byte(strings.Repeat(c.fill, 3<<20/len(c.fill)))
			at -= at % len(c.fill)
			body = slices.Insert(body, min(at+len(c.fill), len(body)-len(c.fill)), []byte(c.word)...)
			x.RequestHead, x.ResponseBody = []byte("POST / HTTP/1.1\r\n\r\n"), flow.Body{}
			x.RequestBody = flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: body}
			if c.fill[0] == 0 {
				x.RequestHead = []byte("POST / HTTP/1.1\r\nContent-Type: application/octet-stream\r\n\r\n")
			}
			if got, lack := q.MatchExchange(&x, newBodies()); got != c.want {
				t.Errorf("%s at %d: %v %b", c.text, at, got, lack)
			}
		}
	}
}

// A search is called off with its context; then it is not known.
func TestSearchIsCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x := whole()
	x.RequestBody.Bytes = bytes.Repeat([]byte("ab "), 1<<20)
	q, _ := query.Parse(`body:/a[^ab]b/`)
	if got, lack := q.MatchExchange(&x, query.NewBodies(ctx, 0)); got != query.Unknown || lack != query.LackTime {
		t.Errorf("%v, %b", got, lack)
	}
}

// A query is for many goroutines, in the largest engine too: each finds what it alone would.
func TestAQueryIsForManyGoroutines(t *testing.T) {
	q, err := query.Parse(`body:/n[e]+dle\d+/i header:content-type`)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			b := newBodies()
			for i := range 30 {
				x := whole()
				want := query.NotMatched
				text := strings.Repeat("hay and straw ", 1000)
				if (i+g)%2 == 0 {
					text, want = text+"NEEDLE7", query.Matched
				}
				x.RequestBody.Bytes = []byte(text)
				if got, _ := q.MatchExchange(&x, b); got != want {
					t.Errorf("goroutine %d, %d: %v", g, i, got)
				}
			}
		})
	}
	all.Wait()
}

// What rules made of a message is looked at as what came is, and told apart.
func TestBothVersionsAreLookedAt(t *testing.T) {
	x, b := whole(), newBodies()
	went := zipped(`{"user":"Tiger"}`)
	x.Ruled = flow.Ruled{Request: []byte("POST /p HTTP/1.1\r\nX-Debug: on\r\n\r\n"),
		RequestBody:  flow.Body{State: flow.BodyWhole, Size: 4, Bytes: []byte("lion")},
		ResponseBody: flow.Body{State: flow.BodyWhole, Size: int64(len(went)), Bytes: went}}
	for text, want := range map[string]string{"body:tiger": "Tiger", "resp.body:tiger": "Tiger", "req.body:tiger": "",
		"req.body:lion": "lion",
		"body:user":     "user user", "any:lion": "lion", "header:x-debug": "X-Debug: on", "resp.header:x-debug": "",
		"req.header:x-debug=on": "on",
		"header:cookie=42":      "42", "-body:tiger": "", "-body:panther": "-", "body:/T[a-z]+r/": "Tiger"} {
		q, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var places []string
		for _, p := range q.Places(&x, b, 100) {
			places = append(places, string(p.Part.Text(&x, b)[p.At:][:p.Len]))
		}
		result, lack := q.MatchExchange(&x, b)
		if got := strings.Join(places, " "); result == query.Unknown || (result == query.Matched) != (want != "") || lack != 0 ||
			got != strings.Trim(want, "-") {
			t.Errorf("%s: %v, %b, %q", text, result, lack, got)
		}
	}
	q, err := query.Parse("body:user")
	if err != nil {
		t.Fatal(err)
	}
	if p := q.Places(&x, b, 9); len(p) != 2 || p[0].Part != query.PartResponseBody || p[1].Part != query.PartRuledResponseBody {
		t.Errorf("%+v", p)
	}
	for state, lack := range map[flow.BodyState]query.Lack{flow.BodyCut: query.LackCut, flow.BodyEvicted: query.LackEvicted,
		flow.BodyNotRecorded: query.LackNotRecorded} {
		one := x
		one.ID++
		one.Ruled.ResponseBody.State, one.Ruled.ResponseBody.Bytes = state, nil
		q, _ := query.Parse("body:tiger")
		if result, got := q.MatchExchange(&one, b); result != query.Unknown || got != lack {
			t.Errorf("%v: %v, %b", state, result, got)
		}
	}
}

// A search decodes one body after the other into the same memory: each is its own, and none is written into
// an exchange.
func TestBodiesAreDecodedIntoTheSameMemory(t *testing.T) {
	of := func(id flow.ID, request, response []byte) *flow.Exchange {
		head := []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
		body := func(b []byte) flow.Body {
			return flow.Body{State: flow.BodyWhole, Size: int64(len(b)), Bytes: slices.Clone(b)}
		}
		return &flow.Exchange{Row: flow.Row{ID: id, Phase: flow.PhaseDone}, RequestHead: head, ResponseHead: head,
			RequestBody: body(request), ResponseBody: body(response)}
	}
	long, wrong := zipped(strings.Repeat("long and wide ", 200)), []byte("what is not gzip")
	b := query.NewBodies(context.Background(), 0)
	for round := range 3 {
		for i, c := range []struct {
			request, response []byte
			want              [2]string
		}{
			{zipped("first"), long, [2]string{"first", strings.Repeat("long and wide ", 200)}},
			{long, zipped("second"), [2]string{strings.Repeat("long and wide ", 200), "second"}},
			{wrong, wrong, [2]string{string(wrong), string(wrong)}},
			{zipped("third"), zipped("fourth"), [2]string{"third", "fourth"}},
		} {
			x := of(flow.ID(i+1), c.request, c.response)
			for nth, want := range c.want {
				if text, _ := b.Text(x, nth); string(text) != want {
					t.Errorf("round %d, %d: body %d is %q", round, i, nth, text)
				}
			}
			if text, _ := b.Text(x, 0); string(text) != c.want[0] {
				t.Errorf("round %d, %d: the first body became %q", round, i, text)
			}
			if !bytes.Equal(x.RequestBody.Bytes, c.request) || !bytes.Equal(x.ResponseBody.Bytes, c.response) {
				t.Errorf("round %d, %d: the exchange was written into", round, i)
			}
		}
	}
}
