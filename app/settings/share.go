package settings

import (
	"fmt"
	"slices"
	"strconv"
)

// Share is what leaves Posthouse, and without what. docs/sharing.md explains it.
type Share struct {
	Secrets []string `toml:"secrets"` // more names of fields, parameters and members whose values are masked
}

const (
	// maxSecretNames bounds the names.
	maxSecretNames = 200
	// maxSecretName is the longest of them, in bytes.
	maxSecretName = 64
)

// RuleLetter is kept by a name that has a letter or a digit.
const RuleLetter ValueRule = "letter"

func (s *Share) clone() Share { return Share{slices.Clone(s.Secrets)} }

func (s *Share) validate() error {
	if n := len(s.Secrets); n > maxSecretNames {
		return &ValueError{Key: "share.secrets", Value: strconv.Itoa(n) + " entries", Rule: RuleAtMost, Args: []any{maxSecretNames},
			Remedy: fmt.Sprintf("at most %d are kept", maxSecretNames)}
	}
	for _, name := range s.Secrets {
		switch {
		case !plainText(name):
			return &ValueError{Key: "share.secrets", Value: strconv.Quote(name), Rule: RuleControls,
				Remedy: "control characters are not taken"}
		case len(name) > maxSecretName || !slices.ContainsFunc([]byte(name), namesSomething):
			return &ValueError{Key: "share.secrets", Value: strconv.Quote(name), Rule: RuleLetter, Args: []any{maxSecretName},
				Remedy: fmt.Sprintf("name a field, a parameter or a member, in at most %d bytes; * alone would be everything",
					maxSecretName)}
		}
	}
	return nil
}

// namesSomething reports whether a byte is one of those by which names are told apart.
func namesSomething(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}
