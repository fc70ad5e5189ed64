package clientcheck

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of one program.
const (
	defaultLimit = 25 * time.Second       // a browser's first start on a busy machine takes some
	versionLimit = 10 * time.Second       // Java takes a second where it is quick
	maxOutput    = 64 << 10               // bytes that are kept of each stream
	maxSaid      = 300                    // bytes of what is shown of it
	pipeDelay    = 500 * time.Millisecond // for what holds the output open behind the program's end
)

// command is a program to run.
type command struct {
	path string
	args []string
	env  []string // put over the environment
	dir  string
}

// ran is what came of it.
type ran struct {
	stdout, stderr string
	failed         bool  // it ended with a code other than 0, or was ended
	late           bool  // the time was over
	start          error // it could not be started
}

// both is all that the program said.
func (r *ran) both() string { return r.stderr + "\n" + r.stdout }

// output keeps the first maxOutput bytes. The buffer is no embedded one: its
// ReadFrom would go past Write.
type output struct{ kept bytes.Buffer }

func (o *output) Write(p []byte) (int, error) {
	o.kept.Write(p[:min(len(p), max(0, maxOutput-o.kept.Len()))])
	return len(p), nil
}

// run runs a program until it ends, ctx does or done is closed, but no longer
// than limit, and then kills whatever is left in its process group.
func run(ctx context.Context, c command, limit time.Duration, done <-chan struct{}) ran {
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.Command(c.path, c.args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = c.dir, c.env, pipeDelay
	var stdout, stderr output
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	group, err := startGroup(cmd)
	if err != nil {
		return ran{start: err, failed: true}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	r := ran{}
	select {
	case err = <-ended:
		group.kill()
	case <-timed.Done():
		r.late = errors.Is(timed.Err(), context.DeadlineExceeded) && ctx.Err() == nil
		group.kill()
		err = <-ended
	case <-done:
		group.kill()
		err = <-ended
	}
	group.close()
	r.failed = err != nil && !errors.Is(err, exec.ErrWaitDelay)
	r.stdout, r.stderr = printable(stdout.kept.String()), printable(stderr.kept.String())
	return r
}

// printable leaves out what a terminal or a label would act on.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r == '\ufffd' {
			return -1
		}
		return r
	}, s)
}

// clipped cuts a text to one line of maxSaid bytes.
func clipped(line string) string {
	line = strings.Join(strings.Fields(line), " ")
	line = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError // a terminal that shows it would act on it
		}
		return r
	}, line)
	if len(line) <= maxSaid {
		return line
	}
	return strings.ToValidUTF8(line[:maxSaid], "") + "…"
}
