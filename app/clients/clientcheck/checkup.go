package clientcheck

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/shellenv"
	"posthouse/app/clients/trust"
	"posthouse/app/desktop/sysproxy"
	"posthouse/app/desktop/sysproxy/backend"
)

// Options say what is checked. Proxy and Host are needed.
type Options struct {
	Proxy string // host:port where the proxy listens
	Host  *Host  // which that proxy answers
	Named string // host:port that remedies name; "": Proxy

	// CAFile and Bundle are where the authority's certificate is written, alone
	// and with the system's, for remedies to name; "" leaves those out.
	CAFile, Bundle string

	Env      []string      // of the clients; nil: this process's
	Home     string        // the user's; "": this user's
	Parallel int           // clients that are tried together; 0: 2
	Limit    time.Duration // of one program; 0: 25 s

	// Roots are what the system trusts; nil: trust.SystemPool, read for each try.
	Roots func() (*x509.CertPool, error)
	// SystemProxy reads the desktop's settings; nil: sysproxy.Read.
	SystemProxy func(context.Context) []sysproxy.Summary
}

// defaultParallel is few: two of them are browsers, and the person goes on working.
const defaultParallel = 2

// Checkup tries clients. Run may be called again, one run at a time.
type Checkup struct {
	o        Options
	computer *host.Computer
	proxy    string // as clients reach it
	routes   routes
	remedies remedies
	temp     string // folder of one run
}

// New makes a Checkup.
func New(o Options) (*Checkup, error) {
	if o.Env == nil {
		o.Env = os.Environ()
	}
	if o.Home == "" {
		o.Home, _ = os.UserHomeDir() // without one there are no settings to be read
	}
	if o.Parallel <= 0 {
		o.Parallel = defaultParallel
	}
	if o.Limit <= 0 {
		o.Limit = defaultLimit
	}
	if o.Roots == nil {
		o.Roots = trust.SystemPool
	}
	if o.SystemProxy == nil {
		o.SystemProxy = sysproxy.Read
	}
	addr, err := backend.Reachable(o.Proxy)
	if err != nil {
		return nil, fmt.Errorf("%q is no address of a proxy: %w", o.Proxy, err)
	}
	named := addr
	if o.Named != "" {
		if named, err = backend.Reachable(o.Named); err != nil {
			return nil, fmt.Errorf("%q is no address of a proxy: %w", o.Named, err)
		}
	}
	computer := host.New(o.Env, o.Home)
	computer.AddUsualDirs()
	c := &Checkup{o: o, computer: computer, proxy: addr, routes: routes{computer: computer, proxy: addr},
		remedies: remedies{computer: computer, host: o.Host, proxy: named, caFile: o.CAFile}}
	if computer.OS == "windows" {
		c.remedies.shell = shellenv.PowerShell
	}
	return c, nil
}

// Clients are the rows, in the order in which they are shown: every kind once
// at least, Missing where it is not on this computer. Nothing is run for it.
func (c *Checkup) Clients() []Result {
	var all []Result
	for _, one := range c.clients() {
		all = append(all, one.row)
	}
	return all
}

// told are the variables that tell a client to use the proxy for everything,
// whatever else the environment says.
func (c *Checkup) told() []string {
	at := "http://" + c.proxy
	return []string{"http_proxy=" + at, "https_proxy=" + at, "HTTPS_PROXY=" + at, "no_proxy=", "NO_PROXY=", "all_proxy=",
		"ALL_PROXY=", "LC_ALL=C"}
}

// client is one row and how it is tried.
type client struct {
	row Result
	try func(ctx context.Context, r *Result)
}

func (c *Checkup) clients() []client {
	all := []client{c.system(), c.curl(), c.wget(), c.git(), c.node(), c.python(), c.requests(), c.java(), c.golang()}
	return append(append(all, c.chromes()...), c.firefoxes()...)
}

// Run tries the clients with the given IDs, all where there are none, and tells
// progress what becomes of each: Trying, and then what was found. progress is
// called by one goroutine at a time. The error says that nothing could be tried
// (ErrNoAuthority first of all), or that ctx ended; what was tried until then was told.
func (c *Checkup) Run(ctx context.Context, ids []string, progress func(Result)) (err error) {
	a, err := c.o.Host.Authority()
	if err != nil {
		return err
	}
	temp, held, err := newTemp()
	if err != nil {
		return err
	}
	c.temp = temp
	defer func() {
		held.Release() // Windows removes no file that is open
		err = errors.Join(err, removeAll(temp))
	}()
	if c.o.CAFile != "" {
		if err := trust.WriteCertificate(c.o.CAFile, a.Certificate()); err != nil {
			return err
		}
	}
	c.remedies.bundle = ""
	if c.o.Bundle != "" && trust.WriteBundle(c.o.Bundle, a.Certificate()) == nil {
		c.remedies.bundle = c.o.Bundle
	}
	c.routes.desktops = c.o.SystemProxy(ctx)
	c.remedies.systemTrusted = c.trustsInProcess(ctx) == nil

	all := slices.DeleteFunc(c.clients(), func(one client) bool {
		return len(ids) > 0 && !slices.Contains(ids, one.row.ID)
	})
	var tell sync.Mutex
	told := func(r Result) {
		tell.Lock()
		defer tell.Unlock()
		progress(r)
	}
	places := make(chan struct{}, c.o.Parallel)
	var wg sync.WaitGroup
	for _, one := range all {
		if one.row.State == Missing {
			told(one.row)
			continue
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-places }()
			told(c.tryOne(ctx, one, told))
		})
	}
	wg.Wait()
	return ctx.Err()
}

func (c *Checkup) tryOne(ctx context.Context, one client, told func(Result)) Result {
	r := one.row
	r.State = Trying
	told(r)
	start := time.Now()
	one.try(ctx, &r)
	if ctx.Err() != nil && r.State != Trusted {
		r.State, r.Reason, r.Remedies = Untested, ReasonCancelled, nil
	}
	r.Took = time.Since(start)
	return r
}

// removeAll removes a folder that a killed program may still hold for a moment.
func removeAll(dir string) (err error) {
	for range 10 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond) // Windows keeps files of a process for a moment
	}
	return err
}

// folder makes an empty one for a program to run in.
func (c *Checkup) folder() string {
	dir, err := os.MkdirTemp(c.temp, "")
	if err != nil {
		return c.temp
	}
	return dir
}

// write puts a script into a new folder.
func (c *Checkup) write(name, text string) (string, error) {
	path := filepath.Join(c.folder(), name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}
