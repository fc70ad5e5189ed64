// Command posthoused is Posthouse without a window: the same proxy, driven by
// flags, that writes one JSON line for each finished exchange. docs/headless.md
// describes it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"

	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/app/desktop"
	"posthouse/app/settings"
	"posthouse/proxy/capture"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1 // something went wrong at run time
	exitUsage = 2 // the command line cannot be understood
)

func main() {
	desktop.EnsureHome()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout io.Writer, stderr io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "ca":
			return runCA(args[1:], trust.Stores(), stdout, stderr)
		case "check":
			return runCheck(args[1:], stdout, stderr)
		case "convert":
			return runConvert(args[1:], stdout, stderr)
		case "show":
			return runShow(args[1:], stdout, stderr)
		case "rules":
			return runRules(args[1:], stdout, stderr)
		case "compare":
			return runCompare(args[1:], stdout, stderr)
		case "resend":
			return runResend(args[1:], stdout, stderr)
		}
	}
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "posthoused: %v\nRun posthoused -h for the flags.\n", err)
		return exitUsage
	case o.version:
		_, _ = fmt.Fprintln(stdout, "posthoused", app.Build())
		return exitOK
	case o.restore:
		if err := desktop.RestoreNetwork(stdout); err != nil {
			_, _ = fmt.Fprintln(stderr, "posthoused:", err)
			return exitError
		}
		return exitOK
	}
	if err := serve(o, stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, "posthoused:", err)
		return exitError
	}
	return exitOK
}

// garbageRoom is memory that is counted and never touched, in bytes: the collector lets as much
// garbage again gather before it runs.
const garbageRoom = 16 << 20

// serve runs the proxy until a signal.
func serve(o *options, stdout, stderr io.Writer) (err error) {
	room := make([]byte, garbageRoom)
	defer runtime.KeepAlive(room)
	// Signals are caught before anything is said to be ready.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	current, err := o.settings()
	if err != nil {
		return err
	}
	for _, addr := range o.openToAll(&current) {
		log.Warn("everybody who reaches this address may use the proxy; -allow names who may", "address", addr)
	}
	store := capture.New(current.Recording.StoreOptions())
	events, err := openEvents(o.events, stdout, store, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, events.close()) }()
	saved, err := o.openSaving(stdout, store, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, saved.close()) }()
	debug, err := serveDebug(o.debugAddr, stderr)
	if err != nil {
		return err
	}
	defer debug.close()

	c := app.New(app.Options{Path: o.watched(), Settings: &current, Change: o.override, Addrs: o.listen, Guard: o.allow != nil,
		Store: store, Log: log, HistoryDir: settings.HistoryDir(o.watched()), RulesPath: o.rules})
	c.Start()
	err = follow(c, signals, stderr)
	if closeErr := closeController(c, signals); err == nil {
		err = closeErr
	}
	return err
}

// follow says where the proxy listens, and waits for a signal or its end.
func follow(c *app.Controller, signals <-chan os.Signal, stderr io.Writer) error {
	watch := c.Watch()
	defer watch.Close()
	said := map[string]bool{}
	for {
		select {
		case <-signals:
			return nil
		case <-watch.C:
		}
		status := c.Status()
		switch status.State {
		case app.Running:
			for _, addr := range slices.Concat(status.Addrs, status.LAN) {
				if !said[addr] {
					said[addr] = true
					_, _ = fmt.Fprintln(stderr, "listening on", addr)
				}
			}
		case app.Failed:
			return status.Err
		}
	}
}

// closeLimit ends a drain that its own setting does not.
const closeLimit = 24 * time.Hour

// closeController lets exchanges under way end; a second signal cuts them.
func closeController(c *app.Controller, signals <-chan os.Signal) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.Close(ctx) }()
	select {
	case err := <-done:
		return err
	case <-signals:
		cancel()
		<-done
		return nil
	}
}
