package rules

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

// tryOn tries rules on an exchange with bodies.
func tryOn(t *testing.T, set *Set, response []Field, request, answer string) *Trial {
	t.Helper()
	r := &flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "POST", Scheme: "http", Host: "api.test", Path: "/", Status: 200}
	return set.TryWhole(context.Background(), r, []Field{{"Content-Length", "9", 0}}, response,
		[2]TrialBody{{Known: true, Bytes: []byte(request)}, {Known: true, Bytes: []byte(answer)}})
}

func toldOf(t *Trial) string {
	var all []string
	for _, r := range t.Did {
		all = append(all, reason.English(r))
	}
	return strings.Join(all, "\n")
}

// What rules make of bodies is what they make of those that pass, coding and all; what they cannot do
// is told as the row would.
func TestTryBodies(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "new.txt"), []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	json := []Field{{"Content-Type", "application/json", 0}}
	coded := []Field{{"Content-Encoding", "gzip", 0}}
	for name, c := range map[string]struct {
		rules, request, answer string
		fields                 []Field
		before, after          string // of the response
		told                   string
	}{
		"replaced": {"response.body.replace=[{find='cat', with='tiger'}, {find='/t(i)g/', with='T${1}G'}]", "a", "a cat", nil,
			"a cat", "a TiGer", "The rule A changed the body of the response."},
		"nothing found": {"response.body.replace=[{find='dog', with='tiger'}]", "a", "a cat", nil, "a cat", "",
			"The rule A applied, and changed nothing that passed."},
		"json": {"response.body.json=[{path='$.a', value='2'}]", "a", `{"a": 1}`, json, `{"a": 1}`, `{"a": 2}`,
			"The rule A changed the body of the response."},
		"no json": {"response.body.json=[{path='$.a', value='2'}]", "a", `{"a": `, json, `{"a": `, "", "The rule A could not"},
		"coded": {"response.body.replace=[{find='cat', with='tiger'}]", "a", string(zipped("a cat")), coded, "a cat", "a tiger",
			"The rule A changed the body of the response."},
		"badly coded": {"response.body.replace=[{find='cat', with='tiger'}]", "a", "a cat", coded, "a cat", "", "could not be decoded"},
		"text":        {"response.body.text='new'", "a", "a cat", nil, "a cat", "new", "The rule A changed the body of the response."},
		"file": {"response.body.file='new.txt'", "a", "a cat", nil, "a cat", "from a file",
			"The rule A changed the body of the response."},
		"no file": {"response.body.file='none.txt'", "a", "a cat", nil, "a cat", "", "The rule A could not"},
		"part": {"response.body.text='new'", "a", "a cat", []Field{{"Content-Range", "bytes 0-4/9", 0}}, "a cat", "",
			"the body is a part of a whole"},
		"bodiless": {"response.status=204\nresponse.body.text='new'", "a", "a cat", nil, "a cat", "new", ""},
	} {
		t.Run(name, func(t *testing.T) {
			trial := tryOn(t, loaded(t, "[[rule]]\nname='A'\n"+c.rules, dir), c.fields, c.request, c.answer)
			b := trial.Bodies[1]
			if b == nil || b.Lack != LackNothing {
				t.Fatalf("%+v", b)
			}
			if string(b.Before) != c.before || string(b.After) != c.after || (b.After == nil) != (c.after == "") {
				t.Errorf("%q became %q", b.Before, b.After)
			}
			if got := toldOf(trial); !strings.Contains(got, c.told) {
				t.Errorf("told: %s", got)
			}
			if failed := strings.Contains(toldOf(trial), "could not"); failed != trial.Failed {
				t.Errorf("failed: %v", trial.Failed)
			}
		})
	}
}

// What becomes a GET has no body put into it.
func TestTryPutsNoBodyIntoAGet(t *testing.T) {
	trial := tryOn(t, loaded(t, "[[rule]]\nname='A'\nrequest.method='GET'\nrequest.body.text='new'", ""), nil, "", "")
	if got := toldOf(trial); trial.Method[1] != "GET" || trial.Bodies[0].After != nil || !strings.Contains(got, "goes with no GET") {
		t.Errorf("%+v; %s", trial, got)
	}
}

