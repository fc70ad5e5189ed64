package mitm_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/archive"
	_ "posthouse/proxy/archive/har"
	_ "posthouse/proxy/archive/mitm"
	_ "posthouse/proxy/archive/session"
	"posthouse/proxy/flow"
)

func read(file []byte, limits archive.Limits) (all []*flow.Exchange, err error) {
	r, _, err := archive.Open(bytes.NewReader(file), int64(len(file)), "a.mitm", limits)
	for err == nil {
		var x *flow.Exchange
		if x, err = r.Next(); err == nil {
			all = append(all, x)
		}
	}
	return all, err
}

// What mitmdump 8.1.1 wrote here of a plain exchange, a chunked answer, a refused
// connection and a WebSocket.
func TestWhatMitmdumpWrites(t *testing.T) {
	file, err := os.ReadFile("testdata/mitmdump-8.1.1.mitm")
	if err != nil {
		t.Fatal(err)
	}
	all, err := read(file, archive.Limits{})
	if err != io.EOF {
		t.Fatal(err)
	}
	by := map[string]*flow.Exchange{}
	for i, x := range all {
		if x.ID != flow.ID(i+1) || x.Client.Addr().String() != "127.0.0.1" || x.Start.Year() != 2026 {
			t.Errorf("%+v", x.Row)
		}
		by[x.Method+" "+x.Path] = x
	}
	x := by["GET /marked?a=1"]
	if x == nil || x.Mark != flow.MarkRed || x.Note != "look here: é" || x.Status != 200 || x.Host != "127.0.0.1:18181" ||
		x.URL() != "http://127.0.0.1:18181/marked?a=1" || x.ContentType != "application/json" ||
		!bytes.HasPrefix(x.ResponseBody.Bytes, []byte("\x1f\x8b")) || x.ResponseBody.State != flow.BodyWhole {
		t.Errorf("%+v", x)
	}
	if head := string(x.RequestHead); !strings.HasPrefix(head, "GET /marked?a=1 HTTP/1.1\r\nHost: 127.0.0.1:18181\r\n") ||
		!strings.HasSuffix(head, "X-Order: 1\r\nx-case: MiXed\r\n\r\n") {
		t.Errorf("%q", head)
	}
	if head := string(x.ResponseHead); !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") ||
		!strings.Contains(head, "Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n") {
		t.Errorf("%q", head)
	}
	if tm := x.Timing; tm.Sent <= 0 || tm.FirstByte < tm.Sent || tm.End < tm.FirstByte || x.Duration != tm.End || x.Remote.Port() != 18181 {
		t.Errorf("%+v, %v", tm, x.Remote)
	}
	x = by["POST /post"]
	if string(x.RequestBody.Bytes) != "\x01binary\xff" || string(x.ResponseBody.Bytes) != "abcde" || x.Status != 201 {
		t.Errorf("%+v", x)
	}
	x = by["GET /refused"]
	if x.Phase != flow.PhaseFailed || x.Failure == flow.FailureNone || x.Reason.IsZero() {
		t.Errorf("%+v", x.Row)
	}
	x = by["GET /ws"]
	for _, want := range []string{`"type":"receive"`, `"opcode":1,"data":"hello"`, `"opcode":2,"data":"AAH/"`, `"type":"send"`,
		`"data":"hi"`,
		`"code":1000`} {
		if x.Kind != flow.KindUpgraded || !strings.Contains(string(x.Foreign), want) {
			t.Errorf("%s is missing in %s", want, x.Foreign)
		}
	}
}

// pack is a typed netstring, as mitmproxy's own writer makes it.
func pack(v any) string {
	kind, text := "", ""
	switch v := v.(type) {
	case nil:
		kind = "~"
	case bool:
		kind, text = "!", strconv.FormatBool(v)
	case int:
		kind, text = "#", strconv.Itoa(v)
	case float64:
		kind, text = "^", strconv.FormatFloat(v, 'f', -1, 64)
	case []byte:
		kind, text = ",", string(v)
	case string:
		kind, text = ";", v
	case []any:
		kind = "]"
		for _, one := range v {
			text += pack(one)
		}
	case map[string]any:
		kind = "}"
		names := []string{}
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			text += pack(name) + pack(v[name])
		}
	}
	return strconv.Itoa(len(text)) + ":" + text + kind
}

