package proxy_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/h2test"
	"posthouse/proxy/reason"
)

// answersLate answers after what its rules have a response wait, one of which is not known in time.
const answersLate = "[[rule]]\nname='Hi'\nwhen='path:/p'\nanswer.text='hi'\n[[rule]]\nname='Wait'\n" +
	"delay={request='20ms', response='40ms'}\n[[rule]]\nname='Found'\nwhen='status:200'\ndelay.response='9m'\n"

func saidLate() []flow.Reason {
	return []flow.Reason{reason.RuleDelayed.With("Wait", 20*time.Millisecond), reason.RuleDelayed.With("Wait", 40*time.Millisecond),
		reason.RuleAnswered.With("Hi"), reason.RuleFailed.With("Found", reason.RuleAnswerLate.With())}
}

// What a rule answers waits as a response does, and the row says of each rule how long, or that it could not be.
func TestRulesDelayAnswers(t *testing.T) {
	p := ruled(t, answersLate)
	client, began := p.Client(), time.Now()
	client.Send("GET http://nowhere.invalid/p HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	client.ExpectStatus(200)
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	row := p.Finished(1)
	if got := p.Exchange(1).Ruled.Did; !slices.Equal(got, saidLate()) || row.Effects&flow.EffectFailed == 0 {
		t.Errorf("%v %v", row.Effects, got)
	}
}

// Over HTTP/2 too.
func TestRulesDelayAnswersOverHTTP2(t *testing.T) {
	route := ruledRoute(t, answersLate)
	client, _ := route.Started()
	began := time.Now()
	client.Send(client.Headers(1, on("GET", "/p")...).End())
	client.ExpectHead(1)
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	row, _, _ := finishedAt(route, "/p")
	if got := route.Proxy.Exchange(row.ID).Ruled.Did; !slices.Equal(got, saidLate()) {
		t.Error(got)
	}
}

// A request that rules have wait says of each how long that was.
func TestDelaysNameTheirRules(t *testing.T) {
	p := ruled(t, "[[rule]]\nname='One'\ndelay={request='10ms', response='11ms'}\n"+
		"[[rule]]\nname='Two'\ndelay={request='12ms', piece='1ms'}\n")
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
	client.ExpectStatus(200)
	p.Finished(1)
	if got := p.Exchange(1).Ruled.Did; !slices.Equal(got, []flow.Reason{reason.RuleDelayed.With("One", 10*time.Millisecond),
		reason.RuleDelayed.With("Two", 12*time.Millisecond), reason.RuleDelayed.With("One", 11*time.Millisecond),
		reason.RulePiecesResponse.With("Two", time.Millisecond)}) {
		t.Error(got)
	}
}

// A response behind which another protocol is spoken passes as it came, and the row says which rules
// that leaves undone; a trial says the same.
func TestRulesLeaveSwitchesAlone(t *testing.T) {
	text := "[[rule]]\nname='Head'\nresponse.set=['X: 1']\n[[rule]]\nname='Wait'\nwhen='status:101'\ndelay.response='9m'\n" +
		"[[rule]]\nname='Stop'\nbreak='response'\n[[rule]]\nname='Seen'\nmark='red'\n"
	p, _ := atBreaks(t, text)
	origin, client := p.Origin(), p.Client()
	client.Send(upgrading)
	at := origin.Accept()
	at.Expect(upgradeAsked)
	at.Send(switched + "hello")
	client.Expect(switched + "hello")
	client.Close()
	at.Close()
	failed := func(label string) flow.Reason { return reason.RuleFailed.With(label, reason.RuleSwitches.With()) }
	want := []flow.Reason{failed("Head"), failed("Wait"),
		reason.BreakPassed.With("Stop", reason.BreakTheResponse.With(), reason.BreakStream.With()), reason.RuleIdle.With("Seen")}
	row := p.Finished(1)
	if got := p.Exchange(1).Ruled.Did; !slices.Equal(got, want) || row.Effects&flow.EffectFailed == 0 {
		t.Errorf("%v %v", row.Effects, got)
	}
	tried := flow.Row{Kind: flow.KindUpgraded, Phase: flow.PhaseDone, Method: "GET", Scheme: "http", Host: "a.test", Path: "/", Status: 101}
	if got := ruleSet(t, text).Try(&tried, nil, nil).Did; !slices.Equal(got, want) {
		t.Error(got)
	}
}

// A rule that applied and changed nothing is named, once and when the row ends, and one that did something is not.
func TestRulesThatChangedNothingAreNamed(t *testing.T) {
	text := "[[rule]]\nname='None'\nwhen='path:/p'\nrequest.remove=['X-None']\n[[rule]]\nname='Body'\nwhen='path:/p'\n" +
		"response.body.replace=[{find='zz', with='ho'}]\n[[rule]]\nname='Late'\nwhen='status:200 path:/p'\nnote='hm'\n" +
		"[[rule]]\nname='Did'\nwhen='path:/p'\nrequest.remove=['X-None']\nresponse.set=['X: 1']\n"
	want := []flow.Reason{reason.RuleResponse.With("Did"), reason.RuleIdle.With("None"), reason.RuleIdle.With("Body"),
		reason.RuleIdle.With("Late")}
	p := ruled(t, text)
	origin, client := p.Origin(), p.Client()
	client.Send("GET http://{origin}/p HTTP/1.1\r\nHost: {origin}\r\n\r\n")
	at := origin.Accept()
	at.ExpectHead()
	at.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
	client.ExpectStatus(200)
	sorted := func(list []flow.Reason) []flow.Reason {
		return slices.SortedFunc(slices.Values(list), func(a, b flow.Reason) int {
			return cmp.Compare(reason.English(a), reason.English(b))
		})
	}
	if got := p.Exchange(1).Ruled.Did; !slices.Equal(sorted(got), sorted(want)) {
		t.Error(got)
	}
	route := ruledRoute(t, text)
	h2client, h2origin := route.Started()
	h2client.Send(h2client.Headers(1, on("GET", "/p")...).End())
	h2origin.ExpectHead(1)
	h2origin.Send(h2origin.Headers(1, ":status: 200"), h2test.Data(1, "hi").End())
	_, x, _ := finishedAt(route, "/p")
	if !slices.Equal(sorted(x.Ruled.Did), sorted(want)) {
		t.Error(x.Ruled.Did)
	}
}
