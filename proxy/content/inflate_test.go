package content

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"posthouse/proxy/proxytest/cputime"
)

// zipped is a body in gzip, at one of the levels of the standard library's deflate.
func zipped(t testing.TB, level int, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")
	z, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = z.Write(body)
	_ = z.Close()
	return withTail(b.Bytes(), body)
}

func withTail(coded, body []byte) []byte {
	coded = binary.LittleEndian.AppendUint32(coded, crc32.ChecksumIEEE(body))
	return binary.LittleEndian.AppendUint32(coded, uint32(len(body)))
}

// smallBodies are such as all kinds of blocks and codes are made of.
func smallBodies() map[string][]byte {
	r := rand.New(rand.NewPCG(5, 8))
	noise := make([]byte, 40_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	skewed := make([]byte, 60_000) // codes of all lengths
	for i := range skewed {
		skewed[i] = byte(min(r.ExpFloat64()*3, 255))
	}
	var fibonacci []byte // the longest codes
	for i, a, b := 0, 1, 1; i < 20; i, a, b = i+1, b, a+b {
		fibonacci = append(fibonacci, bytes.Repeat([]byte{byte('a' + i)}, a)...)
	}
	r.Shuffle(len(fibonacci), func(i, j int) { fibonacci[i], fibonacci[j] = fibonacci[j], fibonacci[i] })
	var far bytes.Buffer // matches of all distances and lengths
	for i := 0; far.Len() < 120_000; i++ {
		from := r.IntN(max(far.Len(), 1))
		far.Write(far.Bytes()[from:min(from+r.IntN(300), far.Len())])
		fmt.Fprint(&far, i, noise[i%len(noise)])
	}
	return map[string][]byte{
		"empty": {}, "one": []byte("a"), "short": []byte("hello, hello"), "run": bytes.Repeat([]byte{0}, 300_000),
		"json":  []byte(strings.Repeat(`{"id":12345,"name":"someone","tags":["a","b"]},`, 30)),
		"noise": noise, "skewed": skewed, "fibonacci": fibonacci, "far": far.Bytes(),
	}
}

// Small bodies are decoded here, each as the library decodes it.
func TestSmallBodiesAreInflated(t *testing.T) {
	for name, body := range smallBodies() {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, 6, flate.BestCompression} {
			coded := zipped(t, level, body)
			got, ok := gunzipSmall(nil, coded)
			if want := len(coded) <= smallCoded; ok != want || ok && !bytes.Equal(got, body) {
				t.Errorf("%s, level %d, %d of %d bytes: %v", name, level, len(coded), len(body), ok)
			}
		}
	}
}

// What is no plain small body is left to the library, which says what is wrong.
func TestWhatIsUnusualIsLeftToTheLibrary(t *testing.T) {
	good := zipped(t, 6, []byte(strings.Repeat("some words and others, ", 40)))
	change := func(at int, to byte) []byte {
		b := bytes.Clone(good)
		b[at] = to
		return b
	}
	for name, coded := range map[string][]byte{
		"nothing": nil, "a head alone": good[:10], "cut": good[:len(good)-9], "cut in its tail": good[:len(good)-1],
		"options": change(3, 8), "another method": change(2, 7), "a wrong sum": change(len(good)-8, good[len(good)-8]^1),
		"less than it says": change(len(good)-4, good[len(good)-4]+1), "more than it says": change(len(good)-4, good[len(good)-4]-1),
		"a block of no kind": change(10, 0xff), "two members": append(bytes.Clone(good), good...),
		"more behind": append(bytes.Clone(good), 1, 2, 3), "a size that no code brings": change(len(good)-2, 7),
		"larger than small": zipped(t, flate.NoCompression, make([]byte, smallCoded)),
	} {
		if got, ok := gunzipSmall(nil, coded); ok {
			t.Errorf("%s is decoded to %d bytes", name, len(got))
		}
	}
	large := make([]byte, smallDecoded+1)
	coded := zipped(t, 9, large)
	if _, ok := gunzipSmall(nil, coded); ok || len(coded) > smallCoded {
		t.Errorf("more than %d bytes are decoded out of %d", smallDecoded, len(coded))
	}
	if d, err := Decode("gzip", coded); err != nil || !bytes.Equal(d.Body, large) {
		t.Errorf("the library decodes %d bytes: %v", len(d.Body), err)
	}
}

