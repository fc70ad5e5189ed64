package repeat_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/app/repeat"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/proxytest/h2test"
)

// What one answer gives, the requests that follow have.
func TestGroupHandsValuesOn(t *testing.T) {
	var last string
	c, m := setUp(t, capture.Options{}, func(w http.ResponseWriter, r *http.Request) {
		last = r.URL.Path + " " + r.Header.Get("X")
		w.Header().Set("X-Token", "tok en")
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "s1"})
		_, _ = fmt.Fprint(w, `{"user":{"id":7,"name":"A b","none":null}}`)
	})
	second := m
	second.Head = []byte("GET /{{id}}/{{name}} HTTP/1.1\r\nHost: a\r\nX: {{token}} {{sid}} {{n}} {{other}}\r\n\r\n")
	takes := []repeat.Take{{Name: "id", At: "$.user.id"}, {Name: "name", At: ".user.name"},
		{Name: "token", From: repeat.FromField, At: "x-token"}, {Name: "sid", From: repeat.FromCookie, At: "sid"}}
	g := &repeat.Group{Steps: []repeat.Step{{Message: m, Takes: takes}, {Message: second}}, Times: 2}
	all, err := repeat.RunGroup(t.Context(), c, c.Exchanges(), g, nil)
	if err != nil || len(all) != 4 || last != "/7/A b tok en s1 2 {{other}}" {
		t.Errorf("%+v, %v: the last was %q", all, err, last)
	}
	if d := all[2]; d.Run != 2 || d.Step != 1 || d.N != 3 || len(d.Taken) != 4 ||
		d.Taken[1] != (repeat.Taken{Name: "name", Value: "A b", Size: 3}) {
		t.Errorf("%+v", d)
	}
	for _, take := range []repeat.Take{{Name: "a", At: "$.none"}, {Name: "a", At: "]["}, {Name: "a", At: ".user.none"},
		{Name: "a", At: ".no"}, {Name: "a", From: repeat.FromCookie, At: "x"}, {Name: "a", From: repeat.FromField, At: "x"}} {
		g := &repeat.Group{Steps: []repeat.Step{{Message: m, Takes: []repeat.Take{take}}, {Message: second}}}
		all, err = repeat.RunGroup(t.Context(), c, c.Exchanges(), g, nil)
		if _, explained := err.(flow.Explained); len(all) != 1 || !explained || all[0].Lack == nil {
			t.Errorf("%+v: %+v, %v", take, all, err)
		}
	}
}

// A group that goes on sends nothing that needs a value which no answer of this run gave, also
// where one of the run before did.
func TestGroupGoesOn(t *testing.T) {
	var got []string
	asked := 0
	c, m := setUp(t, capture.Options{}, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.Path)
		if asked++; asked == 1 {
			_, _ = io.WriteString(w, `{"id":1}`)
		} else if r.URL.Path == "/" {
			w.WriteHeader(500)
		}
	})
	second, third := m, m
	second.Head = []byte("GET /of/{{id}} HTTP/1.1\r\nHost: a\r\n\r\n")
	third.Head = []byte("GET /{{n}} HTTP/1.1\r\nHost: a\r\n\r\n")
	g := &repeat.Group{Times: 2, GoOn: true, Steps: []repeat.Step{{Message: m, Takes: []repeat.Take{{Name: "id", At: ".id"}}},
		{Message: second}, {Message: third}}}
	all, err := repeat.RunGroup(t.Context(), c, c.Exchanges(), g, nil)
	if want := []string{"/", "/of/1", "/1", "/", "/2"}; err != nil || len(all) != 6 || !slices.Equal(got, want) {
		t.Fatalf("it sent %q, %v: %+v", got, err, all)
	}
	failed := ""
	for i := range all {
		failed += fmt.Sprint(all[i].Failed(), " ")
		if _, explained := all[i].Why().(flow.Explained); all[i].Failed() != explained {
			t.Errorf("%d failed because of %v", i, all[i].Why())
		}
	}
	if failed != "false false false true true false " || all[4].Err == nil || all[4].ID != 0 {
		t.Errorf("failed: %s %+v", failed, all[4])
	}
	g.GoOn, g.Times = false, 1
	all, err = repeat.RunGroup(t.Context(), c, c.Exchanges(), g, nil)
	if err == nil || len(all) != 1 || err.Error() != "request 1 was answered with 500" {
		t.Errorf("%+v, %v", all, err)
	}
}

