package har

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/proxy/archive"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// facts is an exchange in one line, as far as these tests look.
func facts(x *flow.Exchange) string {
	body := func(b *flow.Body) string { return fmt.Sprintf("%v %d %d", b.State, b.Size, len(b.Bytes)) }
	s := fmt.Sprintf("%s %s %d %s | %s | %s | %v", x.Method, x.URL(), x.Status, x.Proto, body(&x.RequestBody),
		body(&x.ResponseBody), x.Remote)
	if x.Failure != 0 {
		s += " | " + x.Failure.String()
	}
	return s
}

// What real programs wrote is read whole; what is given here was looked up in the files.
func TestFilesOfPrograms(t *testing.T) {
	for name, want := range map[string]struct {
		entries int
		facts   map[int]string // by the place in the file
	}{
		"charles.har": {1, map[int]string{
			0: "GET https://mitmproxy.org/?= 200 HTTP/1.1 | none 0 0 | whole 23866 23866 | 13.35.121.50:443"}},
		"chrome.har": {3, map[int]string{
			0: "GET https://mitmproxy.org/ 304 HTTP/2.0 | none 0 0 | whole 23866 23866 | 108.138.246.80:443",
			1: "GET https://www.google.com/ 0 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort | unreachable",
			2: "GET https://www.google.com/images/branding/googlelogo/2x/googlelogo_light_color_272x92dp.png 200 HTTP/3.0" +
				" | none 0 0 | whole 7108 7108 | 142.250.185.164:443"}},
		"chromium.har": {13, map[int]string{
			0:  "GET http://127.0.0.1:44777/ 200 HTTP/1.1 | none 0 0 | whole 929 929 | 127.0.0.1:44777",
			2:  "GET http://127.0.0.1:44777/json?a=1&b=%C3%A9 200 HTTP/1.1 | none 0 0 | whole 48 680 | 127.0.0.1:44777",
			3:  "POST http://127.0.0.1:44777/form 200 HTTP/1.1 | whole 14 14 | whole 14 14 | 127.0.0.1:44777",
			4:  "POST http://127.0.0.1:44777/bin 200 HTTP/1.1 | whole 4 4 | whole 4 4 | 127.0.0.1:44777",
			9:  "GET http://127.0.0.1:44777/latin 200 HTTP/1.1 | none 0 0 | whole 4 4 | 127.0.0.1:44777",
			10: "GET http://127.0.0.1:1/refused 0 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort | origin-closed",
			11: "GET http://127.0.0.1:44777/events 200 HTTP/1.1 | none 0 0 | not-recorded 33 0 | 127.0.0.1:44777 | client-gone",
			12: "GET ws://127.0.0.1:44777/ws 101 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort"}},
		"firefox.har.gz": {14, map[int]string{
			0: "GET https://mitmproxy.org/ 304 HTTP/3.0 | none 0 0 | whole 5509 23866 | 13.35.121.55:443"}},
		"safari.har": {8, map[int]string{
			0: "GET https://mitmproxy.org/ 200 HTTP/2.0 | none 0 0 | whole 5150 23889 | 13.35.121.29:443"}},
		"insomnia.har": {1, map[int]string{
			0: "GET http://mitm.it/ 200 HTTP/1.1 | none 0 0 | whole 250 250 | invalid AddrPort"}},
		"postdata.har": {1, map[int]string{
			0: "POST https://signal-metrics-collector-beta.s-onetag.com/metrics 200 HTTP/2.0 | whole 1310 1310 | none 0 0" +
				" | 99.83.181.31:443"}},
		"with-bom.har": {1, map[int]string{
			0: "POST https://signal-metrics-collector-beta.s-onetag.com/metrics 200 HTTP/2.0 | whole 1310 1310 | none 0 0" +
				" | 99.83.181.31:443"}},
		"error_log.har": {2, map[int]string{
			0: "GET http://163.com/ 0 HTTP/1.1 | none 0 0 | none 0 0 | invalid AddrPort | origin-closed",
			1: "POST https://httpbin.org/get 405 HTTP/2.0 | whole 23 23 | whole 178 178 | 100.26.90.23:443"}},
		"websocket.har": {3, nil},
		"head-content-length.har": {1, map[int]string{
			0: "HEAD https://files.pythonhosted.org/packages/00/e5/f12a80907d0884e6dff9c16d0c0114d81b8cd07dc3ae54c5e962cc83037e/" +
				"tqdm-4.66.1-py3-none-any.whl 200 HTTP/2.0 | none 0 0 | none 0 0 | 199.232.96.223:443"}},
	} {
		t.Run(name, func(t *testing.T) {
			all := readFile(t, name)
			if len(all) != want.entries {
				t.Fatalf("%d entries, want %d", len(all), want.entries)
			}
			for i, fact := range want.facts {
				if got := facts(all[i]); got != fact {
					t.Errorf("%d is\n%s, want\n%s", i, got, fact)
				}
			}
		})
	}
}

