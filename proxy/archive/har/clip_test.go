package har

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"

	"posthouse/proxy/archive"
)

// What is not too long passes as it is, in whatever pieces it comes.
func TestClipPassesOnWhatFits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pieces := []string{`"`, `\`, `\"`, `\u00e9`, "{", "}", "[", "]", ",", ":", "a", "0123456789", "é", " ", `\\`, "true"}
	for range 2000 {
		var in []byte
		for range r.IntN(200) {
			in = append(in, pieces[r.IntN(len(pieces))]...)
		}
		for _, from := range []io.Reader{bytes.NewReader(in), iotest.OneByteReader(bytes.NewReader(in)),
			iotest.DataErrReader(bytes.NewReader(in))} {
			c := newClip(from, archive.Limits{Depth: 1000}.Filled())
			if out, err := io.ReadAll(c); err != nil || !bytes.Equal(out, in) {
				t.Fatalf("%q became %q, %v", in, out, err)
			}
		}
	}
}

// What is too long is cut between characters, and the rest is JSON still.
func TestClipCutsTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	pieces := []string{`\"`, `\u00e9`, `\\`, "a", "bc", `\n`, "0123456789abcdef"}
	for range 3000 {
		var want []int64 // what is lost of each
		in := []byte{'['}
		most := int64(r.IntN(40) + 1)
		for i := range r.IntN(5) + 1 {
			if i > 0 {
				in = append(in, ", "...)
			}
			start := len(in) + 1
			in = append(in, '"')
			for range r.IntN(20) {
				in = append(in, pieces[r.IntN(len(pieces))]...)
			}
			want = append(want, int64(len(in)-start))
			in = append(in, '"')
		}
		in = append(in, ']')
		c := newClip(iotest.HalfReader(bytes.NewReader(in)), archive.Limits{}.Filled())
		c.most = most
		d := newDecoder(c)
		i := 0
		d.array(func() {
			v := jsontext.Value(bytes.Clone(d.raw()))
			whole := want[i]
			kept := int64(len(v) - 2)
			lost := c.lostBefore(d.InputOffset())
			if kept+lost != whole || lost > 0 && kept < most || kept > most+escapeSize {
				t.Fatalf("of %d bytes %d are kept and %d lost, bound %d: %s", whole, kept, lost, most, v)
			}
			i++
		})
		if d.err != nil || i != len(want) {
			t.Fatalf("%s: %d texts of %d, %v", in, i, len(want), d.err)
		}
	}
}
