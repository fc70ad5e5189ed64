package http1

import (
	"strings"
	"testing"

	"posthouse/proxy/flow"
)

func newMending() *Chunks {
	c := newChunks()
	c.Mends = true
	return c
}

// What has one meaning in the chunks of an answer goes on as it should have been,
// in whatever pieces it came.
func TestMendedChunks(t *testing.T) {
	const end = "0\r\n\r\n"
	for _, c := range []struct {
		rule    string
		body    string
		passes  string
		trailer string // as it may pass
		mended  flow.Mended
	}{
		{"nothing to mend", "5 \t;a=b\r\nhello\r\n0\r\nA: 1\r\n\r\n", "5 \t;a=b\r\nhello\r\n0\r\nA: 1\r\n\r\n", "A: 1\r\n", 0},
		{"white space behind a size", "5 \t \r\nhello\r\n0 \r\n\r\n", "5\r\nhello\r\n" + end, "", flow.MendedChunks},
		{"LF alone behind a size", "5\nhello\r\n0\n\r\n", "5\r\nhello\r\n" + end, "", flow.MendedChunks},
		{"both", "5 \nhello\r\n" + end, "5\r\nhello\r\n" + end, "", flow.MendedChunks},
		{"LF alone behind an extension", "5 ;a\nhello\r\n" + end, "5 ;a\r\nhello\r\n" + end, "", flow.MendedChunks},
		{"LF alone behind data", "5\r\nhello\n" + end, "5\r\nhello\r\n" + end, "", flow.MendedChunks},
		{"LF in data stays", "2\n\n\n\n0\n\r\n", "2\r\n\n\n\r\n" + end, "", flow.MendedChunks},
		{"LF alone throughout", "5\nhello\n0\nA: 1\n\n", "5\r\nhello\r\n0\r\nA: 1\n\n", "A: 1\r\n",
			flow.MendedChunks | flow.MendedTrailers | flow.MendedLineEnds},
		{"LF alone at the end", "0\r\nA: 1\r\n\n", "0\r\nA: 1\r\n\n", "A: 1\r\n", flow.MendedTrailers | flow.MendedLineEnds},
		{"trailers", "0\r\nA : 1\r\n 2\r\nB C: 3\r\nno\r\nD: 4\r\n\r\n", "0\r\nA : 1\r\n 2\r\nB C: 3\r\nno\r\nD: 4\r\n\r\n",
			"A: 1 2\r\nB C: 3\r\nD: 4\r\n",
			flow.MendedTrailers | flow.MendedColonSpace | flow.MendedFolds | flow.MendedNamesKept | flow.MendedDropped},
	} {
		for _, sizes := range [][]int{{len(c.body)}, {1}, {2, 3}, {3, 1}} {
			chunks := newMending()
			got := feedChunks(chunks, []byte(c.body), sizes...)
			if got.err != nil || !got.done || got.used != len(c.body) {
				t.Errorf("%s: %+v", c.rule, got)
				continue
			}
			if got.passes != c.passes || got.trailer != c.trailer || chunks.Mended != c.mended {
				t.Errorf("%s: %q\nbecame %q and %q in %q\nwanted %q and %q in %q", c.rule, c.body, got.passes, got.trailer, chunks.Mended,
					c.passes, c.trailer, c.mended)
			}
			if sent := string(chunks.SentTrailer()); !strings.HasPrefix(c.body[strings.Index(c.body, "0"):], "0") ||
				!strings.Contains(c.body, sent) {
				t.Errorf("%s: the trailer section as sent is %q", c.rule, sent)
			}
		}
	}
}

// What readers disagree about breaks off, in answers too.
func TestAmbiguousChunks(t *testing.T) {
	for _, c := range []struct {
		rule string
		body string
		want *Error
	}{
		{"white space before a size", " 5\r\nhello\r\n", ErrChunkSize},
		{"white space inside", "1 0\r\n", ErrChunkSize},
		{"a word behind", "5 a\r\n", ErrChunkSize},
		{"0x", "0x5\r\n", ErrChunkSize},
		{"a sign", "+5\r\n", ErrChunkSize},
		{"an empty line", "5\r\nhello\r\n\r\n", ErrChunkSize},
		{"a CR alone behind a size", "5\rhello", ErrChunkLine},
		{"CR CR LF", "5\r\r\n", ErrChunkLine},
		{"a CR alone behind data", "1\r\na\r0", ErrChunkEnd},
		{"data longer than its size", "1\r\nab", ErrChunkEnd},
		{"NUL in an extension", "5;\x00\r\n", ErrChunkLine},
		{"white space without end", "5" + strings.Repeat(" ", maxChunkLine), ErrChunkLine},
		{"framing in a trailer's name", "0\r\nA: 1\r\nX Content-Length: 5\r\n\r\n", ErrFieldName},
		{"a CR alone in a trailer section", "0\r\n\r\r\n\r\n", ErrControl},
		{"trailers without end", "0\r\n" + strings.Repeat("A : 1\r\n", 10) + "B: 1\r\n", ErrTrailerLarge},
		{"a long trailer", "0\r\nA : " + strings.Repeat("x", 1<<10), ErrTrailerLarge},
	} {
		for _, sizes := range [][]int{{len(c.body)}, {1}, {2, 3}} {
			chunks := newMending()
			wantErr(t, c.rule, feedChunks(chunks, []byte(c.body), sizes...).err, c.want)
			if cap(chunks.held) > 4*maxChunkLine {
				t.Errorf("%s: %d bytes are held", c.rule, cap(chunks.held))
			}
		}
	}
}
