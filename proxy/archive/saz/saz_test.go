package saz_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/archive"
	_ "posthouse/proxy/archive/saz"
	"posthouse/proxy/flow"
)

func read(file []byte, limits archive.Limits) (all []*flow.Exchange, err error) {
	r, _, err := archive.Open(bytes.NewReader(file), int64(len(file)), "a.saz", limits)
	for err == nil {
		var x *flow.Exchange
		if x, err = r.Next(); err == nil {
			all = append(all, x)
		}
	}
	return all, err
}

type entry struct{ name, text string }

// packed is an archive as Fiddler lays it out; method is zip.Store or zip.Deflate.
func packed(method uint16, entries ...entry) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range append([]entry{{"[Content_Types].xml", "<Types/>"}, {"_index.htm", "<html></html>"}}, entries...) {
		f, _ := w.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
		_, _ = io.WriteString(f, e.text)
	}
	_ = w.Close()
	return b.Bytes()
}

const meta = `<?xml version="1.0" encoding="utf-8"?>
<Session SID="1" BitFlags="1">
  <SessionTimers ClientConnected="2026-01-02T10:00:00.0000000+01:00" ClientBeginRequest="2026-01-02T10:00:01.0000000+01:00"
    GotRequestHeaders="2026-01-02T10:00:01.0000000+01:00" ClientDoneRequest="2026-01-02T10:00:01.0000000+01:00" GatewayTime="0" DNSTime="5"
    TCPConnectTime="10" HTTPSHandshakeTime="20" ServerConnected="2026-01-02T10:00:01.0400000+01:00"
    FiddlerBeginRequest="2026-01-02T10:00:01.0400000+01:00" ServerGotRequest="2026-01-02T10:00:01.0410000+01:00"
    ServerBeginResponse="0001-01-01T00:00:00" GotResponseHeaders="2026-01-02T10:00:01.1000000+01:00"
    ServerDoneResponse="2026-01-02T10:00:01.2000000+01:00" ClientBeginResponse="2026-01-02T10:00:01.2000000+01:00"
    ClientDoneResponse="2026-01-02T10:00:01.2500000+01:00" />
  <PipeInfo CltReuse="True" />
  <SessionFlags>
    <SessionFlag N="x-clientip" V="127.0.0.1" /><SessionFlag N="x-clientport" V="5000" />
    <SessionFlag N="x-hostIP" V="93.184.216.34" /><SessionFlag N="x-processinfo" V="chrome:1234" />
    <SessionFlag N="ui-color" V="Red" /><SessionFlag N="ui-comments" V="look &lt;here&gt; &#233;" /><SessionFlag N="ui-bold" V="1" />
    <SessionFlag N="x-egressport" V="49152" />
  </SessionFlags>
</Session>`

const request = "POST https://example.com/a?b HTTP/1.1\r\nHost: example.com\r\nContent-Length: 4\r\nX:  y\r\n\r\nbody"

const answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" +
	"Transfer-Encoding: chunked\r\nContent-Type: text/plain\r\nTrailer: T\r\n\r\n" +
	"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n"

func message(direction string, at string, frame string) string {
	return fmt.Sprintf("\r\n%s-Length: %d\r\nID: 1\r\nBitFlags: 0\r\nDoneRead: %s\r\nBeginSend: %s\r\nDoneSend: %s\r\n\r\n%s", direction,
		len(frame),
		at, at, at, frame)
}

