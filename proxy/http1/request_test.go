package http1

import (
	"fmt"
	"strings"
	"testing"
)

func TestRequestLine(t *testing.T) {
	for _, c := range []struct {
		rule string
		line string
		want *Error
	}{
		{"RFC 9112 3: method SP target SP version", "GET /a HTTP/1.1", nil},
		{"RFC 9110 9.1: any token is a method", "M-SEARCH!#$%&'*+.^_`|~09az * HTTP/1.1", nil},
		{"RFC 9110 9.1: methods keep their case", "get /a HTTP/1.1", nil},
		{"RFC 9112 2.3: a higher minor version is HTTP/1.1 to us", "GET /a HTTP/1.9", nil},
		{"illegal but common characters stay", "GET /\"<>\\^`{|}\xff\xc3\xa9[]#?%zz HTTP/1.1", nil},
		{"no target", "GET HTTP/1.1", ErrRequestLine},
		{"HTTP/0.9", "GET /a", ErrRequestLine},
		{"one word", "GET", ErrRequestLine},
		{"empty line", "", ErrRequestLine},
		{"two spaces before the target", "GET  /a HTTP/1.1", ErrTarget},
		{"two spaces before the version", "GET /a  HTTP/1.1", ErrTarget},
		{"a space in the target", "GET /a b HTTP/1.1", ErrTarget},
		{"a space behind the version", "GET /a HTTP/1.1 ", ErrTarget},
		{"leading space", " GET /a HTTP/1.1", ErrMethod},
		{"tab as separator", "GET\t/a HTTP/1.1", ErrRequestLine},
		{"tab in the target", "GET /a\tb HTTP/1.1", ErrTarget},
		{"NUL in the target", "GET /a\x00 HTTP/1.1", ErrTarget},
		{"bare CR in the target", "GET /a\rb HTTP/1.1", ErrTarget},
		{"bare CR behind the version", "GET /a HTTP/1.1\r", ErrVersion},
		{"DEL in the target", "GET /\x7f HTTP/1.1", ErrTarget},
		{"vertical tab in the target", "GET /\v HTTP/1.1", ErrTarget},
		{"a colon in the method", "GE:T /a HTTP/1.1", ErrMethod},
		{"a method of bytes over 0x7f", "G\xc9T /a HTTP/1.1", ErrMethod},
		{"NUL in the method", "G\x00T /a HTTP/1.1", ErrMethod},
		{"RFC 9112 2.3: the version is case-sensitive", "GET /a http/1.1", ErrVersion},
		{"two digits", "GET /a HTTP/1.10", ErrVersion},
		{"two digits in front", "GET /a HTTP/01.1", ErrVersion},
		{"no minor version", "GET /a HTTP/1", ErrVersion},
		{"a comma", "GET /a HTTP/1,1", ErrVersion},
		{"a sign", "GET /a HTTP/+.1", ErrVersion},
		{"HTTP/2 over TCP", "PRI * HTTP/2.0", ErrVersionMajor},
		{"HTTP/0.9 spelt out", "GET /a HTTP/0.9", ErrVersionMajor},
		{"another protocol", "GET /a RTSP/1.0", ErrVersion},
	} {
		_, _, err := readRequest(c.line + "\r\nHost: h\r\n\r\n")
		wantErr(t, c.rule+": "+c.line, err, c.want)
	}
}

func TestRequestLineIsKeptAsSent(t *testing.T) {
	r, rest, err := readRequest("pOsT http://u:p@H:80/%2F//..;?a=\xff#x HTTP/1.0\r\n\r\nbody")
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Method) != "pOsT" || string(r.Target) != "http://u:p@H:80/%2F//..;?a=\xff#x" ||
		string(r.Version) != "HTTP/1.0" || r.Minor != 0 || rest != "body" {
		t.Errorf("%q %q %q minor %d, rest %q", r.Method, r.Target, r.Version, r.Minor, rest)
	}
}

