// Package desktop is what a desktop expects of a program that stays: one
// instance, a start at login, a report after a crash, and settings of the system
// that are as they were when it has gone. Each file has its kind for each system.
//
// It never imports a graphics library: the window calls it, and the watchdog
// process runs nothing else.
package desktop

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/adrg/xdg"

	"posthouse/app/desktop/autostart"
	"posthouse/app/desktop/sysproxy"
)

// StateDir is where journal, locks and crash reports lie: posthouse under the
// XDG state directory.
func StateDir() string { return filepath.Join(xdg.StateHome, "posthouse") }

// RunWatchdogIfAsked makes this process the watchdog that puts the system proxy
// back when the app dies, where the command line says so; it does not return
// then. It belongs at the top of main, before any window or display.
func RunWatchdogIfAsked() { sysproxy.RunWatchdogIfAsked() }

// NotifyEnd has c told of the signals that end a program: Ctrl+C, kill, the end
// of the terminal, and where Windows sends them to a console, close and log-off.
// What was changed outside the program must be put back before it follows them.
func NotifyEnd(c chan<- os.Signal) {
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup is respected
		signal.Notify(c, syscall.SIGHUP)
	}
}

// RestoreNetwork puts the system proxy back by hand, whoever changed it last,
// and writes what it did.
func RestoreNetwork(out io.Writer) error {
	report, err := sysproxy.Restore(context.Background(), StateDir())
	if err != nil && report.Empty() {
		return err
	}
	_, writeErr := io.WriteString(out, report.String())
	return errors.Join(err, writeErr)
}

// AtLogin is the entry that starts the app at login with some arguments.
func AtLogin(args ...string) autostart.Entry {
	return autostart.Entry{ID: "io.github.posthouse.Posthouse", Name: "Posthouse", Args: args}
}
