//go:build !race

package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/proxytest/cputime"
)

// Conditions of many rules: # is their number.
const (
	wordsOf       = "host:=api#.example.com path:/v1/# method:post"
	expressionsOf = `url:/^https?:\/\/img#\.example\.net\/.*\.(png|jpg)$/i`
)

// manyText is a file of so many rules.
func manyText(n int, when string) []byte {
	var list []Rule
	for i := range n {
		list = append(list, Rule{Name: fmt.Sprint("rule ", i), When: strings.ReplaceAll(when, "#", fmt.Sprint(i)),
			Request: &Edit{Set: []string{fmt.Sprintf("X-Rule: %d", i)}}})
	}
	text, _ := Format(list)
	return text
}

// loadTime is the processor time that many rules take to be loaded: the best of several runs, so that what
// else runs here does not count.
func loadTime(t *testing.T, n int, when string) time.Duration {
	t.Helper()
	text, best := manyText(n, when), time.Hour
	for range 5 {
		since := cputime.Used()
		s, err := Load("rules.toml", text, "")
		if best = min(best, cputime.Used()-since); err != nil || len(s.Rules) != n {
			t.Fatal(err)
		}
	}
	return best
}

// TestTenThousandRulesLoad: 10,000 rules take not much more than ten times what 1,000 do, and some ten times
// less than the limit where nothing else runs.
func TestTenThousandRulesLoad(t *testing.T) {
	const limit, growth = time.Second, 30
	for name, when := range map[string]string{"words": wordsOf, "expressions": expressionsOf} {
		few, all := loadTime(t, MaxRules/10, when), loadTime(t, MaxRules, when)
		t.Logf("%s: 1,000 are loaded in %v, 10,000 in %v", name, few, all)
		if all > limit || all > growth*max(few, 5*time.Millisecond) {
			t.Errorf("%s: 10,000 rules took %v of processor time, and 1,000 %v", name, all, few)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for name, when := range map[string]string{"words": wordsOf, "expressions": expressionsOf} {
		b.Run(name, func(b *testing.B) {
			text := manyText(MaxRules, when)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Load("rules.toml", text, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
