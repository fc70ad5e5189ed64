package rules

import (
	"errors"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

func TestRates(t *testing.T) {
	for text, want := range map[string]Rate{"1.5 Mbit/s": 187_500, "200 kB/s": 200_000, "1Gbps": 125_000_000, "800 bit/s": 100,
		" 64 kbit/s ": 8000,
		"1 MB/s":      1_000_000, "56 kbps": 7000} {
		var r Rate
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%q: %d, %v", text, r, err)
			continue
		}
		var again Rate
		if err := again.UnmarshalText([]byte(r.String())); err != nil || again != r {
			t.Errorf("%s: %d, %v", r, again, err)
		}
	}
	for _, text := range []string{"", "5", "5 Mb", "-1 kB/s", "NaN kB/s", "Inf B/s", "99 B/s", "100 GB/s", "1,5 Mbit/s"} {
		var r Rate
		if err := r.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %d", text, r)
		}
	}
}

// A preset gives what is not named.
func TestThrottle(t *testing.T) {
	for _, p := range Presets {
		s := mustLoad(t, "[[rule]]\nthrottle = { preset = '"+p.Name+"', up = '1 kB/s' }")
		down, up := s.Rules[0].Lines()
		if down.Rate() != int64(p.Down) || up.Rate() != 1000 || s.Rules[0].Wait() != p.Latency {
			t.Errorf("%s: %d %d %v", p.Name, down.Rate(), up.Rate(), s.Rules[0].Wait())
		}
	}
	s := mustLoad(t, "[[rule]]\nthrottle.latency = '10ms'\ndelay.request = '5ms'")
	if down, up := s.Rules[0].Lines(); down != nil || up != nil || s.Rules[0].Wait().Milliseconds() != 15 {
		t.Error(down, up, s.Rules[0].Wait())
	}
}

// What is wrong with where requests go, with slow lines, shares and parameters.
func TestWhatIsWrongElsewhere(t *testing.T) {
	for text, code := range map[string]flow.ReasonCode{
		"throttle = {}":                                  reason.RuleThrottleNothing,
		"throttle.preset = '5G'":                         reason.RulePreset,
		"throttle.latency = '1h'":                        reason.RuleDelay,
		"throttle.down = '5'":                            reason.RuleSyntax,
		"fail = '10%'\nmark = 'red'":                     reason.RuleFailNothing,
		"fail = '0%'\nblock = 'close'":                   reason.RuleFail,
		"fail = '10'\nblock = 'close'":                   reason.RuleFail,
		"send = {}":                                      reason.RuleSendNowhere,
		"send.scheme = 'ftp'":                            reason.RuleScheme,
		"send.host = 'a b'":                              reason.RuleHost,
		"send.host = 'a:80'":                             reason.RuleHost,
		"send.host = 'http://a'":                         reason.RuleHost,
		"send.port = 70000":                              reason.RulePort,
		"send.path = 'x'":                                reason.RulePath,
		"send.path = '/a b'":                             reason.RulePath,
		"send.path = \"/a\\nb\"":                         reason.RulePath,
		"send = { find = '/(/', with = '' }":             reason.RulePattern,
		"resolve = 'a b'":                                reason.RuleResolve,
		"resolve = '1.2.3.4:0'":                          reason.RuleResolve,
		"resolve = 'http://1.2.3.4'":                     reason.RuleResolve,
		"when = 'host:a path:/x'\ndecrypt = true":        reason.RuleTunnels,
		"when = 'status:404'\nthrottle.preset = '3G'":    reason.RuleLate,
		"when = 'status:404'\nresolve = '1.2.3.4'":       reason.RuleLate,
		"request.query.set = ['a&b=c']":                  reason.RulePair,
		"request.query.set = ['a b=c']":                  reason.RulePair,
		"request.query.remove = ['a=b']":                 reason.RulePair,
		"request.cookies.set = ['a=b; c=d']":             reason.RulePair,
		"request.cookies.set = [\"a=b\\r\\nX: y\"]":      reason.RulePair,
		"response.cookies.set = [\"a=b\\r\\nX: y\"]":     reason.RulePair,
		"response.query.set = ['a=b']":                   reason.RuleUnknown,
		"request.set = ['Proxy-Authorization: Basic x']": reason.RuleFraming,
	} {
		_, err := Load("rules.toml", []byte("[[rule]]\n"+text), "")
		var bad *FileError
		if !errors.As(err, &bad) || bad.Why.Code != code {
			t.Errorf("%q: %v, want %v", text, err, code)
		}
	}
	for _, text := range []string{"resolve = '::1'", "resolve = '[::1]:443'", "resolve = 'dev.local:8443'", "send.host = '::1'",
		"send.port = 1",
		"when = '-host:a'\ndecrypt = false", "record = false"} {
		if _, err := Load("rules.toml", []byte("[[rule]]\n"+text), ""); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
