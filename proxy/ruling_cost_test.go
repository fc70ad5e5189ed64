package proxy_test

import (
	"fmt"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/capture"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/rules"
)

// ruledExchanger is an exchanger whose proxy has so many rules, none of which matches what an exchanger asks.
func ruledExchanger(t testing.TB, n int, conditions ...string) *exchanger {
	t.Helper()
	options := proxytest.Options{Capture: capture.Options{RecordingOff: true}}
	if n > 0 {
		var b strings.Builder
		for i := range n {
			when := strings.ReplaceAll(conditions[i%len(conditions)], "#", fmt.Sprint(i))
			fmt.Fprintf(&b, "[[rule]]\nwhen = '''%s'''\nrequest.set = [\"X-Rule: %d\"]\n", when, i)
		}
		set, err := rules.Load("rules.toml", []byte(b.String()), "")
		if err != nil {
			t.Fatal(err)
		}
		options.Config = proxy.Config{Rules: set}
	}
	return newExchanger(t, options)
}

// Conditions that the index knows, and some that each request is asked.
var (
	indexed = []string{"host:api#.test method:post", "path:/v1/users/#", "host:=www#.example.com is:secure", `url:/^https:\/\/img#\.test/`}
	always  = []string{`path:/^\/[a-z]+\/\d+#$/`, "scheme:wss", "is:secure", "client:10.0.0.1"}
)

// Rules that do not match cost an exchange no memory, as long as host, path and method tell that; others cost it
// the texts that they look at.
func TestAllocationsWithRulesThatMiss(t *testing.T) {
	for name, c := range map[string]struct {
		conditions []string
		most       float64
	}{"indexed": {indexed, 0}, "always": {always, 3}} {
		t.Run(name, func(t *testing.T) {
			e := ruledExchanger(t, 1000, c.conditions...)
			for range 500 {
				e.exchange(t)
			}
			if n := testing.AllocsPerRun(1000, func() { e.exchange(t) }); n > c.most && !raceDetector {
				t.Errorf("%v allocations per exchange, want at most %v", n, c.most)
			}
		})
	}
}

// BenchmarkExchangeRules is what rules cost an exchange that none of them matches.
func BenchmarkExchangeRules(b *testing.B) {
	for _, c := range []struct {
		name       string
		n          int
		conditions []string
	}{{"none", 0, nil}, {"1000 indexed", 1000, indexed}, {"10 always", 10, always}, {"1000 always", 1000, always}} {
		b.Run(c.name, func(b *testing.B) {
			e := ruledExchanger(b, c.n, c.conditions...)
			b.ReportAllocs()
			for b.Loop() {
				e.exchange(b)
			}
		})
	}
}
