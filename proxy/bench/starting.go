package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	startRepeats = 10
	afterStart   = 200 * time.Millisecond // until the memory of an idle program is looked at
)

// startRun starts in's program afresh some times, and takes the median.
func startRun(ctx context.Context, b *bench, in *instance) (sample, error) {
	dir, err := os.MkdirTemp(b.dir, "start-")
	if err != nil {
		return nil, err
	}
	command, err := in.command(setup{bin: b.bin, dir: dir, addr: "127.0.0.1:0", origin: b.origin.addr})
	if err != nil {
		return nil, err
	}
	if b.cpus != "" {
		command = append([]string{"taskset", "-c", b.cpus}, command...)
	}
	var ready, rss []float64
	for range startRepeats {
		took, memory, err := startOnce(ctx, dir, command)
		if err != nil {
			return nil, err
		}
		ready = append(ready, float64(took.Microseconds())/1000)
		rss = append(rss, mib(memory))
	}
	return sample{"ms": median(ready), "rss": median(rss)}, nil
}

// startOnce measures from before the program is started until it says that it
// listens; with taskset in between, that is part of it.
func startOnce(ctx context.Context, dir string, command []string) (took time.Duration, rss int64, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed: its state says nothing new
	}()
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "listening on ") {
			took = time.Since(start)
			if err := wait(ctx, afterStart); err != nil {
				return 0, 0, err
			}
			u, err := measurePID(cmd.Process.Pid)
			return took, u.rss, err
		}
	}
	return 0, 0, fmt.Errorf("%s never said that it listens", command[0])
}
