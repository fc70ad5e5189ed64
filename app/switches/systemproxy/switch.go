// Package systemproxy is the switch that points this computer at the proxy. It
// owns what a person wants of it, and keeps the system's settings at the address
// where the proxy runs: a start, a stop and another port are followed.
//
// One goroutine does the work, which may take seconds; no method but Close waits
// for it, and all are safe for concurrent use. It never fights: what another
// program changed is left alone until somebody switches it on again. Its states
// and what changes them are a table: states.md.
package systemproxy

import (
	"context"
	"errors"
	"sync"
	"time"

	"posthouse/app"
	"posthouse/app/desktop/sysproxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/signal"
)

// Phase is how the switch stands.
type Phase string

// The phases.
const (
	Off         Phase = "off"
	On          Phase = "on"
	Busy        Phase = "busy"        // on its way
	Taken       Phase = "taken"       // another program changed the settings since
	Failed      Phase = "failed"      // Status.Err says why
	Unavailable Phase = "unavailable" // this system has no settings that Posthouse knows
)

// Status is a snapshot.
type Status struct {
	Phase Phase
	Set   bool      // settings of ours are in the system
	Retry bool      // what to ask for again after Failed: true to set, false to put back
	Err   error     // of Failed, and of Unavailable once it was asked for
	Since time.Time // when the phase was entered
	// Repaired is what the start put back of a Posthouse before this one; zero for
	// nothing, or once the switch was used.
	Repaired flow.Reason
	// Previous is what the system did without Posthouse: as it was at the start, and
	// since then as it was when the switch was last put on.
	Previous PreviousProxy
}

// manager is what is used of a sysproxy.Manager.
type manager interface {
	Enable(ctx context.Context, addr string) error
	Disable(ctx context.Context) (sysproxy.Report, error)
	InForce(ctx context.Context) ([]sysproxy.Summary, error)
	State() sysproxy.State
}

// Switch is the switch.
type Switch struct {
	controller *app.Controller
	manager    manager
	asks       chan bool // the last wish
	settles    chan chan struct{}
	quit, done chan struct{}
	once       sync.Once

	mu       sync.Mutex // guards what follows
	status   Status
	watchers signal.Hub

	// The goroutine's own.
	want, starting bool
	wished         time.Time // when the start failed that was asked for here; zero: it did not
	applied        string    // the address that was set; "" for none
	err            error     // of the last change
	unavailable    bool      // the start found nothing that could be set
	erredOff       bool      // which was to put back what was before
}

// New returns a switch, off, for a Manager that has been repaired. What the system has to be set, and how it is, is
// looked up when begin is closed, or the switch is asked for something before: on some systems other programs are
// started for that.
func New(c *app.Controller, m *sysproxy.Manager, begin <-chan struct{}) *Switch {
	w := m.Watch()
	return start(c, m, begin, w.C, w.Close)
}

func start(c *app.Controller, m manager, begin, changes <-chan struct{}, release func()) *Switch {
	s := &Switch{controller: c, manager: m, asks: make(chan bool, 1), settles: make(chan chan struct{}),
		quit: make(chan struct{}), done: make(chan struct{}),
		status: Status{Phase: Off, Since: time.Now()}}
	if report := m.State().Report; !report.Empty() {
		s.status.Repaired = report.Reason()
	}
	c.BeforeClosing(s.settle)
	go s.run(begin, changes, release)
	return s
}

// wishLasts is for how long the system is still to be pointed here where the proxy could
// not start: a person who takes another port wants it now, and not tomorrow.
const wishLasts = time.Minute

// settleLimit bounds what an address that is being closed waits for the settings.
const settleLimit = 5 * time.Second

// settle returns when the system's settings follow what the controller's status
// says now: the proxy calls it before it closes an address, so that no program
// is pointed at a port that is closed.
func (s *Switch) settle() {
	limit := time.NewTimer(settleLimit)
	defer limit.Stop()
	settled := make(chan struct{})
	select {
	case s.settles <- settled:
	case <-s.done:
		return
	case <-limit.C:
		return
	}
	select {
	case <-settled:
	case <-limit.C:
	}
}

