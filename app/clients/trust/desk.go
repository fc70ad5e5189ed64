package trust

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"posthouse/app/clients/internal/host"
	"posthouse/proxy/bounded"
)

// Asking is who asks a person before a store is changed.
type Asking string

const (
	AskNobody  Asking = ""        // the user's own rights do
	AskSudo    Asking = "sudo"    // on the terminal, for a password
	AskPkexec  Asking = "pkexec"  // polkit's dialog, for an administrator's password
	AskMac     Asking = "macos"   // macOS, for the user's password
	AskWindows Asking = "windows" // Windows, whether it is meant
)

// What went wrong while a person was asked.
var (
	// ErrNoPrompt: without a terminal nothing here can ask for an
	// administrator's password.
	ErrNoPrompt = errors.New("an administrator's password is needed, and nothing here can ask for it without a terminal")
	// ErrDismissed: the dialog was closed, or the answer was no.
	ErrDismissed = errors.New("the question was answered with no")
	// ErrUnsafeProgram: others than root could have put the program there.
	ErrUnsafeProgram = errors.New("others than the administrator can change this program, so it is not run as an administrator")
	// ErrPassword: the store has its own password (Firefox's primary password).
	ErrPassword = errors.New("the store is protected with its own password")
)

const (
	toolTimeout = 60 * time.Second // of a program that does not ask
	askTimeout  = 5 * time.Minute  // of one that asks a person
)

// desk is how a process without a terminal runs the programs that change
// stores: none of them can ask on a terminal, each has an end, and what needs
// an administrator goes through polkit's dialog, where there is one.
type desk struct {
	root   bool   // it is an administrator itself
	pkexec string // "": there is none
	// program finds what may be run as an administrator: systemProgram.
	program func(name string) (string, error)
}

// thisComputer is where stores are looked for.
func thisComputer() *host.Computer { return host.New(os.Environ(), os.Getenv("HOME")) }

func newDesk() *desk {
	d := &desk{root: os.Geteuid() == 0, program: systemProgram} // -1 on Windows
	if runtime.GOOS == "linux" {
		d.pkexec, _ = systemProgram("pkexec") // where there is none, or one that others can change, nothing asks
	}
	return d
}

// ask is who asks for an administrator's password; ErrNoPrompt: nothing can ask.
func (d *desk) ask() (Asking, error) {
	switch {
	case d.root:
		return AskNobody, nil
	case d.pkexec != "":
		return AskPkexec, nil
	}
	return AskNobody, ErrNoPrompt
}

// asAdmin is the command that runs another one as an administrator. pkexec
// itself must not ask on the terminal that Posthouse was started from.
func (d *desk) asAdmin(args ...string) []string {
	if d.root {
		return args
	}
	return append([]string{d.pkexec, "--disable-internal-agent"}, args...)
}

// Exit codes of pkexec (pkexec(1), RETURN VALUE).
const (
	pkexecDismissed = 126
	pkexecFailed    = 127 // not authorized, or there is no agent to ask
)

// runAsAdmin runs a program of the system; what others than root can change is not
// run (ErrUnsafeProgram).
func (d *desk) runAsAdmin(ctx context.Context, input []byte, args ...string) error {
	if _, err := d.ask(); err != nil {
		return err
	}
	program, err := d.program(args[0])
	if err != nil {
		return err
	}
	args = append([]string{program}, args[1:]...)
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	err = runDetached(ctx, input, d.asAdmin(args...)...)
	var exit *exec.ExitError
	if d.root || !errors.As(err, &exit) {
		return err
	}
	switch exit.ExitCode() {
	case pkexecDismissed:
		return fmt.Errorf("%w: %w", ErrDismissed, err)
	case pkexecFailed:
		return fmt.Errorf("%w: %w", ErrNoPrompt, err)
	}
	return err
}

func runAlone(ctx context.Context, input []byte, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	return runDetached(ctx, input, args...)
}

// toolError is a program that failed, with what it said.
type toolError struct {
	name string
	err  error
	out  []byte
}

func (e *toolError) Error() string { return fmt.Sprintf("%s: %v", e.name, e.err) }
func (e *toolError) Unwrap() error { return e.err }

// Out is what the program said, at most maxOutput bytes of its end.
func (e *toolError) Out() []byte { return e.out }

// runDetached runs a program that has no terminal to ask on.
func runDetached(ctx context.Context, input []byte, args ...string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	host.Detach(cmd)
	return run(ctx, cmd, input)
}

func run(ctx context.Context, cmd *exec.Cmd, input []byte) error {
	out := &bounded.Tail{Max: maxOutput}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), out, out
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.WaitDelay = 2 * time.Second // for pipes that a grandchild holds
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	name := strings.TrimSuffix(filepath.Base(cmd.Path), ".exe")
	return &toolError{name, err, out.Bytes()}
}
