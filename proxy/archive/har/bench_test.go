package har

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
)

// everyday makes exchanges like those that browsers and programs make: 1.5 KB of heads
// and 4 KB of JSON, or what a coding makes of those.
func everyday(n int, coding string) []*flow.Exchange {
	r := rand.New(rand.NewPCG(7, 7))
	all := make([]*flow.Exchange, n)
	for i := range all {
		var body strings.Builder
		body.WriteString(`{"items":[`)
		for body.Len() < 4000 {
			fmt.Fprintf(&body, `{"id":"%016x","name":"Item %d of the list","price":%d.%02d,"tags":["new","été"],`+
				`"url":"https://cdn.example.test/i/%d"},`,
				r.Uint64(), r.IntN(1e6), r.IntN(1000), r.IntN(100), r.IntN(1e9))
		}
		body.WriteString(`{}]}`)
		bytes := []byte(body.String())
		head := "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
		if coding == "gzip" {
			bytes = gzipOf(bytes)
			head += "Content-Encoding: gzip\r\n"
		}
		x := &flow.Exchange{
			RequestHead: fmt.Appendf(nil, "GET http://api.example.test/v1/list?page=%d&q=abc HTTP/1.1\r\nHost: api.example.test\r\n"+
				"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36\r\n"+
				"Accept: application/json, text/plain, */*\r\nAccept-Language: en-US,en;q=0.9\r\n"+
				"Accept-Encoding: gzip, deflate, br, zstd\r\n"+
				"Authorization: Bearer %064x\r\nCookie: sid=%032x; theme=dark\r\nReferer: https://www.example.test/list?page=%d\r\n"+
				"sec-ch-ua: \"Chromium\";v=\"139\", \"Not;A=Brand\";v=\"99\"\r\nsec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Linux\"\r\n"+
				"Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-site\r\n\r\n", i, r.Uint64(), r.Uint64(), i),
			ResponseHead: fmt.Appendf([]byte(head), "Content-Length: %d\r\nDate: Mon, 05 Jan 2026 10:00:00 GMT\r\nServer: nginx\r\n"+
				"Cache-Control: private, max-age=0, must-revalidate\r\nETag: W/\"%016x\"\r\nVary: Accept-Encoding, Origin\r\n"+
				"X-Request-Id: %032x\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n"+
				"Set-Cookie: seen=%d; Path=/; HttpOnly; Secure; SameSite=Lax\r\n\r\n", len(bytes), r.Uint64(), r.Uint64(), i),
			ResponseBody: flow.Body{State: flow.BodyWhole, Size: int64(len(bytes)), Bytes: bytes},
		}
		x.ID, x.Rev, x.Kind, x.Phase = flow.ID(i+1), flow.Rev(3*i), flow.KindHTTP, flow.PhaseDone
		x.Start = time.Unix(1767600000+int64(i), 123456789)
		x.Method, x.Scheme, x.Host, x.Proto = "GET", "http", "api.example.test", "HTTP/1.1"
		x.Path = fmt.Sprintf("/v1/list?page=%d&q=abc", i)
		x.Status, x.ContentType, x.ResponseSize = 200, "application/json; charset=utf-8", int64(len(bytes))
		x.Client, x.Remote = netip.MustParseAddrPort("127.0.0.1:50123"), netip.MustParseAddrPort("203.0.113.7:80")
		x.Timing = flow.Timing{Resolved: 2e6, Connected: 12e6, Sent: 13e6, FirstByte: 50e6 + time.Duration(i), End: 62e6}
		x.Duration = x.Timing.End
		all[i] = x
	}
	return all
}

func gzipOf(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

func BenchmarkWrite(b *testing.B) {
	for _, coding := range []string{"plain", "gzip"} {
		b.Run(coding, func(b *testing.B) {
			all := everyday(1000, coding)
			size := len(written(b, all...))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			since := cpu()
			for b.Loop() {
				w := NewWriter(io.Discard)
				for _, x := range all {
					if err := w.Write(x); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
			reportCPU(b, size, since)
		})
	}
}

func benchmarkRead(b *testing.B, file []byte) {
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	since := cpu()
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file), int64(len(file)), archive.Limits{})
		for err == nil {
			_, err = r.Next()
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
	reportCPU(b, len(file), since)
}

// BenchmarkRead reads our own files, and those of others: the same without what is ours.
func BenchmarkRead(b *testing.B) {
	for _, coding := range []string{"plain", "gzip"} {
		own := written(b, everyday(1000, coding)...)
		b.Run("own/"+coding, func(b *testing.B) { benchmarkRead(b, own) })
		others := bytes.ReplaceAll(own, []byte(`"_posthouse":`), []byte(`"_other":`))
		b.Run("others/"+coding, func(b *testing.B) { benchmarkRead(b, others) })
	}
	chrome, err := os.ReadFile("testdata/chrome.har")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("chrome", func(b *testing.B) { benchmarkRead(b, chrome) })
}

// repeated is a HAR of the same entry many times, without being in memory.
type repeated struct {
	head, entry, tail []byte
	size              int64
}

func (r *repeated) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) {
		switch pos := at + int64(n); {
		case pos >= r.size:
			return n, io.EOF
		case pos < int64(len(r.head)):
			n += copy(b[n:], r.head[pos:])
		case pos >= r.size-int64(len(r.tail)):
			n += copy(b[n:], r.tail[pos-(r.size-int64(len(r.tail))):])
		default:
			n += copy(b[n:], r.entry[(pos-int64(len(r.head)))%int64(len(r.entry)):])
			if over := at + int64(n) - (r.size - int64(len(r.tail))); over > 0 {
				n -= int(over)
			}
		}
	}
	return n, nil
}

// A file is read and written with the memory of one entry, however large it is. The
// size is that of the issue with POSTHOUSE_LARGE=1, and smaller without.
func TestALargeFileIsStreamed(t *testing.T) {
	size := int64(48 << 20)
	if os.Getenv("POSTHOUSE_LARGE") != "" {
		size = 1 << 30
	}
	one := written(t, everyday(1, "")...)
	open := bytes.IndexByte(one, '[') + 1
	end := bytes.LastIndexByte(one, ']')
	r := &repeated{head: one[:open], entry: append(one[open:end:end], ','), tail: append([]byte("{}"), one[end:]...)}
	n := (size - int64(len(r.head)+len(r.tail))) / int64(len(r.entry))
	r.size = int64(len(r.head)+len(r.tail)) + n*int64(len(r.entry))

	in, err := NewReader(r, r.size, archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	out := NewWriter(io.Discard)
	var most uint64
	var entries int64
	for {
		x, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := out.Write(x); err != nil {
			t.Fatal(err)
		}
		if entries++; entries%1000 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.Sys-m.HeapReleased)
		}
	}
	if entries != n+1 {
		t.Errorf("%d entries, want %d", entries, n+1)
	}
	t.Logf("%d entries, %d MiB of file, at most %d MiB of memory", entries, r.size>>20, most>>20)
	if most > 64<<20 {
		t.Errorf("%d MiB of memory", most>>20)
	}
}

// BenchmarkTokens is what the library takes to go over the same file, without anything
// being made of it: what BenchmarkRead can be measured by on a busy machine.
func BenchmarkTokens(b *testing.B) {
	file := written(b, everyday(1000, "plain")...)
	b.SetBytes(int64(len(file)))
	since := cpu()
	for b.Loop() {
		d := jsontext.NewDecoder(bytes.NewReader(file), lenient...)
		for {
			if _, err := d.ReadToken(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
	reportCPU(b, len(file), since)
}
