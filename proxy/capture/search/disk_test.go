package search_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"posthouse/proxy/capture/history"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/capture/search"
	"posthouse/proxy/flow"
)

// mixed makes an exchange with bodies of all kinds: plain, coded, in other charsets, cut, missing.
func mixed(r *rand.Rand, id flow.ID) flow.Exchange {
	words := []string{"alpha", "Beta", "GAMMA", "delta", "中文", "épsilon", "zeta9"}
	var text strings.Builder
	for range r.IntN(30) {
		text.WriteString(words[r.IntN(len(words))] + []string{" ", "\n", "-", "~\n"}[r.IntN(4)])
	}
	body, fields := []byte(text.String()), []string{"Content-Type: text/plain"}
	switch r.IntN(9) {
	case 0:
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(body)
		_ = w.Close()
		body, fields = b.Bytes(), append(fields, "content-encoding: gzip")
	case 1:
		fields = append(fields, "Content-Encoding: gzip") // it is not
	case 2:
		wide := []byte("\xff\xfe")
		for _, u := range utf16.Encode([]rune(text.String())) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		body = wide
	case 3:
		fields = []string{"Content-Type: text/plain; charset=hz-gb-2312"}
	case 4:
		fields = []string{"Content-Type: text/html; charset=utf-8", "X-Word: " + words[r.IntN(3)]}
	}
	x := flow.Exchange{Row: flow.Row{ID: id, Phase: flow.PhaseDone, Kind: flow.KindHTTP, Method: "GET", Scheme: "http", Host: "a.example",
		Path: fmt.Sprint("/", words[r.IntN(len(words))], id), Status: 200, Start: time.Unix(1780000000, 0)}}
	x.RequestHead = []byte("GET " + x.Path + " HTTP/1.1\r\nHost: a.example\r\n\r\n")
	x.ResponseHead = []byte("HTTP/1.1 200 OK\r\n" + strings.Join(append(fields, "", ""), "\r\n"))
	x.ResponseBody = flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: body}
	x.ResponseSize = x.ResponseBody.Size
	switch r.IntN(12) {
	case 0:
		x.ResponseBody.State, x.ResponseBody.Bytes = flow.BodyCut, body[:len(body)/2]
	case 1:
		x.ResponseBody = flow.Body{State: flow.BodyNotRecorded, Size: int64(r.IntN(2) * 10)}
	case 2:
		x.Kind, x.RequestHead = flow.KindTunnel, []byte("CONNECT a.example:443 HTTP/1.1\r\n\r\n")
		x.RequestSize, x.ResponseSize = int64(r.IntN(2)*100), 0
		x.RequestBody, x.ResponseBody = flow.Body{State: flow.BodyNotRecorded, Size: x.RequestSize}, flow.Body{}
	case 3:
		x.ResponseHead = nil
	case 4:
		x.RequestBody, x.ResponseBody = x.ResponseBody, flow.Body{}
	}
	return x
}

// What filters and raw blocks rule out is what the query says of each exchange, read and decoded;
// of what is not whole nothing is claimed.
func TestSearchOfTheDiskIsTheQuery(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 1))
	var all []flow.Exchange
	var file bytes.Buffer
	w := history.NewSessionWriter(&file)
	for id := flow.ID(1); id <= 1500; id++ {
		x := mixed(r, id)
		if id%500 < 250 { // blocks of these say that they lack nothing, mostly
			x = exchange(id, "alpha plain "+strings.Repeat("filler ", 1000))
			if id%25 == 0 { // which their rows tell
				x.Kind, x.ResponseSize, x.ResponseBody = flow.KindTunnel, 100, flow.Body{State: flow.BodyNotRecorded, Size: 100}
			}
		}
		all = append(all, x)
		if err := w.Write(&x); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := history.OpenSession(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"alpha", "beta", "gamma", "nothing", "中文", "épsilon", "中文|beta", "body:alpha",
		"body:delta -body:zeta9", "any:alph 200",
		"header:x-word", "header:x-word=gamma", "req.body:beta", "/ga.ma/i", `/\d{4}/`, "body:betagamma", "zeta9", "-body:alpha"} {
		t.Run(text, func(t *testing.T) { judgeSearch(t, text, all, s) })
	}
}

func judgeSearch(t *testing.T, text string, all []flow.Exchange, s *history.Session) {
	q, err := query.ParseAnywhere(text)
	if err != nil {
		t.Fatal(err)
	}
	bodies := query.NewBodies(t.Context(), 0)
	want, unknown := map[flow.ID]bool{}, 0
	for i := range all {
		x := all[i]
		switch result, _ := q.MatchExchange(&x, bodies); result {
		case query.Matched:
			want[x.ID] = true
		case query.Unknown:
			unknown++
		}
	}
	got := map[flow.ID]bool{}
	var mu sync.Mutex
	report := search.Run(t.Context(), q, []search.Place{{Source: search.OnDisk(s)}}, func(h search.Hit) {
		mu.Lock()
		defer mu.Unlock()
		got[h.Row.ID] = true
	}, nil, nil)
	for i := range all {
		if id := all[i].ID; want[id] != got[id] {
			t.Errorf("%d is found: %v, and should be: %v: %q %q", id, got[id], want[id], all[i].ResponseHead, all[i].ResponseBody.Bytes)
		}
	}
	if report.Unknown != unknown || report.Looked != len(all)-unknown || report.Err != nil || report.Unreadable != 0 {
		t.Errorf("%+v, not known should be %d of %d", report, unknown, len(all))
	}
}
