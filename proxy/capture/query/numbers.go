package query

import (
	"math"
	"strconv"
	"strings"
	"time"

	"posthouse/proxy/flow"
)

// status takes codes, classes, ranges and comparisons.
func status(value string) (func(*flow.Row) bool, string) {
	const allowed = "write a status such as 404, 4xx, 200-299 or >=400"
	var ranges [][2]int64
	for _, part := range parts(value) {
		low, high, ok := statusRange(part)
		if !ok {
			return nil, allowed
		}
		ranges = append(ranges, [2]int64{low, high})
	}
	if len(ranges) == 0 {
		return nil, allowed
	}
	return func(r *flow.Row) bool {
		for _, s := range ranges {
			if n := int64(r.Status); n != 0 && n >= s[0] && n <= s[1] {
				return true
			}
		}
		return false
	}, ""
}

func statusRange(text string) (low, high int64, ok bool) {
	if len(text) == 3 && strings.HasSuffix(text, "xx") && text[0] >= '1' && text[0] <= '9' {
		low = int64(text[0]-'0') * 100
		return low, low + 99, true
	}
	if a, b, found := strings.Cut(text, "-"); found {
		low, okA := code(a)
		high, okB := code(b)
		return low, high, okA && okB && low <= high
	}
	return compared(text, code)
}

func code(text string) (int64, bool) {
	n, err := strconv.ParseUint(text, 10, 10)
	return int64(n), err == nil && n <= 999
}

// compared reads an optional <, <=, >, >= before a value, as a range.
func compared(text string, parse func(string) (int64, bool)) (low, high int64, ok bool) {
	for _, op := range [...]string{">=", "<=", ">", "<", "="} {
		rest, found := strings.CutPrefix(text, op)
		if !found {
			continue
		}
		n, ok := parse(rest)
		switch op {
		case ">=":
			return n, math.MaxInt64, ok
		case "<=":
			return math.MinInt64, n, ok
		case ">":
			return n + 1, math.MaxInt64, ok && n < math.MaxInt64
		case "<":
			return math.MinInt64, n - 1, ok
		}
		return n, n, ok
	}
	n, ok := parse(text)
	return n, n, ok
}

func number(parse func(string) (int64, bool), of func(*flow.Row) int64, allowed string) rowTest {
	return func(value string) (func(*flow.Row) bool, string) {
		low, high, ok := compared(strings.ToLower(value), parse)
		if !ok {
			return nil, allowed
		}
		return func(r *flow.Row) bool { n := of(r); return n >= low && n <= high }, ""
	}
}

// size counts kb, mb and gb by 1024, as the window shows them.
func size(text string) (int64, bool) {
	factor := float64(1)
	for _, unit := range [...]struct {
		name  string
		bytes float64
	}{{"gib", 1 << 30}, {"gb", 1 << 30}, {"g", 1 << 30}, {"mib", 1 << 20}, {"mb", 1 << 20}, {"m", 1 << 20}, {"kib", 1 << 10},
		{"kb", 1 << 10}, {"k", 1 << 10}, {"b", 1}} {
		if rest, ok := strings.CutSuffix(text, unit.name); ok {
			text, factor = rest, unit.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0) || n*factor > 1<<62 {
		return 0, false
	}
	return int64(n * factor), true
}

func duration(text string) (int64, bool) {
	d, err := time.ParseDuration(text)
	return int64(d), err == nil && d >= 0
}