func TestSession(t *testing.T) {
	const at = "2026-01-02T10:00:02.5000000+01:00"
	socket := message("Request", at, "\x81\x82\x01\x02\x03\x04ik") + message("Response", at, "\x82\x02\x00\xff") + message("Response",
		at, "\x88\x00")
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		file := packed(method, entry{"raw/10_c.txt", "GET http://h:81/ HTTP/1.0\r\n\r\n"}, entry{"raw/10_s.txt", ""},
			entry{"raw/02_c.txt", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"},
			entry{"raw/02_s.txt", "HTTP/1.1 200 Connection Established\r\n\r\n"},
			entry{"raw/01_c.txt", request}, entry{"raw/01_s.txt", answer}, entry{"raw/01_m.xml", meta}, entry{"raw/01_w.txt", socket},
			entry{"raw/01_c.txt", "GET http://second/ HTTP/1.1\r\n\r\n"}, entry{"../raw/x_c.txt", "y"}, entry{"raw/03_s.txt",
				"HTTP/1.1 200 OK\r\n\r\n"})
		all, err := read(file, archive.Limits{})
		if err != io.EOF || len(all) != 3 {
			t.Fatal(len(all), err)
		}
		x := all[0]
		if string(x.RequestHead) != strings.TrimSuffix(request, "body") || string(x.RequestBody.Bytes) != "body" ||
			x.URL() != "https://example.com/a?b" || x.Method != "POST" {
			t.Errorf("%q, %+v", x.RequestHead, x.Row)
		}
		if string(x.Interim) != "HTTP/1.1 100 Continue\r\n\r\n" || x.Status != 200 || string(x.ResponseBody.Bytes) != "abcde" ||
			string(x.ResponseTrailer) != "T: 1\r\n" || x.ContentType != "text/plain" || x.ResponseSize != 5 {
			t.Errorf("%+v", x)
		}
		if x.Mark != flow.MarkRed || x.Note != "look <here> é" || !x.Star || x.App != "chrome" || x.AppPID != 1234 ||
			x.Client.String() != "127.0.0.1:5000" || x.Remote.String() != "93.184.216.34:443" {
			t.Errorf("%+v", x.Row)
		}
		want := flow.Timing{Resolved: 5 * time.Millisecond, Dialed: 20 * time.Millisecond, Connected: 40 * time.Millisecond,
			Sent: 41 * time.Millisecond, FirstByte: 100 * time.Millisecond, End: 250 * time.Millisecond}
		if x.Timing != want || x.Start.Format(time.RFC3339) != "2026-01-02T09:00:01Z" {
			t.Errorf("%+v at %v", x.Timing, x.Start)
		}
		for _, part := range []string{`{"type":"send","time":1767344402.5,"opcode":1,"data":"hi"}`,
			`"type":"receive","time":1767344402.5,"opcode":2,"data":"AP8="`,
			`"opcode":8`, `"x-egressport":"49152"`} {
			if !strings.Contains(string(x.Foreign), part) {
				t.Errorf("%s is missing in %s", part, x.Foreign)
			}
		}
		if x := all[1]; x.Kind != flow.KindTunnel || x.Host != "example.com:443" || x.Phase != flow.PhaseDone {
			t.Errorf("%+v", x.Row)
		}
		if x := all[2]; x.Phase != flow.PhaseFailed || x.URL() != "http://h:81/" || x.Proto != "HTTP/1.0" {
			t.Errorf("%+v", x.Row)
		}
	}
}

