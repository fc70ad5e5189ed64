package query_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

var row = flow.Row{
	Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "POST", Scheme: "http", Host: "API.Example.com:8080", Path: "/v1/Users?q=a b",
	Proto: "HTTP/1.1", Status: 404, ContentType: "application/json; charset=utf-8", RequestSize: 10, ResponseSize: 2048,
	Duration: 600 * time.Millisecond, App: "firefox", AppPath: "/usr/bin/firefox", AppPID: 5,
	Client: netip.MustParseAddrPort("127.0.0.1:5555"), Remote: netip.MustParseAddrPort("[2001:db8::1]:8080"),
}

func TestMatch(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "   ": true, "example": true, "EXAMPLE users": true, "example nope": false, "-example": false, "-nope": true,
		"404": true, "405": false, "json": true, "post": true, `"a b"`: true, `"a  b"`: false,
		"example.com:8080/v1": true, "http://api": true, "https://api": false, "com:8080": true, "localhost:1": false,
		"host:example": true, "host:other,example": true, "host:other": false, "-host:example": false, "host:users": false,
		"app:fire": true, "app:FireFox,curl": true, "app:curl": false, "-app:curl": true, "app:bin": false, "app:?": false,
		"app:?ended": false, "app:?,fire": true,
		"path:users": true, "path:example": false,
		"method:post": true, "method:GET,POST": true, "method:po": false, "scheme:http": true, "scheme:https": false,
		"status:404": true, "status:4xx": true, "status:5xx": false, "status:400-499": true, "status:>=400": true, "status:<400": false,
		"status:>404": false, "status:200,404": true,
		"type:json": true, "type:html": false, "is:error": true, "is:failed": false, "-is:failed": true, "is:tunnel": false,
		"is:running": false, "is:failed,error": true,
		"size:>1kb": true, "size:<=2kb": true, "size:>2kb": false, "size:2048": true, "size:>1.5k": true, "sent:<11": true,
		"time:>500ms": true, "time:<500ms": false, "client:127.0.0.1": true, "client:5555": true,
		"device:here": true, "device:other": false, "device:127.0.0.1": true, "device:127.0.0.11": false, "device:127.": true,
		"device:127.0.0.0/8": true, "device:10.0.0.0/8,::/0": false, "device:192.168.1.2,here": true, "device:=127.0.0.1": true,
		"-device:here": false, "device:::ffff:127.0.0.1": true, "remote:2001:db8": true,
		"remote:127":            false,
		"host:=api.example.com": true, "host:=*.example.com": true, "host:=*.EXAMPLE.com": true, "host:=*.api.example.com": true,
		"host:=*.xample.com": false, "host:=*.other.com": false, "host:=API.example.com:8080": true, "host:=example.com": false,
		"host:=api.example.com:80": false, "-host:=api.example.com": false,
		"app:=firefox": true, "app:=FIREFOX": true, "app:=fire": false, `app:="firefox"`: true, "app:=curl,firefox": false,
		"path:=/v1/users": true, "path:=/V1/Users": true, "path:=/v1": false, "path:=/users": false, "path:=/v1/users?x=1": false,
		`path:="/v1/users?q=a b"`: true, "url:.com:8080/V1": true, "url:/^http:..API/": true, "url:https:": false, "Host:example": true,
		"-": true, "- zz": false, `host:"example"`: true, `"host:example"`: false,
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := q.Match(&row); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestMatchOfOtherRows(t *testing.T) {
	for text, r := range map[string]flow.Row{
		"is:running":         {Phase: flow.PhaseRequest},
		"is:failed":          {Phase: flow.PhaseFailed, Failure: flow.FailureRefused},
		"refused":            {Phase: flow.PhaseFailed, Failure: flow.FailureRefused},
		"is:tunnel":          {Kind: flow.KindTunnel},
		"is:websocket":       {Kind: flow.KindUpgraded},
		"is:local":           {Kind: flow.KindLocal},
		"is:decrypted":       {TLS: flow.TLS{Seen: true, Outcome: flow.TLSBadCertificate}},
		"is:refused":         {TLS: flow.TLS{Seen: true, Outcome: flow.TLSRefused}},
		"is:badcert":         {TLS: flow.TLS{Seen: true, Outcome: flow.TLSBadCertificate, Problem: flow.ProblemExpired}},
		"is:mended":          {Mended: flow.MendedFolds},
		"is:marked":          {Annotation: flow.Annotation{Mark: flow.MarkPurple}},
		"mark:red":           {Annotation: flow.Annotation{Mark: flow.MarkRed}},
		"mark:blue,PURPLE":   {Annotation: flow.Annotation{Mark: flow.MarkPurple}},
		"-mark:blue":         {Annotation: flow.Annotation{Mark: flow.MarkPurple}},
		"-mark:red":          {},
		"-is:badcert":        {TLS: flow.TLS{Seen: true, Outcome: flow.TLSFailed, Problem: flow.ProblemClientCertificate}},
		"is:secure inside.x": {TLS: flow.TLS{Seen: true, SNI: "inside.x"}},
		"-status:>0":         {},
		"-remote:1":          {},
		"app:? -app:?ended":  {},
		"app:?ended app:?":   {AppPID: flow.AppEnded.PID},
		"app:curl,?ended":    {AppPID: flow.AppEnded.PID},
		"end":                {Path: "/" + strings.Repeat("x", 2000) + "END"},
	} {
		q, err := query.Parse(text)
		if err != nil || !q.Match(&r) {
			t.Errorf("%q does not match %+v (%v)", text, r, err)
		}
	}
}

func TestErrors(t *testing.T) {
	for text, pos := range map[string]int{
		`a "b`: 2, "status:": 0, "x status:abc": 2, "status:9999": 0, "status:500-400": 0, "is:odd": 0, "host:": 0,
		"device:phone": 0, "device:=127.0": 0,
		"device:10.0.0.0/99": 0, "size:big": 0,
		"time:5": 0, "time:-5s": 0, "a -is:": 2,
		strings.Repeat("x", 5000): 4096,
	} {
		_, err := query.Parse(text)
		var bad *query.Error
		if !errors.As(err, &bad) || bad.Pos != pos || bad.End <= bad.Pos || bad.Msg == "" || bad.Code == "" {
			t.Errorf("%.20q: %#v", text, err)
		}
	}
}

func TestKeysAreAllKnown(t *testing.T) {
	for _, key := range []string{"host", "path", "method", "status", "type", "is", "app", "size", "time", "sent", "scheme",
		"client", "device", "remote"} {
		if _, err := query.Parse(key + ":"); err == nil {
			t.Errorf("%s: is not a key", key)
		}
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	for _, text := range []string{"example host:api status:4xx -is:failed client:127 device:10.,127.,other size:>1 nope,x",
		"(nope | -(nope example)) (host:api | body:x) header:y", `/v\d+/ host:/^api/i -/nope+/`} {
		if raceDetector && strings.Contains(text, "/nope") {
			continue
		}
		q, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, func() { q.Match(&row); q.Row(&row); q.Request(&row) }); n > 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`a -b "c d" host:x status:>=400 is:tunnel`, `size:>1e9 time:1h "`, "-\"\" :", "status:1xx-2",
		"mark:red,x mark: is:marked", "(a | -(b c)) | d", "((x", "/a(b|c)+/i host:/x/ -path:/y", "body:/a\\ b/ any:中 header:a=/b/m | ) |",
		"（a｜b）　header:x-y＝z", "-(-(", "note:/[/]/ req.body:a resp.header:b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := query.Parse(text)
		if err != nil {
			var bad *query.Error
			if !errors.As(err, &bad) || bad.Pos < 0 || bad.End > len(text) || bad.Pos > bad.End {
				t.Fatalf("%#v", err)
			}
			return
		}
		x := flow.Exchange{Row: row, RequestHead: []byte("GET / HTTP/1.1\r\nA: b\r\n\r\n"),
			RequestBody: flow.Body{State: flow.BodyWhole, Size: 3, Bytes: []byte("abc")}}
		if contents, _ := q.MatchExchange(&x, newBodies()); q.Row(&row) != query.Unknown && q.Row(&row) != contents {
			t.Fatalf("the row alone says %v, the whole %v", q.Row(&row), contents)
		}
		q.Places(&x, newBodies(), 3)
		again, err := query.Parse(q.String())
		if err != nil || again.Match(&row) != q.Match(&row) {
			t.Fatal("the same text means another thing")
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	for _, text := range []string{"nope", "status:4xx", "host:api is:error", "(nope | host:api) -is:failed", `/v\d+/`} {
		b.Run(text, func(b *testing.B) {
			q, _ := query.Parse(text)
			b.ReportAllocs()
			for b.Loop() {
				q.Match(&row)
			}
		})
	}
}

// What can be read of a filter that has mistakes is a filter all the same.
func TestMistakesLeaveTheOtherWords(t *testing.T) {
	row := flow.Row{Method: "GET", Host: "api.test", Path: "/", Status: 200}
	for text, want := range map[string]bool{
		"status:>x":                          true,
		"status:>x host:api":                 true,
		"host:cdn status:>x":                 false,
		"size:x time:x -method:get":          false,
		`host:api "not closed host:cdn`:      true,
		`host:cdn "not closed`:               false,
		"status:>x " + `"not closed`:         true,
		strings.Repeat("x", query.MaxLength): false,
	} {
		q, err := query.Parse(text)
		if q == nil || q.Match(&row) != want {
			t.Errorf("%.40q: matches %v, want %v (%v)", text, !want, want, err)
		}
	}
	_, err := query.Parse(`size:x time:y "z`)
	if bad := (*query.Error)(nil); !errors.As(err, &bad) || bad.Code != "size" {
		t.Errorf("the first mistake is %v", err)
	}
	if q, err := query.Parse(strings.Repeat("x", query.MaxLength+1)); q != nil || err == nil {
		t.Errorf("too long: %v, %v", q, err)
	}
}

// A word is found wherever it lies in a URL, across its parts too.
func TestAWordIsFoundAcrossTheURL(t *testing.T) {
	r := flow.Row{Scheme: "http", Host: "Example.test:8080", Path: "/v1/Users?n=1"}
	whole := strings.ToLower(r.Scheme + "://" + r.Host + r.Path)
	for from := range len(whole) {
		for to := from + 1; to <= len(whole); to++ {
			word := whole[from:to]
			for text, want := range map[string]bool{word: true, word + "~": false, "~" + word: false} {
				q, err := query.Parse(`"` + text + `"`)
				if err != nil || q.Match(&r) != want {
					t.Fatalf("%q is found in %s: %v, %v", text, whole, !want, err)
				}
			}
		}
	}
}

// What holds for a tunnel holds for whatever request is in it.
func TestTunnel(t *testing.T) {
	row := flow.Row{Kind: flow.KindTunnel, Host: "api.test:443", App: "curl"}
	for text, want := range map[string]query.Result{
		"": query.Matched, "host:api": query.Matched, "host:=api.test": query.Matched, "host:other": query.NotMatched,
		"host:/^api/": query.Matched, "app:curl": query.Matched, "is:tunnel": query.Matched, "-is:tunnel": query.NotMatched,
		"path:/users": query.Unknown, "host:api -path:/users": query.Unknown, "host:other path:/users": query.NotMatched,
		"host:api | path:/users": query.Matched, "method:connect": query.Unknown, "-method:get": query.Unknown,
		"scheme:https": query.Unknown, "is:secure": query.Unknown, "api.test": query.Matched, "users": query.Unknown,
		"-api":   query.NotMatched,
		"-users": query.Unknown, "path:/^.users/": query.Unknown, "status:200": query.Unknown,
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.Tunnel(&row); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
