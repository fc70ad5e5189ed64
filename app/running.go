package app

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"posthouse/app/settings"
	"posthouse/proxy"
)

// place is an address to listen on.
type place struct {
	addr    string // as in the settings, host:port
	lan     bool   // of the settings' lan table
	guarded bool   // for chosen devices alone
}

// listening is one bound address.
type listening struct {
	place
	ln net.Listener
}

// running is a proxy that serves, or is being stopped.
type running struct {
	server *proxy.Server
	wanted []place // addrs, and what of the LAN could not be bound
	addrs  []listening
	lanErr error // why that could not be bound
}

// binding is a start under way.
type binding struct{ cancel context.CancelFunc }

// reconcile moves the proxy towards what is wanted. asked tells a person's (or
// a program's) wish from a mere event: only a wish leaves Failed.
func (c *Controller) reconcile(asked bool) {
	switch s := c.Status().State; {
	case c.want && (s == Stopped || s == Failed && asked):
		c.start()
	case !c.want && s == Starting:
		c.binding.cancel()
	case !c.want && s == Running:
		c.stop()
	case !c.want && s == Failed && asked:
		c.set(Status{State: Stopped})
	}
}

// wanted are the addresses to listen on.
func (c *Controller) wanted(s *settings.Settings) []place {
	var places []place
	for _, addr := range c.addrs {
		places = append(places, place{addr: addr, guarded: c.guard})
	}
	if len(places) > 0 {
		return places
	}
	for _, addr := range s.Addrs() {
		places = append(places, place{addr: addr, guarded: c.guard})
	}
	for _, addr := range s.LANAddrs() {
		places = append(places, place{addr: addr, lan: true, guarded: true})
	}
	return places
}

func (c *Controller) start() {
	ctx, cancel := context.WithCancel(context.Background())
	b := &binding{cancel}
	c.binding = b
	places := c.wanted(c.settings.Load())
	c.set(Status{State: Starting})
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		bound, lanErr, err := bindAll(ctx, places)
		c.report(func(c *Controller) { c.started(b, &running{wanted: places, lanErr: lanErr}, bound, err) })
	}()
}

// bindAll binds all addresses or none; but an address of the LAN that is not
// there, in another network say, keeps the proxy from nothing else.
func bindAll(ctx context.Context, places []place) (bound []listening, lanErr, err error) {
	for _, p := range places {
		ln, err := bind(ctx, p.addr)
		if err != nil && p.lan && ctx.Err() == nil {
			lanErr = err
			continue
		}
		if err == nil {
			err = ctx.Err()
			if err != nil {
				_ = ln.Close()
			}
		}
		if err != nil {
			closeAll(bound)
			return nil, nil, err
		}
		bound = append(bound, listening{p, ln})
	}
	return bound, lanErr, nil
}

func closeAll(all []listening) {
	for _, l := range all {
		_ = l.ln.Close()
	}
}

func (c *Controller) started(b *binding, run *running, bound []listening, err error) {
	b.cancel()
	c.binding = nil
	switch {
	case !c.want:
		closeAll(bound)
		c.set(Status{State: Stopped})
		return
	case err != nil:
		c.want = false
		c.set(Status{State: Failed, Err: err})
		return
	}
	s := c.settings.Load()
	decryption, err := c.prepare(&s.Decrypt)
	if err != nil {
		// Not decrypting in silence what a person asked for would be worse.
		closeAll(bound)
		c.want = false
		c.set(Status{State: Failed, Err: err})
		return
	}
	c.decryption.Store(decryption)
	run.server = proxy.New(c.engine(s), c.store, c.log)
	c.run = run
	c.serve(bound)
	c.setRunning()
	if places := c.wanted(s); !slices.Equal(places, run.wanted) {
		_ = c.rebind(places, true) // the settings changed meanwhile; a failure leaves what is bound
		run.server.Configure(c.engine(s))
	}
}

// engine is how the proxy behaves by these settings.
func (c *Controller) engine(s *settings.Settings) proxy.Config {
	config := engineConfig(s)
	config.Processes = c.processes
	config.Local = c.page
	config.Check = c.check
	config.Devices = &c.devices
	config.Lend = proxy.Rights{Loopback: s.LAN.Loopback, Credentials: s.LAN.Credentials}
	if s.LAN.Enabled || c.guard {
		config.Allow = s.LAN.Allowed()
	}
	if d := c.decryption.Load(); d != nil {
		config.Decrypt = d.policy
	}
	return config
}

func (c *Controller) setRunning() {
	s := Status{State: Running, LANErr: c.run.lanErr}
	for _, l := range c.run.addrs {
		if addr := l.ln.Addr().String(); l.lan {
			s.LAN = append(s.LAN, addr)
		} else {
			s.Addrs = append(s.Addrs, addr)
		}
	}
	c.set(s)
}