func TestRequestFields(t *testing.T) {
	for _, c := range []struct {
		rule string
		line string
		want *Error
	}{
		{"RFC 9112 5: white space around the value is optional", "A:b", nil},
		{"tabs around the value", "A:\t b\t ", nil},
		{"no value", "A:", nil},
		{"any token is a name", "!#$%&'*+-.^_`|~09azAZ: b", nil},
		{"colons in the value", "A: b:c::d", nil},
		{"RFC 9110 5.5: obs-text", "A: \x80\xff\xc3\xa9", nil},
		{"tab inside the value", "A: b\tc", nil},
		{"RFC 9112 5.1: space before the colon", "A : b", ErrSpaceColon},
		{"tab before the colon", "A\t: b", ErrSpaceColon},
		{"RFC 9112 5.2: obs-fold", "A: b\r\n c", ErrFold},
		{"obs-fold with a tab", "A: b\r\n\tc", ErrFold},
		{"RFC 9112 2.2: white space before the first field", " A: b", ErrFold},
		{"a line of white space", " ", ErrFold},
		{"no colon", "A", ErrFieldName},
		{"no name", ": b", ErrFieldName},
		{"no name, no value", ":", ErrFieldName},
		{"a space inside the name", "A B: c", ErrSpaceColon},
		{"a quote in the name", "A\"B: c", ErrFieldName},
		{"a name of bytes over 0x7f", "\xc3\xa9: c", ErrFieldName},
		{"NUL in the name", "A\x00: b", ErrControl},
		{"NUL in the value", "A: b\x00c", ErrControl},
		{"bare CR in the value", "A: b\rc", ErrControl},
		{"bare CR before the line's end", "A: b\r", ErrControl},
		{"bare CR alone", "\r", ErrControl},
		{"DEL in the value", "A: 12345678\x7f", ErrControl},
		{"ESC in the value", "A: \x1b[0m", ErrControl},
		{"RFC 9112 2.2: a bare LF ends no line here", "A: b\nC: d", ErrBareLF},
		{"a bare LF as the empty line", "A: b\r\n\n", ErrBareLF},
	} {
		_, _, err := readRequest("GET /a HTTP/1.1\r\nHost: h\r\n" + c.line + "\r\n\r\n")
		wantErr(t, c.rule+": "+c.line, err, c.want)
		_, _, err = readResponse("HTTP/1.1 200 OK\r\nDate: x\r\n" + c.line + "\r\n\r\n")
		wantErr(t, "response, "+c.rule+": "+c.line, err, c.want)
	}
	_, _, err := readRequest("GET /a HTTP/1.1\nHost: h\r\n\r\n")
	wantErr(t, "bare LF behind the request line", err, ErrBareLF)
}

func TestFieldsAreKeptAsSent(t *testing.T) {
	head := "GET /a HTTP/1.1\r\nhOsT:h\r\nX-A:  b  c \t\r\nx-a:\r\nSet-Cookie: 1\r\nSet-Cookie: 2\r\n\r\n"
	r, _, err := readRequest(head)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ name, value, line string }{
		{"hOsT", "h", "hOsT:h\r\n"},
		{"X-A", "b  c", "X-A:  b  c \t\r\n"},
		{"x-a", "", "x-a:\r\n"},
		{"Set-Cookie", "1", "Set-Cookie: 1\r\n"},
		{"Set-Cookie", "2", "Set-Cookie: 2\r\n"},
	}
	if len(r.Fields) != len(want) || string(r.Raw) != head {
		t.Fatalf("%d fields of %q", len(r.Fields), r.Raw)
	}
	for i, w := range want {
		f := r.Fields[i]
		if string(f.Name) != w.name || string(f.Value) != w.value || string(f.Line) != w.line {
			t.Errorf("field %d: %q %q %q", i, f.Name, f.Value, f.Line)
		}
	}
}

