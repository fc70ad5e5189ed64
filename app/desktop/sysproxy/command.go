package sysproxy

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"time"

	"posthouse/app/desktop/dbus"
	"posthouse/app/desktop/sysproxy/backend"
	"posthouse/proxy/bounded"
	"posthouse/proxy/filelock"
)

// A helper program of the desktop is bounded in time and in what is kept of its output.
const (
	commandLimit = 3 * time.Second
	maxOutput    = 1 << 20 // bytes of each stream
)

// commandsUnder returns a Commander whose programs hold the lock too: when this
// process dies while one still writes, no other begins before it has ended.
func commandsUnder(held *filelock.Lock) backend.Commander {
	return func(ctx context.Context, name string, args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, commandLimit)
		defer cancel()
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Env = commandEnviron()
		cmd.WaitDelay = time.Second
		inheritLock(cmd, held)
		hideWindow(cmd)
		out, errs := &bounded.Head{Max: maxOutput}, &bounded.Head{Max: maxOutput}
		cmd.Stdout, cmd.Stderr = out, errs
		if err := cmd.Run(); err != nil {
			return string(out.Bytes()), &commandError{name: name, args: args, said: strings.TrimSpace(string(errs.Bytes())), err: err}
		}
		return string(out.Bytes()), nil
	}
}

type commandError struct {
	name string
	args []string
	said string
	err  error
}

func (e *commandError) Error() string {
	text := e.name + " " + strings.Join(e.args, " ") + ": " + e.err.Error()
	if e.said != "" {
		text += " (" + e.said + ")"
	}
	return text
}

func (e *commandError) Unwrap() error { return e.err }

// commandEnviron is our environment, with texts in UTF-8 and English, and with a
// bus address in any case: without one, GLib would start a bus that never ends.
func commandEnviron() []string {
	address := dbus.Address()
	if address == "" {
		address = dbus.Nowhere
	}
	return append(os.Environ(), "LC_ALL=C.UTF-8", "DBUS_SESSION_BUS_ADDRESS="+address)
}
