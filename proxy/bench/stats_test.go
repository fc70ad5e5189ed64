package main

import (
	"math"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		list []float64
		want float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		if got := median(c.list); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.list, got, c.want)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("the median of nothing is a number")
	}
}

func TestMedianLeavesTheListAsItIs(t *testing.T) {
	list := []float64{3, 1, 2}
	median(list)
	if list[0] != 3 || list[1] != 1 || list[2] != 2 {
		t.Errorf("the list became %v", list)
	}
}

func TestSpread(t *testing.T) {
	if got := spread([]float64{90, 100, 120}); got != 0.3 {
		t.Errorf("spread is %v, want 0.3", got)
	}
}

// A round in which the whole machine is half as fast must not move a ratio.
func TestRatioIsTakenRoundByRound(t *testing.T) {
	r := results{
		"a": {{"rps": 200}, {"rps": 100}, {"rps": 210}},
		"b": {{"rps": 100}, {"rps": 50}, {"rps": 105}},
	}
	if got := r.ratio("a", "b", "rps"); got != 2 {
		t.Errorf("ratio is %v, want 2", got)
	}
	if !math.IsNaN(r.ratio("a", "nobody", "rps")) {
		t.Error("a ratio to nobody is a number")
	}
}

func TestBest(t *testing.T) {
	r := results{"slow": {{"rps": 1}}, "fast": {{"rps": 9}}, "failed": nil}
	names := []string{"failed", "slow", "fast", "absent"}
	if got := r.best(names, "rps", false); got != "fast" {
		t.Errorf("the most is %q", got)
	}
	if got := r.best(names, "rps", true); got != "slow" {
		t.Errorf("the least is %q", got)
	}
	if got := r.best([]string{"absent"}, "rps", false); got != "" {
		t.Errorf("the best of nobody is %q", got)
	}
}

func TestHistogram(t *testing.T) {
	var h, other histogram
	for us := range int64(99) {
		h.add(us + 1)
	}
	other.add(1 << 40)
	other.add(-1)
	if !math.IsNaN(new(histogram).percentile(50)) {
		t.Error("an empty histogram has a median")
	}
	if got := h.percentile(50); got != 50 {
		t.Errorf("p50 is %v, want 50", got)
	}
	if got := h.percentile(99); got != 99 {
		t.Errorf("p99 is %v, want 99", got)
	}
	h.merge(&other)
	if h.count != 101 || h.percentile(100) != float64(len(h.buckets)-1) || h.percentile(0) != 0 {
		t.Errorf("after merging: %d counted, longest %v, shortest %v", h.count, h.percentile(100), h.percentile(0))
	}
}

func TestQuartersShowGrowth(t *testing.T) {
	var series []int64
	for i := range int64(100) {
		series = append(series, 1000+i)
	}
	third, fourth := quarters(series)
	if third != 1062 || fourth != 1087 {
		t.Errorf("quarters are %v and %v, want 1062 and 1087", third, fourth)
	}
}

func TestDifferenceIsTakenWithinRounds(t *testing.T) {
	r := results{"a": {{"ms": 5}, {"ms": 50}, {"ms": 7}}, "b": {{"ms": 1}, {"ms": 47}, {"ms": 2}}}
	if got := r.difference("a", "b", "ms"); got != 4 {
		t.Errorf("%v, want 4", got)
	}
	if got := r.difference("a", "c", "ms"); !math.IsNaN(got) {
		t.Errorf("the difference to nothing is %v", got)
	}
}