func TestHost(t *testing.T) {
	for _, c := range []struct {
		rule    string
		version string
		fields  string
		want    *Error
	}{
		{"RFC 9112 3.2: one Host", "1.1", "Host: a.example:80\r\n", nil},
		{"empty, where the target has no authority", "1.1", "Host:\r\n", nil},
		{"IPv6", "1.1", "Host: [::1]:8080\r\n", nil},
		{"an underscore, as people have it", "1.1", "Host: my_host\r\n", nil},
		{"raw UTF-8, as people have it", "1.1", "Host: b\xc3\xbccher.example\r\n", nil},
		{"empty port", "1.1", "Host: a:\r\n", nil},
		{"none in HTTP/1.0", "1.0", "", nil},
		{"none", "1.1", "", ErrHostMissing},
		{"twice", "1.1", "Host: a\r\nHost: a\r\n", ErrHostTwice},
		{"twice, other case", "1.1", "Host: a\r\nhOST: b\r\n", ErrHostTwice},
		{"twice in HTTP/1.0", "1.0", "Host: a\r\nHost: b\r\n", ErrHostTwice},
		{"userinfo", "1.1", "Host: u@a\r\n", ErrHostValue},
		{"empty userinfo", "1.1", "Host: @a\r\n", ErrHostValue},
		{"a path", "1.1", "Host: a/b\r\n", ErrHostValue},
		{"a backslash", "1.1", "Host: a\\b\r\n", ErrHostValue},
		{"a broken escape", "1.1", "Host: a%zz\r\n", ErrHostValue},
		{"half an escape", "1.1", "Host: a%4\r\n", ErrHostValue},
		{"a question mark", "1.1", "Host: a?b\r\n", ErrHostValue},
		{"a fragment", "1.1", "Host: a#b\r\n", ErrHostValue},
		{"a space", "1.1", "Host: a b\r\n", ErrHostValue},
		{"a scheme", "1.1", "Host: http://a\r\n", ErrHostValue},
		{"only a port", "1.1", "Host: :80\r\n", ErrHostValue},
		{"port 0", "1.1", "Host: a:0\r\n", ErrHostValue},
		{"a port too high", "1.1", "Host: a:65536\r\n", ErrHostValue},
		{"a port with a sign", "1.1", "Host: a:+80\r\n", ErrHostValue},
		{"two ports", "1.1", "Host: a:80:80\r\n", ErrHostValue},
		{"IPv6 without brackets", "1.1", "Host: ::1\r\n", ErrHostValue},
		{"an open bracket", "1.1", "Host: [::1\r\n", ErrHostValue},
		{"junk behind the bracket", "1.1", "Host: [::1]x\r\n", ErrHostValue},
		{"256 bytes", "1.1", "Host: " + strings.Repeat("a", 256) + "\r\n", ErrHostValue},
	} {
		_, _, err := readRequest("GET /a HTTP/" + c.version + "\r\n" + c.fields + "\r\n")
		wantErr(t, c.rule+": "+c.fields, err, c.want)
	}
}

// Clients take Host from their target: where both are wrong, the target is told.
func TestHostThatComesFromTheTarget(t *testing.T) {
	long := strings.Repeat("a", 5000)
	for _, c := range []struct {
		target, host string
		want         *Error
	}{
		{"GET http://" + long + "/", long, ErrHostLong},
		{"GET http://" + long + ":81/", long + ":81", ErrHostLong},
		{"CONNECT " + long + ":443", long + ":443", ErrHostLong},
		{"GET http://a:65536/", "a:65536", ErrPort},
		{"CONNECT a:0", "a:0", ErrPort},
		{"CONNECT u@a:443", "u@a:443", ErrUserinfo},
		{"GET http://a%zz/", "a%zz", ErrAuthority},
		{"GET http://:80/", ":80", ErrAuthority},
		{"GET http://a/", long, ErrHostValue},
		{"GET http://u@a/", "u@a", ErrHostValue},
		{"GET /", long, ErrHostValue},
		{"GET ftp://" + long + "/", long, ErrHostValue},
		{"OPTIONS *", "a:0", ErrHostValue},
	} {
		_, _, err := readRequest(c.target + " HTTP/1.1\r\nHost: " + c.host + "\r\n\r\n")
		wantErr(t, fmt.Sprintf("%.40s, Host %.40s", c.target, c.host), err, c.want)
	}
}

