package main

import (
	"strings"
	"testing"
)

const aRun = `
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- PASS: TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:9: got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestB","Elapsed":0.1}
{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:9: no tool\n"}
{"Action":"skip","Package":"p","Test":"TestC","Elapsed":0}
{"Action":"output","Package":"p","Test":"TestD","Output":"--- SKIP: TestD (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestD","Elapsed":0}
{"Action":"fail","Package":"p","Elapsed":0.3}
{"Action":"pass","Package":"empty","Elapsed":0.3}
{"ImportPath":"broken","Action":"build-output","Output":"x.go:1: no\n"}
{"ImportPath":"broken","Action":"build-fail"}
{"Action":"fail","Package":"broken","Elapsed":0,"FailedBuild":"broken"}
`

func TestReportCounts(t *testing.T) {
	for _, c := range []struct {
		strict bool
		want   tally
	}{
		{false, tally{passed: 1, failed: 2, skipped: 2}},
		{true, tally{passed: 1, failed: 3, skipped: 1}},
	} {
		var out strings.Builder
		p := newReport(&out, c.strict)
		if err := p.read(strings.NewReader(strings.TrimSpace(aRun))); err != nil {
			t.Fatal(err)
		}
		if p.tally != c.want {
			t.Errorf("strict %v: %+v, want %+v", c.strict, p.tally, c.want)
		}
		for _, line := range []string{"got 1, want 2", "skip  p TestC: no tool", "x.go:1: no", "FAIL  broken"} {
			if !strings.Contains(out.String(), line) {
				t.Errorf("strict %v: %q is not in the report:\n%s", c.strict, line, out.String())
			}
		}
	}
}

// A test that was running when its process died is not lost.
func TestReportOfACrash(t *testing.T) {
	const crash = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"fatal error: all goroutines are asleep\n"}
{"Action":"fail","Package":"p","Elapsed":0.3}`
	var out strings.Builder
	p := newReport(&out, false)
	if err := p.read(strings.NewReader(crash)); err != nil {
		t.Fatal(err)
	}
	if p.failed != 1 || !strings.Contains(out.String(), "goroutines are asleep") {
		t.Errorf("%+v\n%s", p.tally, out.String())
	}
}

func TestUnknownStepIsRefused(t *testing.T) {
	if _, err := choose([]string{"unit", "unti"}); err == nil || !strings.Contains(err.Error(), `"unti"`) {
		t.Errorf("got %v", err)
	}
}