func readFile(t *testing.T, name string) []*flow.Exchange {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, format, err := archive.Open(f, info.Size(), name, archive.Limits{})
	if err != nil || format != archive.HAR {
		t.Fatal(format, err)
	}
	var all []*flow.Exchange
	for {
		x, err := r.Next()
		if err != nil {
			if err.Error() != "EOF" {
				t.Error(err)
			}
			return all
		}
		all = append(all, x)
	}
}

// The bytes that passed come out of what Chrome makes of them: the server of this file sends
// back what it gets.
func TestBodiesOfChromiumAreThoseThatPassed(t *testing.T) {
	echoed := 0
	for _, x := range readFile(t, "chromium.har") {
		if x.Method != "POST" {
			continue
		}
		echoed++
		if string(x.RequestBody.Bytes) != string(x.ResponseBody.Bytes) {
			t.Errorf("%s: sent %q, got %q back", x.Path, x.RequestBody.Bytes, x.ResponseBody.Bytes)
		}
		if x.Path == "/bin" && string(x.RequestBody.Bytes) != "\x00\xff\x01\xfe" {
			t.Errorf("sent %q", x.RequestBody.Bytes)
		}
	}
	if echoed != 3 {
		t.Errorf("%d requests", echoed)
	}
}

// What was imported goes out and comes back as it was, with all that only the other
// program knows of it; and once more, to the byte.
func TestImportedFilesComeBack(t *testing.T) {
	files, err := filepath.Glob("testdata/*.har*")
	if err != nil || len(files) < 11 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		all := readFile(t, filepath.Base(file))
		first := written(t, all...)
		again, err := read(t, first, archive.Limits{})
		if err != nil || len(again) != len(all) {
			t.Fatal(file, len(again), err)
		}
		for i := range all {
			if diff := differences(all[i], again[i]); diff != nil {
				t.Errorf("%s, entry %d:\n%s", file, i, strings.Join(diff, "\n"))
			}
		}
		if second := written(t, again...); string(first) != string(second) {
			t.Errorf("%s is another file the second time", file)
		}
	}
}

// Bodies of which the head says that they are compressed can be opened like any other,
// though a HAR has them without that.
func TestImportedBodiesAreAsTheirHeadsSay(t *testing.T) {
	opened := 0
	for _, name := range []string{"chrome.har", "firefox.har.gz", "safari.har", "charles.har"} {
		for i, x := range readFile(t, name) {
			_, fields := content.Fields(x.ResponseHead)
			coding := content.Value(fields, "Content-Encoding")
			d, err := content.Decode(coding, x.ResponseBody.Bytes)
			if err != nil {
				t.Errorf("%s, entry %d: %s: %v", name, i, coding, err)
			}
			if d.Codings != "" && len(d.Body) > 0 {
				opened++
			}
		}
	}
	if opened == 0 {
		t.Error("no body was compressed")
	}
}

// The messages of a WebSocket stay with the exchange, and stand in the file where
// Chrome puts them.
func TestMessagesAreKept(t *testing.T) {
	all := readFile(t, "websocket.har")
	const message = `"_webSocketMessages":[{"type":"receive","time":1693314200.336985,"opcode":1,"data":"{\"error\":\"Unknown api key\"}"}]`
	if got := string(all[0].Foreign); !strings.Contains(got, message) {
		t.Errorf("kept is %s", got)
	}
	if all[0].Kind != flow.KindUpgraded {
		t.Errorf("it is of kind %d", all[0].Kind)
	}
	if file := string(written(t, all[0])); !strings.Contains(file, message+",") {
		t.Errorf("written is %s", file)
	}
}