// Codes that are none: of a block with codes of its own, and of one without.
func TestCodesThatAreNone(t *testing.T) {
	for name, block := range map[string]string{
		"a distance before the beginning":  "\x03\x02",                 // fixed: a match at once
		"a length that is reserved":        "\x1b\x03",                 // fixed: symbol 286
		"too many codes for lengths":       "\xfd\xff\xff\xff\xff\xff", // all of 7 bits
		"a stored block of another length": "\x01\x05\x00\x05\x00hello",
	} {
		coded := withTail([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"+block), []byte("hello"))
		if got, ok := gunzipSmall(nil, coded); ok {
			t.Errorf("%s is decoded to %q", name, got)
		}
	}
	var codes codeTable
	for name, lengths := range map[string][]uint8{"too many": {1, 1, 1}, "too few": {2, 2, 2}, "one of two bits": {2}} {
		if codes.build(lengths, litEntries[:]) {
			t.Errorf("%s are codes", name)
		}
	}
}

// Inflating a small body takes its result and nothing else.
func TestInflatingAllocatesTheResultAlone(t *testing.T) {
	body := smallBodies()["json"]
	coded, out, z := zipped(t, 6, body), make([]byte, len(body)+slack), new(inflater)
	n := testing.AllocsPerRun(100, func() { _ = z.inflate(coded[gzipHead:], gzipTail, out) })
	if n > 0 || !bytes.Equal(out[:len(body)], body) {
		t.Errorf("%v allocations", n)
	}
}

// sameAsTheLibrary inflates data to so many bytes, without the sum, which would keep all but whole
// ones out; what is decoded here, the library decodes to the same. It reports whether it was.
func sameAsTheLibrary(t *testing.T, data []byte, size int) bool {
	t.Helper()
	const head = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
	out := make([]byte, size+slack)
	if !new(inflater).inflate(append(bytes.Clone(data), make([]byte, gzipTail)...), gzipTail, out) {
		return false
	}
	out = out[:size]
	z, err := gzip.NewReader(bytes.NewReader(withTail(append([]byte(head), data...), out)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(z); err != nil || !bytes.Equal(b.Bytes(), out) {
		t.Fatalf("%q became %q, and by the library %q, %v", data, out, b.Bytes(), err)
	}
	return true
}

// Bytes that were changed are never decoded to something else than by the library.
func TestChangedBodiesAreThoseOfTheLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	decoded := 0
	for name, body := range smallBodies() {
		if len(body) > 2000 {
			continue
		}
		for _, level := range []int{0, 1, 6} {
			coded := zipped(t, level, body)
			data := coded[gzipHead : len(coded)-gzipTail]
			if !sameAsTheLibrary(t, data, len(body)) {
				t.Errorf("%s, level %d, is not decoded", name, level)
			}
			for range 2000 {
				changed := bytes.Clone(data)
				for range 1 + r.IntN(3) {
					changed[r.IntN(len(changed))] ^= 1 << r.IntN(8)
				}
				if sameAsTheLibrary(t, changed, len(body)) {
					decoded++
				}
			}
		}
	}
	if decoded < 100 {
		t.Errorf("%d changed bodies could be decoded at all", decoded)
	}
}

// FuzzSmallBodies: what is decoded here, the library decodes to the same.
func FuzzSmallBodies(f *testing.F) {
	for _, body := range smallBodies() {
		if len(body) < 2000 {
			for _, level := range []int{0, 1, 6} {
				coded := zipped(f, level, body)
				f.Add(coded[gzipHead:len(coded)-gzipTail], uint32(len(body)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, size uint32) {
		if len(data) <= 4000 && size <= 1<<16 {
			sameAsTheLibrary(t, data, int(size))
		}
	})
}

// BenchmarkGunzip is of bodies of some kilobytes: here, and by the library.
func BenchmarkGunzip(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{300, 1000, 4000, 30_000} {
		var body bytes.Buffer
		for body.Len() < size {
			fmt.Fprintf(&body, `{"id":"%08x","name":"item %d","price":%d.%02d},`, r.Uint32(), r.IntN(1000), r.IntN(1000), r.IntN(100))
		}
		coded := zipped(b, 6, body.Bytes())
		b.Run(fmt.Sprintf("here/%d", size), func(b *testing.B) {
			begun := cputime.Used()
			for b.Loop() {
				if _, ok := gunzipSmall(nil, coded); !ok {
					b.Fatal("it is not decoded")
				}
			}
			cputime.ReportBytes(b, begun, int64(body.Len()))
		})
		b.Run(fmt.Sprintf("library/%d", size), func(b *testing.B) {
			begun := cputime.Used()
			for b.Loop() {
				if _, _, err := gunzip(bytes.NewReader(coded)); err != nil {
					b.Fatal(err)
				}
			}
			cputime.ReportBytes(b, begun, int64(body.Len()))
		})
	}
}
