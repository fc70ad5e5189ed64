package rules

import (
	"errors"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// What missing may say, and where.
func TestMissingIsChecked(t *testing.T) {
	for text, want := range map[string]flow.ReasonCode{
		"answer = { file = 'a', missing = 'pass' }":     "",
		"answer = { folder = 'a', missing = 'error' }":  "",
		"answer = { message = 'a', missing = 'error' }": "",
		"answer = { file = 'a', missing = 'Error' }":    reason.RuleMissingWord,
		"answer = { text = 'a', missing = 'error' }":    reason.RuleMissingNothing,
		"answer = { status = 404, missing = 'pass' }":   reason.RuleMissingNothing,
	} {
		_, err := Load("rules.toml", []byte("[[rule]]\n"+text), "")
		var bad *FileError
		if errors.As(err, &bad) != (want != "") || bad != nil && (bad.Why.Code != want || bad.Line != 2) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A rule answers all that is asked in a tunnel only if none of it could go on.
func TestRulesThatAnswerAll(t *testing.T) {
	folder := site(t)
	tunnel := &flow.Row{Kind: flow.KindTunnel, Host: "a.test:443"}
	for text, want := range map[string]bool{
		"answer.text = 'a'":                              true,
		"block = '403'":                                  true,
		"answer.file = 'secret'":                         true,
		"answer.file = 'none'":                           false,
		"answer = { file = 'none', missing = 'error' }":  true,
		"answer.folder = 'site'":                         false,
		"answer = { folder = 'site', missing = 'error'}": true,
		"answer.message = 'secret'":                      false, // which is no message
	} {
		s, err := Load("rules.toml", []byte("[[rule]]\nwhen = 'host:a.test'\n"+text), folder)
		if err != nil {
			t.Fatal(err)
		}
		passes := func(c *Compiled) bool {
			why, _ := s.Passes(c, &Asked{})
			return !why.IsZero()
		}
		if got := s.AnswersAll(tunnel, passes); got != want || !s.MayAnswer(tunnel) {
			t.Errorf("%s: %v", text, got)
		}
	}
}
