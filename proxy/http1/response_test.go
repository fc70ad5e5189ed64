package http1

import "testing"

func TestStatusLine(t *testing.T) {
	for _, c := range []struct {
		rule   string
		line   string
		want   *Error
		status int
		reason string
	}{
		{"RFC 9112 4: version SP status SP reason", "HTTP/1.1 200 OK", nil, 200, " OK"},
		{"an empty reason", "HTTP/1.1 200 ", nil, 200, " "},
		{"no reason and no space, as many send it", "HTTP/1.1 200", nil, 200, ""},
		{"any reason", "HTTP/1.1 404 N\xc3\xa4 \t so was!", nil, 404, " N\xc3\xa4 \t so was!"},
		{"HTTP/1.0", "HTTP/1.0 200 OK", nil, 200, " OK"},
		{"an unregistered status", "HTTP/1.1 799 Hm", nil, 799, " Hm"},
		{"RFC 9110 15: three digits", "HTTP/1.1 20 OK", ErrStatusLine, 0, ""},
		{"four digits", "HTTP/1.1 2000 OK", ErrStatusLine, 0, ""},
		{"below 100", "HTTP/1.1 099 OK", ErrStatusLine, 0, ""},
		{"a sign", "HTTP/1.1 +20 OK", ErrStatusLine, 0, ""},
		{"letters", "HTTP/1.1 2xx OK", ErrStatusLine, 0, ""},
		{"two spaces", "HTTP/1.1  200 OK", ErrStatusLine, 0, ""},
		{"a tab", "HTTP/1.1\t200 OK", ErrStatusLine, 0, ""},
		{"a tab before the reason", "HTTP/1.1 200\tOK", ErrStatusLine, 0, ""},
		{"no status", "HTTP/1.1", ErrStatusLine, 0, ""},
		{"no version", "200 OK and some more", ErrStatusLine, 0, ""},
		{"empty line", "", ErrStatusLine, 0, ""},
		{"leading space", " HTTP/1.1 200 OK", ErrStatusLine, 0, ""},
		{"another protocol", "ICY 200 OK 1234", ErrStatusLine, 0, ""},
		{"lower case", "http/1.1 200 OK", ErrVersion, 0, ""},
		{"HTTP/2", "HTTP/2.0 200 OK", ErrVersionMajor, 0, ""},
		{"NUL in the reason", "HTTP/1.1 200 O\x00K", ErrControl, 0, ""},
		{"bare CR in the reason", "HTTP/1.1 200 O\rK", ErrControl, 0, ""},
	} {
		r, _, err := readResponse(c.line + "\r\nDate: x\r\n\r\n")
		wantErr(t, c.rule+": "+c.line, err, c.want)
		if err == nil && (r.Status != c.status || string(r.Reason) != c.reason || string(r.Line) != c.line) {
			t.Errorf("%s: %d %q %q", c.rule, r.Status, r.Reason, r.Line)
		}
	}
}

func TestResponseFraming(t *testing.T) {
	const crlf = "\r\n"
	for _, c := range []struct {
		rule   string
		start  string
		fields string
		head   bool
		want   Framing
		err    *Error
	}{
		{"RFC 9112 6.3: HEAD", "1.1 200 OK", "Content-Length: 5" + crlf, true, NoBody, nil},
		{"HEAD, chunked", "1.1 200 OK", "Transfer-Encoding: chunked" + crlf, true, NoBody, nil},
		{"1xx", "1.1 103 Early Hints", "Content-Length: 5" + crlf, false, NoBody, nil},
		{"101", "1.1 101 Switching Protocols", "", false, NoBody, nil},
		{"204", "1.1 204 No Content", "Content-Length: 5" + crlf, false, NoBody, nil},
		{"304", "1.1 304 Not Modified", "Transfer-Encoding: chunked" + crlf, false, NoBody, nil},
		{"chunked", "1.1 200 OK", "Transfer-Encoding: CHUNKED" + crlf, false, Chunked, nil},
		{"a length", "1.1 200 OK", "Content-Length: 5" + crlf, false, Length, nil},
		{"a length in HTTP/1.0", "1.0 200 OK", "Content-Length: 5" + crlf, false, Length, nil},
		{"a length of 0", "1.1 200 OK", "Content-Length: 0" + crlf, false, NoBody, nil},
		{"until close", "1.1 200 OK", "", false, UntilClose, nil},
		{"205 has framing as any other", "1.1 205 Reset Content", "", false, UntilClose, nil},
		{"length and coding", "1.1 200 OK", "Content-Length: 5" + crlf + "Transfer-Encoding: chunked" + crlf, false, 0, ErrLengthAndCoded},
		{"coding in HTTP/1.0", "1.0 200 OK", "Transfer-Encoding: chunked" + crlf, false, 0, ErrCodingOld},
		{"another coding", "1.1 200 OK", "Transfer-Encoding: gzip" + crlf, false, 0, ErrCoding},
		{"a coding below", "1.1 200 OK", "Transfer-Encoding: gzip, chunked" + crlf, false, 0, ErrCodingUnknown},
		{"two lengths", "1.1 200 OK", "Content-Length: 5" + crlf + "Content-Length: 5" + crlf, false, 0, ErrLengthTwice},
		{"a list of lengths", "1.1 200 OK", "Content-Length: 5,5" + crlf, false, 0, ErrLength},
		{"a bad length where no body is", "1.1 304 Not Modified", "Content-Length: x" + crlf, false, 0, ErrLength},
	} {
		r, _, err := readResponse("HTTP/" + c.start + "\r\n" + c.fields + "\r\n")
		wantErr(t, c.rule, err, c.err)
		if err == nil && r.Framing(c.head) != c.want {
			t.Errorf("%s: %d, want %d", c.rule, r.Framing(c.head), c.want)
		}
	}
}

func TestPersistent(t *testing.T) {
	for _, c := range []struct {
		rule string
		head string
		want bool
	}{
		{"RFC 9112 9.3: HTTP/1.1", "HTTP/1.1 200 OK\r\n\r\n", true},
		{"close", "HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n", false},
		{"close wins", "HTTP/1.1 200 OK\r\nConnection: keep-alive, close\r\n\r\n", false},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false},
		{"HTTP/1.0 with keep-alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", false},
		{"204", "HTTP/1.1 204 No Content\r\n\r\n", true},
		{"204 with a length of 0", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", true},
		{"204 that announces a body", "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", false},
		{"204 that announces chunks", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false},
		{"304 with the length of what it stands for", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", true},
	} {
		r, _, err := readResponse(c.head)
		if err != nil {
			t.Fatal(err)
		}
		if r.Persistent() != c.want {
			t.Errorf("%s: %v", c.rule, r.Persistent())
		}
	}
}

func TestCheckStatus(t *testing.T) {
	for _, c := range []struct {
		first string
		want  *Error
	}{
		{"", nil}, {"H", nil}, {"HTTP", nil}, {"HTTP/", nil}, {"HTTP/1.1 200", nil}, {"HTTP/9", nil},
		{"S", ErrStatusLine}, {"SSH-2.0-OpenSSH", ErrStatusLine}, {"<html>", ErrStatusLine}, {"HTTQ", ErrStatusLine},
		{"http/1.1", ErrStatusLine}, {"\r\nHTTP/1.1", ErrStatusLine}, {"\x15\x03\x01", ErrStatusLine},
	} {
		wantErr(t, c.first, CheckStatus([]byte(c.first)), c.want)
	}
}
