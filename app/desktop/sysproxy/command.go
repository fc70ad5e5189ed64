package sysproxy

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"time"

	"posthouse/app/desktop/dbus"
	"posthouse/app/desktop/filelock"
	"posthouse/app/desktop/sysproxy/backend"
)

// commandLimit bounds a helper program of the desktop.
const commandLimit = 3 * time.Second

// commandsUnder returns a Commander whose programs hold the lock too: when this
// process dies while one still writes, nobody else begins before it has ended.
func commandsUnder(held *filelock.Lock) backend.Commander {
	return func(ctx context.Context, name string, args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, commandLimit)
		defer cancel()
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Env = commandEnviron()
		cmd.WaitDelay = time.Second
		inheritLock(cmd, held)
		hideWindow(cmd)
		var out, errs limitedBuffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			return out.String(), &commandError{name: name, args: args, said: strings.TrimSpace(errs.String()), err: err}
		}
		return out.String(), nil
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

// limitedBuffer keeps the first megabyte.
type limitedBuffer struct{ strings.Builder }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if room := 1<<20 - b.Len(); room > 0 {
		b.Builder.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// commandEnviron is our environment, with texts in UTF-8 and English, and with a
// bus address in any case: without one, GLib would start a bus that nobody ends.
func commandEnviron() []string {
	address := dbus.Address()
	if address == "" {
		address = dbus.Nowhere
	}
	return append(os.Environ(), "LC_ALL=C.UTF-8", "DBUS_SESSION_BUS_ADDRESS="+address)
}
