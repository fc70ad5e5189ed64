package proxy

import (
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
)

// What rules make of heads is trimmed, or else refused where it could not be read: the original
// goes, the row says so, and other streams are not touched.
func TestHTTP2EditedHeadsAreChecked(t *testing.T) {
	rule := `[[rule]]
when = "path:/space"
request.set = ["X-A:  b "]
response.add = ["X-C:  d "]
[[rule]]
when = "path:/long"
request.replace = [{ field = "X-Long", find = "y", with = "` + strings.Repeat("z", 900) + `" }]
response.replace = [{ field = "X-Long", find = "y", with = "` + strings.Repeat("z", 900) + `" }]
`
	r, client, origin := openedWithRules(t, rule, http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: 2000})
	toOrigin := make(chan *http2.MetaHeadersFrame, 10)
	go func() {
		defer close(toOrigin)
		for {
			f, err := origin.ReadFrame()
			if err != nil {
				return
			}
			if head, is := f.(*http2.MetaHeadersFrame); is {
				toOrigin <- head
			}
		}
	}()
	must(t, origin.WriteSettings(http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: 3000}))
	_, err := client.ReadFrame()
	must(t, err)
	check := func(stream uint32, path, field, value, back, backValue string) {
		t.Helper()
		client.head(t, stream, true, asked("GET", path, "x-long", "yyyy")...)
		if got := fieldValue((<-toOrigin).Fields, field); got != value {
			t.Errorf("%s: the origin gets %.30q, want %.30q", path, got, value)
		}
		var answer sync.WaitGroup
		answer.Go(func() { origin.head(t, stream, true, ":status", "200", "x-long", "yyyy") })
		f, err := client.ReadFrame()
		answer.Wait()
		must(t, err)
		if got := fieldValue(f.(*http2.MetaHeadersFrame).Fields, back); got != backValue {
			t.Errorf("%s: the client gets %.30q, want %.30q", path, got, backValue)
		}
	}
	check(1, "/space", "x-a", "b", "x-c", "d")
	check(3, "/long", "x-long", "yyyy", "x-long", "yyyy")
	row := r.row(t, "/long")
	if row.Effects&flow.EffectFailed == 0 {
		t.Errorf("%+v", row)
	}
	check(5, "/none", "x-long", "yyyy", "x-long", "yyyy")
}

// A head that waits can be replaced, and its body; what cannot be sent is refused and waits on.
func TestHTTP2EditsOfWhatWaits(t *testing.T) {
	r, client, origin := waiting(t)
	toClient, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, false, asked("POST", "/wait", "content-length", "5")...)
	must(t, client.WriteData(1, false, []byte("he")))
	until(t, toClient, "WINDOW_UPDATE 0 2")
	h := heldStreams{r.conn.http2.Load()}
	w := r.waits(t, 1)
	var fields []hpack.HeaderField
	holds := func(want string, wantWhole bool) { // its windows are given back as it begins, before it is there
		t.Helper()
		var body []byte
		var whole, ok bool
		eventually.Holds(t, want+" is held", func() bool {
			fields, body, whole, ok = h.held(1, w)
			return ok && whole == wantWhole && string(body) == want && len(fields) == 5
		})
	}
	holds("he", false)
	if err := h.proceed(1, w, &http2Edit{body: []byte("x"), hasBody: true}); err != errNotWhole {
		t.Error(err)
	}
	must(t, client.WriteDataPadded(1, true, []byte("llo"), make([]byte, 3)))
	until(t, toClient, "WINDOW_UPDATE 0 7")
	holds("hello", true)
	for name, bad := range map[string][]hpack.HeaderField{
		"length":     append(fields[:4:4], hpack.HeaderField{Name: "content-length", Value: "4"}),
		"space":      append(fields[:4:4], hpack.HeaderField{Name: "a", Value: " b"}),
		"name":       append(fields[:4:4], hpack.HeaderField{Name: "A", Value: "b"}),
		"connection": append(fields[:4:4], hpack.HeaderField{Name: "connection", Value: "close"}),
		"too long":   append(fields[:4:4], hpack.HeaderField{Name: "a", Value: strings.Repeat("b", 1<<20)}),
		"no path":    fields[:3],
		"CONNECT":    {{Name: ":method", Value: "CONNECT"}, {Name: ":authority", Value: "a"}},
	} {
		if err := h.proceed(1, w, &http2Edit{fields: bad}); err == nil {
			t.Error(name, "is taken")
		}
	}
	edited := append(fields[:4:4], hpack.HeaderField{Name: "content-length", Value: "20000"})
	must(t, h.proceed(1, w, &http2Edit{fields: edited, body: make([]byte, 20_000), hasBody: true}))
	until(t, toOrigin, "HEADERS 1 POST/wait")
	until(t, toOrigin, "DATA 1 16384")
	until(t, toOrigin, "DATA 1 3616 END")
	if err := h.proceed(1, w, nil); err != errNotHeld {
		t.Error(err)
	}
	if h.answerHeld(1, w, errorReply(404, 0, flow.Reason{})) {
		t.Error("it is answered as well")
	}
}

// What waits can be answered in place of its origin, or reset.
func TestHTTP2AnswersOfWhatWaits(t *testing.T) {
	r, client, origin := waiting(t)
	toClient, toOrigin := client.frames(), origin.frames()
	h := heldStreams{r.conn.http2.Load()}
	client.head(t, 1, true, asked("GET", "/wait")...)
	if !h.answerHeld(1, r.waits(t, 1), errorReply(404, 0, flow.Reason{})) {
		t.Error("it does not wait")
	}
	until(t, toClient, "HEADERS 1 404")
	client.head(t, 3, true, asked("GET", "/late")...)
	until(t, toOrigin, "HEADERS 3 GET/late")
	origin.head(t, 3, false, ":status", "200")
	must(t, origin.WriteData(3, false, []byte("x")))
	if !h.answerHeld(3, r.waits(t, 3), errorReply(404, 0, flow.Reason{})) {
		t.Error("it does not wait")
	}
	until(t, toClient, "HEADERS 3 404")
	until(t, toOrigin, "RST_STREAM 3 CANCEL")
	client.head(t, 5, true, asked("GET", "/wait")...)
	if !h.answerHeld(5, r.waits(t, 5), &reply{code: 8}) {
		t.Error("it does not wait")
	}
	until(t, toClient, "RST_STREAM 5 CANCEL")
}

// What waits behind a wait begins when that is over.
func TestHTTP2WaitBehindAWait(t *testing.T) {
	r, client, origin := waiting(t)
	_, toOrigin := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/wait")...)
	first := r.waits(t, 1)
	h := heldStreams{r.conn.http2.Load()}
	ends := make(chan http2WaitEnd, 4)
	h.mu.Lock()
	first.then = &http2Wait{ended: func(end http2WaitEnd) { ends <- end }}
	first.until = clock()
	h.timer.timer.Reset(0)
	h.mu.Unlock()
	for r.waits(t, 1) == first {
	}
	must(t, h.proceed(1, first.then, nil))
	until(t, toOrigin, "HEADERS 1 GET/wait")
	if end := <-ends; end != waitTold || len(ends) != 0 {
		t.Error(end)
	}
}
