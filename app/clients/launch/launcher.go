package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/adrg/xdg"

	"posthouse/app/clients/internal/host"
	"posthouse/proxy/bounded"
)

const (
	// maxPrograms bounds the browsers and terminals that are open together.
	maxPrograms = 32
	// early is how long a program is watched for not having started at all.
	early = 1500 * time.Millisecond
	// startWithin is how long a browser's end by an error is one of its start: from a disk that has
	// not read it yet it takes seconds until it says that it cannot.
	startWithin = 30 * time.Second
	// endTime is how long a browser may take to end before it is killed.
	endTime = 3 * time.Second
	// maxSaid bounds what is kept of a program's words, in bytes; the last stay.
	maxSaid = 2 << 10
)

// Errors that a caller may want to tell apart.
var (
	ErrTooMany = errors.New("too many browsers and terminals are open: close some first")
	ErrClosed  = errors.New("launch: the launcher is closed")
)

// EndedError is a program that ended as soon as it was started.
type EndedError struct {
	Name string
	Err  error  // how it ended
	Said string // the last of what it said, may be empty
}

func (e *EndedError) Error() string {
	text := e.Name + " ended right away: " + e.Err.Error()
	if e.Said != "" {
		text += ": " + e.Said
	}
	return text
}

func (e *EndedError) Unwrap() error { return e.Err }

// Options say how a Launcher works; the zero value is what the app uses.
type Options struct {
	ProfilesDir string   // where folders of browsers are made; "": DefaultProfilesDir
	Flags       []string // more flags for browsers of Chromium's family; for tests, which may run as root
	Env         []string // NAME=VALUE beside this process's, for tests
	// FirefoxFlags are the same for Firefox.
	FirefoxFlags []string
}

// Launcher opens programs and knows which it opened.
type Launcher struct {
	options Options
	ctx     context.Context // ends with Close
	end     context.CancelFunc

	lookEvery time.Duration // see session.go

	mu      sync.Mutex
	open    int // browsers and terminals
	closed  bool
	waiting sync.WaitGroup
}

// New makes a launcher. Close it after use.
func New(o Options) *Launcher {
	if o.ProfilesDir == "" {
		o.ProfilesDir = DefaultProfilesDir()
	}
	l := &Launcher{options: o, lookEvery: lookEvery}
	l.ctx, l.end = context.WithCancel(context.Background())
	return l
}

// Sweep removes what browsers of a Posthouse that crashed left behind, and
// returns how many folders that were.
func (l *Launcher) Sweep() (removed int) {
	for _, parent := range profilesDirs(l.options.ProfilesDir, xdg.Home) {
		removed += sweep(parent, time.Now())
	}
	return removed
}

// SweepSoon does the same beside the caller.
func (l *Launcher) SweepSoon() { l.waiting.Go(func() { l.Sweep() }) }

// Browsers is the function of that name.
func (l *Launcher) Browsers() []Browser { return Browsers() }

// Close ends the browsers, removes their folders and waits for both. Terminals stay.
func (l *Launcher) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.end()
	l.waiting.Wait()
}

// begin takes one of the places for programs.
func (l *Launcher) begin() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return ErrClosed
	case l.open >= maxPrograms:
		return ErrTooMany
	}
	l.open++
	l.waiting.Add(1)
	return nil
}

func (l *Launcher) done() {
	l.mu.Lock()
	l.open--
	l.mu.Unlock()
	l.waiting.Done()
}

// Browse opens a browser with a new profile. It takes a second or two, to tell a
// browser that runs from one that could not start. With ErrUntrusted the browser
// is open all the same.
func (l *Launcher) Browse(b Browser, w Way) error {
	if w.Ended == nil {
		w.Ended = func() {}
	}
	if err := l.begin(); err != nil {
		w.Ended()
		return err
	}
	f, err := newFolder(b.profilesDir(l.options.ProfilesDir))
	if err != nil {
		l.done()
		w.Ended()
		return fmt.Errorf("no profile can be made: %w", err)
	}
	untrusted := l.prepare(&b, f, w)
	if untrusted != nil && !errors.Is(untrusted, ErrUntrusted) {
		l.abandon(f, w)
		return untrusted
	}
	if untrusted != nil && w.Untrusted != "" {
		w.URL = w.Untrusted
	}
	cmd, said := l.browser(&b, f, w)
	group, err := host.StartVisible(cmd)
	if err != nil {
		l.abandon(f, w)
		return err
	}
	_ = f.mark(cmd.Process.Pid) // without it a crash leaves a folder that Sweep takes for one without a browser after a minute
	ended, returned, begun := make(chan error), make(chan struct{}), time.Now()
	go func() {
		defer l.done()
		defer w.Ended()
		err := l.attend(cmd, group, f)
		if err != nil && l.ctx.Err() == nil {
			err = &EndedError{b.Name, err, said.LastLine()}
		} else {
			err = nil
		}
		select {
		case ended <- err: // Browse waits for it
		case <-returned:
			if err != nil && w.Failed != nil && time.Since(begun) < startWithin && !errors.Is(err, exec.ErrWaitDelay) {
				w.Failed(err)
			}
		}
	}()
	select {
	case err := <-ended:
		if err != nil {
			return err
		}
	case <-time.After(early):
		close(returned)
	}
	return untrusted
}

// prepare fills the profile. ErrUntrusted leaves one that can be used.
func (l *Launcher) prepare(b *Browser, f folder, w Way) error {
	if b.Family == Firefox {
		return prepareFirefox(l.ctx, f.profile(), w)
	}
	return prepareChromium(f.profile())
}

// browser is a browser that is to be started, and what it will say.
func (l *Launcher) browser(b *Browser, f folder, w Way) (*exec.Cmd, *bounded.Tail) {
	extra := l.options.Flags
	if b.Family == Firefox {
		extra = l.options.FirefoxFlags
	}
	line := b.command(f.profile(), w, extra)
	cmd, said := exec.Command(line[0], line[1:]...), &bounded.Tail{Max: maxSaid}
	cmd.Env = append(os.Environ(), l.options.Env...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = said, said, time.Second
	return cmd, said
}

func (l *Launcher) abandon(f folder, w Way) {
	_ = f.remove() // the next Sweep tries again
	l.done()
	w.Ended()
}

// attend waits for a browser's end, or makes it end, clears up, and returns how it ended.
func (l *Launcher) attend(cmd *exec.Cmd, group host.Group, f folder) error {
	gone, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-gone:
			return
		case <-l.ctx.Done():
			group.Ask()
		}
		select {
		case <-gone:
		case <-time.After(endTime):
			group.Kill()
		}
	}()
	err := cmd.Wait()
	close(gone)
	<-watched
	group.Close()  // a helper may hold the profile
	_ = f.remove() // the next Sweep tries again
	return err
}
