package host

import (
	"context"
	"errors"
	"os/exec"
	"time"

	"posthouse/proxy/bounded"
)

const (
	// MaxOutput is how many bytes Run keeps of each stream, the first ones.
	MaxOutput = 64 << 10
	// pipeDelay is how long a process may hold the output open that outlives its program.
	pipeDelay = 500 * time.Millisecond
)

// Command is a program to run.
type Command struct {
	Path string
	Args []string
	Env  []string // all of its environment; nil: this process's
	Dir  string
}

// Ran is what came of running it.
type Ran struct {
	Stdout, Stderr []byte // MaxOutput bytes at most
	Start          error  // it could not be started
	Err            error  // how it ended, nil: well; Start, where it did not start
	Late           bool   // it was ended because the limit was over
}

// Run runs a program until it ends, ctx ends or done is closed, but no longer than
// limit, and then kills what is left of its group.
func Run(ctx context.Context, c Command, limit time.Duration, done <-chan struct{}) Ran {
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = c.Dir, c.Env, pipeDelay
	stdout, stderr := &bounded.Head{Max: MaxOutput}, &bounded.Head{Max: MaxOutput}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	group, err := StartGroup(cmd)
	if err != nil {
		return Ran{Start: err, Err: err}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var r Ran
	select {
	case r.Err = <-ended:
		group.Kill()
	case <-timed.Done():
		r.Late = errors.Is(timed.Err(), context.DeadlineExceeded) && ctx.Err() == nil
		group.Kill()
		r.Err = <-ended
	case <-done:
		group.Kill()
		r.Err = <-ended
	}
	group.Close()
	if errors.Is(r.Err, exec.ErrWaitDelay) {
		r.Err = nil // it ended well, and left something behind
	}
	r.Stdout, r.Stderr = stdout.Bytes(), stderr.Bytes()
	return r
}
