package http1

import "testing"

// wide are limits that no ordinary test reaches.
var wide = Limits{StartLine: 128 << 10, Head: 256 << 10, Fields: 1000}

// readRequest scans and parses the head at the start of text; rest is what follows it.
func readRequest(text string) (r *Request, rest string, err error) {
	var lines Lines
	n, err := lines.Scan([]byte(text), &wide)
	if err != nil {
		return nil, text, err
	}
	if n == 0 {
		return nil, text, errIncomplete
	}
	r = new(Request)
	err = ParseRequest(r, []byte(text[:n]), &lines)
	return r, text[n:], err
}

// readResponse is readRequest for responses.
func readResponse(text string) (r *Response, rest string, err error) {
	var lines Lines
	n, err := lines.Scan([]byte(text), &wide)
	if err != nil {
		return nil, text, err
	}
	if n == 0 {
		return nil, text, errIncomplete
	}
	r = new(Response)
	err = ParseResponse(r, []byte(text[:n]), &lines)
	return r, text[n:], err
}

// errIncomplete is a head whose end is not there.
var errIncomplete = newError(0, "no-end")

// wantErr compares refusals, which are values.
func wantErr(t *testing.T, what string, got error, want *Error) {
	t.Helper()
	if want == nil {
		if got != nil {
			t.Errorf("%q is refused: %v", what, got)
		}
		return
	}
	if got != error(want) {
		t.Errorf("%q: got %v, want %v", what, got, want)
	}
}
