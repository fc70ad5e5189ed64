package rules

import (
	"strings"
	"testing"

	"posthouse/proxy/flow"
)

// Whether a rule may answer in a tunnel is found whatever its condition needs, and by no other rule.
func TestRulesThatMayAnswer(t *testing.T) {
	for when, may := range map[string]bool{
		"": true, "path:/users": true, "host:api path:/users": true, "host:=api.test path:/users method:post": true,
		"method:options": true,
		"host:=api.test": true, "host:other": false, "host:=other.test path:/users": false,
		"url:api.test/v1": true, "url:https://api": true,
		"url:http://other": true, "-host:api": false, "-path:/users": true, "host:other | path:/x": true, "is:secure": true,
	} {
		for _, does := range []string{"answer.text='x'", "block='403'", "cors=true"} {
			s := mustLoad(t, "[[rule]]\nwhen='host:unasked'\nblock='403'\n[[rule]]\nwhen='"+when+"'\n"+does)
			r := flow.Row{Kind: flow.KindTunnel, Host: "api.test:443"}
			if got := s.MayAnswer(&r); got != may {
				t.Errorf("%q %s: %v", when, does, got)
			}
		}
	}
	for _, text := range []string{"", "[[rule]]\nrequest.set=['A: b']\n[[rule]]\nwhen='path:/x'\nresolve='1.2.3.4'",
		"[[rule]]\noff=true\nanswer.text='x'\n[[rule]]\nbreak='both'"} {
		if s := mustLoad(t, text); s.MayAnswer(&flow.Row{Kind: flow.KindTunnel, Host: "api.test:443"}) {
			t.Errorf("%q", text)
		}
	}
	s := mustLoad(t, "[[rule]]\nwhen='path:/x'\nsend.host='b.test'\n[[rule]]\nwhen='host:c'\nresolve='1.2.3.4'")
	if !s.MayLead(&flow.Row{Kind: flow.KindTunnel, Host: "a.test:443"}) {
		t.Error("none leads")
	}
}

// With many rules for other hosts a tunnel is not held up.
func BenchmarkMayAnswer(b *testing.B) {
	s := manyOf(b, 1000, "host:=host#.test path:/users")
	for i := range s.Rules {
		s.Rules[i].Answer = &Answer{Text: "x"}
	}
	again, err := Compile(rulesOf(s), "")
	if err != nil {
		b.Fatal(err)
	}
	r := flow.Row{Kind: flow.KindTunnel, Host: strings.Repeat("a", 20) + ".test:443"}
	b.ReportAllocs()
	for b.Loop() {
		if again.MayAnswer(&r) {
			b.Fatal("it may")
		}
	}
}

// rulesOf are the rules of a set as they were written.
func rulesOf(s *Set) (list []Rule) {
	for _, c := range s.Rules {
		list = append(list, c.Rule)
	}
	return list
}
