package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// Tests wait: for sockets, for a window, for each other. Steps that only compile and
// read run beside them, one after the other, at the lowest priority: they get what the
// tests leave, and a test that wants to run does not wait for them. What such a step
// says is told when it ends.

// beside reports whether steps can run beside others.
func beside() bool {
	_, err := exec.LookPath("nice")
	return err == nil && runtime.GOOS != "windows"
}

// lanes parts the steps in those that run as they come and those that run beside them.
// Where there are only steps of one kind, there is one lane.
func lanes(chosen []step, beside bool) (front, back []step) {
	for _, s := range chosen {
		if s.beside && beside {
			back = append(back, s)
		} else {
			front = append(front, s)
		}
	}
	if len(front) == 0 {
		return back, nil
	}
	return front, back
}

// aside is a runner for the steps beside others.
func (r *runner) aside(out io.Writer) *runner {
	return &runner{ctx: r.ctx, chosen: r.chosen, appForWindows: r.appForWindows, ahead: r.ahead, out: out,
		low: true, alone: r.alone, ended: r.ended}
}

// all runs what was chosen.
func (r *runner) all(beside bool) {
	front, back := lanes(r.chosen, beside)
	for _, s := range back {
		r.ended[s.name] = make(chan struct{})
	}
	var counts tally
	var others sync.WaitGroup
	others.Go(func() {
		for _, s := range back {
			var said bytes.Buffer
			b := r.aside(&said)
			b.step(s)
			close(r.ended[s.name])
			_, _ = io.Copy(r.out, &said)
			counts.add(b.tally)
		}
	})
	for _, s := range front {
		r.step(s)
	}
	r.alone.Store(true)
	others.Wait()
	r.ahead.Wait()
	r.add(counts)
}

func (r *runner) step(s step) {
	if r.ctx.Err() != nil {
		r.failed++
		r.printf("FAIL  %s: interrupted\n", s.name)
		return
	}
	for _, name := range s.after {
		if ended := r.ended[name]; ended != nil {
			<-ended
		}
	}
	began := time.Now()
	r.printf("== %s: %s\n", s.name, s.what)
	s.run(r)
	r.printf("-- %s took %v\n", s.name, time.Since(began).Round(100*time.Millisecond))
}

func (r *runner) printf(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format, args...) }

// shared is standard output for both lanes: what is written in one piece stays together.
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