// made is a flow of a version.
func made(version int) map[string]any {
	peer := "peername"
	if version < 19 {
		peer = "address"
	}
	client := map[string]any{peer: []any{"192.0.2.1", 5000}, "timestamp_start": 1.5e9, "sni": "example.com", "tls_version": "TLSv1.3",
		"alpn": []byte("h2"), "cipher": "TLS_AES_128_GCM_SHA256"}
	server := map[string]any{"peername": []any{"2001:db8::1", 443, 0, 0}, "ip_address": []any{"2001:db8::1", 443},
		"timestamp_tcp_setup": 1.5e9 + 1.01, "timestamp_tls_setup": 1.5e9 + 1.02, "tls_version": "TLSv1.2",
		"cipher_name": "ECDHE-RSA-AES128-GCM-SHA256", "alpn": []byte("h2")}
	headers := []any{[]any{[]byte("a"), []byte("b")}, []any{[]byte("a"), []byte("c\r\nInjected: 1")}}
	f := map[string]any{"version": version, "type": "http", "id": "x", "client_conn": client, "server_conn": server, "error": nil,
		"request": map[string]any{"method": []byte("POST"), "scheme": []byte("https"), "authority": []byte("example.com"),
			"host": "192.0.2.9",
			"port": 443, "path": []byte("/p"), "http_version": []byte("HTTP/2.0"), "headers": headers, "content": []byte("body"),
			"trailers": []any{[]any{[]byte("t"), []byte("1")}}, "timestamp_start": 1.5e9 + 1, "timestamp_end": 1.5e9 + 1.1},
		"response": map[string]any{"status_code": 204, "reason": []byte(""), "http_version": []byte("HTTP/2.0"), "headers": headers,
			"content": nil, "trailers": nil, "timestamp_start": 1.5e9 + 1.2, "timestamp_end": 1.5e9 + 1.25},
		"marked": ":default:", "comment": "n"}
	if version < 13 {
		f["marked"] = true
	}
	return f
}

func TestVersions(t *testing.T) {
	for version := 10; version <= 22; version++ {
		all, err := read([]byte(pack(made(version))), archive.Limits{})
		if err != io.EOF || len(all) != 1 {
			t.Fatal(version, err)
		}
		x := all[0]
		want := ":method: POST\r\n:scheme: https\r\n:authority: example.com\r\n:path: /p\r\na: b\r\na: c  Injected: 1\r\n\r\n"
		if string(x.RequestHead) != want || string(x.ResponseHead) != ":status: 204\r\na: b\r\na: c  Injected: 1\r\n\r\n" {
			t.Errorf("%d: %q, %q", version, x.RequestHead, x.ResponseHead)
		}
		if x.URL() != "https://example.com/p" || x.Proto != "HTTP/2.0" || x.Status != 204 || !x.Star || x.Phase != flow.PhaseDone ||
			string(x.RequestTrailer) != "t: 1\r\n" || x.Client.String() != "192.0.2.1:5000" || x.Remote.String() != "[2001:db8::1]:443" {
			t.Errorf("%d: %+v", version, x)
		}
		if version < 13 && x.Note != "n" || x.Secure.Client.VersionName() != "TLS 1.3" || x.Secure.Origin.Cipher != 0xc02f ||
			x.TLS.SNI != "example.com" {
			t.Errorf("%d: %+v", version, x.Secure)
		}
		if x.Timing.Dialed.Round(time.Millisecond) != 10*time.Millisecond ||
			x.Timing.Connected.Round(time.Millisecond) != 20*time.Millisecond ||
			x.Timing.End.Round(time.Millisecond) != 250*time.Millisecond {
			t.Errorf("%d: %+v", version, x.Timing)
		}
	}
}

// Other flows: TCP is a tunnel, DNS is passed over.
func TestOtherFlows(t *testing.T) {
	tcp := made(20)
	delete(tcp, "request")
	delete(tcp, "response")
	tcp["type"] = "tcp"
	tcp["messages"] = []any{[]any{true, []byte("abc"), 1.5e9}, []any{false, []byte("defgh"), 1.5e9}}
	tcp["server_conn"].(map[string]any)["address"] = []any{"example.com", 25}
	dns := made(20)
	dns["type"] = "dns"
	all, err := read([]byte(pack(dns)+pack(tcp)), archive.Limits{})
	if err != io.EOF || len(all) != 1 || all[0].Kind != flow.KindTunnel || all[0].Host != "example.com:25" || all[0].RequestSize != 3 ||
		all[0].ResponseSize != 5 {
		t.Errorf("%+v, %v", all, err)
	}
}

// A file that ends anywhere is read up to the flow that is not whole, and says so.
func TestCutAnywhere(t *testing.T) {
	one := pack(made(21))
	whole := []byte(one + one)
	for n := 1; n < len(whole); n++ {
		all, err := read(whole[:n], archive.Limits{})
		want := n / len(one)
		if n == len(one) {
			if err != io.EOF || len(all) != 1 {
				t.Fatal(n, err)
			}
			continue
		}
		var broken *archive.BrokenError
		if !errors.As(err, &broken) || len(all) != want || broken.Entries != want || broken.Offset != int64(want*len(one)) {
			var unknown *archive.UnknownError
			if n < 8 && errors.As(err, &unknown) {
				continue // too little to be known by
			}
			t.Fatalf("%d: %d, %v", n, len(all), err)
		}
	}
}

