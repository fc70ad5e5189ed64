package ui

import (
	"fmt"
	"strings"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// startOfTests is when the exchanges of tests begin.
var startOfTests = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

// fakeRows is a store without traffic.
type fakeRows map[flow.ID]flow.Row

func (f fakeRows) Row(id flow.ID) (flow.Row, bool) { r, ok := f[id]; return r, ok }

func (f fakeRows) Each(visit func(*flow.Row)) {
	for _, row := range f {
		visit(&row)
	}
}

// removeMissing removes the rows that the source lacks, in whatever order they left it.
func (m *model) removeMissing() {
	var gone []flow.ID
	for _, id := range m.all {
		if _, ok := m.rows.Row(id); !ok {
			gone = append(gone, id)
		}
	}
	m.remove(gone)
}

// fill puts exchanges 1 to n into it.
func (f fakeRows) fill(n int) []flow.Row {
	var rows []flow.Row
	for i := range n {
		row := sampleRow(flow.ID(i + 1))
		f[row.ID] = row
		rows = append(rows, row)
	}
	return rows
}

var (
	sampleHosts  = []string{"api.example.test", "cdn.example.test", "www.example.test:8080", "login.example.test"}
	samplePaths  = []string{"/v1/users?page=%d", "/static/app.%d.js", "/", "/v1/a/rather/long/path/that/does/not/fit/into/its/column/at/all/and/is/cut?with=a&query=%d"}
	sampleStatus = []int{200, 200, 304, 404, 200, 503, 201, 301}
	sampleTypes  = []string{"application/json", "text/javascript", "text/html; charset=utf-8", "image/png"}
	methods      = []string{"GET", "GET", "POST", "DELETE", "GET", "OPTIONS"}
)

func pick[T any](all []T, id flow.ID) T { return all[int(id)%len(all)] }

// sampleRow is the same row for the same ID, always.
func sampleRow(id flow.ID) flow.Row {
	path := pick(samplePaths, id)
	if strings.Contains(path, "%d") {
		path = fmt.Sprintf(path, id)
	}
	took := time.Duration(id*7919%977) * time.Millisecond
	row := flow.Row{ID: id, Rev: flow.Rev(id), Kind: flow.KindHTTP, Phase: flow.PhaseDone, Scheme: "http",
		Method: pick(methods, id), Host: pick(sampleHosts, id), Path: path, Status: pick(sampleStatus, id), ContentType: pick(sampleTypes, id),
		Start: startOfTests.Add(time.Duration(id) * time.Second), Duration: took, ResponseSize: int64(id) * 7919 % 100_000,
		Timing: flow.Timing{FirstByte: took * 2 / 3, End: took}}
	row.Proto = "HTTP/1.1"
	switch id % 11 {
	case 1:
		row.Scheme, row.Proto, row.TLS = "https", "HTTP/2.0", flow.TLS{Seen: true, Padlock: flow.PadlockDecrypted, ALPN: "h2", Version: "TLS 1.3"}
	case 2:
		row.Scheme, row.TLS = "https", flow.TLS{Seen: true, Padlock: flow.PadlockBad, Problem: flow.ProblemExpired, Version: "TLS 1.2"}
	case 9:
		row.Kind, row.Method, row.Scheme, row.Path, row.ContentType = flow.KindTunnel, "CONNECT", "", "", ""
		row.Phase, row.Failure, row.TLS = flow.PhaseFailed, flow.FailureTLS, flow.TLS{Seen: true, Padlock: flow.PadlockRefused, SNI: "www.example.test", ALPN: "h2, http/1.1", Version: "TLS 1.3"}
	case 3:
		row.Kind, row.Method, row.Scheme, row.Path, row.ContentType = flow.KindTunnel, "CONNECT", "", "", ""
		row.TLS = flow.TLS{Seen: true, SNI: "www.example.test", ALPN: "h2", Version: "TLS 1.3"}
	case 5:
		row.Phase, row.Failure, row.Status = flow.PhaseFailed, flow.FailureRefused, 502
	case 7:
		row.Phase, row.Status, row.Duration, row.Timing, row.ContentType = flow.PhaseRequest, 0, 0, flow.Timing{}, ""
	}
	return row
}

// record puts one finished exchange into a store.
func record(s *capture.Store, host, path string, status int) flow.ID {
	r := begin(s, host, path)
	id := r.ID()
	answer(r, status)
	return id
}

func begin(s *capture.Store, host, path string) *capture.Record {
	head := "GET http://" + host + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	at := func(part string, from int) capture.Span {
		return capture.Span{Off: uint32(from + strings.Index(head[from:], part)), Len: uint32(len(part))}
	}
	return s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte(head), Scheme: "http",
		Method: at("GET", 0), Host: at(host, 11), Path: at(path, 11+len(host)), Proto: at("HTTP/1.1", 11)})
}

func answer(r *capture.Record, status int) {
	head := fmt.Sprintf("HTTP/1.1 %d OK\r\nContent-Type: text/plain\r\n\r\n", status)
	span := capture.Span{Off: uint32(strings.Index(head, "text/plain")), Len: uint32(len("text/plain"))}
	r.ResponseHead(status, []byte(head), span, time.Now())
	r.ResponseBody([]byte("hello"))
	r.Finish(flow.FailureNone, "", status, time.Now())
}
