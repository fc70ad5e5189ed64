package words

import (
	"testing"

	"posthouse/proxy/reason"
	"posthouse/ui/i18n"
)

// A sentence of the engine that counts does so in the window's words too, and no other does.
func TestCountedReasons(t *testing.T) {
	counted := 0
	for _, c := range reason.Codes() {
		key := "why." + string(c)
		if is := reason.Counted(c); is != i18n.Has(key+".one") || is != i18n.Has(key+".other") || is == i18n.Has(key) {
			t.Errorf("%s: counted %v, and the catalogue has one %v, other %v, neither %v", c, is, i18n.Has(key+".one"),
				i18n.Has(key+".other"), i18n.Has(key))
		} else if is {
			counted++
		}
	}
	if counted < 3 {
		t.Errorf("%d sentences count", counted)
	}
	for want, n := range map[string]int{"The history's file a is damaged, in 1 place in all. What can be read is shown.": 1,
		"The history's file a is damaged, in 2 places in all. What can be read is shown.": 2} {
		if got := Reason(reason.HistoryDamaged.With("a", n)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
