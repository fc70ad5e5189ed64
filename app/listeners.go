package app

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"sync"

	"posthouse/proxy"
)

// endpoint is an address to listen on.
type endpoint struct {
	addr    string // as in the settings, host:port
	lan     bool   // of the settings' lan table
	guarded bool   // for chosen devices alone
}

// listening is one bound address.
type listening struct {
	endpoint
	ln net.Listener
}

// running is a proxy that serves, or is being stopped, on its addresses. Only the
// controller's goroutine uses it.
type running struct {
	c      *Controller
	server *proxy.Server
	wanted []endpoint // addrs, and what of the LAN could not be bound
	addrs  []listening
	lanErr error // why that could not be bound

	retiring *retiringListeners // addresses that are about to be closed, or nil
}

// bindAll binds all addresses or none; but an address of the LAN that is not
// there, in another network say, keeps the proxy from nothing else.
func bindAll(ctx context.Context, endpoints []endpoint) (bound []listening, lanErr, err error) {
	for _, p := range endpoints {
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

// serve begins to serve on bound addresses.
func (r *running) serve(bound []listening) {
	for _, l := range bound {
		r.addrs = append(r.addrs, l)
		r.server.Announce(l.ln, l.guarded)
		r.c.wg.Add(1)
		go func() {
			defer r.c.wg.Done()
			serve := r.server.Serve
			if l.guarded {
				serve = r.server.ServeGuarded
			}
			err := serve(l.ln)
			if errors.Is(err, proxy.ErrServerClosed) || errors.Is(err, proxy.ErrListenerClosed) {
				return
			}
			r.c.report(func(c *Controller) { c.broke(r, err) })
		}()
	}
}

// rebind moves a running proxy to other addresses: the new ones are bound
// before the old ones are closed, and if one cannot be, the old ones stay. A
// patient one does without those of the LAN that cannot be bound now.
func (r *running) rebind(endpoints []endpoint, patient bool) error {
	r.closeRetiring()
	var stay, leave, closed, fresh []listening
	var lanErr error
	for _, l := range r.addrs {
		if slices.Contains(endpoints, l.endpoint) {
			stay = append(stay, l)
		} else {
			leave = append(leave, l)
		}
	}
	for _, p := range endpoints {
		if slices.ContainsFunc(stay, func(l listening) bool { return l.endpoint == p }) {
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
				r.restore(stay, closed)
			}
			return err
		}
		fresh = append(fresh, listening{p, ln})
	}
	r.wanted, r.addrs, r.lanErr = endpoints, stay, lanErr
	r.serve(fresh)
	for _, l := range slices.Concat(leave, closed) { // whoever came in by these ends with the next Configure
		r.server.Retire(l.ln)
	}
	if r.c.beforeClose.Load() == nil {
		closeAll(leave)
	}
	r.c.setRunning()
	r.retire(leave)
	return nil
}

// retiringListeners are listeners that still serve those who have not been told of the new
// addresses.
type retiringListeners struct {
	once sync.Once
	all  []listening
}

func (l *retiringListeners) close() { l.once.Do(func() { closeAll(l.all) }) }

// retire closes listeners once nothing points at them.
func (r *running) retire(all []listening) {
	beforeClose := r.c.beforeClose.Load()
	if beforeClose == nil || len(all) == 0 {
		return
	}
	l := &retiringListeners{all: all}
	r.retiring = l
	r.c.wg.Add(1)
	go func() {
		defer r.c.wg.Done()
		(*beforeClose)()
		l.close()
	}()
}

// closeRetiring closes now what is about to be closed: its addresses may be wanted again.
func (r *running) closeRetiring() {
	if r.retiring != nil {
		r.retiring.close()
		r.retiring = nil
	}
}

// leaveMakesRoom reports whether addr may be taken by an address that is about
// to be closed, such as 127.0.0.1:9876 for 0.0.0.0:9876.
func leaveMakesRoom(leave []listening, addr string) bool {
	_, port, _ := net.SplitHostPort(addr)
	return slices.ContainsFunc(leave, func(l listening) bool {
		_, bound, _ := net.SplitHostPort(l.ln.Addr().String())
		return bound == port
	})
}

// restore binds addresses again that had been closed for others.
func (r *running) restore(stay, gone []listening) {
	r.addrs = stay
	for _, l := range gone {
		ln, err := bind(context.Background(), boundAgain(l))
		if err != nil {
			r.c.log.Error("an address could not be bound again", "error", err)
			continue
		}
		r.serve([]listening{{l.endpoint, ln}})
	}
	r.c.setRunning()
}

// boundAgain is the address of a closed listener, with the port that it had.
func boundAgain(l listening) string {
	tcp, ok := l.ln.Addr().(*net.TCPAddr)
	if !ok {
		return l.addr
	}
	return net.JoinHostPort(tcp.IP.String(), strconv.Itoa(tcp.Port))
}

// retryLAN listens on addresses of the LAN that were not there before.
func (r *running) retryLAN() {
	if r.lanErr == nil {
		return
	}
	var fresh []listening
	var lanErr error
	for _, p := range onLAN(r.wanted) {
		if slices.ContainsFunc(r.addrs, func(l listening) bool { return l.endpoint == p }) {
			continue
		}
		if ln, err := bind(context.Background(), p.addr); err != nil {
			lanErr = err
		} else {
			fresh = append(fresh, listening{p, ln})
		}
	}
	if len(fresh) > 0 {
		r.lanErr = lanErr
		r.serve(fresh)
		r.c.setRunning()
	}
}

func onLAN(endpoints []endpoint) []endpoint {
	return slices.DeleteFunc(slices.Clone(endpoints), func(p endpoint) bool { return !p.lan })
}
