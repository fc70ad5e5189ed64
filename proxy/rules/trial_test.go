package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// shown is a trial as a text.
func shown(t *Trial) string {
	var b strings.Builder
	for _, part := range [...][]Line{t.Request, t.Response} {
		for _, l := range part {
			fmt.Fprintf(&b, "%c%s: %s\n", l.How, l.Name, l.Value)
		}
		b.WriteString("\n")
	}
	fmt.Fprintln(&b, t.Status, string(t.Body), t.Failed, t.Open)
	for _, r := range t.Did {
		b.WriteString(reason.English(r) + "\n")
	}
	return b.String()
}

func loaded(t *testing.T, text, folder string) *Set {
	t.Helper()
	s, err := Load("rules.toml", []byte(text), folder)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTry: what would come out is told field by field, in order.
func TestTry(t *testing.T) {
	set := loaded(t, `[[rule]]
name = "Head"
when = "host:api.test"
request.set = ["B: 2", "D: 4"]
request.remove = ["C"]
response.add = ["X: 1"]

[[rule]]
name = "Late"
when = "status:404"
response.status = 200
`, "")
	in := []Field{{"A", "1", 0}, {"B", "1", 1}, {"C", "1", 2}, {"B", "3", 3}}
	r := &flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "GET", Scheme: "http", Host: "api.test", Path: "/", Status: 404}
	const want = ` A: 1
-B: 1
-C: 1
-B: 3
+B: 2
+D: 4

 E: 1
+X: 1

200  false false
`
	got := shown(set.Try(r, in, []Field{{"E", "1", 0}}))
	if head, _, _ := strings.Cut(got, "rule"); !strings.HasPrefix(got, want) {
		t.Errorf("%s\nwant\n%s%s", got, want, head)
	}
	if c, _ := set.Rules[0].Hits(); c != 0 {
		t.Error("a trial was counted")
	}
	r.Phase, r.Status = flow.PhaseRequest, 0
	if trial := set.Try(r, in, nil); !trial.Open || trial.Status != 0 || !trial.Verdicts[1].Open {
		t.Errorf("without a response: %+v", trial)
	}
	var none *Set
	if trial := none.Try(r, in, nil); trial.Did != nil {
		t.Error(trial)
	}
}

// TestTryAnswers: what a rule answers is told, with what others make of it, and what is lacking.
func TestTryAnswers(t *testing.T) {
	set := loaded(t, `[[rule]]
name = "A"
answer = { status = 201, text = "hi", fields = ["X: 1", "Y: 2"] }

[[rule]]
name = "B"
block = "403"

[[rule]]
name = "C"
request.set = ["No: 1"]
response.remove = ["X"]
`, "")
	r := &flow.Row{Kind: flow.KindHTTP, Method: "GET", Host: "a", Path: "/"}
	got := shown(set.Try(r, []Field{{"A", "1", 0}}, nil))
	const all = " A: 1\n\n Content-Type: text/plain; charset=utf-8\n-X: 1\n Y: 2\n\n201 hi true false\n"
	if !strings.HasPrefix(got, all) {
		t.Errorf("%q\nwant\n%q", got, all)
	}
	lacking := loaded(t, "[[rule]]\nanswer = { file = \"none.json\", missing = \"error\" }\n", t.TempDir())
	if trial := lacking.Try(r, nil, nil); trial.Status != 500 || !trial.Failed {
		t.Errorf("%+v", trial)
	}
	passing := loaded(t, "[[rule]]\nanswer.file = \"none.json\"\n[[rule]]\nanswer.folder = \".\"\n[[rule]]\nanswer.text = \"hi\"",
		t.TempDir())
	trial := passing.Try(&flow.Row{Kind: flow.KindHTTP, Method: "GET", Host: "a", Path: "/none"}, nil, nil)
	if len(trial.Did) != 3 || trial.Did[0].Code != reason.RuleFailed || trial.Did[1] != reason.RulePasses.With("2", "none") ||
		trial.Did[2].Code != reason.RuleAnswered || !trial.Failed || trial.Answered != passing.Rules[2] {
		t.Errorf("%+v", trial)
	}
	blocked := loaded(t, "[[rule]]\nblock = \"reset\"\n", "")
	if trial := blocked.Try(r, nil, nil); trial.Blocked == nil || trial.Status != 0 || len(trial.Did) != 1 {
		t.Errorf("%+v", trial)
	}
}

// Pieces that would wait are told, of the response alone where the condition asks for that.
func TestTryPieces(t *testing.T) {
	set := loaded(t, "[[rule]]\ndelay = { piece = '100ms' }\n[[rule]]\nwhen = 'status:404'\ndelay.piece = '1s'\n", "")
	r := &flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "GET", Scheme: "http", Host: "api.test", Path: "/", Status: 404}
	got := set.Try(r, nil, nil)
	want := []flow.Reason{reason.RulePiecesRequest.With("1", 100*time.Millisecond),
		reason.RulePiecesResponse.With("1", 100*time.Millisecond), reason.RulePiecesResponse.With("2", time.Second)}
	if !slices.Equal(got.Did, want) {
		t.Error(got.Did)
	}
	if Piece(set.Rules, true) != 100*time.Millisecond {
		t.Error(Piece(set.Rules, true))
	}
}
