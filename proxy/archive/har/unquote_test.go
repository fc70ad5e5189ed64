package har

import (
	"math/rand/v2"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// Texts are the library's, wherever they are UTF-8.
func TestUnquotedIsWhatTheLibraryHas(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	pieces := []string{`\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`,
		`\u0000`, `\u00e9`, `\u00E9`, `\u540d`, `\ud83d\ude00`, `\ud83d`, `\ude00`,
		`\uD83D\u0041`, `\uFFFD`, `a`, `bcdefghijklmno`, `é`, `名`, `😀`, ` `}
	for range 20_000 {
		q := []byte{'"'}
		for range r.IntN(12) {
			q = append(q, pieces[r.IntN(len(pieces))]...)
		}
		q = append(q, '"')
		want, _ := jsontext.AppendUnquote([]byte("x"), q)
		if got := appendUnquoted([]byte("x"), q); string(got) != string(want) {
			t.Fatalf("%s: %q, want %q", q, got, want)
		}
	}
}

// Bytes that are no UTF-8 stay.
func TestUnquotedKeepsBytes(t *testing.T) {
	if got := appendUnquoted(nil, []byte("\"caf\xe9\\n\"")); string(got) != "caf\xe9\n" {
		t.Errorf("%q", got)
	}
}

// FuzzUnquoted takes anything between quotes.
func FuzzUnquoted(f *testing.F) {
	f.Add([]byte(`a\n\ud83d\ude00\`))
	f.Fuzz(func(t *testing.T, inner []byte) {
		q := append(append([]byte{'"'}, inner...), '"')
		got := appendUnquoted(nil, q)
		if len(got) > 3*len(q) {
			t.Fatalf("%q", got)
		}
	})
}
