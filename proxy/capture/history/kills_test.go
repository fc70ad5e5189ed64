//go:build unix

package history

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/flow"
)

// state is what is known of an exchange from what its writers have said.
type state struct {
	star, starUnsure bool
	gone, goneUnsure bool
	lost             bool // was written by nothing when a kill came
	kept             bool // was marked some time: retention may have moved it
}

// model is what a history must hold.
type model struct {
	all  map[flow.ID]*state
	safe flow.ID // up to which all is on the disk
	said []string
}

func (m *model) of(id flow.ID) *state {
	s := m.all[id]
	if s == nil {
		s = &state{}
		m.all[id] = s
	}
	return s
}

// maxSaid is how many lines are shown where something is wrong.
const maxSaid = 200

// heard takes in a line of a writer.
func (m *model) heard(line string) error {
	m.said = append(m.said, line)
	var what string
	var id flow.ID
	if _, err := fmt.Sscan(line, &what, &id); err != nil || what == "error" {
		return errors.New(line)
	}
	switch s := m.of(id); what {
	case "ready":
		for lost := m.safe + 1; lost <= id; lost++ {
			m.of(lost).lost = true
		}
	case "safe", "closed":
		m.safe = max(m.safe, id)
	case "star":
		s.star, s.starUnsure, s.kept = true, false, true
	case "star?", "unstar?":
		s.starUnsure = true
	case "unstar":
		s.star, s.starUnsure = false, false
	case "del?":
		s.goneUnsure = true
	case "del":
		s.gone = true
	}
	return nil
}

// A writer of small blocks, with marks, deletions and retention going on, is killed at any
// time and within any write; what it had said to be done is so, in a history that opens; and
// the next goes on there. POSTHOUSE_TEST_KILLS says how often (24).
func TestAKilledWriter(t *testing.T) {
	kills := 24
	if testing.Short() || raceDetector {
		kills = 10
	}
	if n, err := strconv.Atoi(os.Getenv("POSTHOUSE_TEST_KILLS")); err == nil {
		kills = n
	}
	for lane := range 2 {
		t.Run(strconv.Itoa(lane), func(t *testing.T) {
			t.Parallel()
			killAgainAndAgain(t, kills/2, uint64(lane))
		})
	}
}

func killAgainAndAgain(t *testing.T, kills int, lane uint64) {
	dir, err := os.MkdirTemp(shm(), "history")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	random := rand.New(rand.NewPCG(3, lane))
	m := &model{all: map[flow.ID]*state{}}
	for i := range kills {
		switch random.IntN(30) {
		case 0: // begun anew
			m = &model{all: map[flow.ID]*state{}}
			err = os.RemoveAll(dir)
		case 1:
			err = errors.Join(remove(dir, indexFile), remove(dir, indexFile+"-wal"))
		}
		if err != nil {
			t.Fatal(err)
		}
		m.said = append(m.said[max(0, len(m.said)-maxSaid):], fmt.Sprintf("--- kill %d", i))
		seed := random.Uint64()
		if err := m.runAndKill(dir, seed, random); err != nil {
			t.Fatalf("lane %d, kill %d: %v", lane, i, err)
		}
		kept, _ := os.MkdirTemp(shm(), "before")
		_ = os.CopyFS(kept, os.DirFS(dir))
		if err := m.check(dir); err != nil {
			t.Fatalf("lane %d, after kill %d, see %s: %v\n%s", lane, i, kept, err, strings.Join(m.said, "\n"))
		}
		_ = os.RemoveAll(kept)
		if i%100 == 99 {
			t.Logf("lane %d: %d kills, the last ID is %d", lane, i+1, m.safe)
		}
	}
	t.Logf("the last ID is %d", m.safe)
}

// runAndKill runs a writer until it is killed.
func (m *model) runAndKill(dir string, seed uint64, random *rand.Rand) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childFolder+"="+dir, fmt.Sprintf("%s=%d", childSeed, seed))
	after, opening := time.Duration(random.IntN(60_000))*time.Microsecond, false
	switch random.IntN(4) {
	case 0:
		opening, after = true, time.Duration(random.IntN(60_000))*time.Microsecond
	case 1, 2:
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d", childBytes, random.IntN(random.IntN(1_000_000)+1)))
		after = 5 * time.Second
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if opening {
		defer time.AfterFunc(after, cancel).Stop()
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ready") && !opening {
			defer time.AfterFunc(after, cancel).Stop()
		}
		if err == nil {
			if err = m.heard(lines.Text()); err != nil {
				cancel()
			}
		}
	}
	_ = cmd.Wait()
	return err
}

