package charles_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/archive"
	_ "posthouse/proxy/archive/charles"
	"posthouse/proxy/flow"
)

func read(file string, limits archive.Limits) (all []*flow.Exchange, err error) {
	r, _, err := archive.Open(strings.NewReader(file), int64(len(file)), "a.chlsj", limits)
	for err == nil {
		var x *flow.Exchange
		if x, err = r.Next(); err == nil {
			all = append(all, x)
		}
	}
	return all, err
}

const complete = `{"status":"COMPLETE","method":"POST","protocolVersion":"HTTP/1.1","scheme":"https","host":"example.com","port":null,
"actualPort":443,"path":"/a/b","query":"c=d","tunnel":false,"keptAlive":false,"webSocket":false,"remoteAddress":"example.com/93.184.216.34",
"clientAddress":"192.0.2.1/192.0.2.1","clientPort":5000,"times":{"start":"2026-01-02T10:00:00.000+01:00",
"requestBegin":"2026-01-02T10:00:00.040+01:00","requestComplete":"2026-01-02T10:00:00.050+01:00",
"responseBegin":"2026-01-02T10:00:00.100+01:00","end":"2026-01-02T10:00:00.200+01:00"},
"durations":{"total":200,"dns":5,"connect":15,"ssl":20,"request":10,"response":100,"latency":50},"speeds":{"overall":1},"totalSize":300,
"ssl":{"protocol":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256"},"notes":"a note",
"request":{"sizes":{"headers":80,"body":3},"mimeType":"application/octet-stream","charset":null,"contentEncoding":null,
"header":{"firstLine":"POST /a/b?c=d HTTP/1.1","headers":[{"name":"Host","value":"example.com"},
{"name":"X","value":"y"},{"name":"X",
"value":"z"}]},
"body":{"encoding":"base64","encoded":"AAH/"}},
"response":{"status":200,"sizes":{"headers":90,"body":37},"mimeType":"application/json","charset":"utf-8","contentEncoding":"gzip",
"header":{"firstLine":"HTTP/1.1 200 Fine","headers":[{"name":"Content-Type","value":"application/json; charset=utf-8"},
{"name":"Content-Encoding","value":"gzip"}]},"body":{"text":"{\"a\":\"\u00e9\"}","charset":"utf-8","decoded":true}}}`

const http2 = `{"status":"COMPLETE","method":"GET","protocolVersion":"HTTP/2.0","scheme":"https","host":"h","actualPort":8443,"path":"/",
"query":null,
"times":{"start":"2026-01-02T10:00:00.000+01:00"},"request":{"header":{"headers":[{"name":":method","value":"GET"},{"name":"a",
"value":"b"}]},
"sizes":{"headers":1,"body":0}},"response":{"status":204,"sizes":{"headers":1,"body":12},"header":{"headers":[{"name":"c","value":"d"}]}}}`

const failed = `{"status":"EXCEPTION","method":"CONNECT","protocolVersion":"HTTP/1.1","scheme":"https","host":"down.example",
"actualPort":443,"path":null,
"tunnel":true,"times":{"start":"2026-01-02T10:00:00.000+01:00","end":"2026-01-02T10:00:01.000+01:00"},
"errorMessage":"SSL handshake: refused"}`

