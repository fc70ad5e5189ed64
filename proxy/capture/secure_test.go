package capture_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"reflect"
	"testing"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

func secureOf(n int, size int) *flow.Secure {
	der := make([]byte, size)
	binary.BigEndian.PutUint64(der, uint64(n))
	return &flow.Secure{
		Outcome: flow.TLSBadCertificate, Problem: flow.ProblemExpired | flow.ProblemWrongHost, Trust: flow.TrustInsecure,
		Client:      flow.TLSState{Version: 0x0304, Cipher: 0x1301, ALPN: "h2"},
		Origin:      flow.TLSState{Version: 0x0303, Cipher: 0xc02f, ALPN: "http/1.1", Resumed: true},
		Fingerprint: sha256.Sum256(der), Chain: [][]byte{der},
	}
}

// What is known of both TLS connections shows while the exchange runs, and after it.
func TestSecureIsKept(t *testing.T) {
	s := capture.New(capture.Options{})
	r := beginOne(s)
	id := r.ID()
	want := secureOf(1, 700)
	r.SetSecure(want)
	for range 2 {
		x, ok := s.Get(id)
		if !ok || !reflect.DeepEqual(x.Secure, *want) {
			t.Errorf("%+v", x.Secure)
		}
		row, _ := s.Row(id)
		if row.TLS.Outcome != flow.TLSBadCertificate || row.TLS.Problem.String() != "expired,wrong-host" {
			t.Errorf("row %+v", row.TLS)
		}
		if x.Phase.Final() {
			break
		}
		r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
	}
	plain := finishOne(s, nil)
	if x, _ := s.Get(plain); !reflect.DeepEqual(x.Secure, flow.Secure{}) {
		t.Errorf("a plain exchange after it: %+v", x.Secure)
	}
}

// Chains are kept once each, within their bound, whatever comes.
func TestChainsAreBounded(t *testing.T) {
	const budget = 4 << 20
	s := capture.New(capture.Options{Budget: budget})
	kept := func(n int) bool {
		r := beginOne(s)
		id := r.ID()
		r.SetSecure(&flow.Secure{Fingerprint: secureOf(n, 1000).Fingerprint})
		r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
		x, _ := s.Get(id)
		return len(x.Secure.Chain) > 0
	}
	for i := range 2000 {
		r := beginOne(s)
		r.SetSecure(secureOf(i, 1000))
		r.SetSecure(secureOf(0, 1000)) // used all the while
		r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
		if used := s.Stats().MemoryUsed; used > budget {
			t.Fatalf("%d bytes in use, the budget is %d", used, budget)
		}
	}
	if !kept(0) || !kept(1999) || kept(1000) {
		t.Error("not the ones used lately were kept")
	}
	long := secureOf(5000, 1000)
	for i := range 40 {
		long.Chain = append(long.Chain, bytes.Repeat([]byte{byte(i)}, 1000))
	}
	r := beginOne(s)
	id := r.ID()
	r.SetSecure(long)
	r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
	if x, _ := s.Get(id); len(x.Secure.Chain) < 10 || len(x.Secure.Chain) > 16 {
		t.Errorf("%d certificates of a long chain", len(x.Secure.Chain))
	}
	s.Clear()
	if kept(1999) || s.Stats().MemoryUsed > 128<<10 {
		t.Errorf("after clearing %d bytes are in use", s.Stats().MemoryUsed)
	}
}

// A host that is never recorded leaves a row without contents.
func TestBareRows(t *testing.T) {
	s := capture.New(capture.Options{})
	head := []byte("GET /secret?token=1 HTTP/1.1\r\nCookie: secret\r\n\r\n")
	b := capture.Begin{Kind: flow.KindHTTP, Start: base, Head: head, Scheme: "https", HostName: []byte("bank.example"), MetadataOnly: true,
		Method: capture.Span{Len: 3}, Path: capture.Span{Off: 4, Len: 15}, Proto: capture.Span{Off: 20, Len: 8}}
	r := s.Begin(&b)
	id := r.ID()
	r.RequestBody([]byte("secret"))
	r.Interim([]byte("HTTP/1.1 103 Early Hints\r\nLink: secret\r\n\r\n"))
	r.Unusable([]byte("HTTP/1.1 200 OK\r\nSet-Cookie: secret\r\n\r\n"))
	r.ResponseHead(200, []byte("HTTP/1.1 200 OK\r\nSet-Cookie: secret\r\n\r\n"), capture.Span{}, base)
	r.ResponseBody([]byte("secret"))
	r.ResponseTrailer([]byte("X: secret\r\n"))
	for range 2 {
		x, ok := s.Get(id)
		if !ok || x.Method != "GET" || x.Host != "bank.example" || x.Path != "/" && x.Path != "" || x.Proto != "HTTP/1.1" ||
			x.Status != 200 || x.RequestSize != 6 || x.ResponseSize != 6 {
			t.Errorf("row %+v", x.Row)
		}
		if n := len(x.RequestHead) + len(x.ResponseHead) + len(x.Interim) + len(x.RequestTrailer) + len(x.ResponseTrailer) +
			len(x.Unusable) + len(x.RequestBody.Bytes) + len(x.ResponseBody.Bytes); n != 0 {
			t.Errorf("%d bytes of contents: %+v", n, x)
		}
		if x.ResponseBody.State != flow.BodyNotRecorded {
			t.Errorf("the body is %v", x.ResponseBody.State)
		}
		if x.Phase.Final() {
			break
		}
		r.Finish(flow.FailureNone, flow.Reason{}, 0, base)
	}
	_ = finishOne(s, []byte("x"))
	if x, _ := s.Get(id + 1); string(x.ResponseBody.Bytes) != "x" {
		t.Error("the next exchange keeps nothing")
	}
}

// What is known of TLS, of the program that asked and of the way stands in one
// row, and each is found.
func TestSecureBesideTheProgramAndTheWay(t *testing.T) {
	s := capture.New(capture.Options{})
	var a capture.ClientProcess
	a.Set(curl)
	r := s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: base, Head: []byte("GET /"), Scheme: "https", Process: &a,
		Upstream: "http://proxy.test:3128"})
	id, want := r.ID(), secureOf(1, 700)
	r.SetSecure(want)
	r.Finish(flow.FailureTLS, flow.ReasonCode("why").With(), 502, base)
	x, ok := s.Get(id)
	if !ok || !reflect.DeepEqual(x.Secure, *want) {
		t.Errorf("%+v", x.Secure)
	}
	if appOf(x.Row) != curl || x.Upstream != "http://proxy.test:3128" || x.Reason != flow.ReasonCode("why").With() {
		t.Errorf("row %+v", x.Row)
	}
}
