package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func names(steps []step) (names []string) {
	for _, s := range steps {
		names = append(names, s.name)
	}
	return names
}

func TestLanes(t *testing.T) {
	kinds := map[byte]lane{'f': front, 'w': waiting, 'c': compiling}
	of := func(s string) (chosen []step) {
		for _, name := range strings.Fields(s) {
			chosen = append(chosen, step{name: name, lane: kinds[name[0]]})
		}
		return chosen
	}
	for _, c := range []struct {
		chosen string
		can    bool
		want   string
	}{
		{"c1 f1 c2 w1 f2 w2", true, "f1 f2|w1 w2|c1 c2"},
		{"c1 f1 w1 c2 f2", false, "c1 f1 w1 c2 f2"},
		{"c1 c2", true, "c1 c2"},
		{"w1 c1", true, "w1|c1"},
		{"f1", true, "f1"},
	} {
		var got []string
		for _, l := range lanes(of(c.chosen), c.can) {
			got = append(got, strings.Join(names(l), " "))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s, %v: %q, want %s", c.chosen, c.can, got, c.want)
		}
	}
}

// A step beside others runs while they do, is counted, and holds up only what must
// come after it.
func TestStepsBesideOthers(t *testing.T) {
	var out strings.Builder
	started, free, ended := make(chan bool), make(chan bool), false
	r := newRunner(t.Context(), []step{
		{name: "slow", lane: compiling, run: func(r *runner) {
			started <- true
			<-free
			ended = true
			r.check("of slow", func() error { return nil })
			if !r.low {
				t.Error("a step beside others is not at low priority")
			}
		}},
		{name: "quick", run: func(r *runner) {
			r.check("of quick", func() error { return skip("no") })
			select {
			case <-started:
			case <-time.After(10 * time.Second):
				t.Error("slow does not run beside it")
			}
			close(free)
		}},
		{name: "last", after: []string{"slow", "not chosen"}, run: func(*runner) {
			if !ended {
				t.Error("it did not wait for slow")
			}
		}},
	})
	r.out = &shared{to: &out}
	r.all(true)
	if want := (tally{passed: 1, skipped: 1}); r.tally != want {
		t.Errorf("%+v, want %+v\n%s", r.tally, want, out.String())
	}
	_, slow, _ := strings.Cut(out.String(), "== slow")
	if !strings.HasPrefix(slow, ": \nok    of slow (0s)\n-- slow took ") {
		t.Errorf("what slow said is not in one piece: %q", slow)
	}
}

// Tests beside others are no builds: these yield until the tests of both lanes have ended.
func TestTestsBesideOthers(t *testing.T) {
	var yields []bool
	free, began, seen := make(chan bool), make(chan bool), make(chan bool)
	r := newRunner(t.Context(), []step{
		{name: "tests", run: func(r *runner) {
			r.check("of tests", func() error { return nil })
			<-began
			if !r.yields.Load() {
				t.Error("tests do not yield to those of other programs")
			}
			close(seen)
		}},
		{name: "programs", lane: waiting, run: func(r *runner) {
			r.check("of programs", func() error { return nil })
			close(began)
			<-free
			<-seen
			yields = append(yields, !r.alone.Load())
			if r.yields.Load() {
				t.Error("tests of other programs yield")
			}
		}},
		{name: "builds", lane: compiling, run: func(r *runner) {
			yields = append(yields, !r.alone.Load())
			close(free)
		}},
	})
	r.out = io.Discard
	r.all(true)
	if want := (tally{passed: 2}); r.tally != want {
		t.Errorf("%+v, want %+v", r.tally, want)
	}
	if !slices.Equal(yields, []bool{true, true}) || !r.alone.Load() || r.yields.Load() {
		t.Errorf("builds yield beside tests: %v, after them: %v", yields, !r.alone.Load())
	}
}

// Builds beside others yield to them until these have ended.
func TestBuildsBesideOthersYield(t *testing.T) {
	if !beside() {
		t.Skip("there is no nice")
	}
	r := newRunner(t.Context(), nil)
	b, tests := r.aside(compiling, io.Discard), r.aside(waiting, io.Discard)
	usual, err := r.command(nil, "nice") // that of the test itself
	if err != nil {
		t.Fatal(err)
	}
	usual = strings.TrimSpace(usual)
	for _, c := range []struct {
		of    *runner
		alone bool
		want  string
	}{{b, false, "19"}, {b, true, usual}, {r, false, usual}, {tests, false, usual}} {
		r.alone.Store(c.alone)
		if got, err := c.of.build(nil, "nice"); err != nil || strings.TrimSpace(got) != c.want {
			t.Errorf("low %v, alone %v: at %q (%v), want %s", c.of.low, c.alone, got, err, c.want)
		}
	}
}

// What is interrupted fails, in both lanes, and nothing waits for ever.
func TestInterruptedSteps(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	none := func(*runner) { t.Error("it runs") }
	r := newRunner(ctx, []step{{name: "a", lane: compiling, run: none}, {name: "b", after: []string{"a"}, run: none}})
	r.out = io.Discard
	r.all(true)
	if r.failed != 2 {
		t.Errorf("%d failed, want 2", r.failed)
	}
}

// Each step that must come first is there, before those that wait for it.
func TestStepsWaitForThoseBefore(t *testing.T) {
	for i, s := range steps {
		for _, name := range s.after {
			if !slices.Contains(names(steps[:i]), name) {
				t.Errorf("%s waits for %s, which does not come before it", s.name, name)
			}
		}
	}
}
