package imports

import (
	"strings"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/rules"
)

// rowOf is a request for a URL.
func rowOf(url string) *flow.Row {
	scheme, rest, _ := strings.Cut(url, "://")
	host, path, _ := strings.Cut(rest, "/")
	return &flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseRequest, Method: "GET", Scheme: scheme, Host: host, Path: "/" + path}
}

// What whistle's documentation says that a pattern matches, and what not, is so.
func TestWhistlePatterns(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{"example.com", []string{"https://example.com/path/to?query", "https://example.com:9090/path"},
			[]string{"http://www.example.com/"}},
		{"example.com:8080", []string{"https://example.com:8080/path/to"},
			[]string{"https://example.com:9090/path/to", "https://example.com/"}},
		{"https://example.com/path/to", []string{"https://example.com/path/to", "https://example.com/path/to/xxx?query"},
			[]string{"https://example.com/path/toxxx", "http://example.com/path/to"}},
		{"//example.com/path/to", []string{"http://example.com/path/to?x"}, []string{"http://example.com/path"}},
		{"https://example.com/path/to?xxx", []string{"https://example.com/path/to?xxx", "https://example.com/path/to?xxxyyy&zzzzz"},
			[]string{"https://example.com/path/to/yyy?xxx", "https://example.com/path/to"}},
		{"$https://example.com/path/to", []string{"https://example.com/path/to", "https://example.com/path/to?query"},
			[]string{"https://example.com/path/to/xxx"}},
		{"$https://example.com/path/to?query", []string{"https://example.com/path/to?query"},
			[]string{"https://example.com/path/to?query=1", "https://example.com/path/to"}},
		{"https://*.example.com/path/to", []string{"https://www.example.com/path/to", "https://abc.example.com/path/to/xxx?query"},
			[]string{"https://a.b.example.com/path/to"}},
		{"https://**.example.com:8*/path/to",
			[]string{"https://foo-bar.example.com:8080/path/to", "https://a.b.example.com:8888/path/to"},
			[]string{"https://a.example.com:9888/path/to"}},
		{"^wss://*.example.com/path/to", []string{"wss://a.example.com/path/to", "wss://b.example.com/path/to/xxx?query"},
			[]string{"wss://a.example.com/path/toxxx", "wss://a.b.example.com/path/to"}},
		{"^https://example.com/path/to/a*b", []string{"https://example.com/path/to/axxxb/...?query"},
			[]string{"https://example.com/path/to/a/b"}},
		{"^https://example.com/path/to/a**b", []string{"https://example.com/path/to/axxxb/...?query", "https://example.com/path/to/a/b"},
			[]string{"https://example.com/path/to/a/xxxx?query=b"}},
		{"^https://www.example*.com:8*/path/to/a***b", []string{"https://www.example.com:8080/path/to/a/xxxx?query=b"},
			[]string{"https://www.example.com/path/to/a/b"}},
		{"^https://example.com/path/to?query=a*b", []string{"https://example.com/path/to?query=ab&q2=xxx"},
			[]string{"https://example.com/path/to?query=a&q2=b"}},
		{"^https://example.com/path/to?query=a**b", []string{"https://example.com/path/to?query=a&q2=b"},
			[]string{"https://example.com/path/to?q"}},
		{"^example*.com/path*/to", []string{"http://example1.com/pathx/to"}, []string{"http://example.com/to"}},
		{"^https://*.example.com/path/*/to$", []string{"https://a.example.com/path/xxx/to"},
			[]string{"https://b.example.com/path/xxx/to?query"}},
		{"/key=value/i", []string{"http://a.test/?KEY=VALUE"}, []string{"http://a.test/?key="}},
		{":8080", []string{"http://a.test:8080/"}, []string{"http://a.test/", "http://a.test:80800/"}},
		{"!/\\.png$/", []string{"http://a.test/x.jpg"}, []string{"http://a.test/x.png"}},
		{"example.com/with*star", []string{"http://example.com/with*star"}, []string{"http://example.com/withxstar"}},
		{"***.example.com/x", []string{"http://example.com/x", "http://a.b.example.com/x"}, []string{"http://badexample.com/x"}},
	} {
		p, ok := patternOf(c.pattern)
		if !ok {
			t.Errorf("%s: no condition (%s)", c.pattern, p.when)
			continue
		}
		set, err := rules.Compile([]rules.Rule{{When: p.when, Block: "403"}}, "")
		if err != nil {
			t.Errorf("%s: %s: %v", c.pattern, p.when, err)
			continue
		}
		for _, url := range c.yes {
			if set.Request(rowOf(url)) == nil {
				t.Errorf("%s (%s) does not match %s", c.pattern, p.when, url)
			}
		}
		for _, url := range c.no {
			if set.Request(rowOf(url)) != nil {
				t.Errorf("%s (%s) matches %s", c.pattern, p.when, url)
			}
		}
	}
}

// Requests go where whistle's documentation says: what is behind the pattern's path goes on.
func TestWhistleSendsPaths(t *testing.T) {
	for _, c := range []struct{ line, asked, origin, path string }{
		{"http://www.example.com/path1 http://www.test.com/path/xxx", "http://www.example.com/path1", "http://www.test.com", "/path/xxx"},
		{"http://www.example.com/path1 http://www.test.com/path/xxx", "http://www.example.com/path1/a/b/c?query", "http://www.test.com",
			"/path/xxx/a/b/c?query"},
		{"https://www.example.com/path2 www.abc.com/path3/yyy", "https://www.example.com/path2/a?q", "https://www.abc.com",
			"/path3/yyy/a?q"},
		{"www.example.com/path1 //<www.test.com/path/xxx>", "http://www.example.com/path1/x/y/z", "http://www.test.com", "/path/xxx"},
		{"www.example.com/api www.example.com", "https://www.example.com/api/path", "https://www.example.com", "/path"},
		{"www.example.com/api www.example.com", "https://www.example.com/api?q=1", "https://www.example.com", "/?q=1"},
		{"www.example.com www.test.com/sub", "http://www.example.com/a", "http://www.test.com", "/sub/a"},
		{"www.example.com/x/ www.test.com/y/", "http://www.example.com/x/1", "http://www.test.com", "/y/1"},
		{"www.example.com test.example.com:81", "http://www.example.com/a?b", "http://test.example.com:81", "/a?b"},
	} {
		r, err := ReadText("x", []byte(c.line+"\n"), nil)
		if err != nil || len(r.Rules) != 1 || r.Rules[0].Off {
			t.Errorf("%s: %v %+v", c.line, err, r)
			continue
		}
		set, err := rules.Compile([]rules.Rule{r.Rules[0].Rule}, "")
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		row := rowOf(c.asked)
		trial := set.Try(row, nil, nil)
		port := map[string]uint16{"http": 80, "https": 443}[row.Scheme]
		origin := set.Rules[0].Target(rules.Origin{Scheme: row.Scheme, Host: row.Host, Port: port})
		if !trial.Verdicts[0].Applies || origin.String() != c.origin || trial.Target[1] != c.path {
			t.Errorf("%s: %s went to %s%s", c.line, c.asked, origin, trial.Target[1])
		}
	}
}
