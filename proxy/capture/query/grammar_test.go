package query_test

import (
	"strings"
	"testing"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// matches reports whether a filter without mistakes matches a row.
func matches(t *testing.T, text string, r *flow.Row) bool {
	t.Helper()
	q, err := query.Parse(text)
	if err != nil {
		t.Errorf("%q: %v", text, err)
		return false
	}
	return q.Match(r)
}

func TestGroupsAndAlternatives(t *testing.T) {
	for text, want := range map[string]bool{
		"nope | example": true, "example | nope": true, "nope | nothing": false, "nope | nothing | 404": true,
		"nope example | 404": true, "nope 404 | nope example": false, "nope (example | 404)": false, "404 (example | nope)": true,
		"(example)": true, "(nope)": false, "-(nope)": true, "-(example)": false, "-(nope | example)": false, "-(nope example)": true,
		"((example) ((404)))": true, "-(-(example))": true, "-(-(-example))": false, "( example | nope )": true,
		"(host:other | host:example) status:4xx": true, "(is:failed | is:error) -method:get": true,
		"（nope ｜ example）": true, "-（nope ｜ example）": false, "(example)(404)": true, "(example)nope": false,
		"nope|example": false, `nope "|" example`: false, "(path:users)": true, `("a b")`: true,
	} {
		if got := matches(t, text, &row); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// What stands in a word is part of it, as before there were groups.
func TestOldFiltersMeanWhatTheyMeant(t *testing.T) {
	for path, texts := range map[string][]string{
		"/a(b)":         {"/a(b)", "path:/a(b)", "a(b", "b)", "(path:/a(b))", "(/a(b) | nope)", "-(path:/x(b))", `"(b)"`},
		"/x|y":          {"x|y", "|y", "x|", "|", "path:x|y", "(x|y)", `"|"`},
		"/v1/users/i":   {"/v1/", "/v1/users/i", "/users/i", "path:/v1/", "path:/users/i", "(/v1/)", "-/v2/"},
		"/a.b/c-d/":     {"/a.b/", "/a.b/c-d/", "path:/c-d/"},
		"/s?q=/b/&x=1":  {"q=/b/", "/b/&x=1", "?q="},
		"/body:x/a:b=c": {"/body:x", "a:b=c", `"body:x"`},
		"/-(x)":         {"/-(x)", `"-(x)"`},
	} {
		for _, text := range texts {
			if !matches(t, text, &flow.Row{Method: "GET", Scheme: "http", Host: "h.test", Path: path}) {
				t.Errorf("%q does not match %s", text, path)
			}
		}
	}
}

func TestRegularExpressionsOverRows(t *testing.T) {
	for text, want := range map[string]bool{
		`/users\?q/i`: true, `/users\?q/`: false, `/Users\?q/`: true, `-/Users\?q/`: false, `/^POST$/`: true, `/^40[45]$/`: true,
		`/^http:\/\/api\..*\/v1/i`: true, `/^http://api\..*/v1/i`: true, `/a\ b$/`: true, `/a\sb$/`: true,
		`/application/(json|xml)/`: true,
		`host:/^api\./i`:           true, `host:/^api\./`: false, `host:/^API\./`: true, `host:/example/`: false, `-host:/example/`: true,
		`path:/v\d+/`: true, `path:/^\/v\d\/u/i`: true, `path:/^/v1/u.*$/i`: true, `type:/^application/json/`: true, `app:/^fire/`: true,
		`method:/^(POST|PUT)$/`: true, `method:/^p/i`: true, `(/v\d/ | nope)`: true, `(host:/^api/i)`: true,
		`-(host:/^(api|cdn)\./i)`: false,
		`/[/]v1[/]/`:              true, `/"x+"/`: false, `/nope+/`: false,
	} {
		if got := matches(t, text, &row); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if international := (flow.Row{Host: "xn--fiqs8s.example"}); !matches(t, "host:/^中.\\./", &international) {
		t.Error("an A-label is not read for a regular expression")
	}
}

func TestPersonsWords(t *testing.T) {
	noted := flow.Row{Annotation: flow.Annotation{Star: true, Note: "Ask Ann, about 中文"}}
	for text, want := range map[string]bool{
		"note:ann": true, `note:"Ann, about"`: true, "note:bob": false, "note:中文": true, "note:/^Ask/": true, "is:starred": true,
		"is:noted": true, "is:marked": false, "is:modified": false, "ann": false,
	} {
		if got := matches(t, text, &noted); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	for _, r := range []flow.Row{{HostReplaced: true}, {Mended: flow.MendedFolds}} {
		if !matches(t, "is:modified", &r) {
			t.Errorf("%+v is not modified", r)
		}
	}
}

// What rules did to it is asked for by whether they did anything, and whether one failed.
func TestWhatRulesDid(t *testing.T) {
	for _, c := range []struct {
		effects       flow.Effects
		ruled, failed bool
	}{{0, false, false}, {flow.EffectApplied, true, false}, {flow.EffectApplied | flow.EffectDelayed, true, false},
		{flow.EffectApplied | flow.EffectFailed, true, true}} {
		r := flow.Row{Effects: c.effects}
		if matches(t, "is:ruled", &r) != c.ruled || matches(t, "is:rulefailed", &r) != c.failed {
			t.Errorf("%v: ruled is not %v, or failed not %v", c.effects, c.ruled, c.failed)
		}
	}
}

// A mistake is said where it is, and the other words filter without it.
func TestMistakesHaveTheirPlace(t *testing.T) {
	for _, c := range []struct {
		text       string
		code       string
		marked     string // what is underlined
		matchesAPI bool
	}{
		{"api |", "or", "|", true}, {"nope |", "or", "|", false}, {"(api | ) GET", "or", "| ", true}, {"api (", "paren", "(", true},
		{"(api", "paren", "(api", true}, {"(nope", "paren", "(nope", false}, {"api ()", "empty", "()", true}, {"api -( )", "empty",
			"-( )", true},
		{"api (status:x)", "status", "status:x", true}, {"(nope | status:x)", "status", "status:x", false},
		{"api host:/[a/", "regexp.bracket", "/[a/", true}, {"api /[a/", "regexp.bracket", "/[a/", true},
		{"api host:/a(/", "regexp.paren", "/a(/", true}, {`api -/a**/ GET`, "regexp.repeat", "/a**/", true}, {`nope /(?P<n/ GET`, "regexp",
			"/(?P<n/", false},
		{`api body:`, "body", "body:", true}, {"api header:", "header", "header:", true}, {"header:a=", "header", "header:a=", true},
		{"header:a(b=c api", "header", "header:a(b=c", true}, {"api is:odd,starred", "is", "is:odd,starred", true}, {"note: api",
			"note", "note:", true},
		{"api " + strings.Repeat("(", query.MaxDepth+1) + "x", "deep", strings.Repeat("(", 1) + "x", true},
		{"api /(((a{9}){9}){9}){9}/", "regexp.repeat", "/(((a{9}){9}){9}){9}/", true}, {"api /((a{99}){9}b{99}c{999}){1}/", "regexp.large",
			"/((a{99}){9}b{99}c{999}){1}/", true},
		{"api /" + strings.Repeat("a", query.MaxExpression) + "+/", "regexp.large", "/" + strings.Repeat("a",
			query.MaxExpression) + "+/", true},
	} {
		q, _ := query.Parse(c.text)
		all := q.Mistakes()
		if len(all) == 0 || all[0].Code != c.code || c.text[all[0].Pos:all[0].End] != c.marked || all[0].Msg == "" {
			t.Errorf("%.60q: %+v", c.text, all)
			continue
		}
		api := flow.Row{Method: "GET", Host: "api.test", Path: "/"}
		if got := q.Match(&api); got != c.matchesAPI {
			t.Errorf("%.60q matches: %v", c.text, got)
		}
	}
	q, err := query.Parse("status:x api size:y (time:z")
	if len(q.Mistakes()) != 4 || !strings.HasSuffix(err.Error(), " (and 3 more)") {
		t.Errorf("%d mistakes: %v", len(q.Mistakes()), err)
	}
	if _, err := query.Parse("status:x"); strings.Contains(err.Error(), "more)") {
		t.Error(err)
	}
}

func TestSides(t *testing.T) {
	for text, want := range map[string]query.Sides{
		"": 0, "host:a method:get": query.SideRequest, "host:a status:200": query.SideRequest | query.SideResponse,
		"is:tunnel": query.SideRequest, "is:starred | mark:red": query.SidePerson, "time:>1s": query.SideOutcome,
		"req.body:x": query.SideRequestBody, "-resp.header:x": query.SideResponseHead,
	} {
		if q, err := query.Parse(text); err != nil || q.Sides() != want {
			t.Errorf("%q looks at %b, want %b (%v)", text, q.Sides(), want, err)
		}
	}
	for text, want := range map[string]bool{
		"": false, "host:a status:200": false, "is:error": false, "a": false, "any:a": false, "is:failed,error": false, "is:badcert": false,
		"time:>1s": true, "host:a (status:404 | -size:0)": true, "is:running": true, "remote:10.": true,
		"mark:red": true, "is:websocket": true,
	} {
		if q, err := query.Parse(text); err != nil || q.AsksOutcome() != want {
			t.Errorf("%q asks for the outcome: %v (%v)", text, q.AsksOutcome(), err)
		}
	}
	request := flow.Row{Phase: flow.PhaseRequest, Method: "GET", Host: "api.test", Path: "/"}
	for text, want := range map[string]query.Result{
		"host:api": query.Matched, "host:cdn": query.NotMatched, "status:200": query.Unknown, "-status:200": query.Unknown,
		"host:cdn status:200": query.NotMatched, "host:api | status:200": query.Matched, "host:api status:200": query.Unknown,
		"api": query.Matched, "json": query.Unknown, "-api": query.NotMatched, "body:x": query.Unknown,
	} {
		if q, _ := query.Parse(text); q.Request(&request) != want {
			t.Errorf("%q of a request: %v", text, q.Request(&request))
		}
	}
}
