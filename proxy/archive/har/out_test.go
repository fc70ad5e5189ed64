package har

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/archive"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// An entry as others see it, who know nothing of _posthouse.
func entryOf(t *testing.T, x *flow.Exchange) map[string]any {
	t.Helper()
	var file struct {
		Log struct{ Entries []map[string]any }
	}
	if err := json.Unmarshal(written(t, x), &file); err != nil {
		t.Fatal(err)
	}
	return file.Log.Entries[0]
}

// at is the value at a path, as JSON; "" for none.
func at(v any, path string) string {
	for step := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok || m[step] == nil {
			return ""
		}
		v = m[step]
	}
	b, _ := json.Marshal(v)
	return string(b)
}

func posted(media, body string) *flow.Exchange {
	x := everyday(1, "")[0]
	x.Method = "POST"
	x.RequestHead = []byte("POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Type: " + media + "\r\n\r\n")
	x.RequestBody = flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}
	return x
}

// What is written is what others look for.
func TestOthersFindWhatTheyLookFor(t *testing.T) {
	failed := everyday(1, "")[0]
	failed.Status, failed.ResponseHead, failed.ResponseBody = 0, nil, flow.Body{}
	failed.Phase, failed.Failure, failed.Reason = flow.PhaseFailed, flow.FailureRefused, flow.ReasonCode("origin-refused").With("a.test:80")
	failed.Timing, failed.Duration = flow.Timing{Resolved: 2e6, End: 5e6}, 5e6
	evicted := everyday(1, "")[0]
	evicted.ResponseBody = flow.Body{State: flow.BodyEvicted, Size: 4711}
	unrecorded := posted("text/plain", "")
	unrecorded.RequestBody = flow.Body{State: flow.BodyNotRecorded, Size: 4711}
	noted := everyday(1, "")[0]
	noted.Note, noted.RequestTrailer = "look at this", []byte("X-Sum: 1\r\n")
	for name, c := range map[string]struct {
		x    *flow.Exchange
		want map[string]string
	}{
		"everyday": {everyday(1, "")[0], map[string]string{
			"startedDateTime": `"2026-01-05T08:00:00.123Z"`, "time": "62", "serverIPAddress": `"203.0.113.7"`, "cache": "{}",
			"timings":        `{"blocked":-1,"connect":10,"dns":2,"receive":12,"send":1,"ssl":-1,"wait":37}`,
			"request.method": `"GET"`, "request.httpVersion": `"HTTP/1.1"`,
			"request.url":         `"http://api.example.test/v1/list?page=0\u0026q=abc"`,
			"request.queryString": `[{"name":"page","value":"0"},{"name":"q","value":"abc"}]`,
			"request.postData":    "", "request.bodySize": "0",
			"response.status": "200", "response.statusText": `"OK"`, "response._error": "", "response.redirectURL": `""`,
			"response.cookies":          `[{"httpOnly":true,"name":"seen","path":"/","sameSite":"Lax","secure":true,"value":"0"}]`,
			"response.content.mimeType": `"application/json; charset=utf-8"`, "response.content.encoding": "",
			"response.content.comment": ""}},
		"compressed": {everyday(1, "gzip")[0], map[string]string{"response.content.size": "4124", "response.content.encoding": ""}},
		"form": {posted("application/x-www-form-urlencoded", "a=1+2&b=%C3%A9"), map[string]string{"request._content": "",
			"request.postData": `{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a","value":"1 2"},` +
				`{"name":"b","value":"é"}],"text":"a=1+2\u0026b=%C3%A9"}`}},
		"multipart": {posted("multipart/form-data; boundary=X", "--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n"+
			"Content-Type: text/plain\r\n\r\nhi\r\n--X--\r\n"), map[string]string{
			"request.postData.params": `[{"contentType":"text/plain","fileName":"n","name":"f","value":"hi"}]`}},
		"binary": {posted("application/x-protobuf", "\x00\xff"), map[string]string{"request.postData": "",
			"request._requestBodyStatus": `"discarded:not-representable"`,
			"request._content":           `{"encoding":"base64","mimeType":"application/x-protobuf","size":2,"text":"AP8="}`}},
		"failed": {failed, map[string]string{"response.status": "0",
			"response._error": `"refused: The origin a.test:80 refused the connection. Is its server running?"`, "time": "5",
			"timings": `{"blocked":-1,"connect":3,"dns":2,"receive":0,"send":0,"ssl":-1,"wait":0}`}},
		"evicted": {evicted, map[string]string{"response.content.text": "", "response.content.size": "4711", "response.bodySize": "4711",
			"response.content.comment": `"Its 4711 bytes left memory to make room."`}},
		"not recorded": {unrecorded, map[string]string{"request.postData": "", "request.bodySize": "4711",
			"request.comment": `"Its 4711 bytes were not recorded."`}},
		"noted": {noted, map[string]string{"comment": `"look at this"`, "request._trailers": `[{"name":"X-Sum","value":"1"}]`}},
	} {
		entry := entryOf(t, c.x)
		for path, want := range c.want {
			if got := at(entry, path); got != want {
				t.Errorf("%s: %s is %s, want %s", name, path, got, want)
			}
		}
	}
}

