package har

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
)

// FuzzRead reads anything: what comes of it goes out, and comes back as it was.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.har")
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && len(b) < 10_000 {
			f.Add(b)
		}
	}
	f.Add(written(f, everyday(1, "gzip")...))
	ruled := everyday(1, "")[0]
	ruled.Ruled = flow.Ruled{Response: []byte("HTTP/1.1 201 Made\r\n\r\n"),
		ResponseBody: flow.Body{State: flow.BodyWhole, Size: 3, Bytes: []byte("new")}}
	f.Add(written(f, ruled))
	f.Add([]byte(`{"log":{"pages":[{"id":"p","title":"t"}],"entries":[{"pageref":"p","cache":{"x":1},"timings":{"blocked":3,"dns":1}}]}}`))
	for _, members := range []string{`"headers":{"A":["1"]}`, `"content":{"text":"AP8=","encoding":"base64"},"_x":{ "y" : [ 1 ] }`} {
		f.Add([]byte(`[` + response(members) + `]`))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		limits := archive.Limits{Body: 1 << 16, Head: 1 << 12, Entries: 50, Unpacked: 1 << 20}
		all, err := read(t, file, limits)
		var broken *archive.BrokenError
		if err != nil && !errors.As(err, &broken) {
			t.Fatalf("it is no BrokenError: %v", err)
		}
		if broken != nil && (broken.Entries != len(all) || broken.Why.IsZero()) {
			t.Fatalf("%d entries: %+v", len(all), broken)
		}
		for _, x := range all {
			if len(x.ResponseBody.Bytes) > 1<<16+1<<10 || len(x.RequestBody.Bytes) > 1<<16+1<<10 {
				t.Fatalf("%d and %d bytes of bodies", len(x.RequestBody.Bytes), len(x.ResponseBody.Bytes))
			}
			if diff := differences(x, returned(t, x)); diff != nil {
				t.Fatal(strings.Join(diff, "\n"))
			}
		}
	})
}

// FuzzExchange writes and reads exchanges of anything.
func FuzzExchange(f *testing.F) {
	f.Add(uint64(1), []byte("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"))
	f.Add(uint64(2), []byte(":method: GET\r\n:path: /\r\n\r\n"))
	f.Add(uint64(3), []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08"))
	f.Add(uint64(4), []byte(`{"har":{"entry":{"pageref":"x"},"timings":{"blocked":1},"page":{}}}`))
	f.Add(uint64(5), []byte(`{"har":{"entry":{"cache":{}}}}`))
	f.Fuzz(func(t *testing.T, seed uint64, text []byte) {
		r := rand.New(rand.NewPCG(seed, 0))
		x := filled(t, r, func() string {
			if r.IntN(3) == 0 {
				return string(text)
			}
			from := r.IntN(len(text) + 1)
			return string(text[from : from+r.IntN(len(text)-from+1)])
		})
		if diff := differences(x, returned(t, x)); diff != nil {
			t.Fatal(strings.Join(diff, "\n"))
		}
	})
}

// FuzzForeign takes anything for what another program told.
func FuzzForeign(f *testing.F) {
	f.Add([]byte(`{"har":{"entry":{"_x":1,"pageref":"p"},"request":{"_y":[]},"postData":{"_p":{}},"response":{"_z":""},` +
		`"content":{"_c":null},"timings":{"blocked":12.5,"_b":1},"page":{"id":"p"}}}`))
	f.Add([]byte(`{"har":{"entry":{"_x": 1}}}`))
	f.Add([]byte(`{"har":{"entry":{"time":1}}}`))
	f.Add([]byte(`{"saz":{}}`))
	f.Fuzz(func(t *testing.T, foreign []byte) {
		x := &flow.Exchange{Foreign: foreign}
		x.Kind = flow.KindHTTP
		if got := returned(t, x).Foreign; !bytes.Equal(got, foreign) {
			t.Fatalf("%q, want %q", got, foreign)
		}
	})
}
