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
	of := func(s string) (chosen []step) {
		for _, name := range strings.Fields(s) {
			chosen = append(chosen, step{name: name, beside: strings.HasPrefix(name, "b")})
		}
		return chosen
	}
	for _, c := range []struct {
		chosen      string
		can         bool
		front, back string
	}{
		{"b1 f1 b2 f2", true, "f1 f2", "b1 b2"},
		{"b1 f1 b2 f2", false, "b1 f1 b2 f2", ""},
		{"b1 b2", true, "b1 b2", ""},
		{"f1", true, "f1", ""},
	} {
		front, back := lanes(of(c.chosen), c.can)
		if !slices.Equal(names(front), strings.Fields(c.front)) || !slices.Equal(names(back), strings.Fields(c.back)) {
			t.Errorf("%s, %v: %q and %q", c.chosen, c.can, names(front), names(back))
		}
	}
}

// A step beside others runs while they do, is counted, and holds up only what must
// come after it.
func TestStepsBesideOthers(t *testing.T) {
	var out strings.Builder
	started, free, ended := make(chan bool), make(chan bool), false
	r := newRunner(t.Context(), []step{
		{name: "slow", beside: true, run: func(r *runner) {
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

// Builds beside others yield to them until these have ended.
func TestBuildsBesideOthersYield(t *testing.T) {
	if !beside() {
		t.Skip("there is no nice")
	}
	r := newRunner(t.Context(), nil)
	b := r.aside(io.Discard)
	usual, err := r.command(nil, "nice") // that of the test itself
	if err != nil {
		t.Fatal(err)
	}
	usual = strings.TrimSpace(usual)
	for _, c := range []struct {
		of    *runner
		alone bool
		want  string
	}{{b, false, "19"}, {b, true, usual}, {r, false, usual}} {
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
	r := newRunner(ctx, []step{{name: "a", beside: true, run: none}, {name: "b", after: []string{"a"}, run: none}})
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
