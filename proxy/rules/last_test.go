package rules

import "testing"

// A rule that is the last one keeps those behind it from applying, whatever is open before it.
func TestLastHoldsBehindWhatIsOpen(t *testing.T) {
	s := mustLoad(t, `
[[rule]]
when = "status:5xx"
mark = "red"
[[rule]]
when = "host:api"
last = true
mark = "blue"
[[rule]]
when = "host:api"
block = "403"
`)
	r := row("GET", "api.test", "/")
	for what, matched := range map[string][]*Compiled{"Request": s.Request(r), "a trial": s.would(r)} {
		if len(matched) != 2 || matched[0] != s.Rules[0] || matched[1] != s.Rules[1] {
			t.Errorf("%s finds %d rules", what, len(matched))
		}
	}
	if trial := s.Try(r, nil, nil); trial.Blocked != nil {
		t.Error("the trial says that it is blocked")
	}
}
