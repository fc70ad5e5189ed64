package rules

import (
	"fmt"
	"strings"
	"testing"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// TestIndexMissesNone: a rule that a request matches is found, whatever its condition needs.
func TestIndexMissesNone(t *testing.T) {
	conditions := []string{`host:/^a\.test$/`, `host:/A\.TEST/i`, `host:/ka\.ss/i`, `host:/bücher/`, `host:/ch.*r\.example/`,
		`path:/^\/v1\//`,
		`path:/USERS/i`, `path:/(a|b)\/c/`, `url:/^https?:\/\/a\.test\//`, `url:/test\/v1/`, `url:/^https/`, `url:/t.*users$/`,
		`url:a.test/v1`,
		`url:https://`, `url:users`, `url:/:8080/`, `host:=a.test | host:/b\.test/`, `host:=a.test | path:/v1/`, `url:/users/ | host:b`,
		`host:a | method:post`, `-host:/a/`, `host:/a/ -path:/users/`, `url:/test\*/`, `url:*`, `host:中国`, `url:中文`, `url:/ſ/i`,
		`host:/./`,
		`path:/%E4/`, `scheme:https host:/b/`}
	var rules []Rule
	for _, when := range conditions {
		rules = append(rules, Rule{When: when, Block: BlockForbid})
	}
	s, err := Compile(rules, "")
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"a.test", "A.TEST:8080", "b.test", "xn--bcher-kva.example", "bücher.example", "\u212aa.\u017fs", "ka.ss",
		"xn--fiqs8s.test",
		"s", ""}
	paths := []string{"/", "/v1/users", "/V1/USERS?x=a/c", "/b/c", "*", "", "http://a.test/v1/users", "/%E4%B8%AD%E6%96%87", "/\u017f"}
	for _, host := range hosts {
		for _, path := range paths {
			for _, scheme := range []string{"http", "https", ""} {
				r := &flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseRequest, Method: "POST", Scheme: scheme, Host: host, Path: path}
				found := map[int]bool{}
				for _, c := range s.Request(r) {
					found[c.Number] = true
				}
				for _, c := range s.Rules {
					if want := c.when.Request(r) == query.Matched; found[c.Number] != want {
						t.Errorf("%q %q %q: %s: %v, not %v", scheme, host, path, c.When, found[c.Number], want)
					}
				}
			}
		}
	}
}

// manyOf are rules whose conditions have # for their number.
func manyOf(t testing.TB, n int, when string) *Set {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "[[rule]]\nwhen = '''%s'''\nrequest.set = [\"X-Rule: %d\"]\n", strings.ReplaceAll(when, "#", fmt.Sprint(i)), i)
	}
	return mustLoad(t, b.String())
}

// BenchmarkNoMatchOf is what a thousand rules of one kind cost a request that none of them matches.
func BenchmarkNoMatchOf(b *testing.B) {
	for name, when := range map[string]string{"host": `host:=www#.test`, "host-expression": `host:/^api-#\.(example|test)\.org$/i`,
		"url-expression": `url:/^https?:\/\/img#\.example\.net\/.*\.png$/`, "path-expression": `path:/^\/v#\/users\/\d+$/`,
		"several": `(host:=a#.test path:/x/) | (host:/^b#\./)`, "nothing-to-look-for": `path:/^\/[a-z]+\/\d+$/`,
		"is": "is:own", "app": "app:curl#", "client": "client:10.0.0.#"} {
		b.Run(name, func(b *testing.B) {
			s := manyOf(b, 1000, when)
			r := row("GET", "www.example.com", "/static/app.js?v=12")
			b.ReportAllocs()
			for b.Loop() {
				s.Request(r)
			}
		})
	}
}
