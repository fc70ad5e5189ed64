package query_test

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// words are of every kind that looks at rows, and some that look at contents.
var words = []string{"api", "404", "json", "users", "refused", "http://api", "/v1.users?/i", "/example.com$/", "host:api",
	"host:=api.example.com",
	"host:=*.example.com", "host:/^api/i", "path:users", "url:com/v1", "url:/^http.*users/", "path:=/v1/users", "path:/q=.b/",
	"type:json", "type:/^text/", "method:get,post", "method:/^p/i",
	"scheme:https", "client:127.0.0.1", "device:here", "remote:2001", "status:4xx", "status:200-299", "app:fire", "app:=curl",
	"app:?", "app:?ended",
	"app:/fox$/", "is:failed", "is:error", "is:tunnel", "is:websocket", "is:running", "is:local", "is:secure", "is:decrypted",
	"is:refused", "is:badcert", "is:mended", "is:modified", "is:ruled",
	"is:rulefailed", "is:marked", "is:starred,noted", "mark:red", "note:later", "note:/x/",
	"size:>1kb", "sent:<11", "time:>500ms", "body:needle", "header:accept", "any:users", "any:/v1/", "any:zebra", "xn--bcher-kva"}

func randomQuery(r *rand.Rand, depth int) string {
	var b strings.Builder
	for i := range 1 + r.IntN(3) {
		if i > 0 {
			b.WriteString([]string{" ", " ", " | "}[r.IntN(3)])
		}
		if r.IntN(3) == 0 {
			b.WriteByte('-')
		}
		if depth > 0 && r.IntN(4) == 0 {
			b.WriteString("(" + randomQuery(r, depth-1) + ")")
		} else {
			b.WriteString(words[r.IntN(len(words))])
		}
	}
	return b.String()
}

func one[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

func randomRow(r *rand.Rand) flow.Row {
	return flow.Row{
		Kind:  one(r, flow.KindHTTP, flow.KindHTTP, flow.KindTunnel, flow.KindUpgraded, flow.KindLocal),
		Phase: one(r, flow.PhaseDone, flow.PhaseDone, flow.PhaseFailed, flow.PhaseRequest), Method: one(r, "GET", "POST", "PUT", ""),
		Scheme: one(r, "http", "https", ""),
		Host:   one(r, "API.Example.com:8080", "api.example.com", "example.com", "xn--bcher-kva.example", ""),
		Path:   one(r, "/v1/Users?q=a b", "/", "", "/api"), Proto: "HTTP/1.1", Status: one(r, 0, 200, 404, 503),
		ContentType: one(r, "", "application/json", "text/html"), RequestSize: one[int64](r, 0, 10, 5000),
		ResponseSize: one[int64](r, 0, 10, 5000), Duration: one(r, 0, time.Second, 3*time.Millisecond),
		App: one(r, "firefox", "curl", ""), AppPID: one[int32](r, 0, -1, 5), AppPath: one(r, "", "/usr/bin/firefox"),
		Client: one(r, netip.AddrPort{}, netip.MustParseAddrPort("127.0.0.1:5555")), HostReplaced: r.IntN(8) == 0,
		Remote:  one(r, netip.AddrPort{}, netip.MustParseAddrPort("[2001:db8::1]:8080")),
		Failure: one(r, flow.FailureNone, flow.FailureNone, flow.FailureRefused, flow.FailureClientGone),
		TLS: flow.TLS{Seen: r.IntN(2) == 0, SNI: one(r, "", "api.example.com"),
			Outcome: one(r, flow.TLSOutcome(0), flow.TLSDecrypted, flow.TLSRefused),
			Problem: one[flow.Problem](r, 0, 0, 1)},
		Annotation: flow.Annotation{Mark: one(r, flow.MarkNone, flow.Marks[0]), Star: r.IntN(4) == 0, Note: one(r, "", "see later", "x")},
		Mended:     one[flow.Mended](r, 0, 0, 1),
	}
}

// only is a row with some of its fields.
func only(r flow.Row, fields query.Fields) flow.Row {
	var o flow.Row
	if fields&query.FieldsOther != 0 {
		o = r
		o.Annotation = flow.Annotation{}
	}
	set := func(of query.Fields, do func()) {
		if fields&of != 0 {
			do()
		}
	}
	o.Path, o.Status, o.RequestSize, o.ResponseSize, o.Duration = "", 0, 0, 0, 0
	o.Kind, o.Phase, o.Method, o.Scheme, o.Host, o.Proto, o.ContentType = 0, 0, "", "", "", "", ""
	o.Remote, o.Upstream, o.App, o.AppPath, o.Mended, o.TLS, o.HostReplaced = netip.AddrPort{}, "", "", "", 0, flow.TLS{}, false
	set(query.FieldPath, func() { o.Path = r.Path })
	set(query.FieldStatus, func() { o.Status = r.Status })
	set(query.FieldSizes, func() { o.RequestSize, o.ResponseSize = r.RequestSize, r.ResponseSize })
	set(query.FieldDuration, func() { o.Duration = r.Duration })
	set(query.FieldAnnotation, func() { o.Annotation = r.Annotation })
	set(query.FieldsAlike, func() {
		o.Kind, o.Phase, o.Method, o.Scheme, o.Host, o.Proto = r.Kind, r.Phase, r.Method, r.Scheme, r.Host, r.Proto
		o.ContentType, o.Remote, o.Upstream, o.App, o.AppPath = r.ContentType, r.Remote, r.Upstream, r.App, r.AppPath
		o.Mended, o.TLS, o.HostReplaced = r.Mended, r.TLS, r.HostReplaced
	})
	return o
}

// A query says the same of a row that has just the fields that it names, and what it says of a row
// of which it knows less is Unknown or the same.
func TestAQueryNamesTheFieldsItLooksAt(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 7))
	decided := 0
	for range 20_000 {
		text := randomQuery(r, 2)
		q, err := query.Parse(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		row := randomRow(r)
		want := q.Row(&row)
		part := only(row, q.Fields())
		if got := q.Row(&part); got != want {
			t.Fatalf("%q of %+v: %v, of its fields alone %v", text, row, want, got)
		}
		known := query.Fields(r.IntN(int(query.AllFields) + 1))
		part = only(row, known)
		switch got := q.RowOf(&part, known); {
		case got == want && want != query.Unknown:
			decided++
		case got != want && got != query.Unknown:
			t.Fatalf("%q of %+v: %v, but of %b alone %v", text, row, want, known, got)
		}
		if got := q.RowOf(&part, known); q.Fields()&^known == 0 && got != want {
			t.Fatalf("%q of %+v: %v, not %v, of all its fields", text, row, got, want)
		}
	}
	if decided < 2000 {
		t.Errorf("%d are decided by a part", decided)
	}
}
