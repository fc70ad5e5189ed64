package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/app/clients/clientcheck"
	"posthouse/app/settings"
	"posthouse/proxy/breakpoints"
	"posthouse/proxy/ca"
	"posthouse/proxy/capture"
	"posthouse/proxy/devices"
	"posthouse/proxy/process"
)

// ErrClosed is what a closed controller returns.
var ErrClosed = errors.New("app: the controller is closed")

// Options says how a Controller begins.
type Options struct {
	// Path is the settings file; "" keeps settings in memory only. It is read
	// first, and again whenever it changes.
	Path string
	// Settings hold where Path is "".
	Settings *settings.Settings
	// Change is applied to the settings that were read, each time: what a
	// command line overrides. It is never saved.
	Change func(*settings.Settings)
	// Addrs, host:port each, are listened on instead of all addresses of the settings.
	Addrs []string
	// Guard has what other devices reach by Addrs ask for lan.allow's permission.
	Guard bool
	Store *capture.Store // nil: one is made from the settings
	// HistoryDir is where what is recorded stays on the disk, as far as the settings want
	// that and name no other folder; "": nowhere.
	HistoryDir string
	// RulesPath is the file of rules; "": rules.toml beside the settings file.
	RulesPath string
	Log       *slog.Logger  // nil: nothing is logged
	Poll      time.Duration // how often the file is looked at; 0: every 2 s
	// CA is the authority for the page at http://posthouse/ to offer; nil: the
	// one that decrypts by the settings. It is asked for each answer and may be called
	// concurrently; nil, or a nil Authority: decryption is off.
	CA func() *ca.Authority
}

// Controller owns the life of the proxy. One goroutine makes all transitions;
// everything else asks it. All methods are safe for concurrent use.
type Controller struct {
	file  settingsFile
	addrs []string
	guard bool
	store *capture.Store
	log   *slog.Logger
	page  http.Handler // what the proxy itself serves
	check *clientcheck.Host

	status   atomic.Pointer[Status]
	settings atomic.Pointer[settings.Settings]

	decryption Decryption
	recorded
	ruled
	sends

	watchers watchers

	beforeClose atomic.Pointer[func()]             // is waited for before a port closes
	drain       atomic.Pointer[context.CancelFunc] // ends the drain under way
	drainNow    atomic.Bool                        // drains end immediately

	asks   chan func()
	closed chan struct{} // Close was called
	ended  chan struct{} // the goroutine has ended
	once   sync.Once

	// Only the goroutine uses what follows.
	want      bool // the proxy is to run
	run       *running
	binding   *binding
	programs  Programs
	processes *process.Finder
	devices   devices.Table
	events    chan event
	poll      time.Duration // how often the files are looked at
	wg        sync.WaitGroup
}

// New makes a controller; the proxy is stopped. Close it after use.
func New(o Options) *Controller {
	c := &Controller{
		addrs: o.Addrs, guard: o.Guard, store: o.Store, log: o.Log, poll: o.Poll,
		asks:      make(chan func()),
		closed:    make(chan struct{}),
		ended:     make(chan struct{}),
		events:    make(chan event),
		processes: process.New(),
	}
	c.decryption.c, c.programs.c, c.sends.c = c, c, c
	offered := o.CA
	if offered == nil {
		offered = c.decryption.offered
	}
	c.page = ownPage{c, page(offered)}
	c.check = clientcheck.NewHost(c.decryption.Authority)
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.poll == 0 {
		c.poll = 2 * time.Second
	}
	initial := settings.Default()
	if o.Settings != nil {
		initial = *o.Settings
	}
	file, begin := settings.Open(settings.FileOptions{Path: o.Path, Override: o.Change, Log: c.log, Changed: c.watchers.signal}, initial)
	c.file = settingsFile{file, c, newLine(c)}
	c.settings.Store(&begin)
	if c.store == nil {
		c.store = capture.New(begin.Recording.StoreOptions())
	}
	c.status.Store(&Status{State: Stopped, Since: time.Now()})
	c.history = newHistory(c, o.HistoryDir)
	c.ruled.breaks = breakpoints.New()
	c.setBreaks(&begin.Breakpoints)
	c.ruled.rules = newRules(c, &o)
	go c.history.run()
	go c.loop()
	return c
}

