package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"posthouse/app"
	"posthouse/app/repeat"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
)

const resendUsage = `Usage: posthoused resend [flags] FILE

Sends the requests that a file keeps again (see posthoused convert -h for what is read), one
after the other, byte for byte as they are there (docs/resend.md), and writes a line for each
to standard output: its number in the file, then what came back. Nothing listens meanwhile.

The exit code is 0 where all were answered, whatever their status, and 1 where one was not, or
could not be sent.

`

// resendCommand is what is said behind "posthoused resend".
type resendCommand struct {
	*selection
	options
	file     string
	times    int
	timeout  time.Duration
	newConns bool
	format   string
	sent     int
	failed   int // sent, and not answered
	unsent   int
}

func runResend(args []string, stdout, stderr io.Writer) int {
	c, err := parseResend(args, stderr)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "posthoused resend: %v\nRun posthoused resend -h for what there is.\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = c.run(ctx, stdout, stderr)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "posthoused resend:", harmless(err.Error()))
	}
	if err != nil || c.failed+c.unsent > 0 {
		return exitError
	}
	return exitOK
}

func parseResend(args []string, stderr io.Writer) (*resendCommand, error) {
	c := &resendCommand{selection: newSelection()}
	f := flag.NewFlagSet("posthoused resend", flag.ContinueOnError)
	f.StringVar(&c.filter, "filter", "", "send only what matches `QUERY`, as in the window's filter (docs/filter.md)")
	f.IntVar(&c.times, "n", 1, "how often all is sent, at most 10000")
	f.DurationVar(&c.timeout, "timeout", 30*time.Second, "how long each may take, such as 5s; 0 is as long as it takes")
	f.BoolVar(&c.newConns, "new-connections", false, "send each over a connection of its own")
	f.StringVar(&c.format, "format", "lines", "`lines|ndjson`")
	f.Func("from", "`FORMAT` of FILE (default: told by its contents, else by its name)", formatFlag(&c.from))
	f.StringVar(&c.config, "config", "", "settings `FILE`: timeouts, the upstream proxy, certificates "+
		"(default: settings.toml in the user's configuration directory)")
	f.StringVar(&c.rules, "rules", "", "`FILE` of rules that apply (default: none does)")
	f.Func("extra-roots", "`FILE` of root certificates (PEM) that origins may have beside the system's (default: from the settings)",
		textFlag(&c.roots))
	f.Func("upstream", "`URL` of a proxy that all goes through; \"direct\" for none (default: from the settings)", func(text string) error {
		c.upstream = &text
		return nil
	})
	f.BoolVar(&c.insecure, "insecure-upstream", false,
		"take whatever certificate an origin shows: anybody on the way to it can then read and alter what is sent")
	names, err := parseFiles(f, args, resendUsage, stderr)
	switch {
	case err != nil:
		return nil, err
	case len(names) != 1:
		return nil, errors.New("say which file to send")
	case c.times < 1 || c.times > repeat.MaxTimes:
		return nil, fmt.Errorf("-n: write a number from 1 to %d", repeat.MaxTimes)
	case c.timeout < 0:
		return nil, errors.New("-timeout: it cannot be below zero")
	case c.format != "lines" && c.format != "ndjson":
		return nil, fmt.Errorf("-format %q: write lines or ndjson", c.format)
	case names[0] == "-" && c.times > 1:
		return nil, errors.New("standard input is read once: name a file for -n")
	}
	c.file = names[0]
	return c, c.prepare(false)
}

// run sends all, as often as it is said.
func (c *resendCommand) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	current, err := c.settings()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	controller := app.New(app.Options{Path: c.watched(), Settings: &current, Change: c.override,
		Store: capture.New(current.Recording.StoreOptions()), Log: log, RulesPath: c.rules})
	defer func() {
		closing, cancel := context.WithTimeout(context.Background(), closeLimit)
		defer cancel()
		err = errors.Join(err, controller.Close(closing))
	}()
	out := bufio.NewWriter(stdout)
	client := outgoing.NewClient()
	for n := 0; n < c.times && ctx.Err() == nil && err == nil; n++ {
		var in *input
		if in, err = openInput(c.file, c.from, c.limits()); err != nil {
			return err
		}
		err = c.each(in, func(x *flow.Exchange) error { return c.one(ctx, controller, client, x, out, stderr) })
		in.close()
	}
	_, _ = fmt.Fprintf(stderr, "%s sent, %d of them not answered, %d could not be sent\n", flow.Counted(c.sent, "request", "requests"),
		c.failed, c.unsent)
	if c.unseen > 0 {
		_, _ = fmt.Fprintf(stderr, "%s left out because the file does not have all that the filter asks for\n",
			flow.Counted(c.unseen, "was", "were"))
	}
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// one sends a request and writes its line. The error is of writing, or why it was cancelled.
func (c *resendCommand) one(ctx context.Context, s repeat.Sender, client uint64, x *flow.Exchange, out *bufio.Writer,
	stderr io.Writer) error {
	if x.Opened() { // what was asked in it is sent
		return nil
	}
	id := x.ID
	m, err := outgoing.FromExchange(x)
	var sending *outgoing.Sending
	if err == nil {
		m.From, m.Client, m.NewConn, m.Timeout, m.Rules = 0, client, c.newConns, c.timeout, c.rules != ""
		sending, err = s.Send(ctx, m)
	}
	if ctx.Err() != nil && sending == nil {
		return ctx.Err()
	}
	if err != nil {
		c.unsent++
		_, _ = fmt.Fprintf(stderr, "exchange %d, %s %s, is not sent: %s\n", id, harmless(x.Method), harmless(x.URL()),
			harmless(err.Error()))
		return nil
	}
	row := sending.Wait().Row
	c.sent++
	if row.Failure != flow.FailureNone {
		c.failed++
	}
	var line []byte
	if row.ID = id; c.format == "ndjson" {
		line = appendEvent(nil, &row)
	} else {
		line = appendLine(nil, &row)
	}
	_, err = out.Write(line)
	if err = errors.Join(err, out.Flush()); err == nil {
		err = ctx.Err()
	}
	return err
}
