package clientcheck

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"posthouse/app/clients/internal/host"
)

// Bounds of one program.
const (
	defaultLimit = 25 * time.Second // a browser's first start on a busy machine takes some
	versionLimit = 10 * time.Second // Java takes a second where it is quick
	maxSaid      = 300              // bytes of what is shown of its words
)

// command is a program to run.
type command struct {
	path string
	args []string
	env  []string // all of its environment
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

// run runs a program until it ends, ctx does or done is closed, but no longer
// than limit.
func run(ctx context.Context, c command, limit time.Duration, done <-chan struct{}) ran {
	r := host.Run(ctx, host.Command{Path: c.path, Args: c.args, Env: c.env, Dir: c.dir}, limit, done)
	return ran{stdout: printable(string(r.Stdout)), stderr: printable(string(r.Stderr)), failed: r.Err != nil, late: r.Late, start: r.Start}
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
