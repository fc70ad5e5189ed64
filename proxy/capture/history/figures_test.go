package history

import (
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"posthouse/proxy/flow"
)

// The disk that an exchange takes, index and filters included: 600 bytes for one of 1.4 KB, 2,200
// for one of 5.6 KB; no more than a twentieth more where they come in a hurry.
func TestDiskFigures(t *testing.T) {
	for _, c := range []struct {
		name  string
		large bool
		hurry time.Duration
		most  int64
	}{{"small", false, 0, 600}, {"large", true, 0, 2200}, {"small, hurried", false, time.Hour, 630}} {
		h := openTest(t, Options{Folder: t.TempDir()})
		h.hurry = c.hurry
		tr := newTraffic(c.large)
		n, raw := 20_000, int64(0)
		if testing.Short() || raceDetector {
			n /= 4
			c.most += c.most / 50 // of an index of few rows the beginning weighs more
		}
		pool := make([]flow.Exchange, n*2/5)
		for i := range pool {
			pool[i] = tr.exchange(1)
		}
		start := time.Now()
		for i := range n {
			x := pool[tr.IntN(len(pool))]
			x.ID, x.Start, x.Client = tr.moment(flow.ID(i + 1))
			raw += int64(len(x.RequestHead) + len(x.ResponseHead) + len(x.ResponseBody.Bytes))
			h.add(&x, ShedNothing)
		}
		flush(t, h)
		makeLate(t, h, 1<<20)
		took := time.Since(start)
		if err := h.index.checkpoint(); err != nil {
			t.Fatal(err)
		}
		each := h.writer.bytes() / int64(n)
		t.Logf("%s: %d B raw, %d B on the disk each (%d of the index), %v each", c.name, raw/int64(n), each,
			h.index.size()/int64(n), took/time.Duration(n))
		if each > c.most {
			t.Errorf("%s: %d bytes an exchange, not %d", c.name, each, c.most)
		}
	}
}

// The set is as the one of the design's figures: it becomes some 3.0 and 2.8 times smaller with
// the fastest zstd in blocks of 1 MiB.
func TestTheSetIsAsCompressibleAsTheDesigns(t *testing.T) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	for _, large := range []bool{false, true} {
		tr, k := newTraffic(large), newBlock()
		for id := flow.ID(1); !k.full(); id++ {
			x := tr.exchange(id)
			k.add(&x)
		}
		ratio := float64(len(k.b)) / float64(len(z.EncodeAll(k.b, nil)))
		t.Logf("large %v: %.2f", large, ratio)
		if ratio > 3.2 {
			t.Error("it is easier")
		}
	}
}
