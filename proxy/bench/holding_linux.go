package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	idleCount   = 9_000  // tunnels held open at once
	idleFiles   = 20_000 // descriptors that every program may have open
	settleTime  = 5 * time.Second
	memoryTotal = 1_000_000 // requests of the memory run
	memoryEvery = 50 * time.Millisecond
)

// idleTunnels opens thousands of tunnels, each with a request behind it, looks
// at what they cost while nothing passes, and then asks each once more.
func idleTunnels(ctx context.Context, b *bench, in *instance) (sample, error) {
	before, err := in.process.measure()
	if err != nil {
		return nil, err
	}
	open, opened, err := b.openTunnels(ctx, in)
	defer func() {
		for _, c := range open {
			c.close()
		}
	}()
	if err != nil {
		return nil, err
	}
	if err := wait(ctx, settleTime); err != nil {
		return nil, err
	}
	idle, err := in.process.measure()
	if err != nil {
		return nil, err
	}
	for i, c := range open {
		if err := ask(in, c, b.origin.addr); err != nil {
			return nil, fmt.Errorf("tunnel %d of %d after its rest: %w", i, len(open), err)
		}
	}
	n := float64(len(open))
	return sample{
		"tunnels": n,
		"fds":     float64(idle.descriptors-before.descriptors) / n,
		"kib":     float64(idle.rss-before.rss) / 1024 / n,
		"opened":  n / opened.Seconds(),
	}, nil
}

// openTunnels opens tunnels until there are enough or no more can be had.
func (b *bench) openTunnels(ctx context.Context, in *instance) (open []*client, took time.Duration, err error) {
	start := time.Now()
	for len(open) < b.idle && ctx.Err() == nil {
		c, err := reach(in, tunneled, b.origin.addr)
		if err != nil && len(open) > 0 {
			fmt.Fprintf(b.out, "%s opens no more than %d tunnels: %v\n", in.name, len(open), err)
			break
		}
		if err != nil {
			return open, 0, err
		}
		open = append(open, c)
		if err := ask(in, c, b.origin.addr); err != nil {
			return open, 0, fmt.Errorf("in tunnel %d: %w", len(open), err)
		}
	}
	return open, time.Since(start), ctx.Err()
}

// ask sends one small request in a tunnel and verifies its answer.
func ask(in *instance, c *client, authority string) error {
	if _, err := c.get(requestFor(in, tunneled, authority, smallPath), smallSize); err != nil {
		return err
	}
	return c.verifyBody(smallSize)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// raiseFiles sets this process' limit of open files, and so its children's.
// It returns how many tunnels the limit allows.
func raiseFiles() (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("asking for the limit of open files: %w", err)
	}
	want := min(uint64(idleFiles), limit.Max)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: want, Max: want}); err != nil {
		return 0, fmt.Errorf("setting the limit of open files: %w", err)
	}
	if want < idleFiles {
		return int(want) * idleCount / idleFiles, nil
	}
	return idleCount, nil
}

// memoryRun sends a million requests and watches the resident memory.
func memoryRun(ctx context.Context, b *bench, in *instance) (sample, error) {
	watch, stop := context.WithCancel(ctx)
	defer stop()
	sizes := make(chan []int64, 1)
	go func() { sizes <- watchRSS(watch, in.process) }()
	load := smallLoad{in: in, way: plain, authority: b.origin.addr, connections: 64, threads: 2, requests: b.million, numbered: true}
	r, err := load.run(ctx)
	stop()
	rss := <-sizes
	if err != nil {
		return nil, err
	}
	last, err := in.process.measure()
	if err != nil {
		return nil, err
	}
	if len(rss) < 8 {
		return nil, fmt.Errorf("only %d looks at the memory in %.1f s", len(rss), r.seconds)
	}
	third, fourth := quarters(rss)
	return sample{
		"peak": mib(last.peak), "half": mib(rss[len(rss)/2]), "end": mib(last.rss),
		"growth": (fourth/third - 1) * 100,
		"rps":    float64(r.requests) / r.seconds,
	}, nil
}

// quarters are the medians of the third and of the last quarter of a series.
func quarters(series []int64) (third, fourth float64) {
	list := make([]float64, len(series))
	for i, n := range series {
		list[i] = float64(n)
	}
	n := len(list)
	return median(list[n/2 : n*3/4]), median(list[n*3/4:])
}

func watchRSS(ctx context.Context, p *process) []int64 {
	var list []int64
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return slices.Clip(list)
		case <-tick.C:
			if u, err := p.measure(); err == nil {
				list = append(list, u.rss)
			}
		}
	}
}
