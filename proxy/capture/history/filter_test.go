package history

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"unicode/utf16"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// A filter never rules out what is there, whatever its letters' case, coding and charset.
func TestAFilterHoldsWhatIsThere(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(`{"Token":"AbCdEf"}`))
	_ = z.Close()
	var wide []byte
	for _, u := range utf16.Encode([]rune("\ufeffHello Wide World")) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, c := range map[string]struct {
		head string
		body []byte
		word string
	}{
		"head":       {"HTTP/1.1 200 OK\r\nX-Secret: Value\r\n\r\n", nil, "x-secret: value"},
		"body":       {"", []byte("SOME Text"), "some text"},
		"gzip":       {"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", zipped.Bytes(), "token\":\"abcdef"},
		"wrong gzip": {"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", []byte("not zipped"), "not zipped"},
		"utf-16":     {"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-16\r\n\r\n", wide, "wide world"},
		"kelvin":     {"", []byte("3 \u212aELVIN and \u017ftrange"), "kelvin"},
		"long s":     {"", []byte("3 \u212aELVIN and \u017ftrange"), "strange"},
		"chinese":    {"", []byte("你好abc世界"), "好abc世"},
		"short":      {"", []byte("xy"), "zz"},
	} {
		tr := newTrigrams()
		tr.addTest(t, &flow.Exchange{ResponseHead: []byte(c.head), ResponseBody: flow.Body{Bytes: c.body}})
		if !mayHold(tr.filter(), c.word) {
			t.Errorf("%s: %q was ruled out", name, c.word)
		}
		if mayHold(tr.filter(), "qqqzzzjjjxxx") {
			t.Errorf("%s: nothing is ruled out", name)
		}
	}
	for _, broken := range []string{"", "\x00", "\x09", "\xff\x01", strings.Repeat("\x12", 10)} {
		if !mayHold([]byte(broken), "word") {
			t.Errorf("%q rules something out", broken)
		}
	}
}

// However much there is, a filter has 32 KiB at most.
func TestAFilterIsBounded(t *testing.T) {
	tr := newTrigrams()
	r := newTraffic(false)
	for range 100 {
		addText(tr, r.token(100_000))
	}
	if n := len(tr.filter()); n > 1+32<<10 {
		t.Errorf("%d bytes", n)
	}
}

func (t *trigrams) addTest(tb testing.TB, x *flow.Exchange) {
	tb.Helper()
	k := newBlock()
	k.add(x)
	if err := t.addRecord(k.record(0)); err != nil {
		tb.Fatal(err)
	}
}

// What a filter leaves out because it came before is in it all the same.
func TestAFilterSkipsNothing(t *testing.T) {
	for _, large := range []bool{false, true} {
		r, tr, whole := newTraffic(large), newTrigrams(), newTrigrams()
		for id := flow.ID(1); id < 300; id++ {
			x := r.exchange(id)
			x.ResponseBody.Bytes = x.ResponseBody.Bytes[:r.IntN(len(x.ResponseBody.Bytes))]
			tr.addTest(t, &x)
			tr.addTest(t, &x)
			addText(whole, x.URL())
			for _, b := range [][]byte{x.RequestHead, x.ResponseHead, x.ResponseBody.Bytes} {
				addText(whole, b)
			}
		}
		if !bytes.Equal(tr.filter(), whole.filter()) {
			t.Error("they differ")
		}
	}
}

// Bodies as rules made them are in filters too, by the head that they stand behind; a filter of the
// time before is not believed.
func TestAFilterHoldsWhatRulesMade(t *testing.T) {
	zip := func(text string) []byte {
		b, err := content.Encode("gzip", []byte(text), true)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	coded := []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
	for name, x := range map[string]flow.Exchange{
		"request":    {Ruled: flow.Ruled{RequestBody: flow.Body{State: flow.BodyWhole, Size: 5, Bytes: []byte("Tiger")}}},
		"response":   {Ruled: flow.Ruled{ResponseBody: flow.Body{State: flow.BodyWhole, Size: 5, Bytes: []byte("Tiger")}}},
		"coded":      {ResponseHead: coded, Ruled: flow.Ruled{ResponseBody: flow.Body{State: flow.BodyWhole, Bytes: zip("Tiger")}}},
		"own coding": {Ruled: flow.Ruled{Response: coded, ResponseBody: flow.Body{State: flow.BodyWhole, Bytes: zip("Tiger")}}},
		"none left": {ResponseHead: coded, Ruled: flow.Ruled{Response: []byte("HTTP/1.1 200 OK\r\n\r\n"),
			ResponseBody: flow.Body{State: flow.BodyWhole, Bytes: []byte("Tiger")}}},
	} {
		x.Phase, x.RequestHead = flow.PhaseDone, []byte("GET / HTTP/1.1\r\n\r\n")
		tr := newTrigrams()
		tr.addTest(t, &x)
		filter := tr.filter()
		if !mayHold(filter, "tiger") || mayHold(filter, "panther") || mayLack(filter) {
			t.Errorf("%s: %v %v %v", name, mayHold(filter, "tiger"), mayHold(filter, "panther"), mayLack(filter))
		}
		k := newBlock()
		k.add(&x)
		if newSought([][]string{{"tiger"}}).rulesOut(k.record(0)) {
			t.Errorf("%s: the record is ruled out", name)
		}
	}
	cut := flow.Exchange{Row: flow.Row{Phase: flow.PhaseDone}, RequestHead: []byte("GET / HTTP/1.1\r\n\r\n"),
		Ruled: flow.Ruled{RequestBody: flow.Body{State: flow.BodyCut, Size: 9, Bytes: []byte("Ti")}}}
	tr := newTrigrams()
	if tr.addTest(t, &cut); !mayLack(tr.filter()) {
		t.Error("what was cut is not said to be missing")
	}
	old := newTrigrams()
	clear(old.set[:])
	addText(old, strings.Repeat("GET / HTTP/1.1 api.example.test ", 10))
	if !mayLack(old.filter()) {
		t.Error("an older filter is believed")
	}
}

// Whatever there is of an exchange, it fits a frame.
func TestFourLongBodiesFit(t *testing.T) {
	long := make([]byte, maxBody+1)
	body := flow.Body{State: flow.BodyWhole, Size: int64(len(long)), Bytes: long}
	x := flow.Exchange{RequestBody: body, ResponseBody: body, Foreign: long[:1<<20],
		Ruled: flow.Ruled{RequestBody: body, ResponseBody: body}}
	if !fits(&x) {
		t.Fatal("it does not fit")
	}
	total := len(x.Foreign)
	for i, b := range x.Bodies() {
		if total += len(b.Bytes); b.State != flow.BodyCut || i < 2 && len(b.Bytes) != maxBody {
			t.Errorf("%d: %v, %d bytes", i, b.State, len(b.Bytes))
		}
	}
	if total != maxBodies {
		t.Errorf("%d bytes", total)
	}
}

// However few texts a filter has, it does not say by chance that something lacks.
func TestAFilterLacksNothingByChance(t *testing.T) {
	r := newTraffic(false)
	for n := 1; n <= 640; n *= 2 {
		tr := newTrigrams()
		for id := range n {
			x := r.exchange(flow.ID(id + 1))
			tr.addTest(t, &x)
		}
		if filter := tr.filter(); mayLack(filter) || mayHold(filter, "qqqzzzjjjxxx") {
			t.Errorf("of %d exchanges: %d bytes, something lacks: %v", n, len(filter), mayLack(filter))
		}
		tr.addLack()
		if !mayLack(tr.filter()) {
			t.Errorf("of %d exchanges: what lacks is not said", n)
		}
	}
}
