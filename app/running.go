package app

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"time"

	"posthouse/proxy"
)

// listening is one bound address.
type listening struct {
	asked string // as in the settings
	ln    net.Listener
}

// running is a proxy that serves, or is being stopped.
type running struct {
	server *proxy.Server
	addrs  []listening
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
func (c *Controller) wanted(s *Settings) []string {
	if len(c.addrs) > 0 {
		return c.addrs
	}
	return s.Addrs()
}

func (c *Controller) start() {
	ctx, cancel := context.WithCancel(context.Background())
	b := &binding{cancel}
	c.binding = b
	addrs := c.wanted(c.settings.Load())
	c.set(Status{State: Starting})
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		bound, err := bindAll(ctx, addrs)
		c.report(func(c *Controller) { c.started(b, bound, err) })
	}()
}

// bindAll binds all addresses or none.
func bindAll(ctx context.Context, addrs []string) ([]listening, error) {
	var bound []listening
	for _, addr := range addrs {
		ln, err := bind(ctx, addr)
		if err == nil {
			err = ctx.Err()
			if err != nil {
				_ = ln.Close()
			}
		}
		if err != nil {
			closeAll(bound)
			return nil, err
		}
		bound = append(bound, listening{addr, ln})
	}
	return bound, nil
}

func closeAll(all []listening) {
	for _, l := range all {
		_ = l.ln.Close()
	}
}

func (c *Controller) started(b *binding, bound []listening, err error) {
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
	c.run = &running{server: proxy.New(c.engine(s), c.store, c.log)}
	c.serve(bound)
	c.setRunning()
	if addrs := c.wanted(s); !slices.Equal(addrs, c.run.asked()) {
		_ = c.rebind(addrs) // the settings changed meanwhile; a failure leaves what is bound
	}
}

// engine is how the proxy behaves by these settings.
func (c *Controller) engine(s *Settings) proxy.Config {
	config := s.engine()
	config.Askers = c.askers
	config.Local = c.page
	config.Check = c.check
	if d := c.decryption.Load(); d != nil {
		config.Decrypt = d.policy
	}
	return config
}

func (r *running) asked() []string {
	var asked []string
	for _, l := range r.addrs {
		asked = append(asked, l.asked)
	}
	return asked
}

func (c *Controller) setRunning() {
	var addrs []string
	for _, l := range c.run.addrs {
		addrs = append(addrs, l.ln.Addr().String())
	}
	c.set(Status{State: Running, Addrs: addrs})
}

// serve begins to serve on bound addresses.
func (c *Controller) serve(bound []listening) {
	run := c.run
	for _, l := range bound {
		run.addrs = append(run.addrs, l)
		c.wg.Add(1)
		go func() {
			defer c.wg.Done()
			err := run.server.Serve(l.ln)
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
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	c.drain.Store(&cancel)
	if c.hurry.Load() {
		cancel()
	}
	c.set(Status{State: Stopping})
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
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
// before the old ones are let go, and if one cannot be, the old ones stay.
func (c *Controller) rebind(addrs []string) error {
	var stay, leave, closed, fresh []listening
	for _, l := range c.run.addrs {
		if slices.Contains(addrs, l.asked) {
			stay = append(stay, l)
		} else {
			leave = append(leave, l)
		}
	}
	for _, addr := range addrs {
		if slices.ContainsFunc(stay, func(l listening) bool { return l.asked == addr }) {
			continue
		}
		ln, err := bind(context.Background(), addr)
		if err != nil && leaveMakesRoom(leave, addr) {
			closeAll(leave)
			closed, leave = leave, nil
			ln, err = bind(context.Background(), addr)
		}
		if err != nil {
			closeAll(fresh)
			if closed != nil {
				c.restore(stay, closed)
			}
			return err
		}
		fresh = append(fresh, listening{addr, ln})
	}
	c.run.addrs = stay
	c.serve(fresh)
	closeAll(leave)
	c.setRunning()
	return nil
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
		c.serve([]listening{{l.asked, ln}})
	}
	c.setRunning()
}

// boundAgain is the address of a closed listener, with the port that it had.
func boundAgain(l listening) string {
	tcp, ok := l.ln.Addr().(*net.TCPAddr)
	if !ok {
		return l.asked
	}
	return net.JoinHostPort(tcp.IP.String(), strconv.Itoa(tcp.Port))
}
