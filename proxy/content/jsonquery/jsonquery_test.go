package jsonquery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const store = `{"store":{"book":[{"title":"A","price":8.95,"id":12345678901234567890},{"title":"B","price":12.99}],` +
	`"bicycle":{"price":19}}}`

func TestAnswers(t *testing.T) {
	for source, want := range map[string]string{
		".store.book[].title": "\"A\"\n\"B\"", ".store.book|length": "2", ".store.book[0].id": "12345678901234567890",
		"[..|numbers]|add > 40": "true", "empty": "", "halt": "", "$": "", "nan, infinite": "null\n1.7976931348623157e+308",
		"$.store.book[*].title": "\"A\"\n\"B\"", "$..price": "19\n8.95\n12.99", "$.store.book[?@.price > 10].title": "\"B\"",
		"$['store']['bicycle']": "{\n  \"price\": 19\n}", "$.store.book[-1:].title": "\"B\"",
		"$.nope": "", `"<é>"`: "\"<é>\"",
		"{a:[],b:{},c:[1]}":                "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1\n  ]\n}",
		"$.store.book[0]['title','price']": "\"A\"\n8.95",
	} {
		answer, err := Run(t.Context(), source, store)
		if source == "$" {
			want = answer.Text // the whole
			if !strings.HasPrefix(want, "{\n  \"store\"") {
				t.Errorf("%q", want)
			}
		}
		if err != nil || answer.Text != want || answer.More {
			t.Errorf("%s: %q (%v), want %q", source, answer.Text, err, want)
		}
	}
	if answer, err := Run(t.Context(), ".a", "{\"a\":1}\n{\"a\":2}"); err != nil || answer.Text != "1\n2" || answer.Results != 2 {
		t.Errorf("of several values: %+v, %v", answer, err)
	}
}

func TestQuestionsThatAreNone(t *testing.T) {
	for source, syntax := range map[string]bool{".a |": true, "$..[": true, "nope": true, "input": true, `import "a" as a; .`: true,
		".store.book.x": false, `error("x")`: false, "$[?": true, strings.Repeat(" ", MaxSource+1): true} {
		var bad *Error
		if _, err := Run(t.Context(), source, store); !errors.As(err, &bad) || bad.Syntax != syntax || bad.Msg == "" {
			t.Errorf("%.20s: %#v", source, err)
		}
	}
	if answer, err := Run(t.Context(), ".", "[1] x"); !errors.Is(err, ErrNoJSON) || answer.Results != 1 {
		t.Errorf("%+v, %v", answer, err)
	}
	if answer, err := Run(t.Context(), "$ENV, env", "1"); err != nil || answer.Text != "{}\n{}" {
		t.Errorf("the environment is seen: %+v, %v", answer, err)
	}
}

// What is wrong is told apart, and where.
func TestFaultsAndTheirPlaces(t *testing.T) {
	for source, want := range map[string]Error{
		".a |": {Fault: FaultEnd}, ".store.": {Fault: FaultEnd}, ".a}": {Fault: FaultToken, At: 3, Token: "}"},
		`"é" | ]`: {Fault: FaultToken, At: 7, Token: "]"}, "nope": {Fault: FaultFunction}, "$x": {Fault: FaultVariable},
		".store.book.title": {Fault: FaultNotObject}, ".store[0]": {Fault: FaultNotArray},
		".store.bicycle.price[]": {Fault: FaultNotEach}, `error("x")`: {},
		"$..[": {Fault: FaultEnd}, "$.store.[": {Fault: FaultToken, At: 9}, "$[?nope(@)]": {Fault: FaultFunction},
	} {
		var bad *Error
		_, err := Run(t.Context(), source, store)
		if !errors.As(err, &bad) || bad.Fault != want.Fault || bad.At != want.At || bad.Token != want.Token {
			t.Errorf("%s: %+v, want %+v", source, bad, want)
		}
	}
}

// Whatever is asked, time, memory and results have an end.
func TestLimits(t *testing.T) {
	wide := "[" + strings.Repeat("[1,[2,[3]]],", 20_000) + "0]"
	for source, want := range map[string]error{
		"def f: [f]; f": ErrHeap, "def f: f; f": ErrTime, "last(range(1e12))": ErrTime, "[range(1e12)]": ErrHeap,
		"$..[?$..[?$.x]]": ErrComplex, "$..[?@..*..*..*]": ErrComplex,
	} {
		begun := time.Now()
		_, err := Run(t.Context(), source, wide)
		if !errors.Is(err, want) && !(want == ErrHeap && errors.Is(err, ErrTime)) { // on a busy machine it comes no further
			t.Errorf("%s: %v after %v", source, err, time.Since(begun))
		}
	}
	for source, results := range map[string]int{"range(20000)": MaxResults, ".[]|.[]?": MaxResults, "$..*": MaxResults,
		"reduce range(60) as $i (1; [.,.])": 0} {
		answer, err := Run(t.Context(), source, wide)
		late := errors.Is(err, ErrTime)
		if err != nil && !late || !late && (!answer.More || answer.Results != results) || len(answer.Text) > MaxOutput+1 {
			t.Errorf("%s: %d results, %v, %v", source, answer.Results, answer.More, err)
		}
	}
	if _, err := Run(t.Context(), ".", strings.Repeat(" ", MaxInput+1)); !errors.Is(err, ErrInput) {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ended, "last(range(1e12))", "1"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestLanguages(t *testing.T) {
	for source, want := range map[string]Language{"$": JSONPath, " $.a": JSONPath, "$[0]": JSONPath, "$ENV": JQ, ".a": JQ, "": JQ,
		"$__loc__": JQ} {
		if LanguageOf(source) != want {
			t.Errorf("%q", source)
		}
	}
}

func FuzzRun(f *testing.F) {
	for _, s := range []string{".a[]?", "$..a[?@.b>1]", "[.[]|.a]", "$[0:2]", "tojson", "$..*"} {
		f.Add(s, `{"a":[{"b":1},2]}`)
	}
	f.Fuzz(func(t *testing.T, source, text string) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		answer, err := Run(ctx, source, text)
		if answer.Results > MaxResults {
			t.Fatal(fmt.Sprint(answer.Results), err)
		}
	})
}
