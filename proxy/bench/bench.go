package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"
)

// bench is a run of the harness.
type bench struct {
	bin      string // directory of the programs built for this run
	dir      string // temporary
	disk     string // the same on a disk, "" while it is not needed
	cpus     string // the proxies' CPUs, "" for any
	rounds   int
	duration time.Duration // of one measurement
	flood    time.Duration // of the work that writes more than it may
	idle     int           // tunnels
	million  int64         // requests of the memory run
	proxies  []contender
	works    []work
	origin   *origin
	out      io.Writer
}

// outcome is a work with what was measured.
type outcome struct {
	work
	results results
	notes   []string // contenders that were left out, and why
}

// run does all works, one after the other.
func (b *bench) run(ctx context.Context) ([]outcome, error) {
	var err error
	if b.dir, err = tempDir(); err != nil {
		return nil, err
	}
	defer os.RemoveAll(b.dir)
	defer func() {
		if b.disk != "" {
			os.RemoveAll(b.disk)
		}
	}()
	h2 := slices.ContainsFunc(b.works, func(w work) bool { return w.h2 })
	if b.origin, err = startOrigin(ctx, b.dir, b.rounds*visitCount, h2); err != nil {
		return nil, err
	}
	defer b.origin.stop()
	var list []outcome
	for _, w := range b.works {
		o, err := b.do(ctx, w)
		if err != nil {
			return list, fmt.Errorf("%s: %w", w.name, err)
		}
		list = append(list, o)
		writeOutcome(b.out, o, false)
	}
	return list, nil
}

// do starts the contenders afresh, so that peaks of memory are this work's own,
// and measures them in turns.
func (b *bench) do(ctx context.Context, w work) (outcome, error) {
	o := outcome{work: w, results: results{}}
	var running []*instance
	defer func() {
		for _, in := range running {
			in.stop()
		}
	}()
	for _, c := range b.proxies {
		if !slices.Contains(w.contenders, c.name) {
			continue
		}
		in, err := c.start(ctx, b, w)
		if err == nil {
			err = b.warm(in, w)
			running = append(running, in)
		}
		if err != nil && !c.isPeer() {
			return o, fmt.Errorf("%s: %w", c.name, err)
		}
		if err != nil {
			o.notes = append(o.notes, c.name+" is left out: "+firstLine(err))
		}
		if err != nil && in != nil {
			in.stop()
			running = running[:len(running)-1]
		}
	}
	if err := b.measureRounds(ctx, w, running, &o); err != nil {
		return o, err
	}
	for _, in := range running {
		if err := b.verify(in, w); err != nil {
			return o, fmt.Errorf("%s, after the last round: %w", in.name, err)
		}
	}
	return o, nil
}

// warm verifies the answers of a contender that was just started.
func (b *bench) warm(in *instance, w work) error {
	if err := b.verify(in, w); err != nil {
		return fmt.Errorf("before the first round: %w", err)
	}
	return nil
}

func (b *bench) verify(in *instance, w work) error {
	for _, c := range w.verify {
		size, err := 0, error(nil)
		switch {
		case w.h2:
			err = verifyH2(in, b.origin.authority(w.server), c.path, c.size)
		case w.secure:
			size, err = verifySecure(in, b.origin.authority(w.server), c.path, c.size)
		default:
			size, err = verify(in, c.way, b.origin.addr, c.path, c.size)
		}
		if err != nil {
			return fmt.Errorf("GET %s: %w", c.path, err)
		}
		in.answerSize = size
	}
	return nil
}

// measureRounds gives every contender a turn in each round, and lets each round
// begin with another one.
func (b *bench) measureRounds(ctx context.Context, w work, running []*instance, o *outcome) error {
	rounds := b.rounds
	if w.once {
		rounds = 1
	}
	for round := range rounds {
		for i := range running {
			in := running[(i+round)%len(running)]
			s, err := w.measure(ctx, b, in)
			if err == nil && !in.running() {
				err = fmt.Errorf("it ended\n%s", in.tail())
			}
			if err != nil {
				return fmt.Errorf("%s, round %d: %w", in.name, round+1, err)
			}
			o.results[in.name] = append(o.results[in.name], s)
			fmt.Fprintf(b.out, "%-12s round %d/%d  %-26s %s\n", w.name, round+1, rounds, in.name, line(w.columns, s))
		}
	}
	return nil
}

// line is one measurement in words.
func line(columns []metric, s sample) string {
	var parts []string
	for _, c := range columns {
		if v, ok := s[c.key]; ok && !math.IsNaN(v) {
			parts = append(parts, fmt.Sprintf(c.format, v)+" "+c.title)
		}
	}
	return strings.Join(parts, ", ")
}

func firstLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}