// An archive that is cut off is read as far as it goes, and damage in one file costs that one.
func TestDamaged(t *testing.T) {
	var entries []entry
	for i := range 5 {
		entries = append(entries, entry{fmt.Sprintf("raw/%d_c.txt", i+1), fmt.Sprintf("GET http://h/%d HTTP/1.1\r\n\r\n", i+1)},
			entry{fmt.Sprintf("raw/%d_s.txt", i+1), "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("text ", 100)})
	}
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		file := packed(method, entries...)
		most := 0
		for n := 60; n < len(file); n += 7 {
			all, err := read(file[:n], archive.Limits{})
			var broken *archive.BrokenError
			if !errors.As(err, &broken) {
				t.Fatalf("%d of %d: %d, %v", n, len(file), len(all), err)
			}
			most = max(most, len(all))
		}
		if method == zip.Deflate && most != 5 { // what is stored as a stream has no sizes
			t.Errorf("%d exchanges of 5 were read at most", most)
		}
		damaged := bytes.Clone(file)
		at := bytes.Index(damaged, []byte("raw/2_c.txt")) + len("raw/2_c.txt") + 3
		copy(damaged[at:], "\xff\xff\xff\xff\xff\xff")
		all, err := read(damaged, archive.Limits{})
		var broken *archive.BrokenError
		if !errors.As(err, &broken) || len(all) < 4 {
			t.Errorf("%d, %v", len(all), err)
		}
	}
}

func TestBombs(t *testing.T) {
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for i := range 3 {
		f, _ := z.Create(fmt.Sprintf("raw/%d_c.txt", i))
		_, _ = io.WriteString(f, "POST http://h/ HTTP/1.1\r\n\r\n")
		for range 8 {
			_, _ = f.Write(make([]byte, 1<<20))
		}
	}
	_ = z.Close()
	all, err := read(bomb.Bytes(), archive.Limits{Body: 1000, Head: 1000})
	if err != io.EOF || len(all) != 3 || all[0].RequestBody.State != flow.BodyCut || len(all[0].RequestBody.Bytes) != 1000 {
		t.Errorf("%d, %v", len(all), err)
	}
	if _, err := read(bomb.Bytes(), archive.Limits{Unpacked: 1 << 20}); !errors.Is(err, archive.ErrLimit) {
		t.Error(err)
	}
	if _, err := read(bomb.Bytes(), archive.Limits{Entries: 2}); !errors.Is(err, archive.ErrLimit) {
		t.Error(err)
	}
	var many bytes.Buffer
	z = zip.NewWriter(&many)
	for i := range 17_000 {
		_, _ = z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("raw/%d_c.txt%s", i, strings.Repeat("x", 2000)), Method: zip.Store})
	}
	_ = z.Close()
	if _, err := read(many.Bytes(), archive.Limits{}); !errors.Is(err, archive.ErrLimit) {
		t.Errorf("a directory of %d bytes: %v", many.Len(), err)
	}
	locked := packed(zip.Deflate, entry{"raw/1_c.txt", request})
	for at := 0; ; at++ { // the flag of each header
		next := bytes.Index(locked[at:], []byte("PK"))
		if next < 0 {
			break
		}
		at += next
		switch locked[at+2] {
		case 1:
			locked[at+8] |= 1
		case 3:
			locked[at+6] |= 1
		}
	}
	if _, err := read(locked, archive.Limits{}); err == nil || !strings.Contains(err.Error(), "password") {
		t.Error(err)
	}
	if _, err := read(packed(zip.Store, entry{"x.txt", ""}), archive.Limits{}); err == nil || !strings.Contains(err.Error(),
		"no exchanges") {
		t.Error(err)
	}
}

