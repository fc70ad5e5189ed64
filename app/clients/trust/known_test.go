package trust

import (
	"crypto/x509"
	"testing"
)

func TestTrusted(t *testing.T) {
	step := func(k Kind, s State, skip error) Store { return &fake{kind: k, state: s, skip: skip} }
	for name, c := range map[string]struct {
		stores         []Store
		trusted, known bool
	}{
		"no store":            {nil, false, false},
		"in the system":       {[]Store{step(System, Present, nil)}, true, true},
		"in a browser alone":  {[]Store{step(System, Absent, nil), step(NSS, Present, nil)}, true, true},
		"nowhere":             {[]Store{step(System, Absent, nil), step(NSS, Absent, nil)}, false, true},
		"the system is quiet": {[]Store{step(System, Unknown, nil), step(Java, Absent, nil)}, false, false},
		"left out":            {[]Store{step(System, Absent, ErrNoTool), step(NSS, Absent, nil)}, false, false},
	} {
		if trusted, known := Trusted(c.stores, &x509.Certificate{}); trusted != c.trusted || known != c.known {
			t.Errorf("%s: %v %v", name, trusted, known)
		}
	}
}
