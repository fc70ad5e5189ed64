package http1

import (
	"bytes"
	"strings"
	"testing"

	"posthouse/proxy/flow"
)

// passesAsSent are the faults that stay in what goes on.
const passesAsSent = flow.MendedNamesKept | flow.MendedControlsKept

// readSplit reads b as it arrives in pieces whose sizes are the bytes of split, in turn.
func readSplit(b, split []byte) (r Response, n int, err error) {
	var reader ResponseReader
	for end, i := 0, 0; end < len(b) && n == 0 && err == nil; i++ {
		size := len(b)
		if len(split) > 0 {
			size = int(split[i%len(split)]) + 1
		}
		end = min(end+size, len(b))
		n, err = reader.Read(&r, b[:end], &fuzzLimits)
	}
	return r, n, err
}

// A mended head is one that the strict parser takes, within the limits, with
// nothing more to mend; and it means what net/http reads in the bytes as they came.
func FuzzMendedHead(f *testing.F) {
	for i, s := range []string{
		serverHead + "body",
		"\nicy 200: OK\nA : 1\n 2\nB C: \x01\x00\nContent-Length: 3\nContent-Length: 3\nno colon\n: x\n\nabcd",
		"HTTP/1.1  404:Not\r\nTransfer-Encoding: identity,\r\nTransfer-Encoding: chunked\r\nContent-Length: " +
			"1\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\nnext",
		"HTTP/1.1 200 OK\r\nContent-Length : +5, 05\r\n\r\nhello",
		"HTTP/1.1 200 OK\nA:\n \n\tb\nContent-Length: 2\n\nhello",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n0\r\n\r\n",
	} {
		f.Add([]byte(s), []byte{byte(i * 3), 1}, i%4 == 3)
	}
	f.Fuzz(func(t *testing.T, b, split []byte, head bool) {
		r, n, err := readSplit(b, nil)
		for _, pieces := range [][]byte{split, {0}} {
			other, m, otherErr := readSplit(b, pieces)
			if m != n || (otherErr == nil) != (err == nil) || other.Mended != r.Mended || n > 0 && !bytes.Equal(other.Raw, r.Raw) {
				t.Fatalf("whole %d %v %q in %q, in pieces %d %v %q in %q", n, err, r.Raw, r.Mended, m, otherErr, other.Raw, other.Mended)
			}
		}
		if n == 0 {
			return
		}
		if !bytes.Equal(r.Sent, b[:n]) || len(r.Raw) > fuzzLimits.Head || len(r.Fields) > fuzzLimits.Fields {
			t.Fatalf("%d bytes became %d", n, len(r.Raw))
		}
		if (r.Mended == 0) != bytes.Equal(r.Sent, r.Raw) && r.Mended&^passesAsSent != 0 {
			t.Fatalf("%q became %q in %q", r.Sent, r.Raw, r.Mended)
		}
		again, m, err := readSplit(r.Raw, nil)
		if m != len(r.Raw) || err != nil || again.Mended != r.Mended&passesAsSent || !bytes.Equal(again.Raw, r.Raw) {
			t.Fatalf("%q became %q, which becomes %q in %q: %v", r.Sent, r.Raw, again.Raw, again.Mended, err)
		}
		if r.Mended&passesAsSent == 0 {
			checkFields(t, &r.Head, r.Line)
		}
		if r.Mended&(flow.MendedColonSpace) == 0 { // net/http takes such a name for another one

			compareResponse(t, &r, b, head)
		}
	})
}

// What passes of mended chunks is taken by the strict reader, with the same data.
func FuzzMendedChunks(f *testing.F) {
	for i, s := range []string{
		"5 \t\r\nhello\r\n0\r\n\r\nnext",
		"5 ;a\nhello\n0\nA : 1\n 2\n\n",
		"a\n0123456789\n0 \nB C: 1\nno\n\n",
		"0\n\n",
	} {
		f.Add([]byte(s), []byte{byte(i), 1, 9})
	}
	f.Fuzz(func(t *testing.T, b, split []byte) {
		c := newMending()
		whole := feedChunks(c, b, len(b))
		sizes := []int{1}
		for _, s := range split {
			sizes = append(sizes, int(s))
		}
		for _, sizes := range [][]int{sizes, {1}} {
			pieces := newMending()
			got := feedChunks(pieces, b, sizes...)
			if got.err != whole.err || got.done != whole.done || got.data != whole.data || got.done &&
				(got != whole || pieces.Mended != c.Mended) {
				t.Fatalf("whole %+v, in pieces %+v", whole, got)
			}
		}
		compareChunked(t, whole, b)
		if !whole.done {
			return
		}
		if string(c.SentTrailer()) != "" && !bytes.Contains(b, c.SentTrailer()) {
			t.Fatalf("trailer %q", c.SentTrailer())
		}
		passes := whole.passes
		if c.Mended&flow.MendedTrailers != 0 {
			passes = strings.TrimSuffix(strings.TrimSuffix(passes, "\n"), "\r")
			passes = strings.TrimSuffix(passes, string(c.SentTrailer())) + whole.trailer + "\r\n"
		}
		strict := newChunks()
		strict.MaxTrailer *= 2
		strict.Mends = c.Mended&passesAsSent != 0
		again := feedChunks(strict, []byte(passes), len(passes))
		again.passes = passes
		if again != (chunkResult{len(passes), whole.data, whole.trailer, passes, true, nil}) ||
			strict.Mended&^(passesAsSent|flow.MendedTrailers) != 0 {
			t.Fatalf("%q passes as %q, which is read as %+v", b, passes, again)
		}
	})
}
