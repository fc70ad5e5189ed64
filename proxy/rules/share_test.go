package rules

import "testing"

// A share is kept over any stretch of requests, and follows no beat.
func TestShare(t *testing.T) {
	for text, percent := range map[string]int{"10%": 10, "1 %": 1, "50%": 50, "99.5%": 100, "100%": 100} {
		s := mustLoad(t, "[[rule]]\nblock='reset'\nfail='"+text+"'")
		r := row("GET", "a", "/")
		for stretch := range 20 {
			n, even := 0, 0
			for i := range 100 {
				if s.Request(r) != nil {
					n++
					even += 1 - i%2
				}
			}
			if n < percent-2 || n > percent+2 {
				t.Errorf("%s: %d of 100 in stretch %d", text, n, stretch)
			}
			if percent >= 10 && (even < n/2-2 || even > n/2+2) {
				t.Errorf("%s: %d of %d are even", text, even, n)
			}
		}
	}
}
