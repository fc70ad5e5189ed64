package launch

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"posthouse/app/clients/shellenv"
	"posthouse/proxy/bounded"
)

const (
	// lookEvery is how often it is looked whether a terminal is still in use. That reads
	// the environment of each process of this user, some milliseconds in all.
	lookEvery = 10 * time.Second
	// missedLooks are as many looks in a row that find nothing as tell an end: a program
	// that takes another's place may have no environment for a moment.
	missedLooks = 2
	// openingLooks are how many looks a terminal has until a process of it must be there.
	openingLooks = 6
	maxPID       = 32 // bytes of a file with the number of a process
)

// session is what goes on in a terminal: the terminal itself, the shell, and whatever was
// started there, also what outlives the window. Many terminals hand a window over to
// another process and end, so a session is known by a variable that all its processes
// inherit.
type session struct {
	mark  string        // NAME=VALUE in the environment of its processes; "": it is not known by one
	shell string        // file into which the shell writes its number; "": none
	own   bool          // the program that was started is the terminal: its end counts
	over  chan struct{} // closed when that program has ended
	ended func()        // called once, when all has ended; nil: it is not to be told

	failed bool // it ended with an error: nothing was opened, or nothing is left; set before over is closed
}

// newSession is the session of a terminal that is opened with variables.
func newSession(t *terminal, vars []shellenv.Variable, ended func()) *session {
	s := &session{shell: t.pidFile, own: t.own, over: make(chan struct{}), ended: ended}
	for _, v := range vars {
		if v.Name == "http_proxy" {
			s.mark = v.Name + "=" + v.Value
		}
	}
	return s
}

// end tells that all has ended.
func (s *session) end() {
	if s.shell != "" {
		_ = os.Remove(s.shell) // it is in the folder for temporary files
	}
	if s.ended != nil {
		s.ended()
	}
}

// follow waits for a session's end, or the launcher's, if anybody is to be told. It has
// ended when the program that was started is gone and no process of it is found, but only
// if that says something: one was found before, or the program was the terminal, or
// processes can be looked into and the terminal had its time to open. One in use must not
// be taken for one that has ended.
func (l *Launcher) follow(s *session) {
	if s.ended == nil && s.shell == "" {
		return
	}
	defer s.end()
	look := time.NewTicker(l.lookEvery)
	defer look.Stop()
	running, found, missed, looks := true, false, 0, 0
	for over := s.over; missed < missedLooks; {
		select {
		case <-l.ctx.Done():
			return
		case <-over:
			if s.failed && !found {
				return
			}
			over, running = nil, false
			continue
		case <-look.C:
		}
		if running && found {
			continue // there is nothing to find out
		}
		looks++
		switch there, able := s.found(); {
		case there:
			found, missed = true, 0
		case !running && (found || s.own || able && looks > openingLooks):
			missed++
		}
	}
}

// found reports whether a process of the session is there, and whether one would be seen.
func (s *session) found() (there, able bool) {
	if s.shell != "" {
		text, err := bounded.ReadFile(s.shell, maxPID)
		if pid, bad := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 32); err == nil && bad == nil {
			if there, err := process.PidExists(int32(pid)); err == nil && there {
				return true, true
			}
		}
	}
	if s.mark == "" {
		return false, false
	}
	return inAnEnvironment(s.mark)
}

// inAnEnvironment reports whether a process has a variable, and whether any process but
// this one tells what it has. Those of other users, and those that end meanwhile, do not.
func inAnEnvironment(pair string) (there, able bool) {
	pids, err := process.Pids()
	if err != nil {
		return false, false
	}
	for _, pid := range pids {
		if int(pid) == os.Getpid() {
			continue
		}
		env, err := (&process.Process{Pid: pid}).Environ()
		able = able || err == nil && len(env) > 1
		if err == nil && slices.Contains(env, pair) {
			return true, true
		}
	}
	return false, able
}
