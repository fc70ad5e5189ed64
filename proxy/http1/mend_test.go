package http1

import (
	"strings"
	"testing"

	"posthouse/proxy/flow"
)

// readMended reads one answer that may be broken, arriving in pieces of that size; 0 is whole.
func readMended(text string, piece int) (r *Response, n int, err error) {
	var reader ResponseReader
	r = new(Response)
	if piece == 0 {
		piece = max(len(text), 1)
	}
	for end := 0; end < len(text) && n == 0 && err == nil; {
		end = min(end+piece, len(text))
		n, err = reader.Read(r, []byte(text[:end]), &wide)
	}
	if err == nil && n == 0 {
		err = errIncomplete
	}
	return r, n, err
}

// What has one meaning is written out as it should have been.
func TestMendedHeads(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct {
		rule   string
		sent   string // without the empty line at its end, unless it ends in one
		clean  string
		mended flow.Mended
	}{
		{"nothing to mend", ok + "A: 1", ok + "A: 1\r\n", 0},
		{"RFC 9112 5.1: white space before the colon", ok + "A : 1\r\nB \t :2\r\nContent-Length : 3",
			ok + "A: 1\r\nB:2\r\nContent-Length: 3\r\n", flow.MendedColonSpace},
		{"RFC 9112 5.2: a fold", ok + "A: 1 \r\n  2\r\n\t3\r\nB: 4", ok + "A: 1 2 3\r\nB: 4\r\n", flow.MendedFolds},
		{"a fold right behind the colon", ok + "Content-Length:\r\n 5", ok + "Content-Length: 5\r\n", flow.MendedFolds},
		{"a fold of nothing", ok + "A: 1\r\n \t\r\nB: 2", ok + "A: 1 \r\nB: 2\r\n", flow.MendedFolds},
		{"RFC 9112 2.2: LF alone", "HTTP/1.1 200 OK\nA: 1\n\n", ok + "A: 1\r\n", flow.MendedLineEnds},
		{"LF alone in one line", ok + "A: 1\nB: 2", ok + "A: 1\r\nB: 2\r\n", flow.MendedLineEnds},
		{"LF alone at the end", ok + "A: 1\r\n\n", ok + "A: 1\r\n", flow.MendedLineEnds},
		{"equal lengths", ok + "Content-Length: 5\r\nA: 1\r\ncontent-length:5", ok + "Content-Length: 5\r\nA: 1\r\n", flow.MendedLength},
		{"a list of equal lengths", ok + "content-length:  5, 5 ,,05", ok + "content-length:  5\r\n", flow.MendedLength},
		{"a list that begins with nothing", ok + "Content-Length: , 5", ok + "Content-Length: 5\r\n", flow.MendedLength},
		{"a sign", ok + "Content-Length:+5", ok + "Content-Length:5\r\n", flow.MendedLength},
		{"leading zeros are a plain number", ok + "Content-Length: 005", ok + "Content-Length: 005\r\n", 0},
		{"identity", ok + "Transfer-Encoding: Identity\r\nA: 1", ok + "A: 1\r\n", flow.MendedCoding},
		{"identity and a length", ok + "Transfer-Encoding: identity\r\nContent-Length: 5", ok + "Content-Length: 5\r\n", flow.MendedCoding},
		{"identity in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: identity", "HTTP/1.0 200 OK\r\n", flow.MendedCoding},
		{"no coding at all", ok + "Transfer-Encoding:", ok, flow.MendedCoding},
		{"identity below chunked", ok + "Transfer-Encoding: identity, Chunked", ok + "Transfer-Encoding: chunked\r\n", flow.MendedCoding},
		{"in two fields", ok + "Transfer-Encoding: identity\r\nA: 1\r\nTransfer-Encoding: chunked",
			ok + "A: 1\r\nTransfer-Encoding: chunked\r\n", flow.MendedCoding},
		{"empty elements of a list", ok + "Transfer-Encoding: ,chunked,", ok + "Transfer-Encoding: chunked\r\n", flow.MendedCoding},
		{"RFC 9112 6.3: chunked wins", ok + "Content-Length: 5\r\nTransfer-Encoding: chunked", ok + "Transfer-Encoding: chunked\r\n",
			flow.MendedLengthDropped},
		{"whatever the length", ok + "Transfer-Encoding: chunked\r\nContent-Length: x\r\nContent-Length: 4",
			ok + "Transfer-Encoding: chunked\r\n", flow.MendedLengthDropped},
		{"two spaces", "HTTP/1.1  200 OK", ok, flow.MendedStatusLine},
		{"tabs", "HTTP/1.1\t200\tOK", "HTTP/1.1 200 \tOK\r\n", flow.MendedStatusLine},
		{"a colon behind the status", "HTTP/1.1 404: Not Found", "HTTP/1.1 404 : Not Found\r\n", flow.MendedStatusLine},
		{"no space before the reason", "HTTP/1.0 200OK", "HTTP/1.0 200 OK\r\n", flow.MendedStatusLine},
		{"lower case", "http/1.0 200 OK", "HTTP/1.0 200 OK\r\n", flow.MendedStatusLine},
		{"no reason", "HTTP/1.1 200\r\nA : 1", "HTTP/1.1 200\r\nA: 1\r\n", flow.MendedColonSpace},
		{"ICY", "ICY 200 OK\r\nicy-name: x", "HTTP/1.0 200 OK\r\nicy-name: x\r\n", flow.MendedProtocol},
		{"empty lines before", "\r\n\nHTTP/1.1 200 OK", ok, flow.MendedBlankLines | flow.MendedLineEnds},
		{"RFC 9110 5.5: NUL and CR", ok + "A: 1\x002\r3\r\r\nB: 4", ok + "A: 1 2 3 \r\nB: 4\r\n", flow.MendedControls},
		{"other controls", ok + "A: \x01\x1b\x7f", ok + "A: \x01\x1b\x7f\r\n", flow.MendedControlsKept},
		{"controls in the reason", "HTTP/1.1 200 O\x00K\x1b", "HTTP/1.1 200 O K \r\n", flow.MendedControls},
		{"a name with a space", ok + "Foo Bar: 1\r\nConnection Info: 2", ok + "Foo Bar: 1\r\nConnection Info: 2\r\n", flow.MendedNamesKept},
		{"a name in quotes, or beyond ASCII", ok + "\"A\": 1\r\n\xc3\xa4: 2", ok + "\"A\": 1\r\n\xc3\xa4: 2\r\n", flow.MendedNamesKept},
		{"no colon", ok + "Fault: 1\r\nwarning\r\n line 5: oh\r\nA: 1", ok + "Fault: 1\r\nA: 1\r\n", flow.MendedDropped},
		{"no name", ok + ": 1\r\n : 2\r\nA: 1", ok + "A: 1\r\n", flow.MendedDropped | flow.MendedFolds},
		{"RFC 9112 2.2: white space before the first field", ok + " A: 1\r\n\tB: 2\r\nC: 3", ok + "C: 3\r\n", flow.MendedDropped},
		{"all at once", "\nIcy 200: OK\nA : 1\n 2\nB C: \x01\x00\nContent-Length: +3\nContent-Length: 3, 03\nno colon\n\n",
			"HTTP/1.0 200 : OK\r\nA: 1 2\r\nB C: \x01 \r\nContent-Length: 3\r\n",
			flow.MendedBlankLines | flow.MendedProtocol | flow.MendedStatusLine | flow.MendedLineEnds | flow.MendedColonSpace |
				flow.MendedFolds | flow.MendedControls | flow.MendedControlsKept | flow.MendedNamesKept | flow.MendedLength |
				flow.MendedDropped},
	} {
		sent := c.sent
		if !strings.HasSuffix(sent, "\n\n") && !strings.HasSuffix(sent, "\r\n\n") {
			sent += "\r\n\r\n"
		}
		for _, piece := range []int{0, 1, 7} {
			r, n, err := readMended(sent+"HTTP/1.1 200 next\r\n\r\n", piece)
			if err != nil {
				t.Errorf("%s: %q is refused: %v", c.rule, sent, err)
				continue
			}
			if n != len(sent) || string(r.Sent) != sent || string(r.Raw) != c.clean+"\r\n" || r.Mended != c.mended {
				t.Errorf("%s: %q of %d bytes\nbecame %q in %q\nwanted %q in %q", c.rule, r.Sent, n, r.Raw, r.Mended,
					c.clean+"\r\n", c.mended)
			}
		}
	}
}