// Of a body that is not there it is told which rules are for it; what takes its place is known all
// the same.
func TestTryWithoutBodies(t *testing.T) {
	r := &flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "POST", Host: "api.test", Path: "/", Status: 200}
	set := loaded(t, "[[rule]]\nname='A'\nrequest.body.replace=[{find='a', with='b'}]\nresponse.body.text='new'\n", "")
	trial := set.Try(r, nil, nil)
	if b := trial.Bodies[0]; b == nil || b.Lack != LackBody || b.After != nil {
		t.Errorf("%+v", b)
	}
	if b := trial.Bodies[1]; b == nil || string(b.After) != "new" {
		t.Errorf("%+v", b)
	}
	if got := toldOf(trial); !strings.Contains(got, "The rule A changed the body of the request.") {
		t.Error(got)
	}
	long := tryOn(t, loaded(t, "[[rule]]\nname='A'\nresponse.body.replace=[{find='a', with='b'}]", ""), nil, "",
		strings.Repeat("x", MaxBody+1))
	if b := long.Bodies[1]; b.Lack != LackLong || b.Before != nil {
		t.Errorf("%v", b.Lack)
	}
	set = loaded(t, "[[rule]]\nname='A'\nresponse.body.json=[{path='$.a', value='1'}]", "")
	whole := tryOn(t, set, nil, "", strings.Repeat("x", MaxBody+1))
	if got := toldOf(whole); !strings.Contains(got, "longer than") || !whole.Failed {
		t.Error(got)
	}
}

// What a rule answers is changed by others; its length is told.
func TestTryAnswersWithBodies(t *testing.T) {
	set := loaded(t, "[[rule]]\nname='A'\nanswer.text='a cat'\nfail='10%'\n[[rule]]\nname='B'\n"+
		"response.body.replace=[{find='cat', with='tiger'}]\n", "")
	trial := tryOn(t, set, nil, "", "")
	if b := trial.Bodies[1]; string(b.Before) != "a cat" || string(b.After) != "a tiger" || string(trial.Body) != "a tiger" ||
		trial.Length != 5 {
		t.Errorf("%+v, %q, %d", b, trial.Body, trial.Length)
	}
	if len(trial.Shares) != 1 || trial.Shares[0].Fail != "10%" {
		t.Errorf("%+v", trial.Shares)
	}
}

// Where it waits, for whom and how long, and what is slow, is told.
func TestTryWaits(t *testing.T) {
	set := loaded(t, "[[rule]]\nname='A'\nbreak='both'\ndelay={request='1s', response='2s'}\n"+
		"throttle={down='800 bit/s', latency='500ms'}\n"+
		"[[rule]]\nname='B'\nthrottle={down='8 kbit/s', up='80 kbit/s'}\n", "")
	trial := tryOn(t, set, nil, "", "")
	if trial.Waits != [2]time.Duration{1500 * time.Millisecond, 2 * time.Second} {
		t.Error(trial.Waits)
	}
	if trial.Slow[0].Rate() != 10_000 || trial.Slow[1].Rate() != 100 {
		t.Errorf("%d %d", trial.Slow[0].Rate(), trial.Slow[1].Rate())
	}
	if trial.Breaks[0] != set.Rules[0] || trial.Breaks[1] != set.Rules[0] {
		t.Error(trial.Breaks)
	}
	if got := toldOf(trial); !strings.Contains(got, "The rule B had it pass a slow line: 8 kbit/s down, 80 kbit/s up.") {
		t.Error(got)
	}
	over := tryOn(t, loaded(t, "[[rule]]\nname='A'\nbreak='both'\n[[rule]]\nblock='403'\n", ""), nil, "", "")
	if over.Breaks[0] != nil || over.Breaks[1] != nil || strings.Count(toldOf(over), "did not wait: a rule answers or blocks it") != 2 {
		t.Error(toldOf(over))
	}
}

// A trial that nobody waits for any longer ends midway.
func TestTryEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	set := loaded(t, "[[rule]]\nname='A'\nresponse.body.replace=[{find='x', with='y'}]", "")
	r := &flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Method: "GET", Host: "api.test", Path: "/", Status: 200}
	body := bytes.Repeat([]byte("x"), 4*copyPiece)
	trial := set.TryWhole(ctx, r, nil, nil, [2]TrialBody{{}, {Known: true, Bytes: body}})
	if trial.Bodies[1].After != nil {
		t.Errorf("it went on to %d bytes", len(trial.Bodies[1].After))
	}
}

// Of an answer whose body no rule could change its length is known.
func TestTryAnAnswerThatStaysAsItIs(t *testing.T) {
	set, err := Compile([]Rule{{Name: "A", When: "host:api.test", Answer: &Answer{Text: "hello"}},
		{Name: "B", When: "host:api.test", Response: &Edit{Body: &Body{File: "none.txt"}}}}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	got := tryOn(t, set, nil, "", "")
	if b := got.Bodies[1]; b == nil || b.Coded != [2]int64{5, 5} || b.After != nil || !got.Failed {
		t.Errorf("%+v %s", b, toldOf(got))
	}
}
