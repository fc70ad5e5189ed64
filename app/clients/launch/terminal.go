package launch

import (
	"errors"
	"os"
	"os/exec"
	"time"

	"github.com/adrg/xdg"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/shellenv"
	"posthouse/proxy/bounded"
)

// ErrNoTerminal says that no terminal is known on this computer.
var ErrNoTerminal = errors.New("no terminal was found on this computer")

// reapEvery is how often an open terminal is asked whether it has ended.
const reapEvery = 2 * time.Second

// terminal is how a terminal is opened with variables.
type terminal struct {
	name string
	line []string // the program and its arguments
	env  []string // NAME=VALUE beside this process's
	once bool     // it hands over to another program and ends
}

// Terminal opens a terminal with variables set. It takes a second or so, to tell
// one that runs from one that could not start.
func (l *Launcher) Terminal(vars []shellenv.Variable) error {
	t, err := findTerminal(host.This(), vars)
	if err != nil {
		return err
	}
	if err := l.begin(); err != nil {
		return err
	}
	cmd := exec.Command(t.line[0], t.line[1:]...)
	cmd.Dir = xdg.Home
	cmd.Env = append(append(os.Environ(), l.options.Env...), t.env...)
	if t.once {
		defer l.done()
		said := &bounded.Tail{Max: maxSaid}
		cmd.Stdout, cmd.Stderr = said, said
		if err := cmd.Run(); err != nil {
			return &EndedError{t.name, err, said.LastLine()}
		}
		return nil
	}
	host.DetachWithConsole(cmd)
	if err := cmd.Start(); err != nil {
		l.done()
		return err
	}
	ended := make(chan error, 1)
	go l.await(cmd, ended)
	select {
	case err := <-ended:
		if err != nil {
			return &EndedError{t.name, err, ""}
		}
	case <-time.After(early):
	}
	return nil
}

// await takes notice of a terminal's end, so that nothing is left of it in the
// system's list of processes. Close does not wait for that end.
func (l *Launcher) await(cmd *exec.Cmd, ended chan<- error) {
	defer l.done()
	pause := early / 10 // soon at first, for one that does not start
	for begun := time.Now(); ; {
		if over, err := reap(cmd); over {
			ended <- err
			return
		}
		if time.Since(begun) > early {
			pause = reapEvery
		}
		select {
		case <-time.After(pause):
		case <-l.ctx.Done():
			return
		}
	}
}
