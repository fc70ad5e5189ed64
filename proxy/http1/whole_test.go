package http1_test

import (
	"testing"

	"posthouse/proxy/http1"
)

// A head is taken where it is whole, alone and strict.
func TestWholeHeads(t *testing.T) {
	limits := http1.Limits{StartLine: 100, Head: 200, Fields: 3}
	for head, want := range map[string]error{
		"GET /a HTTP/1.1\r\nHost: b\r\n\r\n":       nil,
		"GET /a HTTP/1.1\r\nHost: b\r\n":           http1.ErrNotWhole,
		"GET /a HTTP/1.1\r\nHost: b\r\n\r\nbehind": http1.ErrNotWhole,
		"": http1.ErrNotWhole,
		"GET /a HTTP/1.1\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n": http1.ErrTooManyFields,
	} {
		r, err := http1.WholeRequest([]byte(head), &limits)
		if err != want || err == nil && string(r.Target) != "/a" {
			t.Errorf("%q: %v, %q", head, err, r.Target)
		}
	}
	if r, err := http1.WholeResponse([]byte("HTTP/1.1 204 \r\nA: b\r\n\r\n"), &limits); err != nil || r.Status != 204 {
		t.Error(r.Status, err)
	}
	if _, err := http1.WholeResponse([]byte("HTTP/1.1 2o4 \r\n\r\n"), &limits); err == nil {
		t.Error("a status of letters is taken")
	}
}
