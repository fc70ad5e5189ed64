package history

import (
	"bytes"
	"context"
	"runtime"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/cputime"
)

// BenchmarkFollow is all that the disk costs for one exchange: reading it from the store, the
// block, the filter and the index.
func BenchmarkFollow(b *testing.B) {
	for name, large := range map[string]bool{"small": false, "large": true} {
		b.Run(name, func(b *testing.B) {
			h := openTest(b, Options{Folder: b.TempDir()})
			s := capture.New(capture.Options{Budget: 256 << 20})
			h.Follow(s)
			tr := newTraffic(large)
			pool := exchanges(tr, 2000)
			w := h.Watch()
			defer w.Close()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				play(s, &pool[i%len(pool)])
				if i%1000 == 999 { // no faster than it is written
					for st := h.Stats(); st.Rows+st.NotOnDisk.Late+st.NotOnDisk.Early < uint64(max(0, i-2000)); st = h.Stats() {
						<-w.C
					}
				}
			}
			b.ReportMetric(float64(h.Stats().Bytes)/float64(b.N), "B/exchange")
		})
	}
}

// BenchmarkHaste is what the writing behind costs of a processor while much comes, of keep-alive traffic: one of
// 1 KiB again and again; and what is left for the end, such as the index. The least of all rounds is told, which other
// programs disturb least.
func BenchmarkHaste(b *testing.B) {
	const exchanges = 20_000
	x := newTraffic(false).exchange(1)
	x.RequestHead = []byte("GET http://127.0.0.1:8080/small.bin HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n" +
		"User-Agent: bench/1.0\r\nAccept: */*\r\n\r\n")
	x.Scheme, x.Host, x.Path, x.TLS = "http", "127.0.0.1:8080", "/small.bin", flow.TLS{}
	for i := range x.ResponseBody.Bytes {
		x.ResponseBody.Bytes[i] = byte(i * i >> 3)
	}
	least, end := time.Duration(1<<62), time.Duration(1<<62)
	for b.Loop() {
		b.StopTimer()
		h := openTest(b, Options{Folder: b.TempDir()})
		s := capture.New(capture.Options{Budget: 1 << 30})
		for i := range exchanges {
			x.Start, x.Duration = x.Start.Add(50*time.Microsecond), time.Duration(i%977)*time.Microsecond
			play(s, &x)
		}
		w := h.Watch()
		runtime.GC()
		b.StartTimer()
		before := cputime.Used()
		h.Follow(s)
		for h.waiting.Load() > 0 || h.Stats().Rows < exchanges {
			<-w.C
		}
		least = min(least, cputime.Used()-before)
		b.StopTimer()
		w.Close()
		before = cputime.Used()
		if err := h.Close(); err != nil {
			b.Fatal(err)
		}
		end = min(end, cputime.Used()-before)
		b.StartTimer()
	}
	b.ReportMetric(float64(end.Nanoseconds())/exchanges, "cpu-ns-at-the-end/exchange")
	b.ReportMetric(float64(least.Nanoseconds())/exchanges, "cpu-ns/exchange")
}

// BenchmarkScan is a search in some 50 MB of raw text, for what filters rule out and for what
// they do not.
func BenchmarkScan(b *testing.B) {
	h := openTest(b, Options{Folder: b.TempDir()})
	tr := newTraffic(false)
	for id := flow.ID(1); id <= 40_000; id++ {
		x := tr.exchange(id)
		h.add(&x, ShedNothing)
	}
	flush(b, h)
	for name, literals := range map[string][][]string{"filtered": {{"zebraquuxes"}}, "whole": nil} {
		b.Run(name, func(b *testing.B) {
			var scanned Scanned
			for b.Loop() {
				var err error
				scanned, err = h.ScanBlocks(context.Background(), literals, func(x *flow.Exchange) bool {
					return !bytes.Contains(x.ResponseBody.Bytes, []byte("zebraquuxes"))
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(scanned.Skipped)/float64(scanned.Blocks), "skipped")
			b.SetBytes(40_000 * 1400)
		})
	}
}
