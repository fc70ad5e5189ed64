//go:build !race

package rules

import (
	"fmt"
	"testing"
	"time"

	"posthouse/proxy/proxytest/cputime"
)

// tenThousand is a file of as many rules as it may have.
func tenThousand() []byte {
	var list []Rule
	for i := range MaxRules {
		list = append(list, Rule{Name: fmt.Sprint("rule ", i), When: fmt.Sprintf("host:=api%d.example.com path:/v1/%d method:post", i, i),
			Request: &Edit{Set: []string{fmt.Sprintf("X-Rule: %d", i)}}})
	}
	text, _ := Format(list)
	return text
}

// loadLimit is some ten times what it takes where nothing else runs: what grows faster than the
// number of rules is beyond it.
const loadLimit = time.Second

// TestTenThousandRulesLoad: in the processor time of the best of several runs, so that what else
// runs here does not fail it.
func TestTenThousandRulesLoad(t *testing.T) {
	text := tenThousand()
	best := time.Hour
	for range 5 {
		since := cputime.Used()
		s, err := Load("rules.toml", text, "")
		if best = min(best, cputime.Used()-since); err != nil || len(s.Rules) != MaxRules {
			t.Fatal(err)
		}
		if best < loadLimit {
			break
		}
	}
	t.Log("loaded in", best)
	if best > loadLimit {
		t.Errorf("10,000 rules took %v of processor time, %v is the most", best, loadLimit)
	}
}

func BenchmarkLoad(b *testing.B) {
	text := tenThousand()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Load("rules.toml", text, ""); err != nil {
			b.Fatal(err)
		}
	}
}
