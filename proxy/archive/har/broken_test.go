package har

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"posthouse/proxy/archive"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// A file that ends early is read as far as it goes, wherever that is.
func TestAFileThatEndsEarlyIsReadUpToThere(t *testing.T) {
	var whole []byte
	var ends []int // behind each entry
	head := "{\"log\":{\"version\":\"1.2\",\n\"entries\":[\n"
	whole = append(whole, head...)
	for i := range 5 {
		whole = fmt.Appendf(whole, `{"request":{"method":"GET","url":"http://%d.test/","headers":[{"name":"A","value":"\"\\\u00e9"}]},`+
			`"response":{"status":200,"content":{"text":"x"}},"_x":[1,{"y":null}]}`, i)
		ends = append(ends, len(whole))
		whole = append(whole, ",\n"...)
	}
	whole = append(whole[:len(whole)-2], "]}}"...)
	for n := range whole {
		all, err := read(t, whole[:n], archive.Limits{})
		want := 0
		for want < len(ends) && ends[want] <= n {
			want++
		}
		var broken *archive.BrokenError
		if !errors.As(err, &broken) {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if len(all) != want || broken.Entries != want {
			t.Fatalf("%d bytes: %d entries, %d are said, want %d", n, len(all), broken.Entries, want)
		}
		if n > 0 && (broken.Why.Code != reason.ArchiveEnds || broken.Offset != int64(n) ||
			broken.Line != int64(1+bytes.Count(whole[:n], []byte("\n")))) {
			t.Fatalf("%d bytes: %+v", n, broken)
		}
		for i, x := range all {
			if x.Host != fmt.Sprint(i, ".test") {
				t.Fatalf("%d bytes: entry %d is for %s", n, i, x.Host)
			}
		}
	}
	if all, err := read(t, whole, archive.Limits{}); err != nil || len(all) != 5 {
		t.Fatal(len(all), err)
	}
}

// A file that is damaged is read up to there, and the place is said.
func TestADamagedFileIsReadUpToThere(t *testing.T) {
	const entry = `{"request":{"method":"GET","url":"http://a.test/"}}`
	for name, c := range map[string]struct {
		file    string
		entries int
		why     flow.ReasonCode
		line    int64
		at      string // what stands at the offset
	}{
		"a word in place of an entry": {"{\"log\":{\"entries\":[\n" + entry + ",\noops]}}", 1, reason.ArchiveSyntax, 3, "oops"},
		"no comma":                    {"{\"log\":{\"entries\":[" + entry + "\n" + entry + "]}}", 1, reason.ArchiveSyntax, 2, entry + "]"},
		"the wrong bracket":           {"{\"log\":{\"entries\":[" + entry + "\n}}", 1, reason.ArchiveSyntax, 2, "}}"},
		"a control in a text":         {"{\"log\":{\"entries\":[" + entry + ",{\"comment\":\"\x01\"}]}}", 1, reason.ArchiveSyntax, 1, ""},
		"something after it":          {"{\"log\":{\"entries\":[" + entry + "]}}\n{}", 1, reason.ArchiveSyntax, 2, "{}"},
		"no entries":                  {"{\"log\":{\"version\":\"1.2\"}}", 0, reason.ArchiveNone, 1, ""},
		"an empty file":               {"", 0, reason.ArchiveNone, 1, ""},
		"white space":                 {" \n ", 0, reason.ArchiveNone, 2, ""},
		"another kind":                {"7", 0, reason.ArchiveNone, 1, ""},
		"no JSON":                     {"<html>", 0, reason.ArchiveSyntax, 1, "<html>"},
	} {
		all, err := read(t, []byte(c.file), archive.Limits{})
		var broken *archive.BrokenError
		if !errors.As(err, &broken) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(all) != c.entries || broken.Why.Code != c.why || broken.Line != c.line || broken.Entries != c.entries {
			t.Errorf("%s: %d entries, %+v", name, len(all), broken)
		}
		if c.at != "" && !strings.HasPrefix(c.file[broken.Offset:], c.at) {
			t.Errorf("%s: the place is %q", name, c.file[broken.Offset:])
		}
	}
}

// After the end, and after an error, Next says the same again.
func TestNextStaysAtItsEnd(t *testing.T) {
	for _, file := range []string{`{"log":{"entries":[]}}`, `{"log":{"entries":[`} {
		r, err := NewReader(strings.NewReader(file), int64(len(file)), archive.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		_, first := r.Next()
		if _, second := r.Next(); first == nil || first != second {
			t.Errorf("%s: %v, then %v", file, first, second)
		}
	}
}

// Every limit holds, and is said.
func TestLimits(t *testing.T) {
	entries := func(all ...string) []byte { return []byte(`{"log":{"entries":[` + strings.Join(all, ",") + `]}}`) }
	plain := response(`"content":{"text":"x"}`)
	deep := `{"_x":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`
	for name, c := range map[string]struct {
		file   []byte
		limits archive.Limits
		read   int
		why    flow.ReasonCode
	}{
		"entries":       {entries(plain, plain, plain), archive.Limits{Entries: 2}, 2, reason.ArchiveMany},
		"depth":         {entries(plain, deep), archive.Limits{Depth: 40}, 1, reason.ArchiveDeep},
		"depth of log":  {[]byte(strings.Repeat("[", 1000)), archive.Limits{}, 0, reason.ArchiveDeep},
		"unpacked":      {entries(plain, plain), archive.Limits{Unpacked: 250}, 1, reason.ArchiveLarge},
		"a long number": {entries(plain, `{"_x":[`+strings.Repeat("1", 10_000)+`]}`), archive.Limits{}, 1, reason.ArchiveLong},
		"a long value": {entries(plain, `{"_x":{"y":[`+strings.Repeat(`"12345678",`, 1<<16)+`1]}}`),
			archive.Limits{Head: 1000, Body: 1000}, 1, reason.ArchiveLong},
	} {
		all, err := read(t, c.file, c.limits)
		var broken *archive.BrokenError
		if len(all) != c.read || !errors.As(err, &broken) || broken.Why.Code != c.why || !errors.Is(err, archive.ErrLimit) {
			t.Errorf("%s: %d entries, %v", name, len(all), err)
		}
	}
}

// A body that is too long is cut, and what follows it is read.
func TestALongBodyIsCut(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 30_000)
	limits := archive.Limits{Body: 100_000, Head: 1000}
	for name, content := range map[string]string{
		"text":    `"content":{"size":300000,"text":"` + string(long) + `"}`,
		"escaped": `"content":{"size":300000,"text":"` + strings.Repeat(`\u0030123456789`, 30_000) + `"}`,
		"base64":  `"content":{"size":300000,"encoding":"base64","text":"` + base64.StdEncoding.EncodeToString(long) + `"}`,
	} {
		all, err := read(t, []byte(`{"log":{"entries":[`+response(content)+`,`+response(`"content":{"text":"next"}`)+`]}}`), limits)
		if err != nil || len(all) != 2 {
			t.Fatalf("%s: %d entries, %v", name, len(all), err)
		}
		b := all[0].ResponseBody
		if b.State != flow.BodyCut || b.Size != 300_000 || len(b.Bytes) < 60_000 || len(b.Bytes) > 100_000 ||
			!bytes.HasPrefix(long, b.Bytes) {
			t.Errorf("%s: %v, %d of %d bytes", name, b.State, len(b.Bytes), b.Size)
		}
		if b := all[1].ResponseBody; b.State != flow.BodyWhole || string(b.Bytes) != "next" {
			t.Errorf("%s: then %v %q", name, b.State, b.Bytes)
		}
		// What was cut goes out as such.
		if file := string(written(t, all[0])); !strings.Contains(file, " of 300000 bytes were kept.") {
			t.Errorf("%s: %.300s", name, file)
		}
	}
	x := &flow.Exchange{ResponseBody: flow.Body{State: flow.BodyWhole, Size: 300_000, Bytes: long}}
	all, err := read(t, written(t, x), limits)
	if err != nil || all[0].ResponseBody.State != flow.BodyCut || !bytes.HasPrefix(long, all[0].ResponseBody.Bytes) {
		t.Error("our own:", err, all[0].ResponseBody.State)
	}
}

// A small file may become a very large one. It is read with the memory of one entry.
func TestABombTakesNoMemory(t *testing.T) {
	const size = 64 << 20
	for name, inside := range map[string]string{"body": `"response":{"content":{"text":"`, "kept": `"_x":"`, "list": `"_x":[`} {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, `{"log":{"entries":[{`+inside)
		fill := []byte("00000000")
		if name == "list" {
			fill = []byte("[0,1,2],")
		}
		fill = bytes.Repeat(fill, 1<<17)
		for range size / len(fill) {
			_, _ = z.Write(fill)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		before := allocated()
		all, err := read(t, b.Bytes(), archive.Limits{Body: 1 << 20, Head: 1 << 20})
		if used := allocated() - before; used > 48<<20 { // an entry may hold five bodies, and a buffer doubles until it has room for them
			t.Errorf("%s: %d MiB were allocated", name, used>>20)
		}
		if err == nil || len(all) != 0 {
			t.Errorf("%s: %d entries, %v", name, len(all), err)
		}
	}
}

// allocated is how many bytes were allocated up to now, freed ones included.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