// Start asks for the proxy to run; Wait or a Watcher tell what came of it.
func (c *Controller) Start() {
	c.ask(func() {
		c.want = true
		c.reconcile(true)
	})
}

// Stop asks for the proxy to stop; a start under way is cancelled.
func (c *Controller) Stop() {
	c.ask(func() {
		c.want = false
		c.reconcile(true)
	})
}

// BeforeClosing has beforeClose called, and waits for it, whenever an address is about
// to be closed: on a stop, and when the proxy moves to another one. Connections
// are taken meanwhile, so that whoever points at the address can be turned away
// first. The status already says what is to come. beforeClose must end by itself, within
// seconds, and must not wait for the controller; it may be called concurrently.
func (c *Controller) BeforeClosing(beforeClose func()) { c.beforeClose.Store(&beforeClose) }

// Status is where the proxy is now.
func (c *Controller) Status() Status { return *c.status.Load() }

// Watch tells of changes of status, settings and the settings' problem.
func (c *Controller) Watch() *Watcher { return c.watchers.watch() }

// Wait returns the first status that fits, or the last one with ctx's error.
func (c *Controller) Wait(ctx context.Context, fits func(Status) bool) (Status, error) {
	w := c.Watch()
	defer w.Close()
	for {
		s := c.Status()
		if fits(s) {
			return s, nil
		}
		select {
		case <-w.C:
		case <-ctx.Done():
			return c.Status(), ctx.Err()
		}
	}
}

// Store is where the proxy records to; it outlives stops and starts.
func (c *Controller) Store() *capture.Store { return c.store }

// Settings are the settings in force.
func (c *Controller) Settings() settings.Settings {
	return c.settings.Load().Clone()
}

// Recording reports whether new exchanges are recorded.
func (c *Controller) Recording() bool { return c.settings.Load().Recording.Enabled }

// SetRecording switches recording, and saves that it did.
func (c *Controller) SetRecording(on bool) error {
	return c.Change(func(s *settings.Settings) { s.Recording.Enabled = on })
}

// Close stops the proxy, waiting for exchanges under way at most until ctx
// ends, and ends all goroutines but those that wait for a disk that does not answer (line).
func (c *Controller) Close(ctx context.Context) error {
	c.once.Do(func() { close(c.closed) })
	defer c.endHistory.Do(c.history.close)
	defer endDisks(c)
	defer c.wg.Wait()
	defer c.endSends()
	select {
	case <-c.ended:
		return nil
	case <-ctx.Done():
	}
	c.cut()
	<-c.ended
	return ctx.Err()
}

// ask has the goroutine call f, and waits until it did.
func (c *Controller) ask(f func()) bool {
	done := make(chan struct{})
	select {
	case c.asks <- func() { defer close(done); f() }:
		<-done
		return true
	case <-c.ended:
		return false
	}
}

// loop makes all transitions.
func (c *Controller) loop() {
	defer close(c.ended)
	defer c.processes.Close()
	poll := time.NewTicker(c.poll)
	defer poll.Stop()
	closed, closing := c.closed, false
	for {
		select {
		case f := <-c.asks:
			f()
		case e := <-c.events:
			e(c)
		case <-poll.C:
			c.file.line.try(c.file.follow)
			c.rules.line.try(c.rules.follow)
			if c.Status().State == Running {
				c.run.retryLAN()
			}
		case <-closed:
			closed, closing = nil, true
		}
		if closing {
			c.want = false
			c.reconcile(true)
			if s := c.Status().State; s == Stopped || s == Failed {
				return
			}
		}
	}
}

// event is a report of a goroutine that the controller started.
type event func(*Controller)

// report hands an event to the goroutine, unless that has ended.
func (c *Controller) report(e event) {
	select {
	case c.events <- e:
	case <-c.ended:
	}
}

func (c *Controller) set(s Status) {
	s.Since = time.Now()
	c.status.Store(&s)
	if s.Err != nil {
		c.log.Error("proxy "+s.State.String(), "error", s.Err)
	} else if s.LANErr != nil {
		c.log.Warn("other devices cannot reach the proxy yet; it is tried again", "error", s.LANErr)
	} else {
		c.log.Debug("proxy "+s.State.String(), "addrs", s.Addrs)
	}
	c.watchers.signal()
}