// Timings follow the steps; each is part of the whole, and ssl of connect.
func TestTimings(t *testing.T) {
	ms := func(n ...time.Duration) steps {
		for i := range n {
			if n[i] > 0 {
				n[i] *= time.Millisecond
			}
		}
		return steps{n[0], n[1], n[2], n[3], n[4], n[5], n[6]}
	}
	const m = time.Millisecond
	for name, c := range map[string]struct {
		t    flow.Timing
		end  time.Duration
		want steps
	}{
		"nothing known": {flow.Timing{}, 0, ms(-1, -1, -1, -1, -1, -1, -1)},
		"fresh with TLS": {flow.Timing{Resolved: m, Dialed: 3 * m, Connected: 7 * m, Sent: 8 * m, FirstByte: 20 * m}, 25 * m,
			ms(-1, 1, 6, 4, 1, 12, 5)},
		"reused":       {flow.Timing{Connected: m, Sent: 2 * m, FirstByte: 5 * m, Reused: true}, 6 * m, ms(1, -1, -1, -1, 1, 3, 1)},
		"early answer": {flow.Timing{Connected: m, Sent: 9 * m, FirstByte: 5 * m}, 10 * m, ms(-1, -1, 1, -1, 4, 0, 5)},
		"name unknown": {flow.Timing{}, 40 * m, ms(40, -1, -1, -1, -1, -1, -1)},
		"no answer":    {flow.Timing{Resolved: m, Connected: 2 * m, Sent: 3 * m}, 9 * m, ms(-1, 1, 1, -1, 1, 6, -1)},
		"upload broke": {flow.Timing{Resolved: m, Connected: 2 * m}, 9 * m, ms(-1, 1, 1, -1, 7, -1, -1)},
		"out of all order": {flow.Timing{Resolved: 9 * m, Dialed: 1 * m, Connected: 2 * m, Sent: 1 * m, FirstByte: 3 * m}, m,
			ms(-1, 9, 0, 0, 0, 0, 0)},
	} {
		if got := stepsOf(&c.t, c.end); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// Of a response that a rule changed the entry has what the client got, and _posthouse what came; of
// a request it has what the client sent.
func TestTheEntryHasWhatTheClientSaw(t *testing.T) {
	x := posted("text/plain", "sent")
	body := func(text string) flow.Body {
		return flow.Body{State: flow.BodyWhole, Size: int64(len(text)), Bytes: []byte(text)}
	}
	x.ResponseHead, x.ResponseBody = []byte("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n"), body("<p>cat")
	x.Status = 200
	x.Ruled = flow.Ruled{Request: []byte("POST /y HTTP/1.1\r\n\r\n"), RequestBody: body("changed"),
		Response: []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"), ResponseBody: body("tiger")}
	for name, change := range map[string]func(*flow.Exchange){
		"both": func(*flow.Exchange) {},
		"head": func(x *flow.Exchange) { x.Ruled.ResponseBody = flow.Body{} },
		"body": func(x *flow.Exchange) {
			x.Ruled.Response = nil
			x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
		},
		"emptied": func(x *flow.Exchange) { x.Ruled.ResponseBody = flow.Body{State: flow.BodyWhole} },
		"filled":  func(x *flow.Exchange) { x.ResponseBody = flow.Body{} },
		"cut":     func(x *flow.Exchange) { x.ResponseBody.State, x.ResponseBody.Size = flow.BodyCut, 99 },
		"coded": func(x *flow.Exchange) {
			x.Ruled.Response = []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
			zipped, _ := content.Encode("gzip", []byte("tiger"), true)
			x.Ruled.ResponseBody = body(string(zipped))
		},
	} {
		one := *x
		change(&one)
		entry := entryOf(t, &one)
		want := one.Went()
		text, _ := strconv.Unquote(at(entry, "response.content.text"))
		decoded, _ := content.Decode(map[bool]string{true: "gzip"}[name == "coded"], want.ResponseBody.Bytes)
		if text != string(decoded.Body) || at(entry, "response.status") != "200" || at(entry, "request.postData.text") != `"sent"` ||
			at(entry, "response.statusText") != `"OK"` || at(entry, "response.bodySize") != strconv.Itoa(len(want.ResponseBody.Bytes)) {
			t.Errorf("%s: %s", name, written(t, &one))
		}
		if name == "both" && (at(entry, "_posthouse.came.body.bytes") != `"\u003cp\u003ecat"` ||
			at(entry, "_posthouse.ruled.responseBody") != "" || at(entry, "_posthouse.ruled.requestBody.bytes") != `"changed"`) {
			t.Errorf("%s", written(t, &one))
		}
		if d := differences(&one, returned(t, &one)); len(d) > 0 {
			t.Errorf("%s: %q", name, d)
		}
	}
}

// A file of the time when the entry had what came is read as it was meant.
func TestOlderRuledEntriesAreRead(t *testing.T) {
	const file = `{"log":{"version":"1.2","creator":{"name":"Posthouse"},"entries":[{"startedDateTime":"2026-11-25T09:00:00Z","time":1,` +
		`"request":{"method":"GET","url":"http://a.test/","httpVersion":"HTTP/1.1","headers":[]},` +
		`"response":{"status":200,"statusText":"OK","httpVersion":"HTTP/1.1","headers":[],"content":{"size":3,"text":"cat"}},` +
		`"_posthouse":{"version":1,"kind":"http","phase":"done","start":[1,2],"proto":"HTTP/1.1","status":200,` +
		`"ruled":{"response":"HTTP/1.1 200 Fine\r\n\r\n","responseBody":{"state":"whole","size":5,"bytes":"tiger"}},` +
		`"responseBody":{"state":"whole","size":3}}}]}}`
	all, err := read(t, []byte(file), archive.Limits{})
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if x := all[0]; string(x.ResponseBody.Bytes) != "cat" || string(x.Ruled.ResponseBody.Bytes) != "tiger" ||
		string(x.Ruled.Response) != "HTTP/1.1 200 Fine\r\n\r\n" || string(x.ResponseHead) != "HTTP/1.1 200 OK\r\n\r\n" {
		t.Errorf("%+v", x)
	}
}

// Bodies that rules made are read up to the limit, however they are written, and the rest is read.
func TestRuledBodiesAreBounded(t *testing.T) {
	const limit = 2 << 20
	for name, body := range map[string]string{"escaped": strings.Repeat("\"\n", limit), "binary": strings.Repeat("\xff\x00", limit),
		"just fits": strings.Repeat("\"\n", limit/2)} {
		x := posted("text/plain", body)
		long := flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}
		x.ResponseBody, x.Ruled.RequestBody, x.Ruled.ResponseBody = long, long, long
		file := written(t, x, posted("text/plain", "behind"))
		all, err := read(t, file, archive.Limits{Body: limit, Head: 1 << 10})
		if err != nil || len(all) != 2 || string(all[1].RequestBody.Bytes) != "behind" {
			t.Fatal(name, len(all), err)
		}
		for i, b := range all[0].Bodies()[1:3] { // those that stand in _posthouse alone
			if string(b.Bytes) != body[:min(limit, len(body))] || b.Size != int64(len(body)) ||
				(b.State == flow.BodyCut) != (len(body) > limit) {
				t.Errorf("%s %d: %v, %d of %d bytes", name, i, b.State, len(b.Bytes), b.Size)
			}
		}
	}
}