// A request needs the value that the answer before gave, and its own answer gives it anew.
func TestAStepNeedsWhatItsAnswerGivesAnew(t *testing.T) {
	var got []string
	c, m := setUp(t, capture.Options{}, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.Path)
		_, _ = fmt.Fprintf(w, `{"token":"t%d"}`, len(got))
	})
	takes := []repeat.Take{{Name: "token", At: ".token"}}
	next := m
	next.Head = []byte("GET /{{token}} HTTP/1.1\r\nHost: a\r\n\r\n")
	g := &repeat.Group{Times: 2, Steps: []repeat.Step{{Message: m, Takes: takes}, {Message: next, Takes: takes}, {Message: next}}}
	all, err := repeat.RunGroup(t.Context(), c, c.Exchanges(), g, nil)
	if want := []string{"/", "/t1", "/t2", "/", "/t4", "/t5"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("it sent %q, %v: %+v", got, err, all)
	}
}

// A WebSocket is opened, closed, and not waited for.
func TestAHandshakeEndsItsStep(t *testing.T) {
	gone := make(chan struct{})
	c, m := setUp(t, capture.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		defer close(gone)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn)
	})
	m.KeepOpen = true // as Compose makes it
	m.Head = []byte("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	all, err := repeat.RunGroup(ctx, c, c.Exchanges(), &repeat.Group{Steps: []repeat.Step{{Message: m}}}, nil)
	if err != nil || len(all) != 1 || all[0].Status != 101 || all[0].Failed() {
		t.Errorf("%+v, %v", all, err)
	}
	<-gone
}

