package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	"posthouse/app/clients/shellenv"
	"posthouse/proxy"
	"posthouse/proxy/ca"
)

// MaxPrograms bounds the programs that have a listener for themselves.
const MaxPrograms = 16

// ErrTooManyPrograms is one more than MaxPrograms.
var ErrTooManyPrograms = fmt.Errorf("%d programs that are decrypted are open already: close one first", MaxPrograms)

// programAddr is where each of them listens: on any port, for this computer alone.
const programAddr = "127.0.0.1:0"

// ProgramListener is where one program is pointed that Posthouse opened: all that comes
// in by it is decrypted, whatever hosts the settings list; their exceptions hold. It
// outlives stops of the proxy, and takes the same port again. Close it when the program
// has ended. All methods are safe for concurrent use.
type ProgramListener struct {
	c    *Controller
	name string
	sole bool
	cert *x509.Certificate
	addr string

	ln net.Listener // the controller's goroutine's; closed while the proxy does not run
}

// Programs are the programs that were opened from here and have a listener for themselves.
// All methods are safe for concurrent use but those that say that the controller's
// goroutine calls them.
type Programs struct {
	c    *Controller
	open []*ProgramListener // the controller's goroutine's

	mu    sync.Mutex
	addrs []string // of open
}

// Programs are the programs that have a listener for themselves.
func (c *Controller) Programs() *Programs { return &c.programs }

// set says which are open. Only the controller's goroutine calls it.
func (p *Programs) set(open []*ProgramListener) {
	p.open = open
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addrs = nil
	for _, l := range open {
		p.addrs = append(p.addrs, l.addr)
	}
}

// has reports whether one of them listens on addr. It may be called from any goroutine.
func (p *Programs) has(addr string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.addrs, addr)
}

// Listen listens for a program that is about to be opened, whose rows are called name
// where the system does not tell the program; with sole, for one whose processes are all
// the same program, always. The proxy must run. Where there is no authority yet one is made.
func (p *Programs) Listen(name string, sole bool) (l *ProgramListener, err error) {
	err = ErrClosed
	p.c.ask(func() { l, err = p.listen(name, sole) })
	return l, err
}

func (p *Programs) listen(name string, sole bool) (*ProgramListener, error) {
	c := p.c
	switch {
	case c.Status().State != Running:
		return nil, ErrNotRunning
	case len(p.open) >= MaxPrograms:
		return nil, ErrTooManyPrograms
	}
	authority, err := c.decryption.openAuthority(ca.Options{})
	if err != nil {
		return nil, fmt.Errorf("the CA cannot be used: %w", err)
	}
	ln, err := bind(context.Background(), programAddr)
	if err != nil {
		return nil, err
	}
	l := &ProgramListener{c: c, name: name, sole: sole, cert: authority.Certificate(), addr: ln.Addr().String(), ln: ln}
	if err := c.decryption.decryptUnlisted(true); err != nil {
		_ = ln.Close()
		return nil, err
	}
	p.set(append(p.open, l))
	c.run.serveProgram(l)
	return l, nil
}

// serveProgram begins to serve a program.
func (r *running) serveProgram(l *ProgramListener) {
	ln := l.ln
	r.c.wg.Add(1)
	go func() {
		defer r.c.wg.Done()
		err := r.server.ServeProgram(ln, proxy.Program{Name: l.name, Sole: l.sole, Decrypt: true})
		if !errors.Is(err, proxy.ErrServerClosed) && !errors.Is(err, proxy.ErrListenerClosed) {
			_ = ln.Close()
			r.c.log.Error("a program that was opened is no longer served", "program", l.name, "error", err)
		}
	}()
}

// servePrograms listens again where programs were pointed that are open still.
func (r *running) servePrograms() {
	for _, l := range r.c.programs.open {
		ln, err := bind(context.Background(), l.addr)
		if err != nil {
			r.c.log.Error("a program that is open cannot be served any longer: open it anew", "program", l.name, "error", err)
			continue
		}
		l.ln = ln
		r.serveProgram(l)
	}
}

// Addr is where the program is to be pointed, host:port.
func (l *ProgramListener) Addr() string { return l.addr }

// Certificate is the CA's that the program must trust.
func (l *ProgramListener) Certificate() *x509.Certificate { return l.cert }

// StartPage is what a browser may show first: the page of Posthouse itself, in TLS, so that
// it is the first request that is decrypted. An authority that is limited to some domains
// cannot sign for it; then it is the page without TLS.
func (l *ProgramListener) StartPage() string {
	if len(l.cert.PermittedDNSDomains) > 0 {
		return PlainStartPage
	}
	return "https://" + proxy.MagicHost + "/"
}

// PlainStartPage is the page of Posthouse itself, for a browser that goes through it.
const PlainStartPage = "http://" + proxy.MagicHost + "/"

// Environment is as Controller.Environment, for a terminal that comes in here.
func (l *ProgramListener) Environment() (shellenv.Options, error) {
	return environment(l.addr, l.cert)
}

// Close ends it; connections that came in by it end by themselves.
func (l *ProgramListener) Close() {
	l.c.ask(func() {
		p := &l.c.programs
		at := slices.Index(p.open, l)
		if at < 0 {
			return
		}
		p.set(slices.Delete(p.open, at, at+1))
		_ = l.ln.Close()
		if len(p.open) > 0 {
			return
		}
		if err := l.c.decryption.decryptUnlisted(false); err != nil {
			l.c.log.Warn("the rules of decryption stay as they are", "error", err)
		}
	})
}
