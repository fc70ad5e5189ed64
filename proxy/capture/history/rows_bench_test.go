package history

import (
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/cputime"
)

// manyRows is how many rows the benchmarks of rows have: what POSTHOUSE_ROWS says.
func manyRows() int {
	if n, err := strconv.Atoi(os.Getenv("POSTHOUSE_ROWS")); err == nil && n > 0 {
		return n
	}
	return 100_000
}

// rowsOnly opens a history that has an index and no segments.
func rowsOnly(b testing.TB, n int) *History {
	b.Helper()
	h := openTest(b, Options{Folder: b.TempDir(), Budget: 20 << 30})
	tr := newTraffic(false)
	g := &segment{number: 1}
	for at := 0; at < n; {
		var rows []flow.Row
		var nths []int
		for ; len(rows) < 1000 && at < n; at++ {
			x := tr.exchange(flow.ID(at + 1))
			x.Status = [...]int{200, 200, 200, 204, 304, 404, 503}[at%7]
			rows, nths = append(rows, x.Row), append(nths, len(nths))
		}
		if _, err := h.index.addBlock(&blockRows{rows: rows, nths: nths}, placed{segment: 1}, g); err != nil {
			b.Fatal(err)
		}
	}
	h.mu.Lock()
	h.lastID = flow.ID(n)
	h.mu.Unlock()
	return h
}

// BenchmarkOlder lists all rows from the newest back, as the window does.
func BenchmarkOlder(b *testing.B) {
	h := rowsOnly(b, manyRows())
	t := NewTiers(capture.New(capture.Options{FirstID: h.LastID() + 1}))
	t.Attach(h, Range{})
	b.ReportAllocs()
	begun := cputime.Used()
	for b.Loop() {
		count := 0
		rows, below := t.Older(^flow.ID(0))
		for count += len(rows); below != 0; count += len(rows) {
			rows, below = t.Older(below)
		}
		if count != manyRows() {
			b.Fatal(count)
		}
	}
	cputime.Report(b, begun, manyRows(), "row")
}

// BenchmarkJudge has filters judge all rows, as the window does.
func BenchmarkJudge(b *testing.B) {
	h := rowsOnly(b, manyRows())
	t := NewTiers(capture.New(capture.Options{FirstID: h.LastID() + 1}))
	t.Attach(h, Range{})
	for _, text := range []string{"", "host:api", "status:503", "zebra", "time:>50ms", "client:127"} {
		q, err := query.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			begun := cputime.Used()
			for b.Loop() {
				count := 0
				rows, below := t.Judge(q, ^flow.ID(0))
				for count += len(rows); below != 0; count += len(rows) {
					rows, below = t.Judge(q, below)
				}
				if count != manyRows() {
					b.Fatal(count)
				}
			}
			cputime.Report(b, begun, manyRows(), "row")
		})
	}
}

// BenchmarkIndex is what the index takes of a row, in blocks of 700 that ended in another order than they
// began, as those of 64 connections do.
func BenchmarkIndex(b *testing.B) {
	h := openTest(b, Options{Folder: b.TempDir(), Budget: 20 << 30})
	tr, g, k := newTraffic(false), &segment{number: 1}, newBlock()
	const rows = 700
	var read owedScratch
	id, took := flow.ID(1), []time.Duration(nil)
	for b.Loop() {
		k.reset()
		for from := 0; from < rows; from += 64 {
			for _, n := range tr.Perm(min(64, rows-from)) {
				x := tr.exchange(id + flow.ID(from+n))
				k.add(&x)
			}
		}
		id += rows
		of := read.block(b, k)
		begun := time.Now()
		if _, err := h.index.addBlock(of, placed{segment: 1}, g); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begun)/rows)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/10]), "ns/row-best-tenth")
	b.ReportMetric(float64(h.index.size())/float64(b.N*rows), "B/row")
}