// What of an answer is not there whole is said to be so, and a value has a bound.
func TestGroupTakesNothingOfWhatIsCut(t *testing.T) {
	body := ""
	c, m := setUp(t, capture.Options{BodyLimit: 1 << 20}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	const cut = "the body of the answer to request 1 was not recorded whole, so that .a cannot be found in it"
	for want, text := range map[string]string{cut: `{"a":1,"b":"` + strings.Repeat("x", 2<<20) + `"}`,
		".a in the answer to request 1 is longer than 64 KiB": `{"a":"` + strings.Repeat("x", 65<<10) + `"}`,
		"the answer to request 1 lacks .a":                    `no JSON`,
	} {
		body = text
		g := &repeat.Group{Steps: []repeat.Step{{Message: m, Takes: []repeat.Take{{Name: "a", At: ".a"}}}}}
		if _, err := repeat.RunGroup(t.Context(), c, c.Exchanges(), g, nil); err == nil || err.Error() != want {
			t.Errorf("%v, not %s", err, want)
		}
	}
	body = `{"a":"` + strings.Repeat("é", 500) + `"}`
	g := &repeat.Group{Steps: []repeat.Step{{Message: m, Takes: []repeat.Take{{Name: "a", At: ".a"}}}}}
	all, err := repeat.RunGroup(t.Context(), c, c.Exchanges(), g, nil)
	if err != nil || len(all[0].Taken) != 1 || len(all[0].Taken[0].Value) > 210 || all[0].Taken[0].Size != 1000 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestGroupsBeyondTheirBounds(t *testing.T) {
	one := repeat.Step{}
	for name, g := range map[string]*repeat.Group{"none": {}, "steps": {Steps: make([]repeat.Step, repeat.MaxSteps+1)},
		"runs": {Steps: []repeat.Step{one, one}, Times: repeat.MaxTimes/2 + 1}, "below": {Steps: []repeat.Step{one}, Times: -1}} {
		if all, err := repeat.RunGroup(t.Context(), nil, nil, g, nil); err != repeat.ErrGroup || all != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGroupIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, m := setUp(t, capture.Options{}, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	g := &repeat.Group{Steps: []repeat.Step{{Message: m}, {Message: m}}, GoOn: true}
	all, err := repeat.RunGroup(ctx, c, c.Exchanges(), g, nil)
	if err == nil || len(all) != 1 || all[0].Failure != flow.FailureClientGone {
		t.Errorf("%+v, %v", all, err)
	}
}

// The requests of a group, and of a worker of a repeat, go over one connection, unless each is
// to have its own.
func TestConnectionsAreUsedAgain(t *testing.T) {
	seen := map[string]bool{}
	c, m := setUp(t, capture.Options{}, func(_ http.ResponseWriter, r *http.Request) { seen[r.RemoteAddr] = true })
	m.Head = []byte("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
	for _, fresh := range []bool{false, true} {
		want := 1
		if fresh {
			want = 6
		}
		clear(seen)
		g := &repeat.Group{Steps: []repeat.Step{{Message: m}, {Message: m}}, Times: 3, NewConns: fresh}
		if _, err := repeat.RunGroup(t.Context(), c, c.Exchanges(), g, nil); err != nil || len(seen) != want {
			t.Errorf("a group: %d connections, %v", len(seen), err)
		}
		clear(seen)
		if _, err := repeat.Run(t.Context(), c, repeat.Plan{Message: m, Times: 6, NewConns: fresh}, nil); err != nil || len(seen) != want {
			t.Errorf("a repeat: %d connections, %v", len(seen), err)
		}
	}
}

// Over HTTP/2 the requests of a group, and all workers of a repeat, go over one connection.
func TestStreamsShareAConnection(t *testing.T) {
	route := h2test.Through(t, nil)
	var mu sync.Mutex
	conns := map[string]bool{}
	route.ServeHTTP(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		conns[r.RemoteAddr] = true
	})
	used := func() int {
		mu.Lock()
		defer mu.Unlock()
		n := len(conns)
		clear(conns)
		return n
	}
	to := netip.MustParseAddrPort(route.Addr())
	m := outgoing.Message{Scheme: "https", Host: to.Addr().String(), Port: to.Port(), ServerName: h2test.Host, Protocol: outgoing.HTTP2,
		Fields: outgoing.ParseFields([]byte(":method: POST\r\n:scheme: https\r\n:authority: a\r\n:path: /{{n}}\r\n"), 0)}
	for _, fresh := range []bool{false, true} {
		want := 1
		if fresh {
			want = 6
		}
		g := &repeat.Group{Steps: []repeat.Step{{Message: m}, {Message: m}}, Times: 3, NewConns: fresh}
		_, err := repeat.RunGroup(t.Context(), route.Proxy.Server, nil, g, nil)
		if n := used(); err != nil || n != want {
			t.Errorf("a group: %d connections, %v", n, err)
		}
		s, err := repeat.Run(t.Context(), route.Proxy.Server, repeat.Plan{Message: m, Times: 6, Parallel: 3, NewConns: fresh}, nil)
		if n := used(); err != nil || s.Failed != 0 || n != want {
			t.Errorf("a repeat: %d connections, %v", n, err)
		}
	}
}

// A value that stands in a form is encoded; what else stands there is not touched.
func TestValuesInForms(t *testing.T) {
	var got string
	c, m := setUp(t, capture.Options{}, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = string(b)
	})
	m.Head = []byte("POST / HTTP/1.1\r\nHost: a\r\ncontent-type: application/x-www-form-urlencoded; charset=utf-8\r\n\r\n")
	m.Body = outgoing.Body{Bytes: []byte("a=1%20&b={{city}}&c={{none}}")}
	values, err := repeat.ParseValues(strings.NewReader("city\nR&D = é\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = repeat.Run(t.Context(), c, repeat.Plan{Message: m, Values: values}, nil)
	if err != nil || got != "a=1%20&b=R%26D+%3D+%C3%A9&c={{none}}" {
		t.Errorf("it sent %q, %v", got, err)
	}
}

// A value is written as its place has it: escaped in a string of JSON, percent-encoded in a pair of
// a query or a form, and as it is elsewhere. Names may have blanks beside them in any form.
func TestValuesAreWrittenAsTheirPlaceHasIt(t *testing.T) {
	var got string
	c, m := setUp(t, capture.Options{}, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = r.RequestURI + " " + string(b)
	})
	values, err := repeat.ParseValues(strings.NewReader("v,o\n\"a\"\"b\\c\nd&e=f%\u0001é\",\"{\"\"x\"\":1}\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	const json, form = "a\\\"b\\\\c\\nd&e=f%\\u0001é", "a%22b%5Cc%0Ad%26e%3Df%25%01%C3%A9"
	const plain = "a\"b\\c\nd&e=f%\u0001é"
	for _, one := range []struct{ target, kind, body, wantTarget, wantBody string }{
		{"/", "application/json", `{"k":"<{{v}}>","e":"\"{{v}}","o":{{o}},"u":"{{none}}"}`, "/",
			`{"k":"<` + json + `>","e":"\"` + json + `","o":{"x":1},"u":"{{none}}"}`},
		{"/", "application/vnd.a+json; charset=utf-8", `["{{ v }}"]`, "/", `["` + json + `"]`},
		{"/", "", `["{{v}}", {{o}}]`, "/", `["` + json + `", {"x":1}]`},
		{"/", "text/plain", `["{{v}}"]`, "/", `["` + json + `"]`},
		{"/", "text/plain", `he said "{{v}}"`, "/", `he said "` + plain + `"`},
		{"/", "application/xml", `["{{v}}"]`, "/", `["` + plain + `"]`},
		{"/", "application/x-www-form-urlencoded", "a={{+v+}}&b={{ v }}&c={{%20v%20}}&d={{+none+}}", "/",
			"a=" + form + "&b=" + form + "&c=" + form + "&d={{+none+}}"},
		{"/{{o}}?{{o}}&a={{o}}&{{%20o%20}}=1&b={{none}}", "", "",
			`/{"x":1}?{"x":1}&a=%7B%22x%22%3A1%7D&%7B%22x%22%3A1%7D=1&b={{none}}`, ""},
	} {
		head := "POST " + one.target + " HTTP/1.1\r\nHost: a\r\n"
		if one.kind != "" {
			head += "Content-Type: " + one.kind + "\r\n"
		}
		m.Head, m.Body = []byte(head+"\r\n"), outgoing.Body{Bytes: []byte(one.body)}
		_, err := repeat.Run(t.Context(), c, repeat.Plan{Message: m, Times: 1, Values: values}, nil)
		if want := one.wantTarget + " " + one.wantBody; err != nil || got != want {
			t.Errorf("of %s %q it sent\n%s\nand not\n%s (%v)", one.target, one.body, got, want, err)
		}
	}
}

func TestNames(t *testing.T) {
	many := ""
	for i := range 300 {
		many += fmt.Sprintf("{{a%d}}", i)
	}
	for text, want := range map[string]string{"": "", "{{a}} {{ b-1.c }}{{a}}": "a b-1.c", "{{{id}}}": "id", "{{1}}{{a b}}{{}}{{": "",
		"{{" + strings.Repeat("a", 64) + "}}{{" + strings.Repeat("b", 65) + "}}": strings.Repeat("a", 64), "{{x {{y}}": "y",
		"a={{+z+}}&b={{%20y%20}}": "z y"} {
		if got := strings.Join(repeat.Names([]byte(text)), " "); got != want {
			t.Errorf("in %q are %q, not %q", text, got, want)
		}
	}
	if n := len(repeat.Names([]byte(many), []byte("{{z}}"))); n != 100 {
		t.Errorf("%d names", n)
	}
}
