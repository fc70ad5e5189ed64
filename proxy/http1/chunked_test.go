package http1

import (
	"strings"
	"testing"
)

// chunkResult is what feeding bytes to Chunks came to.
type chunkResult struct {
	used    int
	data    string
	trailer string
	passes  string // of the framing and data that was taken, what passes
	done    bool
	err     error
}

// feedChunks feeds b in pieces, whose sizes are taken from sizes in turn.
func feedChunks(c *Chunks, b []byte, sizes ...int) (r chunkResult) {
	var passes []byte
	for i := 0; r.used < len(b) && r.err == nil && !c.Done(); i++ {
		end := min(r.used+max(1, sizes[i%len(sizes)]), len(b))
		for p := b[r.used:end]; len(p) > 0 && r.err == nil && !c.Done(); {
			n, data, err := c.Next(p)
			r.data += string(data)
			r.err = err
			cut, put := c.Fix()
			passes = append(append(passes, p[:n-cut]...), put...)
			r.used += n
			p = p[n:]
		}
	}
	r.done, r.passes = c.Done(), string(passes)
	if r.done {
		r.trailer = string(c.Trailer())
	}
	return r
}

func newChunks() *Chunks { return &Chunks{MaxTrailer: 1 << 10, MaxFields: 10} }

func TestChunkedBodies(t *testing.T) {
	for _, c := range []struct {
		rule    string
		body    string
		data    string
		trailer string
		err     *Error
	}{
		{"RFC 9112 7.1: chunks and the last chunk", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world", "", nil},
		{"no data", "0\r\n\r\n", "", "", nil},
		{"hex digits in any case", "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a", "", nil},
		{"leading zeros", "0005\r\nhello\r\n000\r\n\r\n", "hello", "", nil},
		{"RFC 9112 7.1.1: extensions", "5;a=b;c=\"d e\";;\r\nhello\r\n0;x\r\n\r\n", "hello", "", nil},
		{"white space before an extension", "5 \t;a\r\nhello\r\n0\r\n\r\n", "hello", "", nil},
		{"data that looks like framing", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "\r\n0\r\n\r\n", "", nil},
		{"RFC 9112 7.1.2: trailers", "0\r\nX-A: 1\r\nx-b:2 \r\n\r\n", "", "X-A: 1\r\nx-b:2 \r\n", nil},
		{"no size", "\r\n", "", "", ErrChunkSize},
		{"no size before an extension", ";a\r\n", "", "", ErrChunkSize},
		{"plus", "+5\r\nhello\r\n", "", "", ErrChunkSize},
		{"minus", "-5\r\nhello\r\n", "", "", ErrChunkSize},
		{"0x", "0x5\r\nhello\r\n", "", "", ErrChunkSize},
		{"underscore", "1_0\r\n", "", "", ErrChunkSize},
		{"leading space", " 5\r\nhello\r\n", "", "", ErrChunkSize},
		{"trailing space", "5 \r\nhello\r\n", "", "", ErrChunkSize},
		{"space inside", "1 0\r\n", "", "", ErrChunkSize},
		{"a comma", "5,5\r\n", "", "", ErrChunkSize},
		{"not hex", "g\r\n", "", "", ErrChunkSize},
		{"a byte over 0x7f", "5\xff\r\n", "", "", ErrChunkSize},
		{"NUL", "5\x00\r\n", "", "", ErrChunkSize},
		{"17 digits", "00000000000000005\r\nhello\r\n", "", "", ErrChunkTooLarge},
		{"overflow of 64 bits", "10000000000000005\r\nhello\r\n", "", "", ErrChunkTooLarge},
		{"2^64-1", "ffffffffffffffff\r\n", "", "", ErrChunkTooLarge},
		{"2^62", "4000000000000000\r\n", "", "", ErrChunkTooLarge},
		{"2^63", "8000000000000000\r\n", "", "", ErrChunkTooLarge},
		{"bare LF behind the size", "5\nhello\r\n", "", "", ErrChunkSize},
		{"bare CR behind the size", "5\rhello", "", "", ErrChunkLine},
		{"CR CR LF", "5\r\r\nhello", "", "", ErrChunkLine},
		{"bare LF in an extension", "5;a\nhello\r\n", "", "", ErrChunkLine},
		{"bare LF in a quoted extension", "5;a=\"\n\"\r\nhello\r\n", "", "", ErrChunkLine},
		{"bare CR in an extension", "5;a\rb\r\nhello\r\n", "", "", ErrChunkLine},
		{"NUL in an extension", "5;a\x00\r\nhello\r\n", "", "", ErrChunkLine},
		{"no CR LF behind the data", "5\r\nhello0\r\n\r\n", "hello", "", ErrChunkEnd},
		{"data longer than its size", "4\r\nhello\r\n", "hell", "", ErrChunkEnd},
		{"bare LF behind the data", "5\r\nhello\n0\r\n\r\n", "hello", "", ErrChunkEnd},
		{"bare CR behind the data", "5\r\nhello\r0\r\n\r\n", "hello", "", ErrChunkEnd},
		{"LF CR behind the data", "5\r\nhello\n\r0\r\n\r\n", "hello", "", ErrChunkEnd},
		{"bare LF at the end", "0\r\n\n", "", "", ErrBareLF},
		{"bare LF behind the last size", "0\n\r\n", "", "", ErrChunkSize},
		{"bare LF behind a trailer", "0\r\nA: b\n\r\n", "", "", ErrBareLF},
		{"bare CR in a trailer", "0\r\nA: b\rc\r\n\r\n", "", "", ErrControl},
		{"bare CR at the end", "0\r\n\rX\r\n", "", "", ErrControl},
		{"obs-fold in a trailer", "0\r\nA: b\r\n c\r\n\r\n", "", "", ErrFold},
		{"space before the colon of a trailer", "0\r\nA : b\r\n\r\n", "", "", ErrSpaceColon},
		{"a trailer without a name", "0\r\n: b\r\n\r\n", "", "", ErrFieldName},
		{"a request where trailers should be", "0\r\nGET / HTTP/1.1\r\n\r\n", "", "", ErrSpaceColon},
	} {
		for _, piece := range []int{1, 2, 3, 1 << 20} {
			const next = "GET / HTTP/1.1\r\n\r\n"
			got := feedChunks(newChunks(), []byte(c.body+next), piece)
			wantErr(t, c.rule, got.err, c.err)
			if got.data != c.data || got.trailer != c.trailer || got.done != (c.err == nil) {
				t.Errorf("%s: in pieces of %d: %+v", c.rule, piece, got)
			}
			if c.err == nil && got.used != len(c.body) {
				t.Errorf("%s: in pieces of %d: used %d of %d bytes", c.rule, piece, got.used, len(c.body))
			}
		}
	}
}

func TestLargestChunkIsCounted(t *testing.T) {
	c := newChunks()
	got := feedChunks(c, []byte("3fffffffffffffff\r\nabc"), 100)
	if got.err != nil || got.data != "abc" || c.size != 1<<62-1-3 {
		t.Errorf("%+v, left %d", got, c.size)
	}
}

func TestChunkedLimits(t *testing.T) {
	ext := strings.Repeat("e", maxChunkLine-2-3) // "1;", the extension, CR LF and one to spare
	chunk := "1;" + ext + "\r\nx\r\n"
	flood := strings.Repeat(chunk, maxExtensions/len(ext))
	for _, c := range []struct {
		name string
		body string
		err  *Error
	}{
		{"a size line within its limit", "1;" + ext + "e\r\nx\r\n0\r\n\r\n", nil},
		{"a size line over its limit", "1;" + ext + "ee\r\nx\r\n", ErrChunkLine},
		{"white space over the limit of a line", "1" + strings.Repeat(" ", maxChunkLine) + ";\r\n", ErrChunkLine},
		{"extensions within their limit", flood + "0\r\n\r\n", nil},
		{"extensions over their limit", flood + chunk + "0\r\n\r\n", ErrChunkLine},
		{"ten trailers", "0\r\n" + strings.Repeat("A:\r\n", 10) + "\r\n", nil},
		{"eleven trailers", "0\r\n" + strings.Repeat("A:\r\n", 11) + "\r\n", ErrTrailerLarge},
		{"a trailer section at its limit", "0\r\nA: " + strings.Repeat("a", 1<<10-7) + "\r\n\r\n", nil},
		{"a trailer section over its limit", "0\r\nA: " + strings.Repeat("a", 1<<10-6) + "\r\n\r\n", ErrTrailerLarge},
		{"a trailer without an end", "0\r\nA: " + strings.Repeat("a", 1<<12), ErrTrailerLarge},
	} {
		for _, piece := range []int{1, 1000, 1 << 20} {
			got := feedChunks(newChunks(), []byte(c.body), piece)
			wantErr(t, c.name, got.err, c.err)
			if got.done != (c.err == nil) {
				t.Errorf("%s: done %v", c.name, got.done)
			}
		}
	}
}

// TestErrorsComeBehindTheValidBytes: what Next counts may be passed on.
func TestErrorsComeBehindTheValidBytes(t *testing.T) {
	c := newChunks()
	body := []byte("2\r\nab\r\nzz\r\n")
	got := feedChunks(c, body, 100)
	if string(body[:got.used]) != "2\r\nab\r\n" || got.err != error(ErrChunkSize) {
		t.Errorf("%q %v", body[:got.used], got.err)
	}
}

func TestResetForgetsTheBodyAndBigTrailers(t *testing.T) {
	c := &Chunks{MaxTrailer: 1 << 20, MaxFields: 1 << 20}
	feedChunks(c, []byte("0\r\nA: "+strings.Repeat("a", 100<<10)+"\r\n\r\n"), 1<<20)
	if !c.Done() || len(c.Trailer()) < 100<<10 {
		t.Fatal("not read")
	}
	c.Reset()
	if cap(c.trailer) > keptTrailer {
		t.Errorf("Reset keeps %d bytes", cap(c.trailer))
	}
	got := feedChunks(c, []byte("1\r\nx\r\n0\r\nB: c\r\n\r\n"), 1<<20)
	if got.data != "x" || got.trailer != "B: c\r\n" || !got.done {
		t.Errorf("%+v", got)
	}
	c.Reset()
	feedChunks(c, []byte("ff;aaa"), 100)
	c.Reset()
	if got := feedChunks(c, []byte("1\r\nx\r\n0\r\n\r\n"), 100); got.data != "x" || !got.done || got.trailer != "" {
		t.Errorf("after a broken body: %+v", got)
	}
}