// check opens what a kill has left and looks at all that must be there, and must not.
func (m *model) check(dir string) error {
	h, err := Open(Options{Folder: dir, Budget: childBudget})
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }()
	for w := h.Watch(); h.Stats().Indexing; {
		<-w.C
	}
	rows, err := m.checkRows(h)
	if err != nil {
		return err
	}
	if err := m.checkGone(h, rows); err != nil {
		return err
	}
	if err := checkScan(h, rows); err != nil {
		return err
	}
	marked := uint64(0)
	for _, row := range rows {
		if row.Annotated() {
			marked++
		}
	}
	if s := h.Stats(); s.Rows != uint64(len(rows)) || s.Marked != marked || s.Damaged > 0 || !s.Problem.IsZero() {
		return fmt.Errorf("%d rows, %d marked, but %+v", len(rows), marked, s)
	}
	// What is there now was there to be seen; another kill must not lose it.
	for id := range rows {
		m.safe = max(m.safe, id)
	}
	return h.Close()
}

// checkRows looks at what is there.
func (m *model) checkRows(h *History) (rows map[flow.ID]flow.Row, err error) {
	rows, last := map[flow.ID]flow.Row{}, flow.ID(0)
	h.Each(func(row *flow.Row) {
		if row.ID <= last {
			err = fmt.Errorf("%d comes after %d", row.ID, last)
		}
		last = row.ID
		rows[row.ID] = *row
	})
	if err == nil && h.LastID() < m.safe {
		err = fmt.Errorf("the last is %d; %d was safe", h.LastID(), m.safe)
	}
	for id, row := range rows {
		if err != nil {
			return nil, err
		}
		s := m.of(id)
		want := busyExchange(id)
		x, gotErr := h.Get(id)
		switch {
		case s.gone:
			err = fmt.Errorf("%d was deleted, and is back", id)
		case gotErr != nil || !bytes.Equal(x.ResponseBody.Bytes, want.ResponseBody.Bytes):
			err = fmt.Errorf("%d is another: %v", id, gotErr)
		case x.Annotation != row.Annotation || !s.starUnsure && s.star != row.Star:
			err = fmt.Errorf("%d: the star: %v, in the row %v, %v was said", id, x.Star, row.Star, s.star)
		}
		// What was under way when the kill came is either done or not.
		s.star, s.starUnsure, s.kept = row.Star, false, s.kept || row.Star
	}
	return rows, err
}

// checkGone looks at what is not there: what was deleted, or left as the oldest.
func (m *model) checkGone(h *History, rows map[flow.ID]flow.Row) error {
	first := m.safe + 1
	for id := range rows {
		if !m.of(id).kept {
			first = min(first, id)
		}
	}
	for id := flow.ID(1); id <= m.safe; id++ {
		_, here := rows[id]
		switch s := m.of(id); {
		case here || s.gone || s.lost:
		case s.goneUnsure:
			s.gone = true
		case s.star:
			return fmt.Errorf("%d was marked, and is gone", id)
		case id > first && !s.kept:
			return fmt.Errorf("%d is gone, of %d to %d", id, first, m.safe)
		}
	}
	return nil
}

// checkScan looks at what a search visits.
func checkScan(h *History, rows map[flow.ID]flow.Row) error {
	var mu sync.Mutex
	visited := map[flow.ID]int{}
	scanned, err := h.ScanBlocks(context.Background(), nil, func(x *flow.Exchange) bool {
		mu.Lock()
		defer mu.Unlock()
		visited[x.ID]++
		return true
	})
	if err != nil || scanned.Unreadable > 0 {
		return fmt.Errorf("a search: %w %+v", err, scanned)
	}
	for id, n := range visited {
		if _, here := rows[id]; n > 1 || !here {
			return fmt.Errorf("a search comes to %d %d times; it is there: %v", id, n, here)
		}
	}
	for id := range rows {
		if visited[id] == 0 {
			return fmt.Errorf("a search does not come to %d", id)
		}
	}
	clear(visited)
	_, err = h.ScanBlocks(context.Background(), [][]string{{"host: h3."}}, func(x *flow.Exchange) bool {
		mu.Lock()
		defer mu.Unlock()
		visited[x.ID]++
		return true
	})
	for id := range rows {
		if id%9 == 3 && visited[id] == 0 {
			return fmt.Errorf("a filter rules %d out: %w", id, err)
		}
	}
	return err
}

// Another process that has the folder is said, whatever it does; when it is killed the folder
// is free, and nothing of the second one had come to it.
func TestAnotherProcessHasTheFolder(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the other one says nothing")
	}
	var locked *LockedError
	for range 3 {
		if h, err := Open(Options{Folder: dir}); !errors.As(err, &locked) || locked.Folder != dir || h != nil {
			t.Errorf("%v", err)
		}
	}
	cancel()
	for lines.Scan() {
	}
	_ = cmd.Wait()
	h := openTest(t, Options{Folder: dir})
	if s := h.Stats(); s.Damaged > 0 || !s.Problem.IsZero() {
		t.Errorf("%+v", s)
	}
}