// How far an archive is read goes by what its files take, not by where they lie: its directory is at the
// end, and Fiddler's order need not be that of the numbers. One without a directory is listed first.
func TestHowFarAnArchiveIsRead(t *testing.T) {
	var entries []entry
	for i := 20; i > 0; i-- {
		entries = append(entries, entry{fmt.Sprintf("raw/%d_c.txt", i), fmt.Sprintf("GET http://h/%d HTTP/1.1\r\n\r\n", i)},
			entry{fmt.Sprintf("raw/%d_s.txt", i), "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("0123456789", 100)})
	}
	whole := packed(zip.Deflate, entries...)
	for name, c := range map[string]struct {
		file  []byte
		begin float64
	}{"whole": {whole, 0}, "cut": {whole[:len(whole)-30], 0.5}} {
		var told []float64
		tell := func(part float64) { told = append(told, part) }
		counter := archive.NewCounter(t.Context(), bytes.NewReader(c.file), int64(len(c.file)), tell)
		r, _, err := archive.Open(counter, int64(len(c.file)), "a.saz", archive.Limits{})
		if err != nil {
			t.Fatal(name, err)
		}
		if listed := len(told) > 0; listed != (c.begin > 0) {
			t.Errorf("%s: listing told %v", name, told)
		}
		part := r.(archive.Parted).Part()
		if part != c.begin {
			t.Errorf("%s: it begins at %v", name, part)
		}
		for told = append(told, part); err == nil; told = append(told, part) {
			if _, err = r.Next(); err == nil {
				if now := r.(archive.Parted).Part(); now-part < 0.02 || now-part > 0.07 {
					t.Errorf("%s: one of 20 brings it from %v to %v", name, part, now)
				}
			}
			part = r.(archive.Parted).Part()
		}
		if !slices.IsSorted(told) || part != 1 {
			t.Errorf("%s: it goes %v", name, told)
		}
	}
}

// A large body costs its own memory, and not that of the buffers that it outgrew or of its chunks.
func TestALargeBodyTakesNoMoreThanItself(t *testing.T) {
	const limit = 32 << 20
	for name, c := range map[string]struct{ head, chunk string }{
		"plain":  {"POST http://h/ HTTP/1.1\r\n\r\n", strings.Repeat("0", 1<<16)},
		"chunks": {"POST http://h/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "10000\r\n" + strings.Repeat("0", 1<<16) + "\r\n"},
	} {
		file := packed(zip.Deflate, entry{"raw/1_c.txt", c.head + strings.Repeat(c.chunk, 4*limit/len(c.chunk))})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		all, err := read(file, archive.Limits{Body: limit})
		runtime.ReadMemStats(&after)
		if err != io.EOF || len(all) != 1 || all[0].RequestBody.State != flow.BodyCut || len(all[0].RequestBody.Bytes) != limit {
			t.Fatalf("%s: %d, %v", name, len(all), err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > limit+limit/4+8<<20 {
			t.Errorf("%s: %d MiB were allocated for a body of %d", name, took>>20, limit>>20)
		}
	}
}

// A size that an archive says wrongly, and a stream that breaks off, cost no byte of what is there.
func TestALargeBodyIsWhole(t *testing.T) {
	const unpackedAtOnce = 1 << 20
	body := make([]byte, 3<<20)
	for i := range body {
		body[i] = byte(i>>8 ^ i*7)
	}
	for _, size := range []int{unpackedAtOnce - 100, unpackedAtOnce - 26, unpackedAtOnce - 25, unpackedAtOnce, len(body)} {
		file := packed(zip.Deflate, entry{"raw/1_c.txt", "POST http://h/ HTTP/1.1\r\n\r\n" + string(body[:size])})
		all, err := read(file, archive.Limits{})
		if err != io.EOF || len(all) != 1 || !bytes.Equal(all[0].RequestBody.Bytes, body[:size]) {
			t.Errorf("%d: %d, %v", size, len(all), err)
		}
		all, err = read(file[:len(file)/2], archive.Limits{})
		if err == io.EOF || len(all) != 1 || !bytes.HasPrefix(body, all[0].RequestBody.Bytes) || len(all[0].RequestBody.Bytes) < size/4 {
			t.Errorf("%d, half of it: %d, %v", size, len(all), err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(packed(zip.Store, entry{"raw/1_c.txt", request}, entry{"raw/1_s.txt", answer}, entry{"raw/1_m.xml", meta},
		entry{"raw/1_w.txt", message("Request", "10:00:00.000", "\x81\x01a")}))
	f.Add(packed(zip.Deflate, entry{"raw/1_c.txt", request}, entry{"raw/1_s.txt", answer}))
	f.Add(packed(zip.Deflate, entry{"raw/1_c.txt", request}, entry{"raw/1_s.txt", answer})[:200])
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := read(file, archive.Limits{Body: 100, Head: 1000, Entries: 10})
		if err == nil || len(all) > 10 {
			t.Fatal(len(all), err)
		}
		for _, x := range all {
			if !x.Phase.Final() || len(x.RequestBody.Bytes) > 100 || len(x.ResponseBody.Bytes) > 100 {
				t.Fatalf("%+v", x)
			}
		}
	})
}
