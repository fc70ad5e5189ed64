package query_test

import (
	"strconv"
	"testing"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// What is beyond ASCII is found however it was sent, and however it is written.
func TestMatchBeyondASCII(t *testing.T) {
	encoded := flow.Row{Method: "GET", Scheme: "http", Host: "xn--fiqs8s.example:8080", Path: "/%E4%B8%AD%e6%96%87?q=%C3%89t%C3%A9"}
	raw := flow.Row{Method: "GET", Scheme: "http", Host: "中国.example", Path: "/中文?q=Été", App: "浏览器"}
	tunnel := flow.Row{Kind: flow.KindTunnel, Method: "CONNECT", Host: "192.0.2.1:443", TLS: flow.TLS{SNI: "www.xn--bcher-kva.example"}}
	for _, c := range []struct {
		text                 string
		encoded, raw, tunnel bool
	}{
		{"中文", true, true, false}, {"中", true, true, false}, {"path:中文", true, true, false}, {"path:/中文", true, true, false},
		{"path:中国", false, false, false}, {"-中文", false, false, true}, {"日本", false, false, false},
		{"%E4%B8%AD%E6%96%87", true, true, false}, {"path:%e4%b8%ad", true, true, false}, {"%E4%B8", true, false, false},
		{"été", true, true, false}, {"ÉTÉ", true, true, false}, {"q=Été", true, true, false},
		{"中国", true, true, false}, {"host:中国", true, true, false}, {"host:国", true, true, false}, {"host:中国.example", true, true, false},
		{"host:=中国.example", true, true, false}, {"host:=中国.example:8080", true, false, false}, {"host:=*.example", true, true, false},
		{"host:=国.example", false, false, false},
		{"host:=xn--fiqs8s.example", true, true, false}, {"host:=*.中国.example", true, true, false}, {"xn--fiqs8s", true, true, false},
		{"host:xn--fiqs8s", true, true, false},
		{"bücher", false, false, true}, {"BÜCHER", false, false, true}, {"app:浏览", false, true, false}, {"app:=浏览器", false, true, false},
	} {
		q, err := query.Parse(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		for name, one := range map[string]struct {
			row  *flow.Row
			want bool
		}{"encoded": {&encoded, c.encoded}, "raw": {&raw, c.raw}, "tunnel": {&tunnel, c.tunnel}} {
			if got := q.Match(one.row); got != one.want {
				t.Errorf("%q matches the %s row: %v", c.text, name, got)
			}
		}
	}
}

// What an input method for Chinese writes means what it looks like.
func TestFullWidthCharactersMeanWhatTheyLookLike(t *testing.T) {
	for text, want := range map[string]bool{
		"host：example": true, "host：other": false, "ｈｏｓｔ：example": true, "－host：example": false, "－nope": true,
		"method：get，post": true, "status：＞＝400": true, "status：２００": false, "example　users": true, "example　nope": false,
		"“a b”": true, "“a b": false, "＂a b＂": true, "host：“example”": true, "“host：example”": false, "４０４": true,
		"a\u00a0b": true, "path:／v1／": true,
	} {
		q, err := query.Parse(text)
		if err != nil && want {
			t.Errorf("%q: %v", text, err)
		}
		if got := err == nil && q.Match(&row); got != want {
			t.Errorf("%q matches: %v", text, got)
		}
	}
	wide := flow.Row{Path: "/ａ：ｂ"}
	if q, err := query.Parse("“ａ：ｂ”"); err != nil || !q.Match(&wide) {
		t.Error("in quotes a full-width character is not itself")
	}
	if _, err := query.Parse("x　status：abc"); err == nil || err.(*query.Error).Pos != len("x　") ||
		err.(*query.Error).End != len("x　status：abc") {
		t.Errorf("the mistake is at %v", err)
	}
}

// What hosts stand for is remembered for a bounded number of them.
func TestManyHostsBeyondASCIIAreRead(t *testing.T) {
	q, err := query.Parse("host:中国")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5000 {
		r := flow.Row{Host: "a" + strconv.Itoa(i) + ".xn--fiqs8s"}
		if !q.Match(&r) {
			t.Fatalf("%q is not found", r.Host)
		}
	}
	same := flow.Row{Host: "www.xn--fiqs8s"}
	q.Match(&same)
	if n := testing.AllocsPerRun(100, func() { q.Match(&same) }); n > 0 {
		t.Errorf("%v allocations for a host that was read", n)
	}
}

func BenchmarkMatchBeyondASCII(b *testing.B) {
	plain := flow.Row{Method: "GET", Scheme: "http", Host: "api.example.com", Path: "/v1/users/12345?lang=en&page=7",
		ContentType: "application/json", Status: 200}
	for _, text := range []string{"nope", "中文", "host:中国"} {
		b.Run(text, func(b *testing.B) {
			q, _ := query.Parse(text)
			b.ReportAllocs()
			for b.Loop() {
				q.Match(&plain)
			}
		})
	}
}