// Lengths that nothing stands behind cost nothing, and what is long is cut.
func TestBombs(t *testing.T) {
	deep := strings.Repeat("]", 10_000)
	for i := range 10_000 {
		if i%1000 == 0 {
			deep = pack([]any{}) + deep
		}
	}
	for name, file := range map[string]string{
		"length":    "999999999999999:a}",
		"long":      "99999999999999999999:a}",
		"digits":    strings.Repeat("9", 1<<20),
		"leading":   "1:}",
		"not":       "hello",
		"a list":    pack([]any{made(20)}),
		"unclosed":  "10:" + strings.Repeat("x", 10) + "?",
		"brackets":  deep,
		"key":       "6:1:a#0:~}",
		"negative":  "-1:}",
		"dictonary": pack(map[string]any{"type": "http"}) + "5:1",
	} {
		_, err := read([]byte(file), archive.Limits{})
		var broken *archive.BrokenError
		var unknown *archive.UnknownError
		if !errors.As(err, &broken) && !errors.As(err, &unknown) && err != io.EOF {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := made(21)
	f["request"].(map[string]any)["content"] = bytes.Repeat([]byte("x"), 1<<20)
	f["request"].(map[string]any)["headers"] = []any{[]any{[]byte("long"), bytes.Repeat([]byte("y"), 1<<20)}}
	messages := []any{}
	for range 100 {
		messages = append(messages, []any{1, true, []byte("0123456789"), 1.5e9, false, false})
	}
	f["websocket"] = map[string]any{"messages": messages, "close_code": 1000, "close_reason": "", "closed_by_client": true}
	all, err := read([]byte(pack(f)+pack(f)), archive.Limits{Body: 1000, Head: 1000})
	if err != io.EOF || len(all) != 2 {
		t.Fatal(err)
	}
	x := all[0]
	if b := x.RequestBody; b.State != flow.BodyCut || b.Size != 1<<20 || len(b.Bytes) != 1000 || len(x.RequestHead) > 1000 ||
		len(x.Foreign) > 3000 || !strings.Contains(string(x.Foreign), `"webSocketMessagesLeftOut":87`) {
		t.Errorf("%v %d %d %d %s", b.State, b.Size, len(b.Bytes), len(x.RequestHead), x.Foreign)
	}
	if _, err := read([]byte(pack(f)+pack(f)), archive.Limits{Entries: 1}); !errors.Is(err, archive.ErrLimit) {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(pack(made(10))))
	f.Add([]byte(pack(made(21))))
	if file, err := os.ReadFile("testdata/mitmdump-8.1.1.mitm"); err == nil {
		f.Add(file)
	}
	f.Add([]byte(fmt.Sprintf("4:type;4:tcp;%s}", pack(nil))))
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := read(file, archive.Limits{Body: 100, Head: 1000, Entries: 10})
		if err == nil || len(all) > 10 {
			t.Fatal(len(all), err)
		}
		for _, x := range all {
			if !x.Phase.Final() || len(x.RequestBody.Bytes) > 100 || len(x.RequestHead) > 8000 {
				t.Fatalf("%+v", x)
			}
		}
	})
}

// What is read goes into a session and a HAR and comes back as it was; the messages stand
// in the HAR where Chrome has them.
func TestGoesIntoOtherFormats(t *testing.T) {
	file, err := os.ReadFile("testdata/mitmdump-8.1.1.mitm")
	if err != nil {
		t.Fatal(err)
	}
	all, err := read(append(file, pack(made(21))...), archive.Limits{})
	if err != io.EOF {
		t.Fatal(err)
	}
	for _, f := range []archive.Format{archive.Session, archive.HAR} {
		var out bytes.Buffer
		w, err := archive.Create(f, &out)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			if err := w.Write(x); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		back, err := read(out.Bytes(), archive.Limits{})
		if err != io.EOF || len(back) != len(all) {
			t.Fatal(f, len(back), err)
		}
		for i := range all {
			want, got := *all[i], *back[i]
			if !got.Start.Equal(want.Start) {
				t.Errorf("%v: %v became %v", f, want.Start, got.Start)
			}
			got.Start = want.Start
			if !reflect.DeepEqual(want, got) {
				t.Errorf("%v:\n%+v\nbecame\n%+v", f, want, got)
			}
		}
		if f != archive.HAR {
			continue
		}
		var har struct {
			Log struct {
				Entries []struct {
					Messages []struct{ Type, Data string } `json:"_webSocketMessages"`
				}
			}
		}
		if err := json.Unmarshal(out.Bytes(), &har); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range har.Log.Entries {
			n += len(e.Messages)
		}
		if n != 3 {
			t.Errorf("%d messages in %s", n, out.Bytes())
		}
	}
}
