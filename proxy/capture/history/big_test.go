package history

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"posthouse/proxy/capture/query"
	"posthouse/proxy/flow"
)

// A history of 10 GiB opens in 300 ms: the index says what is there, and no segment is read. It has
// 200,000 rows, or as many as POSTHOUSE_ROWS says: of exchanges of 5.6 KB they would be 5,000,000.
func TestABigHistoryOpensQuickly(t *testing.T) {
	const segments = 160
	rows := max(manyRows(), 200_000)
	dir := t.TempDir()
	h := openTest(t, Options{Folder: dir, Budget: 20 << 30})
	fill(h, newTraffic(false), 1, 100)
	flush(t, h)
	h.index.mu.Lock()
	err := h.index.db.Exec(fmt.Sprintf(`
		WITH RECURSIVE n(i) AS (SELECT 101 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO rows SELECT i, context, 2 + i %% 158, offset, nth, started + i, duration, status, path, request_size, response_size,
			failure, mark, star, note, packed FROM n, (SELECT * FROM rows WHERE id = 1);
		WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO segments SELECT i, %d, %d, 1, %d, 1780000000, 1780000000 FROM n`, rows, segments, maxSegment, rows/segments, rows))
	h.index.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	for n := 2; n <= segments; n++ {
		g := segment{number: uint64(n)}
		path := filepath.Join(dir, g.name())
		if err := os.WriteFile(path, fileHead(fileSegment, g.number), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, maxSegment); err != nil {
			t.Fatal(err)
		}
	}
	best := time.Hour
	for range 3 {
		start := time.Now()
		h, err := Open(Options{Folder: dir, Budget: 20 << 30})
		best = min(best, time.Since(start))
		if err != nil {
			t.Fatal(err)
		}
		if s := h.Stats(); s.Bytes < 10<<30-1<<28 || s.Indexing {
			t.Errorf("%+v", s)
		}
		start = time.Now()
		if got := h.Rows(flow.ID(rows/2), 64); len(got) != 64 {
			t.Errorf("%d rows", len(got))
		}
		t.Logf("a page in %v", time.Since(start))
		start = time.Now()
		if got, next := h.Judge(&query.Query{}, ^flow.ID(0), judgedAtOnce); len(got) != judgedAtOnce || next == 0 {
			t.Errorf("%d rows are listed first", len(got))
		}
		t.Logf("the first %d rows of the list in %v", judgedAtOnce, time.Since(start))
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("opened in %v", best)
	if best > 300*time.Millisecond {
		t.Error("that is more than 300 ms")
	}
}