// What has two meanings is refused, and the words say which.
func TestAmbiguousHeads(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct {
		rule string
		sent string
		want *Error
	}{
		{"two lengths", ok + "Content-Length: 5\r\nContent-Length: 6", ErrLengthDiffers},
		{"two lengths in a list", ok + "Content-Length: 5, 6", ErrLengthDiffers},
		{"no number", ok + "Content-Length: 5 5", ErrLength},
		{"negative", ok + "Content-Length: -1", ErrLength},
		{"two signs", ok + "Content-Length: ++1", ErrLength},
		{"hex", ok + "Content-Length: 0x5", ErrLength},
		{"empty", ok + "Content-Length:", ErrLength},
		{"overflow", ok + "Content-Length: 9223372036854775808", ErrLength},
		{"a folded length", ok + "Content-Length: 5\r\n 5", ErrLength},
		{"NUL in a length", ok + "Content-Length: 5\x00", ErrControl},
		{"chunked twice", ok + "Transfer-Encoding: chunked, chunked", ErrCoding},
		{"chunked below identity", ok + "Transfer-Encoding: chunked, identity", ErrCoding},
		{"in two fields", ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", ErrCoding},
		{"another coding", ok + "Transfer-Encoding: gzip", ErrCoding},
		{"another one below chunked", ok + "Transfer-Encoding: gzip, chunked", ErrCodingUnknown},
		{"chunked with a control", ok + "Transfer-Encoding: \x0bchunked", ErrControl},
		{"chunked in HTTP/1.0: browsers and curl disagree", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked", ErrCodingOld},
		{"chunked behind ICY", "ICY 200 OK\r\nTransfer-Encoding: chunked", ErrCodingOld},
		{"a coding and a length", ok + "Transfer-Encoding: gzip\r\nContent-Length: 5", ErrLengthAndCoded},
		{"a name like one of framing", ok + "Content-Length\x01: 5", ErrControl},
		{"in quotes", ok + "\"Content-Length\": 5", ErrFieldName},
		{"with a word before", ok + "X Transfer-Encoding: chunked", ErrFieldName},
		{"like one of the connection", ok + "(Connection): x", ErrFieldName},
		{"framing without a colon", ok + "Content-Length 5", ErrFieldName},
		{"framing before the first field", ok + " Content-Length: 5", ErrFold},
		{"framing behind a CR alone", ok + "A: 1\rContent-Length: 5", ErrControl},
		{"framing behind a CR in the status line", "HTTP/1.1 200 OK\rTransfer-Encoding: chunked", ErrControl},
		{"CR in a name", ok + "A\rB: 1", ErrControl},
		{"NUL in a name", ok + "A\x00: 1", ErrControl},
		{"a line of one CR: some end the head there", ok + "\r\r\nA: 1", ErrControl},
		{"a status of two digits", "HTTP/1.1 20 OK", ErrStatusLine},
		{"of four", "HTTP/1.1 2000 OK", ErrStatusLine},
		{"of none", "HTTP/1.1 OK", ErrStatusLine},
		{"below 100", "HTTP/1.1 099 OK", ErrStatusLine},
		{"no space at all", "HTTP/1.1200 OK", ErrStatusLine},
		{"HTTP/2", "HTTP/2.0 200 OK", ErrVersionMajor},
		{"a long version", "HTTP/1.10 200 OK", ErrStatusLine},
		{"a short version", "HTTP/1 200 OK", ErrVersion},
		{"no version", "HTTP/ 200 OK", ErrVersion},
		{"ICY alone", "ICY", ErrStatusLine},
		{"HTTP/0.9", "<html>", ErrStatusLine},
		{"another protocol", "220 mail.example ESMTP", ErrStatusLine},
		{"another one, behind an empty line", "\r\nSSH-2.0-x", ErrStatusLine},
		{"a space before", " HTTP/1.1 200 OK", ErrStatusLine},
		{"empty lines without end", strings.Repeat("\r\n", maxBlankLines+1) + "HTTP/1.1 200 OK", ErrStatusLine},
	} {
		for _, piece := range []int{0, 1, 7} {
			_, _, err := readMended(c.sent+"\r\n\r\n", piece)
			wantErr(t, c.rule+": "+c.sent, err, c.want)
		}
	}
}

// The content of an answer to CONNECT is the tunnel, whatever its fields say.
func TestFramingOfATunnelIsLeftOut(t *testing.T) {
	reader := ResponseReader{Tunnel: true}
	var r Response
	sent := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: 1\r\nContent-Length: x\r\nTransfer-Encoding: gzip\r\n\r\n"
	n, err := reader.Read(&r, []byte(sent), &wide)
	if n != len(sent) || err != nil || string(r.Raw) != "HTTP/1.1 200 OK\r\nA: 1\r\n\r\n" ||
		r.Mended != flow.MendedLengthDropped|flow.MendedCoding {
		t.Errorf("%d, %v: %q in %q", n, err, r.Raw, r.Mended)
	}
}

// A first line that is no good is told immediately, a good one waited for.
func TestABrokenStartIsToldAtOnce(t *testing.T) {
	for _, c := range []struct {
		first string
		want  *Error
	}{
		{"h", nil}, {"\r", nil}, {"\n", nil}, {"\r\nI", nil}, {"icy", nil}, {"ICY 200 OK\n", nil}, {"\r\n\r\nHTTP/1.1 200 OK\r\n", nil},
		{"S", ErrStatusLine}, {"\r\nS", ErrStatusLine}, {"\rH", ErrStatusLine}, {"\x15\x03\x01", ErrStatusLine},
		{"HTTP/2 200\n", ErrVersion}, {"icy 20\r\n", ErrStatusLine},
	} {
		for _, piece := range []int{0, 1} {
			if _, _, err := readMended(c.first, piece); err != errIncomplete || c.want != nil {
				wantErr(t, c.first, err, c.want)
			}
		}
	}
}

// The limits of a head hold while it is mended, for what came and for what goes on.
func TestLimitsOfMendedHeads(t *testing.T) {
	limits := Limits{StartLine: 64, Head: 1 << 10, Fields: 10}
	for _, c := range []struct {
		rule string
		sent string
		want *Error
	}{
		{"a long start line", "HTTP/1.1  200 " + strings.Repeat("x", 80), ErrLineTooLong},
		{"one that has no end", "\nHTTP/1.1  200 " + strings.Repeat("x", 80) + "\n", ErrLineTooLong},
		{"a long head", "HTTP/1.1 200 OK\nA: " + strings.Repeat("x", 1<<10) + "\n\n", ErrHeadTooLarge},
		{"one that has no end", "HTTP/1.1 200 OK\nA: " + strings.Repeat("x", 1<<10), ErrHeadTooLarge},
		{"many fields", "HTTP/1.1 200 OK\n" + strings.Repeat("A: 1\n", 11) + "\n", ErrTooManyFields},
		{"many folds", "HTTP/1.1 200 OK\nA: 1\n" + strings.Repeat(" 1\n", 10) + "\n", ErrTooManyFields},
		{"many lines that are left out", "HTTP/1.1 200 OK\n" + strings.Repeat("x\n", 11) + "\n", ErrTooManyFields},
		{"what goes on is longer", "HTTP/1.1 200 OK\n" + "A: " + strings.Repeat("x", 1<<10-22) + "\n\n", ErrHeadTooLarge},
	} {
		var reader ResponseReader
		var r Response
		n, err := reader.Read(&r, []byte(c.sent), &limits)
		if n != 0 {
			t.Errorf("%s: read %d bytes", c.rule, n)
		}
		wantErr(t, c.rule, err, c.want)
		reader.Reset()
		if n, err := reader.Read(&r, []byte(serverHead), &wide); n != len(serverHead) || err != nil || r.Mended != 0 {
			t.Errorf("%s: a good one behind it: %d, %v, %v", c.rule, n, err, r.Mended)
		}
	}
}

// A long head is mended when there is memory for it, and is the same then. One that
// keeps the rules, or is short, asks for none.
func TestMendsUpTo(t *testing.T) {
	const sent = "HTTP/1.1 200 OK\nA : 1\n\n"
	for name, c := range map[string]struct {
		sent  string
		upTo  int
		asked bool
	}{
		"longer":    {sent, len(sent) - 1, true},
		"as long":   {sent, len(sent), false},
		"all":       {sent, 0, false},
		"no faults": {"HTTP/1.1 200 OK\r\nA: 1\r\n\r\n", 1, false},
	} {
		reader := ResponseReader{MendsUpTo: c.upTo}
		var r Response
		n, err := reader.Read(&r, []byte(c.sent), &wide)
		if asked := err == ErrMendsLong; asked != c.asked || asked && n != 0 {
			t.Fatalf("%s: %d, %v", name, n, err)
		}
		if c.asked {
			reader.MendsUpTo = 0
			n, err = reader.Read(&r, []byte(c.sent), &wide)
		}
		if n != len(c.sent) || err != nil || string(r.Raw) != "HTTP/1.1 200 OK\r\nA: 1\r\n\r\n" {
			t.Errorf("%s: %d, %v, %q", name, n, err, r.Raw)
		}
	}
}
