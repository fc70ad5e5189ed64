package launch

import (
	"errors"
	"os"
	"os/exec"
	"sync"
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
	name    string
	line    []string // the program and its arguments
	env     []string // NAME=VALUE beside this process's
	once    bool     // it hands over to another program and ends
	own     bool     // the program is the terminal, and stays as long as its window
	pidFile string   // into which the shell writes its number, where its environment cannot be read; "": none
}

// Terminal opens a terminal with variables set. It takes a second or so, to tell
// one that runs from one that could not start. ended, unless it is nil, is called once:
// when the terminal and all that was started in it have ended, when it could not be
// opened, or when the launcher is closed.
func (l *Launcher) Terminal(vars []shellenv.Variable, ended func()) error {
	t, err := findTerminal(host.This(), vars)
	if err == nil {
		err = l.begin()
	}
	if err != nil {
		if ended != nil {
			ended()
		}
		return err
	}
	return l.openTerminal(&t, newSession(&t, vars, ended))
}

// openTerminal opens a terminal for which there is a place.
func (l *Launcher) openTerminal(t *terminal, s *session) error {
	cmd := exec.Command(t.line[0], t.line[1:]...)
	cmd.Dir = xdg.Home
	cmd.Env = append(append(os.Environ(), l.options.Env...), t.env...)
	if t.once {
		said := &bounded.Tail{Max: maxSaid}
		cmd.Stdout, cmd.Stderr = said, said
		if err := cmd.Run(); err != nil {
			s.end()
			l.done()
			return &EndedError{t.name, err, said.LastLine()}
		}
		close(s.over)
		go func() {
			defer l.done()
			l.follow(s)
		}()
		return nil
	}
	host.DetachWithConsole(cmd)
	if err := cmd.Start(); err != nil {
		s.end()
		l.done()
		return err
	}
	ended := make(chan error, 1)
	go l.await(cmd, ended, s)
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
// system's list of processes, and of its session's. Close does not wait for either.
func (l *Launcher) await(cmd *exec.Cmd, ended chan<- error, s *session) {
	defer l.done()
	var followed sync.WaitGroup
	followed.Go(func() { l.follow(s) })
	defer followed.Wait()
	pause := early / 10 // soon at first, for one that does not start
	for begun := time.Now(); ; {
		if over, err := reap(cmd); over {
			s.failed = err != nil
			close(s.over)
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
