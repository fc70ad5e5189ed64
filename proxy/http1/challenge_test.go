package http1

import (
	"fmt"
	"strings"
	"testing"
)

func challengesOf(value string) string {
	var all []string
	for rest := []byte(value); ; {
		c, more, ok := NextChallenge(rest)
		if !ok {
			return strings.Join(all, "|")
		}
		all = append(all, fmt.Sprintf("%s %t", c.Scheme, c.Token()))
		rest = more
	}
}

func TestChallenges(t *testing.T) {
	for value, want := range map[string]string{
		"":                                      "",
		" , ,":                                  "",
		"NTLM":                                  "NTLM false",
		"Negotiate, NTLM":                       "Negotiate false|NTLM false",
		"NTLM TlRMTVNTUAACAAA=":                 "NTLM true",
		"Negotiate oYG==, Basic realm=\"a\"":    "Negotiate true|Basic false",
		"Basic realm=\"x, NTLM\"":               "Basic false",
		"Basic realm=\"x\\\", NTLM y\", NTLM":   "Basic false|NTLM false",
		"Digest realm=\"a\", nonce=\"b\", NTLM": "Digest false|NTLM false",
		"Digest realm = \"a\", nonce = \"b\"":   "Digest false",
		"Basic realm=\"never closed, NTLM":      "Basic false",
		"NTLM,":                                 "NTLM false",
		"@bad, NTLM":                            "NTLM false",
		"NTLM\tTlRM":                            "NTLM true",
	} {
		if got := challengesOf(value); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func FuzzChallenges(f *testing.F) {
	f.Add("Negotiate oYG==, Basic realm=\"a\\\"\", NTLM")
	f.Add("\"\\")
	f.Fuzz(func(t *testing.T, value string) {
		count := 0
		for rest := []byte(value); ; count++ {
			c, more, ok := NextChallenge(rest)
			if !ok {
				break
			}
			if len(c.Scheme) == 0 || !isClass(c.Scheme, classToken) || len(more) >= len(rest) {
				t.Fatalf("%q gives %q, %q left of %q", value, c.Scheme, more, rest)
			}
			rest = more
		}
		if count > len(value) {
			t.Fatalf("%d challenges in %q", count, value)
		}
	})
}
