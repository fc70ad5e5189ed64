package history

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/flow"
)

// childWriter writes until it is killed. It says up to which ID all is on the disk, by
// the tail or by blocks.
func childWriter(dir string) {
	h, err := Open(Options{Folder: dir, Budget: 8 << 20})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	tr := newTraffic(true)
	f := &follower{h: h}
	for id := h.LastID() + 1; ; id++ {
		x := tr.exchange(id)
		h.add(&x, ShedNothing)
		starred := false
		switch {
		case id%7 == 0:
			f.tail()
		case id%900 == 0:
			h.seal()
		case id%50 == 0:
			f.tail()
			starred = h.Annotate(id, flow.Annotation{Star: true}) == nil
		case id%51 == 0:
			f.tail()
			_ = h.Delete(id)
		default:
			continue
		}
		if err := h.do(func() error { return nil }); err != nil {
			os.Exit(1)
		}
		if s := h.Stats(); !s.Problem.IsZero() {
			fmt.Println("error", s.Problem)
			os.Exit(1)
		}
		if starred {
			fmt.Println("star", id)
		}
		fmt.Println("safe", id/7*7)
	}
}

// A writer that is killed at any time leaves what it had said to be safe, in a history that
// opens; and the next goes on there.
func TestAKilledWriter(t *testing.T) {
	kills := 100
	if testing.Short() {
		kills = 10
	}
	if n, err := strconv.Atoi(os.Getenv("POSTHOUSE_TEST_KILLS")); err == nil {
		kills = n
	}
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(3, 4))
	for i := range kills {
		safe, stars := runAndKill(t, dir, time.Duration(random.IntN(60))*time.Millisecond)
		h, err := Open(Options{Folder: dir, Budget: 8 << 20})
		if err != nil {
			t.Fatalf("after kill %d: %v", i, err)
		}
		wait(t, h, "indexed", func(s Stats) bool { return !s.Indexing })
		checkSafe(t, h, safe)
		for _, id := range stars {
			if row, ok := h.Row(id); !ok || !row.Star {
				t.Fatalf("after kill %d: %d has lost its mark: %v", i, id, ok)
			}
		}
		if s := h.Stats(); s.Damaged > 0 || !s.Problem.IsZero() {
			t.Fatalf("after kill %d: %+v", i, s)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// checkSafe looks at the newest exchanges up to the one that is safe.
func checkSafe(t *testing.T, h *History, safe flow.ID) {
	t.Helper()
	if h.LastID() < safe {
		t.Fatalf("the last is %d; %d was safe", h.LastID(), safe)
	}
	for id := max(h.FirstID(), max(safe, 60)-60, 1); id <= safe; id++ {
		x, err := h.Get(id)
		deleted := id%51 == 0 && id%7 != 0 && id%900 != 0 && id%50 != 0
		if deleted {
			continue
		}
		if err != nil || x.ID != id || len(x.ResponseBody.Bytes) < 3000 {
			t.Fatalf("%d of %d: %v", id, safe, err)
		}
	}
}

func runAndKill(t *testing.T, dir string, after time.Duration) (safe flow.ID, stars []flow.ID) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "POSTHOUSE_TEST_HISTORY_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for first := true; lines.Scan(); first = false {
		if first {
			time.AfterFunc(after, cancel)
		}
		if text, is := strings.CutPrefix(lines.Text(), "safe "); is {
			if n, err := strconv.ParseUint(text, 10, 64); err == nil {
				safe = max(safe, flow.ID(n))
			}
			continue
		}
		if text, is := strings.CutPrefix(lines.Text(), "star "); is {
			if n, err := strconv.ParseUint(text, 10, 64); err == nil {
				stars = append(stars, flow.ID(n))
			}
			continue
		}
		t.Fatal(lines.Text())
	}
	_ = cmd.Wait()
	return safe, stars
}