// serve begins to serve on bound addresses.
func (c *Controller) serve(bound []listening) {
	run := c.run
	for _, l := range bound {
		run.addrs = append(run.addrs, l)
		run.server.Announce(l.ln, l.guarded)
		c.wg.Add(1)
		go func() {
			defer c.wg.Done()
			serve := run.server.Serve
			if l.guarded {
				serve = run.server.ServeGuarded
			}
			err := serve(l.ln)
			if errors.Is(err, proxy.ErrServerClosed) || errors.Is(err, proxy.ErrListenerClosed) {
				return
			}
			c.report(func(c *Controller) { c.broke(run, err) })
		}()
	}
}

// broke ends a proxy that cannot accept connections any more.
func (c *Controller) broke(run *running, err error) {
	if c.run != run || c.Status().State != Running {
		return
	}
	c.want = false
	c.shutdown(Status{State: Failed, Err: err})
}

func (c *Controller) stop() { c.shutdown(Status{State: Stopped}) }

// shutdown drains the proxy and ends in the status then.
func (c *Controller) shutdown(then Status) {
	run := c.run
	drain := time.Duration(c.settings.Load().Proxy.Timeouts.Drain)
	c.set(Status{State: Stopping})
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		if yield := c.yield.Load(); yield != nil {
			(*yield)()
		}
		ctx, cancel := context.WithTimeout(context.Background(), drain)
		c.drain.Store(&cancel)
		if c.hurry.Load() {
			cancel()
		}
		if err := run.server.Shutdown(ctx); err != nil {
			c.log.Info("stopped", "error", err)
		}
		cancel()
		c.report(func(c *Controller) {
			c.run = nil
			c.set(then)
			c.reconcile(false)
		})
	}()
}

// cut ends the drain under way, now and for later stops.
func (c *Controller) cut() {
	c.hurry.Store(true)
	if cancel := c.drain.Load(); cancel != nil {
		(*cancel)()
	}
}

// rebind moves a running proxy to other addresses: the new ones are bound
// before the old ones are let go, and if one cannot be, the old ones stay. A
// patient one does without those of the LAN that cannot be bound now.
func (c *Controller) rebind(places []place, patient bool) error {
	c.letGo()
	var stay, leave, closed, fresh []listening
	var lanErr error
	for _, l := range c.run.addrs {
		if slices.Contains(places, l.place) {
			stay = append(stay, l)
		} else {
			leave = append(leave, l)
		}
	}
	for _, p := range places {
		if slices.ContainsFunc(stay, func(l listening) bool { return l.place == p }) {
			continue
		}
		ln, err := bind(context.Background(), p.addr)
		if err != nil && leaveMakesRoom(leave, p.addr) {
			closeAll(leave)
			closed, leave = leave, nil
			ln, err = bind(context.Background(), p.addr)
		}
		if err != nil && p.lan && patient {
			lanErr = err
			continue
		}
		if err != nil {
			closeAll(fresh)
			if closed != nil {
				c.restore(stay, closed)
			}
			return err
		}
		fresh = append(fresh, listening{p, ln})
	}
	c.run.wanted, c.run.addrs, c.run.lanErr = places, stay, lanErr
	c.serve(fresh)
	for _, l := range slices.Concat(leave, closed) { // whoever came in by these ends with the next Configure
		c.run.server.Retire(l.ln)
	}
	if c.yield.Load() == nil {
		closeAll(leave)
	}
	c.setRunning()
	c.leave(leave)
	return nil
}

// leaving are listeners that still serve those who have not been told of the new
// addresses.
type leaving struct {
	once sync.Once
	all  []listening
}

func (l *leaving) close() { l.once.Do(func() { closeAll(l.all) }) }

// leave closes listeners as soon as nothing points at them any more.
func (c *Controller) leave(all []listening) {
	yield := c.yield.Load()
	if yield == nil || len(all) == 0 {
		return
	}
	l := &leaving{all: all}
	c.leaving = l
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		(*yield)()
		l.close()
	}()
}

// letGo closes now what is about to be let go: its addresses may be wanted again.
func (c *Controller) letGo() {
	if c.leaving != nil {
		c.leaving.close()
		c.leaving = nil
	}
}

// leaveMakesRoom reports whether addr may be taken by an address that is about
// to be let go, such as 127.0.0.1:9876 for 0.0.0.0:9876.
func leaveMakesRoom(leave []listening, addr string) bool {
	_, port, _ := net.SplitHostPort(addr)
	return slices.ContainsFunc(leave, func(l listening) bool {
		_, bound, _ := net.SplitHostPort(l.ln.Addr().String())
		return bound == port
	})
}

// restore binds addresses again that had been let go for others.
func (c *Controller) restore(stay, gone []listening) {
	c.run.addrs = stay
	for _, l := range gone {
		ln, err := bind(context.Background(), boundAgain(l))
		if err != nil {
			c.log.Error("an address could not be bound again", "error", err)
			continue
		}
		c.serve([]listening{{l.place, ln}})
	}
	c.setRunning()
}

// boundAgain is the address of a closed listener, with the port that it had.
func boundAgain(l listening) string {
	tcp, ok := l.ln.Addr().(*net.TCPAddr)
	if !ok {
		return l.addr
	}
	return net.JoinHostPort(tcp.IP.String(), strconv.Itoa(tcp.Port))
}
