package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// The names of the contenders; they stand in tables and in -proxies.
const (
	direct       = "no proxy"
	relay        = "relay"
	recording    = "posthouse"
	recordingOff = "posthouse, recording off"
	eventsOn     = "posthouse, -events"
	goproxyAsIs  = "goproxy, as it comes"
)

var (
	// peers are the proxies of others,
	peers = []string{"privoxy", "squid", "tinyproxy", "apache", "goproxy", "martian"}
	// and decrypting those of them that can look into TLS.
	decrypting = []string{"goproxy", "martian"}
)

// contender is a program that is measured.
type contender struct {
	name  string
	needs string // a program that must be installed
	// blind means that it takes the origin's connections as they are: no
	// CONNECT, and nothing to verify but the origin's own answers.
	blind bool
	// hangsUp means that it closes after each answer, though the answer does
	// not say so.
	hangsUp bool
	// authority is the PEM file of the CA that signs what clients are shown
	// instead of the origin's certificates, in the contender's directory.
	authority string
	command   func(s setup) ([]string, error)
}

// isPeer reports whether a run goes on without it.
func (c contender) isPeer() bool { return c.name == goproxyAsIs || slices.Contains(peers, c.name) }

// setup is what a contender is started with.
type setup struct {
	bin    string // directory of the programs built for this run
	dir    string // its own directory
	addr   string // where it has to listen
	origin string
	bulk   bool // large bodies follow, not small messages
	// roots is the PEM file of the origin's CA if what is inside TLS is to be
	// looked into, else "".
	roots string
}

// contenders lists all, in the order of the tables.
func contenders() []contender {
	return []contender{
		{name: direct, blind: true},
		{name: relay, blind: true, command: relayCommand},
		{name: recording, authority: "ca/ca.pem", command: posthouse("-record=true", "-events", "none")},
		{name: recordingOff, authority: "ca/ca.pem", command: posthouse("-record=false", "-events", "none")},
		{name: eventsOn, command: posthouse("-record=true", "-events", "/dev/null")},
		{name: "privoxy", needs: "privoxy", command: privoxy},
		{name: "squid", needs: "squid", command: squid},
		{name: "tinyproxy", needs: "tinyproxy", hangsUp: true, command: tinyproxy},
		{name: "apache", needs: "apache2", command: apache},
		{name: "goproxy", authority: "ca.pem", command: builtPeer("goproxy")},
		{name: goproxyAsIs, authority: "ca.pem", command: builtPeer("goproxy", "-untuned")},
		{name: "martian", authority: "ca.pem", command: builtPeer("martian")},
	}
}

// instance is a contender under way.
type instance struct {
	contender
	addr       string
	answerSize int            // bytes of a whole answer with the small file
	roots      *x509.CertPool // of whom a client trusts inside TLS
	visited    int            // hosts that were visited, each once
	*process
}

// start runs c for a work; with direct the origin itself stands in for it.
func (c contender) start(ctx context.Context, b *bench, w work) (*instance, error) {
	if c.name == direct {
		return b.directly(c, w)
	}
	if c.needs != "" {
		if _, err := exec.LookPath(c.needs); err != nil {
			return nil, fmt.Errorf("%s is not installed", c.needs)
		}
	}
	dir, err := os.MkdirTemp(b.dir, "proxy-")
	if err != nil {
		return nil, err
	}
	// squid gives up root and must still write here.
	if err := os.Chmod(dir, 0o777); err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := setup{bin: b.bin, dir: dir, addr: addr, origin: b.origin.addr, bulk: w.bulk}
	if w.secure {
		s.roots = b.origin.rootsFile
	}
	command, err := c.command(s)
	if err != nil {
		return nil, err
	}
	// A separate posthoused, without anyone's settings.
	env := []string{"HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_STATE_HOME=" + dir, "XDG_CACHE_HOME=" + dir}
	p, err := startProcess(ctx, "proxy", dir, b.cpus, command, env, addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	in := &instance{contender: c, addr: addr, process: p}
	if w.secure {
		// The contender's own CA and no other: had it not looked into TLS, the
		// client would not trust what it is shown.
		// It may listen before it has written that.
		err := p.await(ctx, "has no CA", func() (ok bool) {
			in.roots, err = readRoots(filepath.Join(dir, c.authority))
			return err == nil
		})
		if err != nil {
			p.stop()
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return in, nil
}

// directly is the origin in place of a proxy.
func (b *bench) directly(c contender, w work) (*instance, error) {
	in := &instance{contender: c, addr: b.origin.addr, process: b.origin.process}
	if !w.secure {
		return in, nil
	}
	in.addr = b.origin.secured
	var err error
	in.roots, err = readRoots(b.origin.rootsFile)
	return in, err
}

func (i *instance) stop() {
	if i.name != direct {
		i.process.stop()
	}
}

func relayCommand(s setup) ([]string, error) {
	command := []string{filepath.Join(s.bin, "relay"), "-listen", s.addr, "-origin", s.origin}
	if !s.bulk {
		// The kernel's way costs more for small messages, and the relay is to
		// be the floor.
		command = append(command, "-plain")
	}
	return command, nil
}

func posthouse(flags ...string) func(setup) ([]string, error) {
	return func(s setup) ([]string, error) {
		command := append([]string{filepath.Join(s.bin, "posthoused"), "-listen", s.addr}, flags...)
		if s.roots != "" {
			command = append(command, "-decrypt", "all", "-ca", filepath.Join(s.dir, "ca"), "-extra-roots", s.roots)
		}
		return command, nil
	}
}

func builtPeer(name string, flags ...string) func(setup) ([]string, error) {
	return func(s setup) ([]string, error) {
		command := append([]string{filepath.Join(s.bin, name), "-listen", s.addr}, flags...)
		if s.roots != "" {
			command = append(command, "-roots", s.roots, "-authority", filepath.Join(s.dir, "ca.pem"))
		}
		return command, nil
	}
}

// pick keeps the contenders named; all of them for no names.
func pick(names []string) ([]contender, error) {
	all := contenders()
	if len(names) == 0 {
		return all, nil
	}
	var list []contender
	for _, name := range names {
		i := slices.IndexFunc(all, func(c contender) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no proxy %q", name)
		}
		list = append(list, all[i])
	}
	return list, nil
}
