package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Tests wait: for sockets, for a window, for each other. So steps run in lanes beside
// each other, within a lane one after the other. What a lane beside the first has to say
// is told when a step of it ends.
type lane int

const (
	front     lane = iota // tests, pictures, windows: they use the processors
	waiting               // tests of other programs, most of which is waiting: they come before front's
	compiling             // what only compiles and reads: at the lowest priority, it gets what tests leave
)

// beside reports whether steps can run beside others.
func beside() bool {
	_, err := exec.LookPath("nice")
	return err == nil && runtime.GOOS != "windows"
}

// lanes parts the steps in those that run beside each other. There is no empty lane.
func lanes(chosen []step, beside bool) (all [][]step) {
	if !beside {
		return [][]step{chosen}
	}
	for _, l := range []lane{front, waiting, compiling} {
		in := slices.DeleteFunc(slices.Clone(chosen), func(s step) bool { return s.lane != l })
		if len(in) > 0 {
			all = append(all, in)
		}
	}
	return all
}

// aside is a runner for a lane beside the first.
func (r *runner) aside(l lane, out io.Writer) *runner {
	return &runner{ctx: r.ctx, chosen: r.chosen, appForWindows: r.appForWindows, ahead: r.ahead, out: out,
		low: l == compiling, alone: r.alone, yields: &atomic.Bool{}, ended: r.ended}
}

// all runs what was chosen.
func (r *runner) all(beside bool) {
	lanes := lanes(r.chosen, beside)
	for _, l := range lanes {
		for _, s := range l {
			r.ended[s.name] = make(chan struct{})
		}
	}
	counts := make([]tally, len(lanes))
	var tests, others sync.WaitGroup
	for i, l := range lanes {
		if i == 0 {
			continue
		}
		if l[0].lane == compiling {
			others.Go(func() { counts[i] = r.inLane(l) })
			continue
		}
		tests.Go(func() { counts[i] = r.inLane(l) })
	}
	for _, s := range lanes[0] {
		r.step(s)
		close(r.ended[s.name])
	}
	tests.Wait()
	r.alone.Store(true)
	others.Wait()
	r.ahead.Wait()
	for _, c := range counts {
		r.add(c)
	}
}

// inLane runs the steps of a lane beside the first.
func (r *runner) inLane(steps []step) (counts tally) {
	for _, s := range steps {
		var said bytes.Buffer
		b := r.aside(s.lane, &shared{to: &said})
		r.await(s)
		if s.lane == waiting {
			r.yields.Store(true)
		}
		b.step(s)
		if s.lane == waiting {
			r.yields.Store(false)
		}
		close(r.ended[s.name])
		_, _ = io.Copy(r.out, &said)
		counts.add(b.tally)
	}
	return counts
}

func (r *runner) step(s step) {
	if r.ctx.Err() != nil {
		r.failed++
		r.printf("FAIL  %s: interrupted\n", s.name)
		return
	}
	r.await(s)
	began := time.Now()
	r.printf("== %s: %s\n", s.name, s.what)
	s.run(r)
	r.printf("-- %s took %v\n", s.name, time.Since(began).Round(100*time.Millisecond))
}

// await waits for what must come before a step.
func (r *runner) await(s step) {
	for _, name := range s.after {
		if ended := r.ended[name]; ended != nil {
			<-ended
		}
	}
}

func (r *runner) printf(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format, args...) }

// shared is an output for several: what is written in one piece stays together.
type shared struct {
	mu sync.Mutex
	to io.Writer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to.Write(p)
}

var stdout = &shared{to: os.Stdout}