func TestRequestFraming(t *testing.T) {
	for _, c := range []struct {
		rule    string
		version string
		fields  string
		want    *Error
		length  int64
		chunked bool
	}{
		{"RFC 9112 6.3: no framing, no body", "1.1", "", nil, -1, false},
		{"a length", "1.1", "Content-Length: 5\r\n", nil, 5, false},
		{"a length of 0", "1.1", "Content-Length: 0\r\n", nil, 0, false},
		{"leading zeros", "1.1", "Content-Length: 0005\r\n", nil, 5, false},
		{"white space around", "1.1", "Content-Length:\t 5 \r\n", nil, 5, false},
		{"the largest length", "1.1", "Content-Length: 9223372036854775807\r\n", nil, 1<<63 - 1, false},
		{"chunked", "1.1", "Transfer-Encoding: chunked\r\n", nil, -1, true},
		{"chunked in any case", "1.1", "transfer-ENCODING: ChunKed\r\n", nil, -1, true},
		{"overflow", "1.1", "Content-Length: 9223372036854775808\r\n", ErrLength, 0, false},
		{"overflow of 64 bits", "1.1", "Content-Length: 18446744073709551621\r\n", ErrLength, 0, false},
		{"empty", "1.1", "Content-Length:\r\n", ErrLength, 0, false},
		{"plus", "1.1", "Content-Length: +5\r\n", ErrLength, 0, false},
		{"minus", "1.1", "Content-Length: -5\r\n", ErrLength, 0, false},
		{"hex", "1.1", "Content-Length: 0x5\r\n", ErrLength, 0, false},
		{"hex digits", "1.1", "Content-Length: 1a\r\n", ErrLength, 0, false},
		{"underscore", "1.1", "Content-Length: 1_0\r\n", ErrLength, 0, false},
		{"decimal point", "1.1", "Content-Length: 5.0\r\n", ErrLength, 0, false},
		{"exponent", "1.1", "Content-Length: 1e1\r\n", ErrLength, 0, false},
		{"space inside", "1.1", "Content-Length: 1 0\r\n", ErrLength, 0, false},
		{"quotes", "1.1", "Content-Length: \"5\"\r\n", ErrLength, 0, false},
		{"digits of another script", "1.1", "Content-Length: \xd9\xa5\r\n", ErrLength, 0, false},
		{"a list of the same", "1.1", "Content-Length: 5, 5\r\n", ErrLength, 0, false},
		{"a list", "1.1", "Content-Length: 5, 6\r\n", ErrLength, 0, false},
		{"twice the same", "1.1", "Content-Length: 5\r\nContent-Length: 5\r\n", ErrLengthTwice, 0, false},
		{"twice", "1.1", "Content-Length: 5\r\ncontent-length: 6\r\n", ErrLengthTwice, 0, false},
		{"RFC 9112 6.1: length and coding", "1.1", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", ErrLengthAndCoded, 0, false},
		{"the other way round", "1.1", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", ErrLengthAndCoded, 0, false},
		{"a length of 0 and a coding", "1.1", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", ErrLengthAndCoded, 0, false},
		{"length and an unknown coding", "1.1", "Transfer-Encoding: x\r\nContent-Length: 5\r\n", ErrLengthAndCoded, 0, false},
		{"HTTP/1.0 has no codings", "1.0", "Transfer-Encoding: chunked\r\n", ErrCodingOld, 0, false},
		{"not even unknown ones", "1.0", "Transfer-Encoding: gzip, chunked\r\n", ErrCodingOld, 0, false},
		{"another coding", "1.1", "Transfer-Encoding: gzip\r\n", ErrCoding, 0, false},
		{"identity is no longer a coding", "1.1", "Transfer-Encoding: identity\r\n", ErrCoding, 0, false},
		{"another coding below", "1.1", "Transfer-Encoding: gzip, chunked\r\n", ErrCodingUnknown, 0, false},
		{"chunked is not the last", "1.1", "Transfer-Encoding: chunked, gzip\r\n", ErrCoding, 0, false},
		{"chunked twice", "1.1", "Transfer-Encoding: chunked, chunked\r\n", ErrCoding, 0, false},
		{"chunked on two lines", "1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ErrCoding, 0, false},
		{"codings on two lines", "1.1", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", ErrCoding, 0, false},
		{"identity beside chunked", "1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", ErrCoding, 0, false},
		{"empty", "1.1", "Transfer-Encoding:\r\n", ErrCoding, 0, false},
		{"empty element", "1.1", "Transfer-Encoding: ,chunked\r\n", ErrCoding, 0, false},
		{"empty last element", "1.1", "Transfer-Encoding: chunked,\r\n", ErrCoding, 0, false},
		{"parameter", "1.1", "Transfer-Encoding: chunked;a=b\r\n", ErrCoding, 0, false},
		{"quotes", "1.1", "Transfer-Encoding: \"chunked\"\r\n", ErrCoding, 0, false},
		{"junk before", "1.1", "Transfer-Encoding: xchunked\r\n", ErrCoding, 0, false},
		{"junk behind", "1.1", "Transfer-Encoding: chunkedx\r\n", ErrCoding, 0, false},
		{"two words", "1.1", "Transfer-Encoding: chunked foo\r\n", ErrCoding, 0, false},
		{"vertical tab", "1.1", "Transfer-Encoding: \vchunked\r\n", ErrControl, 0, false},
		{"the name with a space", "1.1", "Transfer-Encoding : chunked\r\n", ErrSpaceColon, 0, false},
		{"the long s does not fold to s", "1.1", "Tran\xc5\xbffer-Encoding: chunked\r\n", ErrFieldName, 0, false},
		{"the Kelvin sign does not fold to k", "1.1", "Transfer-Encoding: chun\xe2\x84\xaaed\r\n", ErrCoding, 0, false},
	} {
		r, _, err := readRequest("POST /a HTTP/" + c.version + "\r\nHost: h\r\n" + c.fields + "\r\n")
		wantErr(t, c.rule+": "+c.fields, err, c.want)
		if err == nil && (r.Length != c.length || r.Chunked != c.chunked || r.HasBody() != (c.chunked || c.length > 0)) {
			t.Errorf("%s: length %d, chunked %v, body %v", c.rule, r.Length, r.Chunked, r.HasBody())
		}
	}
}

func TestCheckStart(t *testing.T) {
	for _, c := range []struct {
		first string
		want  *Error
	}{
		{"", nil}, {"G", nil}, {"get", nil}, {"!", nil},
		{"\x16", ErrTLS}, {"\x16\x03\x01", ErrTLS}, {"\x16\x00", ErrMethod},
		{" G", ErrRequestLine}, {"\tG", ErrRequestLine},
		{"\x05\x01\x00", ErrMethod}, {"\x00", ErrMethod}, {"\x80", ErrMethod}, {":", ErrMethod}, {"{", ErrMethod},
	} {
		wantErr(t, c.first, CheckStart([]byte(c.first)), c.want)
	}
}

func TestMaxForwards(t *testing.T) {
	for _, c := range []struct {
		fields string
		n      int64
		want   *Error
	}{
		{"", -1, nil},
		{"Max-Forwards: 0\r\n", 0, nil},
		{"max-forwards: 10\r\n", 10, nil},
		{"Max-Forwards:\r\n", 0, ErrMaxForwards},
		{"Max-Forwards: -1\r\n", 0, ErrMaxForwards},
		{"Max-Forwards: 1\r\nMax-Forwards: 1\r\n", 0, ErrMaxForwards},
		{"Max-Forwards: x\r\n", 0, ErrMaxForwards},
		{"Max-Forwards: 99999999999999999999\r\n", 1<<63 - 1, nil}, // too large to count: the largest that can be
	} {
		r, _, err := readRequest("TRACE http://h/ HTTP/1.1\r\nHost: h\r\n" + c.fields + "\r\n")
		if err != nil {
			t.Fatal(err)
		}
		n, err := r.MaxForwards()
		wantErr(t, c.fields, err, c.want)
		if n != c.n {
			t.Errorf("%q: %d", c.fields, n)
		}
	}
}

func TestIdempotent(t *testing.T) {
	for method, want := range map[string]bool{"GET": true, "HEAD": true, "OPTIONS": true, "TRACE": true, "PUT": true,
		"DELETE": true, "POST": false, "PATCH": false, "CONNECT": false, "get": false, "PROPFIND": false} {
		r := Request{Method: []byte(method)}
		if r.Idempotent() != want || !r.Is(method) || r.Is("X") {
			t.Errorf("%s: %v", method, r.Idempotent())
		}
	}
}
