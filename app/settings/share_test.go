package settings

import (
	"errors"
	"strings"
	"testing"
)

// Names that would mask everything, or nothing, are refused.
func TestSecretNames(t *testing.T) {
	for name, rule := range map[string]ValueRule{
		"x-customer": "", "*_iban": "", "身份证": "", "*": RuleLetter, "--": RuleLetter, "": RuleLetter, "a\nb": RuleControls,
		strings.Repeat("x", maxSecretName+1): RuleLetter,
	} {
		s := Default()
		s.Share.Secrets = []string{name}
		var bad *ValueError
		if err := s.Validate(); (err != nil) != (rule != "") || errors.As(err, &bad) && bad.Rule != rule {
			t.Errorf("%q: %v", name, err)
		}
	}
	s := Default()
	s.Share.Secrets = strings.Split(strings.Repeat("x,", maxSecretNames)+"x", ",")
	if s.Validate() == nil {
		t.Error("more than the bound are taken")
	}
}
