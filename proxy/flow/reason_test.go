package flow

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestAReasonKeepsItsArguments(t *testing.T) {
	inner := ReasonCode("inner").With("why", 7)
	for _, args := range [][]any{
		{""}, {"a.test:80"}, {"a", "", "b"}, {int64(0)}, {int64(-1 << 62)}, {90 * time.Second}, {inner}, {"x", inner, int64(3)},
		{ReasonCode("outer").With(inner, "\x00\xff")}, {strings.Repeat("é", 100)},
	} {
		if got := ReasonCode("code").With(args...).Args(); !reflect.DeepEqual(got, args) {
			t.Errorf("%q came back as %q", args, got)
		}
	}
	if got := ReasonCode("code").With(3, ReasonCode("bare"), fmt.Errorf("text")).Args(); !reflect.DeepEqual(got,
		[]any{int64(3), Reason{Code: "bare"}, "text"}) {
		t.Errorf("came back as %v", got)
	}
}

func TestReasonsAreComparable(t *testing.T) {
	made := func() Reason { return ReasonCode("a").With("x", 1) }
	if one, same := made(), made(); one != same || ReasonCode("a").With("x") == ReasonCode("a").With("y") {
		t.Error("equal reasons differ, or others do not")
	}
	if !(Reason{}).IsZero() || ReasonCode("a").With().IsZero() {
		t.Error("IsZero")
	}
}

// What fills a reason is cut where it is longest, and what is beside it stays.
func TestAReasonIsBounded(t *testing.T) {
	long := strings.Repeat("é", 1<<16)
	for name, r := range map[string]Reason{
		"one text":       ReasonCode("code").With(long),
		"two texts":      ReasonCode("code").With(long, long),
		"beside a short": ReasonCode("code").With("a.test:80", long, 7),
		"inside":         ReasonCode("code").With("a.test:80", ReasonCode("inner").With(long, 7)),
		"deep":           ReasonCode("code").With(ReasonCode("a").With(ReasonCode("b").With(ReasonCode("c").With(long)))),
		"many":           ReasonCode("code").With(strings.Split(strings.Repeat("x,", 500), ",")),
	} {
		if _, args := r.Packed(); len(args) <= MaxReason {
			t.Errorf("%s: it is cut before it has to be", name)
		}
		r = r.Cut()
		code, args := r.Packed()
		if len(code)+len(args) > MaxReason {
			t.Errorf("%s: %d bytes", name, len(code)+len(args))
		}
		if len(r.Args()) == 0 {
			t.Errorf("%s: all arguments are lost", name)
		}
		if text := texts(r); !utf8.ValidString(text) {
			t.Errorf("%s: cut inside a rune: %q", name, text)
		}
	}
	if got := ReasonCode("code").With("a.test:80", long, 7).Cut().Args(); got[0] != "a.test:80" || got[2] != int64(7) ||
		len(got[1].(string)) < 200 || !strings.HasSuffix(got[1].(string), "é…") {
		t.Errorf("%q", got)
	}
	got := ReasonCode("code").With("a.test:80", ReasonCode("inner").With(long, 7)).Cut().Args()
	if inner := got[1].(Reason); inner.Code != "inner" || inner.Args()[1] != int64(7) {
		t.Errorf("%q", got)
	}
	many := make([]any, 300)
	for i := range many {
		many[i] = "abc"
	}
	if _, args := ReasonCode("code").With(many...).Cut().Packed(); len(args) > MaxReason {
		t.Errorf("%d bytes", len(args))
	}
}

// texts are all arguments, those of inner reasons too.
func texts(r Reason) (all string) {
	for _, arg := range r.Args() {
		if inner, is := arg.(Reason); is {
			all += texts(inner)
			continue
		}
		all += fmt.Sprint(arg)
	}
	return all
}

func TestAReasonWithoutArgumentsCostsNothing(t *testing.T) {
	var r Reason
	if n := testing.AllocsPerRun(100, func() { r = ReasonCode("code").With() }); n != 0 || r.Code != "code" {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { _ = r.Args() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A failure may cost a little.
func TestAReasonCostsLittle(t *testing.T) {
	host := strings.Repeat("a", 40)
	var r Reason
	if n := testing.AllocsPerRun(100, func() { r = ReasonCode("code").With(host, ReasonCode("inner")).Cut() }); n > 5 {
		t.Errorf("%v allocations for %v", n, r)
	}
}

// Whatever bytes are taken for packed arguments, reading them ends.
func FuzzPackedReason(f *testing.F) {
	_, args := ReasonCode("a").With("x", 7, time.Second, ReasonCode("b").With("y")).Packed()
	for _, s := range []string{args, "", "t", "t\xff", "t\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "r\x00", "n\x01x", "\x00\x05ab"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, args string) {
		r := PackedReason("a", args)
		again := r.Code.With(r.Args()...).Cut()
		if code, packed := again.Packed(); len(code)+len(packed) > MaxReason {
			t.Fatalf("%d bytes", len(packed))
		}
	})
}
