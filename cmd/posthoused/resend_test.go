package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
)

// What a file keeps is sent again, as it is there, as often as it is said.
func TestResend(t *testing.T) {
	var mu sync.Mutex
	var got, from []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.Method+" "+r.URL.String()+" "+r.Header.Get("X-Odd")+" "+string(body))
		if !slices.Contains(from, r.RemoteAddr) {
			from = append(from, r.RemoteAddr)
		}
		if r.URL.Path == "/gone" {
			w.WriteHeader(404)
		}
	}))
	defer server.Close()
	seen := func() (requests, connections []string) { // since the last time
		mu.Lock()
		defer mu.Unlock()
		requests, connections = got, from
		got, from = nil, nil
		return requests, connections
	}
	addr := server.Listener.Addr().String()
	asked := file(t, "a.http", fmt.Sprintf("POST http://%[1]s/one?{{n}} HTTP/1.1\r\nHost: %[1]s\r\nX-Odd: a b\r\n"+
		"Content-Length: 5\r\n\r\nhello\r\n###\r\nGET http://%[1]s/gone HTTP/1.1\r\nHost: %[1]s\r\n\r\n", addr))
	code, out, errs := ran(t, "", "resend", "-n", "2", "-upstream", "direct", asked)
	want := []string{"POST /one?{{n}} a b hello", "GET /gone  "}
	requests, connections := seen()
	if code != 0 || !slices.Equal(requests, append(slices.Clone(want), want...)) {
		t.Fatalf("code %d, it sent %q\n%s%s", code, requests, out, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "1  ") || !strings.Contains(lines[0], "200  POST") ||
		!strings.Contains(lines[3], "404  GET") || !strings.Contains(errs, "4 requests sent, 0 of them not answered, 0 could not be sent") {
		t.Errorf("it says\n%s%s", out, errs)
	}
	if len(connections) != 1 {
		t.Errorf("%d connections", len(connections))
	}
	code, out, _ = ran(t, "", "resend", "-filter", "path:/gone", "-n", "3", "-new-connections", "-format", "ndjson", asked)
	if requests, connections = seen(); code != 0 || len(requests) != 3 || len(connections) != 3 || strings.Count(out, `"status":404`) != 3 {
		t.Errorf("code %d, %q over %d connections\n%s", code, requests, len(connections), out)
	}
}

// What is not answered, or cannot be sent, is told, and the exit code says so.
func TestResendWhatCannotBe(t *testing.T) {
	server := httptest.NewServer(nil)
	addr := server.Listener.Addr().String()
	server.Close()
	asked := file(t, "a.http", fmt.Sprintf("GET http://%[1]s/ HTTP/1.1\r\nHost: %[1]s\r\n\r\n", addr))
	code, out, errs := ran(t, "", "resend", "-upstream", "direct", asked)
	if code != 1 || !strings.Contains(out, "refused: The origin") || !strings.Contains(errs, "1 request sent, 1 of them not answered") {
		t.Errorf("code %d\n%s%s", code, out, errs)
	}
	for name, args := range map[string][]string{"no file": {}, "two": {asked, asked}, "times": {"-n", "0", asked},
		"many": {"-n", "10001", asked}, "format": {"-format", "har", asked}, "filter": {"-filter", "(", asked},
		"timeout": {"-timeout", "-1s", asked},
		"input":   {"-n", "2", "-"}} {
		if code, _, errs := ran(t, "", append([]string{"resend"}, args...)...); code != 2 || errs == "" {
			t.Errorf("%s: code %d: %s", name, code, errs)
		}
	}
	if code, _, errs := ran(t, "", "resend", asked+".none"); code != 1 || errs == "" {
		t.Errorf("a file that is not there: code %d: %s", code, errs)
	}
}

// An interruption is said once, with what was sent until then.
func TestResendIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	addr := server.Listener.Addr().String()
	one := fmt.Sprintf("GET http://%[1]s/ HTTP/1.1\r\nHost: %[1]s\r\n\r\n", addr)
	c, err := parseResend([]string{"-upstream", "direct", "-n", "3", file(t, "a.http", one+"###\r\n"+one)}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if err = c.run(ctx, &out, &errs); !errors.Is(err, context.Canceled) || strings.Count(err.Error(), "canceled") != 1 {
		t.Error(err)
	}
	if strings.Contains(errs.String(), "canceled") || !strings.HasPrefix(errs.String(), "1 request sent, 1 of them not answered") {
		t.Errorf("%s", errs.String())
	}
}

// Nothing is sent around rules that are named and cannot be used, or that the settings switch off.
func TestResendWithRules(t *testing.T) {
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent++ }))
	addr := server.Listener.Addr().String()
	asked := file(t, "a.http", fmt.Sprintf("GET http://%[1]s/ HTTP/1.1\r\nHost: %[1]s\r\n\r\n", addr))
	off := file(t, "settings.toml", "[rules]\nenabled = false\n")
	for name, rules := range map[string]string{"none": asked + ".none", "a mistake": file(t, "wrong.toml", "[[rule]]\nblock = 'never'\n")} {
		if code, _, errs := ran(t, "", "resend", "-upstream", "direct", "-rules", rules, asked); code != 1 || errs == "" {
			t.Errorf("%s: code %d: %s", name, code, errs)
		}
	}
	ruled := file(t, "rules.toml", "[[rule]]\nanswer = { status = 418 }\n")
	code, out, errs := ran(t, "", "resend", "-upstream", "direct", "-config", off, "-rules", ruled, asked)
	if code != 0 || !strings.Contains(out, "418") {
		t.Errorf("code %d\n%s%s", code, out, errs)
	}
	if server.Close(); sent > 0 {
		t.Errorf("%d requests were sent", sent)
	}
}

// Of a tunnel that was opened the requests are sent, which stand in rows of their own: there is nothing to tell.
func TestResendOfAnOpenedTunnel(t *testing.T) {
	var b bytes.Buffer
	w, err := archive.Create(archive.Session, &b)
	if err != nil {
		t.Fatal(err)
	}
	tunnel := flow.Exchange{Row: flow.Row{ID: 1, Kind: flow.KindTunnel, Phase: flow.PhaseDone, Start: time.Now(), Method: "CONNECT",
		Host: "a.test:443", Status: 200, TLS: flow.TLS{Seen: true, Outcome: flow.TLSDecrypted}}}
	tunnel.Secure.Outcome = flow.TLSDecrypted
	tunnel.RequestHead = []byte("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n")
	if err = errors.Join(w.Write(&tunnel), w.Close()); err != nil {
		t.Fatal(err)
	}
	code, out, errs := ran(t, "", "resend", file(t, "a.posthouse", b.String()))
	if code != 0 || out != "" || errs != "0 requests sent, 0 of them not answered, 0 could not be sent\n" {
		t.Errorf("code %d\n%s%s", code, out, errs)
	}
}
