//go:build unix

package history

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"posthouse/proxy/flow"
)

const (
	childFolder = "POSTHOUSE_TEST_HISTORY_CHILD"
	childBytes  = "POSTHOUSE_TEST_HISTORY_BYTES" // after how many written bytes it kills itself
	childSeed   = "POSTHOUSE_TEST_HISTORY_SEED"
	childBudget = minBudget
	childStars  = 24 // of the newest keep theirs
)

// busyExchange is the same for an ID in every process.
func busyExchange(id flow.ID) flow.Exchange {
	r := rand.New(rand.NewPCG(uint64(id), 5))
	body := make([]byte, 200+r.IntN(6000))
	for i := range body {
		body[i] = byte(r.Uint32())
	}
	x := flow.Exchange{RequestHead: fmt.Appendf(nil, "GET /%d HTTP/1.1\r\nHost: h%d.test\r\n\r\n", id, id%9),
		ResponseHead: []byte("HTTP/1.1 200 OK\r\n\r\n"),
		ResponseBody: flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: body}}
	x.Row = flow.Row{ID: id, Kind: flow.KindHTTP, Phase: flow.PhaseDone, Start: time.Unix(1780000000+int64(id), 0), Method: "GET",
		Scheme: "http", Host: fmt.Sprintf("h%d.test", id%9), Path: fmt.Sprintf("/%d", id), Status: 200, ResponseSize: int64(len(body))}
	return x
}

// dyingFile kills the process within a write, or between two calls.
type dyingFile struct {
	file
	left *atomic.Int64
}

func (f dyingFile) WriteAt(p []byte, at int64) (int, error) {
	if left := f.left.Add(-int64(len(p))); left < 0 {
		if part := int64(len(p)) + left; part > 0 {
			_, _ = f.file.WriteAt(p[:part], at)
		}
		die()
	}
	return f.file.WriteAt(p, at)
}

func (f dyingFile) Truncate(size int64) error { f.cost(); return f.file.Truncate(size) }
func (f dyingFile) Sync() error               { f.cost(); return f.file.Sync() }
func (f dyingFile) Close() error              { f.cost(); return f.file.Close() }

func (f dyingFile) cost() {
	if f.left.Add(-40) < 0 {
		die()
	}
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// childWriter writes until it is killed, and says before and after all that it does what it
// means to do and what was done. Kills are not seen by the system's page cache: what a call
// has given to the system is there afterwards.
func childWriter(dir string) {
	if n, err := strconv.ParseInt(os.Getenv(childBytes), 10, 64); err == nil {
		left := &atomic.Int64{}
		left.Store(n)
		before := openFile
		openFile = func(path string) (file, int64, error) {
			f, size, err := before(path)
			return dyingFile{f, left}, size, err
		}
	}
	h, err := Open(Options{Folder: dir, Budget: childBudget, Log: slog.New(slog.NewTextHandler(complaint{}, nil))})
	// A process that is being started has all files of its parent for a moment, locks too.
	for locked := (*LockedError)(nil); errors.As(err, &locked); {
		h, err = Open(Options{Folder: dir, Budget: childBudget, Log: slog.New(slog.NewTextHandler(complaint{}, nil))})
	}
	if err != nil {
		fail(err)
	}
	seed, _ := strconv.ParseUint(os.Getenv(childSeed), 10, 64)
	c := &child{h: h, f: &follower{h: h}, random: rand.New(rand.NewPCG(seed, 6))}
	h.Each(func(row *flow.Row) {
		if row.Star {
			c.stars = append(c.stars, row.ID)
		}
	})
	fmt.Println("ready", h.LastID())
	for id := h.LastID() + 1; ; id++ {
		x := busyExchange(id)
		h.add(&x, Shedding(c.random.IntN(2)))
		if c.random.IntN(3) == 0 {
			c.step(id)
		}
		if s := h.Stats(); !s.Problem.IsZero() || s.NotOnDisk != (NotOnDisk{}) {
			fail(fmt.Sprintf("%+v", s))
		}
	}
}

// complaint ends a writer to which anything goes wrong.
type complaint struct{}

func (complaint) Write(p []byte) (int, error) {
	fail(strings.TrimSpace(string(p)))
	return 0, nil
}

func fail(why any) {
	fmt.Println("error", why)
	os.Exit(1)
}

type child struct {
	h      *History
	f      *follower
	random *rand.Rand
	stars  []flow.ID // by rising ID
}

func (c *child) step(id flow.ID) {
	switch c.random.IntN(9) {
	case 0, 1, 2:
		c.f.tail()
		c.safe(id)
	case 3:
		c.h.seal()
		c.safe(id)
	case 4:
		c.f.tail()
		c.safe(id)
		fmt.Println("star?", id)
		c.told("star", id, c.h.Annotate(id, flow.Annotation{Star: true, Note: strings.Repeat("x", c.random.IntN(1500))}))
		c.stars = append(c.stars, id)
		for len(c.stars) > childStars {
			old := c.stars[0]
			c.stars = c.stars[1:]
			fmt.Println("unstar?", old)
			c.told("unstar", old, c.h.Annotate(old, flow.Annotation{}))
		}
	case 5:
		gone := id - min(id-1, flow.ID(c.random.IntN(60)))
		fmt.Println("del?", gone)
		c.told("del", gone, c.h.Delete(gone))
	case 6:
		c.h.SetLimits(childBudget+int64(c.random.IntN(childBudget)), 0)
	case 7: // what the index owes comes into it: some of it, or the block that lacks a filter
		if seen := id - min(id-1, flow.ID(c.random.IntN(200))); c.random.IntN(2) == 0 {
			_, _ = c.h.Get(seen)
			_ = c.h.Rows(seen, 1+c.random.IntN(100))
		}
		if err := c.h.do(func() error { filterer{&c.h.writer}.goOn(); return nil }); err != nil {
			fail(err)
		}
	case 8:
		if c.random.IntN(10) == 0 {
			c.told("closed", id, c.h.Close())
			os.Exit(0)
		}
	}
}

func (c *child) safe(id flow.ID) { c.told("safe", id, c.h.do(func() error { return nil })) }

func (c *child) told(what string, id flow.ID, err error) {
	switch err {
	case nil:
		fmt.Println(what, id)
	case ErrNotHere: // it was deleted, or retention has removed it
	default:
		fail(err)
	}
}

func runChild() bool {
	dir := os.Getenv(childFolder)
	if dir != "" {
		childWriter(dir)
	}
	return dir != ""
}