// Status is how it stands.
func (s *Switch) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Set asks for the system to be pointed here, or for what was before. On starts
// the proxy where it does not run, and takes back what another program changed.
func (s *Switch) Set(on bool) {
	for {
		select {
		case s.asks <- on:
			return
		case <-s.done:
			return
		default:
		}
		select { // a wish that was not read yet is outdated
		case <-s.asks:
		default:
		}
	}
}

// Watch returns a channel that has something after each change, and from the start.
func (s *Switch) Watch() (changes <-chan struct{}, stop func()) {
	w := s.watchers.Watch()
	return w.C, w.Close
}

// Close ends the switch; what is set stays for the Manager's Close.
func (s *Switch) Close() {
	s.once.Do(func() { close(s.quit) })
	<-s.done
}

func (s *Switch) run(begin, changes <-chan struct{}, release func()) {
	defer close(s.done)
	defer release()
	w := s.controller.Watch()
	defer w.Close()
	look := sync.OnceFunc(s.look)
	for {
		var settled chan struct{}
		select {
		case <-begin:
			begin = nil
			look()
		case on := <-s.asks:
			look() // before anything of ours is there
			s.asked(on)
		case settled = <-s.settles:
		case <-w.C:
		case <-changes:
		case <-s.quit:
			return
		}
		s.follow()
		if settled != nil {
			close(settled)
		}
	}
}

func (s *Switch) asked(on bool) {
	s.want, s.starting, s.wished, s.err = on, false, time.Time{}, nil
	s.mu.Lock()
	s.status.Repaired = flow.Reason{}
	s.mu.Unlock()
	if !on {
		return
	}
	if s.manager.State().Phase == sysproxy.Taken {
		s.applied = "" // asked for: it is taken back
	}
	if s.controller.Status().State != app.Running {
		s.starting = true
		s.controller.Start()
	}
}

// follow brings the settings in line with what is wanted and where the proxy runs.
func (s *Switch) follow() {
	proxy := s.controller.Status()
	running := proxy.State == app.Running && len(proxy.Addrs) > 0
	switch {
	case running:
		if !s.wished.IsZero() && time.Since(s.wished) < wishLasts {
			s.want = true
		}
		s.starting, s.wished = false, time.Time{}
	case proxy.State == app.Starting, proxy.State == app.Stopping && s.starting:
	default: // stopped, or could not start: a dead port must not be set
		if s.starting && proxy.State == app.Failed {
			s.wished = time.Now()
		}
		s.want, s.starting = false, false
	}
	now := s.manager.State().Phase
	if s.applied != "" && now == sysproxy.Off { // put back by hand
		s.want, s.applied, s.err = false, "", nil
	}
	switch {
	case s.want && running && s.applied == "",
		s.want && running && s.applied != proxy.Addrs[0] && now == sysproxy.On:
		s.say(Busy, nil)
		s.err = s.manager.Enable(context.Background(), proxy.Addrs[0])
		s.applied, s.erredOff = proxy.Addrs[0], false
		if s.err != nil {
			s.want, s.applied = false, ""
		}
	case !s.want && s.applied != "" && s.err == nil:
		s.say(Busy, nil)
		if _, s.err = s.manager.Disable(context.Background()); s.err == nil {
			s.applied = ""
		} else {
			s.erredOff = true // tried again when it is asked for
		}
	}
	s.tell()
}

func (s *Switch) tell() {
	state := s.manager.State()
	if state.Phase == sysproxy.On && len(state.Previous) > 0 {
		s.setPrevious(previousOf(state.Previous))
	}
	switch {
	case errors.Is(s.err, sysproxy.ErrNoBackend):
		s.say(Unavailable, s.err)
	case s.err != nil:
		s.say(Failed, s.err)
	case s.want && s.applied == "":
		s.say(Busy, nil)
	case state.Phase == sysproxy.On:
		s.say(On, nil)
	case state.Phase == sysproxy.Taken:
		s.say(Taken, nil)
	case s.unavailable:
		s.say(Unavailable, nil)
	default:
		s.say(Off, nil)
	}
}

func (s *Switch) say(phase Phase, err error) {
	set := s.manager.State().Phase != sysproxy.Off
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status.Phase != phase || s.status.Err != err {
		s.status.Since = time.Now()
	}
	s.status.Phase, s.status.Err, s.status.Set = phase, err, set
	s.status.Retry = phase == Failed && !s.erredOff
	s.watchers.Set()
}