func TestTransactions(t *testing.T) {
	all, err := read("\xef\xbb\xbf[ "+complete+",\n"+http2+","+failed+"]", archive.Limits{})
	if err != io.EOF || len(all) != 3 {
		t.Fatal(len(all), err)
	}
	x := all[0]
	if string(x.RequestHead) != "POST /a/b?c=d HTTP/1.1\r\nHost: example.com\r\nX: y\r\nX: z\r\n\r\n" ||
		string(x.ResponseHead) != "HTTP/1.1 200 Fine\r\nContent-Type: application/json; charset=utf-8\r\nContent-Encoding: gzip\r\n\r\n" {
		t.Errorf("%q, %q", x.RequestHead, x.ResponseHead)
	}
	if x.URL() != "https://example.com/a/b?c=d" || string(x.RequestBody.Bytes) != "\x00\x01\xff" || x.Note != "a note" ||
		x.Client.String() != "192.0.2.1:5000" || x.Remote.String() != "93.184.216.34:443" || x.Phase != flow.PhaseDone {
		t.Errorf("%+v", x)
	}
	z, err := gzip.NewReader(bytes.NewReader(x.ResponseBody.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); string(text) != `{"a":"é"}` || err != nil || x.ResponseBody.Size != 37 {
		t.Errorf("%q, %v, %d", text, err, x.ResponseBody.Size)
	}
	want := flow.Timing{Resolved: 5 * time.Millisecond, Dialed: 20 * time.Millisecond, Connected: 40 * time.Millisecond,
		Sent: 50 * time.Millisecond, FirstByte: 100 * time.Millisecond, End: 200 * time.Millisecond}
	if x.Timing != want {
		t.Errorf("%+v", x.Timing)
	}
	x = all[1]
	if string(x.RequestHead) != ":method: GET\r\n:scheme: https\r\n:authority: h:8443\r\n:path: /\r\na: b\r\n\r\n" ||
		string(x.ResponseHead) != ":status: 204\r\nc: d\r\n\r\n" || x.ResponseBody.State != flow.BodyNotRecorded ||
		x.ResponseBody.Size != 12 {
		t.Errorf("%q, %q, %+v", x.RequestHead, x.ResponseHead, x.ResponseBody)
	}
	x = all[2]
	if x.Kind != flow.KindTunnel || x.Host != "down.example:443" || x.Phase != flow.PhaseFailed || x.Failure == flow.FailureNone ||
		!strings.Contains(string(x.Foreign), "EXCEPTION") {
		t.Errorf("%+v %s", x.Row, x.Foreign)
	}
}

func TestCutAnywhere(t *testing.T) {
	whole := "[" + complete + "," + http2 + "]"
	for n := 30; n < len(whole); n++ {
		all, err := read(whole[:n], archive.Limits{})
		want := 0
		if n > len(complete) {
			want = 1
		}
		if n == len(whole)-1 {
			want = 2
		}
		var broken *archive.BrokenError
		if !errors.As(err, &broken) || len(all) != want || broken.Entries != want {
			t.Fatalf("%d of %d: %d, %v", n, len(whole), len(all), err)
		}
	}
}

// What is too long is cut or refused, without being held.
func TestLimits(t *testing.T) {
	long := strings.Replace(complete, "AAH/", strings.Repeat("AAH/", 1<<20), 1)
	all, err := read("["+long+","+http2+"]", archive.Limits{Body: 1000, Head: 1000})
	if err != io.EOF || len(all) != 2 || all[0].RequestBody.State != flow.BodyCut || len(all[0].RequestBody.Bytes) != 1000 {
		t.Fatal(len(all), err)
	}
	for name, file := range map[string]string{
		"deep":     `[{"status":` + strings.Repeat("[", 100_000),
		"members":  `[{"status":"",` + strings.Repeat(`"a":1,`, 100_000),
		"elements": `[{"status":""},` + strings.Repeat("{},", 100_000),
		"long":     `[` + strings.Repeat(complete+",", 3) + complete + `]`,
	} {
		limits := archive.Limits{Body: 1000, Head: 1000, Entries: 1000}
		if name == "long" {
			limits.Unpacked = int64(len(complete)) + 10
		}
		if _, err := read(file, limits); !errors.Is(err, archive.ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	escaped := `[{"status":"COMPLETE","host":"h","response":{"status":200,"body":{"text":"` + strings.Repeat(`\u00e9\"`, 1000) + `"}}}]`
	if all, err := read(escaped, archive.Limits{Body: 300}); err != io.EOF || len(all) != 1 || all[0].ResponseBody.State == flow.BodyNone {
		t.Errorf("%d, %v", len(all), err)
	}
	wrong := `[{"status":7,"method":[],"host":"h","path":"/x","response":{"status":"200"}},` + http2 + `]`
	if all, err := read(wrong, archive.Limits{}); err != io.EOF || len(all) != 2 || all[0].Path != "/x" {
		t.Errorf("%d, %v", len(all), err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("[" + complete + "," + http2 + "," + failed + "]")
	f.Add(`[{"status":"COMPLETE","response":{"body":{"text":"\u00e9\"\\"}}}]`)
	f.Fuzz(func(t *testing.T, file string) {
		all, err := read(file, archive.Limits{Body: 100, Head: 1000, Entries: 10, Depth: 10})
		if err == nil || len(all) > 10 {
			t.Fatal(len(all), err)
		}
		for _, x := range all {
			if !x.Phase.Final() || x.RequestBody.State == flow.BodyWhole && len(x.RequestBody.Bytes) > 200 {
				t.Fatalf("%+v", x)
			}
		}
	})
}
