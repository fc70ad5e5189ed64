package app

import (
	"context"
	"slices"
	"time"

	"posthouse/app/settings"
	"posthouse/proxy"
)

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
func (c *Controller) wanted(s *settings.Settings) []endpoint {
	var endpoints []endpoint
	for _, addr := range c.addrs {
		endpoints = append(endpoints, endpoint{addr: addr, guarded: c.guard})
	}
	if len(endpoints) > 0 {
		return endpoints
	}
	for _, addr := range s.Addrs() {
		endpoints = append(endpoints, endpoint{addr: addr, guarded: c.guard})
	}
	for _, addr := range s.LANAddrs() {
		endpoints = append(endpoints, endpoint{addr: addr, lan: true, guarded: true})
	}
	return endpoints
}

func (c *Controller) start() {
	ctx, cancel := context.WithCancel(context.Background())
	b := &binding{cancel}
	c.binding = b
	endpoints := c.wanted(c.settings.Load())
	c.set(Status{State: Starting})
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		c.history.await(ctx)
		bound, lanErr, err := bindAll(ctx, endpoints)
		err = blame(err)
		c.report(func(c *Controller) { c.started(b, &running{c: c, wanted: endpoints, lanErr: lanErr}, bound, err) })
	}()
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
	decryption, err := c.decryption.prepare(&s.Decrypt)
	if err != nil {
		// Not decrypting in silence what a person asked for would be worse.
		closeAll(bound)
		c.want = false
		c.set(Status{State: Failed, Err: err})
		return
	}
	c.decryption.inForce.Store(decryption)
	run.server = proxy.New(c.engine(s), c.store, c.log)
	c.run = run
	run.serve(bound)
	run.servePrograms()
	c.setRunning()
	if endpoints := c.wanted(s); !slices.Equal(endpoints, run.wanted) {
		_ = run.rebind(endpoints, true) // the settings changed meanwhile; a failure leaves what is bound
		run.server.Configure(c.engine(s))
	}
}

// engine is how the proxy behaves by these settings.
func (c *Controller) engine(s *settings.Settings) proxy.Config {
	config := engineConfig(s)
	config.Processes = c.processes
	config.Local = c.page
	config.Hellos = &c.hellos
	config.Check = ownHosts{c.check, c.page}
	config.Devices = &c.devices
	config.Rules = c.rules.inForce(s)
	config.Breakpoints = c.breaks
	config.Lend = proxy.Rights{Loopback: s.LAN.Loopback, Credentials: s.LAN.Credentials}
	if s.LAN.Enabled || c.guard {
		config.Allow = s.LAN.Allowed()
	}
	if d := c.decryption.inForce.Load(); d != nil {
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

// broke ends a proxy that can accept no more connections.
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
		if beforeClose := c.beforeClose.Load(); beforeClose != nil {
			(*beforeClose)()
		}
		ctx, cancel := context.WithTimeout(context.Background(), drain)
		c.drain.Store(&cancel)
		if c.drainNow.Load() {
			cancel()
		}
		if err := run.server.Shutdown(ctx); err != nil {
			c.log.Info("stopped", "error", err)
		}
		cancel()
		c.report(func(c *Controller) {
			run.closeRetiring() // they may be wanted again
			c.run = nil
			c.set(then)
			c.reconcile(false)
		})
	}()
}

// cut ends the drain under way, now and for later stops.
func (c *Controller) cut() {
	c.drainNow.Store(true)
	if cancel := c.drain.Load(); cancel != nil {
		(*cancel)()
	}
}
