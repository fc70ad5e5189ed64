package compare_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/compare"
	"posthouse/proxy/flow"
)

func whole(b string) flow.Body {
	return flow.Body{State: flow.BodyWhole, Size: int64(len(b)), Bytes: []byte(b)}
}

// answered is an exchange with a response of a head's lines and a body.
func answered(body string, fields ...string) *flow.Exchange {
	x := &flow.Exchange{Row: flow.Row{Method: "GET", Scheme: "http", Host: "a.example", Path: "/", Proto: "HTTP/1.1", Status: 200}}
	x.RequestHead = []byte("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
	x.ResponseHead = []byte("HTTP/1.1 200 OK\r\n" + strings.Join(append(fields, "", ""), "\r\n"))
	x.ResponseBody = whole(body)
	return x
}

// told are the entries that are not the same, or have a remark.
func told(s compare.Entries) (lines []string) {
	for _, e := range s.List {
		if e.Kind == compare.Same && e.Remark == 0 {
			continue
		}
		line := e.Kind.String() + " " + e.Name
		if e.Remark&compare.Moved != 0 {
			line += " moved"
		}
		if e.Remark&compare.Recast != 0 {
			line += " recast"
		}
		if e.Ignored {
			line += " ignored"
		}
		if e.Old != e.New && e.Kind != compare.Same {
			line += fmt.Sprintf(" %q %q", e.Old, e.New)
		}
		lines = append(lines, line)
	}
	return lines
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestHeadsByName(t *testing.T) {
	a := answered("", "Date: Mon", "Server: x", "Set-Cookie: a=1", "Set-Cookie: b=2", "ETag: 1", "Gone: 1")
	b := answered("", "server: x", "Date: Tue", "Set-Cookie: b=2", "New: 1", "ETag: 2")
	r := compare.Exchanges(a, b, compare.Options{Fields: compare.DefaultFields})
	expect(t, told(r.Response.Fields), `same server moved recast`, `changed Date ignored "Mon" "Tue"`, `removed Set-Cookie "a=1" ""`,
		`added New "" "1"`, `changed ETag "1" "2"`, `removed Gone "1" ""`)
	if n := r.Differ(); n != 4 {
		t.Errorf("%d differences", n)
	}
	if r = compare.Exchanges(a, a, compare.Options{}); r.Differ() != 0 || r.Response.Body.How != compare.Equal {
		t.Errorf("an exchange differs from itself: %+v", r)
	}
}

func TestOrderIsARemark(t *testing.T) {
	a := answered("", "A: 1", "B: 2", "C: 3", "D: 4")
	b := answered("", "D: 4", "A: 1", "B: 2", "C: 3")
	r := compare.Exchanges(a, b, compare.Options{})
	expect(t, told(r.Response.Fields), "same D moved")
	if r.Differ() != 0 {
		t.Error("the order of fields counts")
	}
	r = compare.Exchanges(a, answered("", "X-Any-1: 1", "A: 1", "B: 2", "C: 3", "D: 4"), compare.Options{Fields: []string{"x-any-*"}})
	expect(t, told(r.Response.Fields), `added X-Any-1 ignored "" "1"`)
}

func TestStartAndQuery(t *testing.T) {
	a, b := answered(""), answered("")
	a.Path, b.Path = "/a?x=1&y=%32&y=3", "/b?y=2&y=4&z=&x=1"
	b.Method, b.Status = "POST", 0
	b.Failure = flow.FailureRefused
	r := compare.Exchanges(a, b, compare.Options{Paths: []string{"z"}})
	expect(t, told(r.Request.Start), `changed method "GET" "POST"`, `changed path "/a" "/b"`)
	expect(t, told(r.Request.Query), `changed y "3" "4"`, "added z ignored", "same x moved")
	expect(t, told(r.Response.Start), `changed status "200" "refused"`)
}

func TestJSONByPath(t *testing.T) {
	const kind = "Content-Type: application/json"
	for _, c := range []struct {
		name, a, b string
		want       []string
	}{
		{"order and white space are nothing", `{"a":1,"b":[1, 2]}`, "{\"b\":[1,2],\n\"a\":1}", nil},
		{"escapes are nothing", `{"a":"\u00e9\/"}`, `{"a":"é/"}`, nil},
		{"values", `{"a":{"b c":1},"n":null}`, `{"a":{"b c":2},"m":true}`,
			[]string{`changed $.a['b c'] "1" "2"`, `removed $.n "null" ""`, `added $.m "" "true"`}},
		{"numbers as they are written", `[1.0]`, `[1]`, []string{`changed $[0] "1.0" "1"`}},
		{"an element is put in", `[1,2,3]`, `[1,9,2,3]`, []string{`added $[1] "" "9"`}},
		{"an element is gone", `[{"x":1},{"x":2},{"x":3}]`, `[{"x":1},{"x":3}]`, []string{`removed $[1] "{\"x\":2}" ""`}},
		{"by id", `[{"id":1,"v":1},{"id":2,"v":1}]`, `[{"id":2,"v":5},{"id":1,"v":1}]`,
			[]string{`same $[0] moved`, `changed $[0].v "1" "5"`}},
		{"another id is another thing", `[{"id":1,"v":1}]`, `[{"id":2,"v":1}]`,
			[]string{`removed $[0] "{\"id\":1,\"v\":1}" ""`, `added $[0] "" "{\"id\":2,\"v\":1}"`}},
		{"by place", `[{"v":1},{"v":2}]`, `[{"v":3},{"v":2}]`, []string{`changed $[0].v "1" "3"`}},
		{"another kind", `{"a":[1]}`, `{"a":{"0":1}}`, []string{`changed $.a "[1]" "{\"0\":1}"`}},
		{"names that come twice", `{"a":1,"a":2}`, `{"a":1,"a":3}`, []string{`changed $.a "2" "3"`}},
		{"odd names", `{"it's":1,"":1}`, `{"it's":2,"":2}`, []string{`changed $['it\\'s'] "1" "2"`, `changed $[''] "1" "2"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := compare.Exchanges(answered(c.a, kind), answered(c.b, kind), compare.Options{})
			if c.name == "odd names" {
				c.want[0] = `changed $['it\'s'] "1" "2"`
			}
			expect(t, told(r.Response.Body.Entries), c.want...)
			if r.Response.Body.Differs() != (r.Response.Body.Entries.Differ > 0) {
				t.Error("says otherwise than its entries")
			}
		})
	}
}

func TestIgnoredPaths(t *testing.T) {
	const kind = "Content-Type: application/json"
	a := answered(`{"items":[{"id":1,"at":1,"o":{"x":1}},{"id":2,"at":1}],"at":1}`, kind)
	b := answered(`{"items":[{"id":1,"at":2,"o":{"x":2}},{"id":2,"at":3}],"at":2}`, kind)
	r := compare.Exchanges(a, b, compare.Options{Paths: []string{"$.items[*].at", "$.items[0].o", "nonsense", "$[", "$x", "$['a"}})
	expect(t, told(r.Response.Body.Entries), `changed $.items[0].at ignored "1" "2"`, `changed $.items[0].o.x ignored "1" "2"`,
		`changed $.items[1].at ignored "1" "3"`, `changed $.at "1" "2"`)
	if got := compare.AnyPlace(`$.items[12]['a b'].c`); got != `$.items[*]['a b'].c` {
		t.Error(got)
	}
}

func TestOtherBodies(t *testing.T) {
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, _ = w.Write([]byte("one\ntwo\n"))
	_ = w.Close()
	r := compare.Exchanges(answered(gz.String(), "Content-Type: text/plain", "Content-Encoding: gzip"),
		answered("one\ntwo\n", "Content-Type: text/plain"), compare.Options{})
	if b := &r.Response.Body; b.How != compare.Equal || !b.Recoded {
		t.Errorf("recoded: %+v", b)
	}
	r = compare.Exchanges(answered("a=1&b=2", "Content-Type: application/x-www-form-urlencoded"),
		answered("a=1&b=3", "Content-Type: application/x-www-form-urlencoded"), compare.Options{})
	expect(t, told(r.Response.Body.Entries), `changed b "2" "3"`)
	part := func(v string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\n\r\n" + v + "\r\n--x--\r\n"
	}
	r = compare.Exchanges(answered(part("1"), "Content-Type: multipart/form-data; boundary=x"),
		answered(part("2"), "Content-Type: multipart/form-data; boundary=x"), compare.Options{})
	expect(t, told(r.Response.Body.Entries), `changed f (n.txt) "1" "2"`)

	data := bytes.Repeat([]byte{0, 1, 2, 255}, 5000)
	other := slices.Clone(data)
	other[0], other[9000], other[9003], other[15000] = 9, 9, 9, 9
	r = compare.Exchanges(answered(string(data), "Content-Type: image/x"), answered(string(other)+"more", "Content-Type: image/x"),
		compare.Options{})
	b := &r.Response.Body
	var at []string
	for _, r := range b.Ranges.List {
		at = append(at, fmt.Sprintf("%d+%d %x %x", r.Offset, r.Length, r.Old, r.New))
	}
	expect(t, at, "0+1 00 09", "9000+4 000102ff 09010209", "15000+1 00 09")
	if b.How != compare.AsBytes || b.Ranges.Bytes != 4 || b.Ranges.Tail != 4 {
		t.Errorf("bytes: %+v", b)
	}
	x := answered("x")
	x.ResponseBody.State, x.ResponseBody.Bytes = flow.BodyEvicted, nil
	if b = &compare.Exchanges(x, answered("x"), compare.Options{}).Response.Body; b.How != compare.Unknown {
		t.Errorf("evicted: %+v", b)
	}
	x.ResponseBody = flow.Body{State: flow.BodyCut, Size: 10, Bytes: []byte("x")}
	if b = &compare.Exchanges(x, answered("xy"), compare.Options{}).Response.Body; b.Partial != [2]bool{true, false} {
		t.Errorf("cut: %+v", b)
	}
}

// common is how many lines two lists have in common, in order, by the plain way.
func common(a, b []string) int {
	before := make([]int, len(b)+1)
	for _, line := range a {
		now := make([]int, len(b)+1)
		for j := range b {
			now[j+1] = max(now[j], before[j+1])
			if b[j] == line {
				now[j+1] = max(now[j+1], before[j]+1)
			}
		}
		before = now
	}
	return before[len(b)]
}

// What the runs tell rebuilds both texts, and what is the same is.
func TestLinesRebuildBothTexts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var a, b []string
		for range random.IntN(200) {
			a = append(a, fmt.Sprint(random.IntN(40))+"\n")
		}
		for _, line := range a {
			switch random.IntN(8) {
			case 0:
			case 1:
				b = append(b, line, "new\n")
			default:
				b = append(b, line)
			}
		}
		b = append(b, "end")
		l := compare.Texts(strings.Join(a, ""), strings.Join(b, ""), time.Second)
		at := [2]int{}
		for _, r := range l.Runs {
			if r.Old[0] != at[0] || r.New[0] != at[1] {
				t.Fatalf("%+v begins elsewhere than at %v", r, at)
			}
			at = [2]int{r.Old[1], r.New[1]}
			if r.Kind == compare.Same && !slices.Equal(l.Old[r.Old[0]:r.Old[1]], l.New[r.New[0]:r.New[1]]) {
				t.Fatalf("%+v is not the same", r)
			}
		}
		if want := len(a) + len(b) - 2*common(a, b); l.Differ != want || l.Coarse {
			t.Fatalf("%d lines differ where %d do", l.Differ, want)
		}
		if at != [2]int{len(a), len(b)} {
			t.Fatalf("the runs end at %v of %d and %d", at, len(a), len(b))
		}
	}
	if l := compare.Texts("a\n", "a", 0); l.Differ != 2 {
		t.Errorf("a line end that is missing: %+v", l)
	}
}

// Many lines that are all different, more than there are letters for, and depth: all
// bounded, all answered.
func TestBoundsOfBodies(t *testing.T) {
	var a, b strings.Builder
	for i := range 600_000 {
		fmt.Fprintf(&a, "%d\n", i)
		fmt.Fprintf(&b, "x%d\n", i)
	}
	if l := compare.Texts(a.String(), b.String(), 100*time.Millisecond); !l.Coarse || l.Differ != 1_200_000 {
		t.Errorf("coarse %v, %d differ", l.Coarse, l.Differ)
	}
	const kind = "Content-Type: application/json"
	deep := func(inside string) string { return strings.Repeat("[", 5000) + inside + strings.Repeat("]", 5000) }
	r := compare.Exchanges(answered(deep("1"), kind), answered(deep("2"), kind), compare.Options{})
	if b := &r.Response.Body; b.How != compare.AsJSON || b.Entries.Differ != 1 {
		t.Errorf("deep: how %d, %d differ", b.How, b.Entries.Differ)
	}
	many := func(n int) string { return "[0" + strings.Repeat(fmt.Sprintf(",%d", n), compare.MaxEntries+5) + "]" }
	r = compare.Exchanges(answered(many(1), kind), answered(many(2), kind), compare.Options{})
	if e := &r.Response.Body.Entries; len(e.List) != compare.MaxEntries || e.More != 5 || e.Differ != compare.MaxEntries+5 {
		t.Errorf("%d told, %d more, %d differ", len(e.List), e.More, e.Differ)
	}
}

// Many equal lines are as bounded as many different ones.
func TestManyEqualLinesEndInTime(t *testing.T) {
	begin := time.Now()
	l := compare.Texts(strings.Repeat("x\n", 300_000)+"y\n", "z\n"+strings.Repeat("x\n", 600_000), 200*time.Millisecond)
	if took := time.Since(begin); took > 10*time.Second || l.Differ == 0 {
		t.Errorf("%d differ after %v", l.Differ, took)
	}
}

func TestUnified(t *testing.T) {
	const kind = "Content-Type: application/json"
	got := compare.Unified(answered(`{"a":1,"b":[2]}`, kind), answered(`{"a":1,"b":[3]}`, kind), [2]string{"#1", "#2\nevil"},
		compare.Options{})
	const want = `--- #1 response
+++ #2 evil response
@@ -4,6 +4,6 @@
 {
   "a": 1,
   "b": [
-    2
+    3
   ]
 }
`
	if got != want {
		t.Errorf("got:\n%s", got)
	}
	if got = compare.Unified(answered("x"), answered("x"), [2]string{}, compare.Options{}); got != "" {
		t.Errorf("of the same: %q", got)
	}
}

func big(changed int) string {
	random := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString(`{"items":[`)
	for i := 0; b.Len() < 5<<20; i++ {
		if i > 0 {
			b.WriteString(",\n")
		}
		v := random.IntN(1000)
		if i%997 == changed {
			v = -1
		}
		fmt.Fprintf(&b, `{"id":%d,"name":"name %d","value":%d,"tags":["a","b%d"]}`, i, random.IntN(99999), v, random.IntN(9))
	}
	b.WriteString("]}")
	return b.String()
}

func BenchmarkJSON5MiB(b *testing.B) {
	const kind = "Content-Type: application/json"
	x, y := answered(big(1), kind), answered(big(2), kind)
	for b.Loop() {
		if r := compare.Exchanges(x, y, compare.Options{}); r.Response.Body.How != compare.AsJSON || r.Response.Body.Entries.Differ == 0 {
			b.Fatalf("%d %d", r.Response.Body.How, r.Response.Body.Entries.Differ)
		}
	}
}

func BenchmarkLines5MiB(b *testing.B) {
	x, y := answered("log\n"+big(1), "Content-Type: text/plain"), answered("log\n"+big(2), "Content-Type: text/plain")
	for b.Loop() {
		if r := compare.Exchanges(x, y, compare.Options{}); r.Response.Body.Lines.Differ == 0 {
			b.Fatalf("how %d", r.Response.Body.How)
		}
	}
}

func BenchmarkBytes5MiB(b *testing.B) {
	x, y := answered(big(1)+"\x00", "Content-Type: image/x"), answered("\x00"+big(2), "Content-Type: image/x")
	for b.Loop() {
		compare.Exchanges(x, y, compare.Options{})
	}
}

func FuzzExchanges(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"id":2}]}`), []byte(`{"a":[{"id":2},"x"]}`), "application/json", "")
	f.Add([]byte("a=1"), []byte("a=%zz&b"), "application/x-www-form-urlencoded", "gzip")
	f.Add([]byte("\xff\xfe"), []byte("x"), "text/plain; charset=utf-16", "br")
	f.Fuzz(func(t *testing.T, a, b []byte, contentType, coding string) {
		x, y := answered(string(a), "Content-Type: "+contentType, "Content-Encoding: "+coding),
			answered(string(b), "Content-Type: "+contentType)
		o := compare.Options{Timeout: 50 * time.Millisecond}
		r := compare.Exchanges(x, y, o)
		if back := compare.Exchanges(y, x, o); r.Response.Body.How != compare.AsLines &&
			back.Response.Body.Differs() != r.Response.Body.Differs() {
			t.Errorf("differs one way only: %+v %+v", r.Response.Body, back.Response.Body)
		}
		compare.Unified(x, y, [2]string{"a", "b"}, o)
		for _, e := range r.Response.Body.Entries.List {
			_ = compare.AnyPlace(e.Name)
		}
	})
}
