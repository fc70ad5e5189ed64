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
	historyOn    = "posthouse, -history"
	goproxyAsIs  = "goproxy, as it comes"
	nghttpx      = "nghttpx"
	haproxy      = "haproxy"
	haproxyAsIs  = "haproxy, as it comes"
	mitmdump     = "mitmdump"
)

var (
	// peers are the forward proxies of others,
	peers = []string{"privoxy", "squid", "tinyproxy", "apache", "goproxy", "martian"}
	// decrypting those of them that can look into TLS,
	decrypting = []string{"goproxy", "martian"}
	// and others are measured beside them at some works: reverse proxies, which
	// have one origin and need not look for it, and one that is in Python.
	others = []string{goproxyAsIs, nghttpx, haproxy, haproxyAsIs, mitmdump}
)

// contender is a program that is measured.
type contender struct {
	name  string
	needs string // a program that must be installed
	// blind means that it has one fixed origin: no CONNECT, and the certificate
	// that clients are shown is the origin's.
	blind bool
	// hangsUp means that it closes after each answer, though the answer does
	// not say so.
	hangsUp bool
	// authority is the PEM file of the CA that signs what clients are shown
	// instead of the origin's certificates, in the contender's directory.
	authority string
	// onDisk means that what it writes is to lie on a disk, not in memory as the rest of a run.
	onDisk  bool
	command func(s setup) ([]string, error)
}

// isPeer reports whether a run goes on without it.
func (c contender) isPeer() bool {
	return slices.Contains(peers, c.name) || slices.Contains(others, c.name)
}

// setup is what a contender is started with.
type setup struct {
	bin    string // directory of the programs built for this run
	dir    string // its own directory
	addr   string // where it has to listen
	origin string // the fixed one: of the work's server, inside TLS where the work is
	certs  string // directory with key.pem and a certificate of each of the origin's hosts
	bulk   bool   // large bodies follow, not small messages
	// threads is how many those get that have to be told.
	threads int
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
		{name: historyOn, onDisk: true, command: posthouse("-record=true", "-events", "none", "-history", "7d")},
		{name: "privoxy", needs: "privoxy", command: privoxy},
		{name: "squid", needs: "squid", command: squid},
		{name: "tinyproxy", needs: "tinyproxy", hangsUp: true, command: tinyproxy},
		{name: "apache", needs: "apache2", command: apache},
		{name: "goproxy", authority: "ca.pem", command: builtPeer("goproxy")},
		{name: goproxyAsIs, authority: "ca.pem", command: builtPeer("goproxy", "-untuned")},
		{name: "martian", authority: "ca.pem", command: builtPeer("martian")},
		{name: nghttpx, needs: "nghttpx", blind: true, command: nghttpxCommand},
		{name: haproxy, needs: "haproxy", blind: true, command: haproxyCommand},
		{name: haproxyAsIs, needs: "haproxy", blind: true, command: haproxyUntuned},
		{name: mitmdump, needs: "mitmdump", authority: mitmdumpAuthority, command: mitmdumpCommand},
	}
}

// instance is a contender under way.
type instance struct {
	contender
	addr       string
	answerSize int            // bytes of a whole answer with the small file
	roots      *x509.CertPool // of whom a client trusts inside TLS
	visited    int            // hosts that were visited, each once
	carrier    *carrier       // leads clients that know no proxies through it; nil where the work needs none
	*process
}

// start runs c for a work; with direct the origin itself stands in for it.
func (c contender) start(ctx context.Context, b *bench, w work) (*instance, error) {
	if c.name == direct {
		return b.directly(ctx, c, w)
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
	state, err := b.stateDir(c, dir)
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
	s := setup{bin: b.bin, dir: dir, addr: addr, origin: b.origin.addr, certs: b.origin.certs, bulk: w.bulk, threads: b.threads()}
	if w.secure {
		s.roots, s.origin = b.origin.rootsFile, b.origin.secured[w.server]
	}
	command, err := c.command(s)
	if err != nil {
		return nil, err
	}
	// A separate posthoused, without anyone's settings.
	env := []string{"HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_STATE_HOME=" + state, "XDG_CACHE_HOME=" + dir}
	p, err := startProcess(ctx, "proxy", dir, b.cpus, command, env, addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	in := &instance{contender: c, addr: addr, process: p}
	if w.secure {
		err = in.trust(ctx, b, dir)
	}
	if err == nil && w.carried {
		in.carrier, err = startCarrier(ctx, b, in, w)
	}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return in, nil
}

// stateDir is where a contender keeps its state.
func (b *bench) stateDir(c contender, dir string) (string, error) {
	if !c.onDisk {
		return dir, nil
	}
	if b.disk == "" {
		var err error
		if b.disk, err = os.MkdirTemp("/var/tmp", "posthouse-bench-"); err != nil {
			return "", err
		}
	}
	return os.MkdirTemp(b.disk, "state-")
}

// trust reads the contender's own CA and no other: had it not looked into TLS, the
// client would not trust what it is shown. It may listen before it has written that.
func (i *instance) trust(ctx context.Context, b *bench, dir string) error {
	file := filepath.Join(dir, i.authority)
	if i.blind {
		file = b.origin.rootsFile
	}
	return i.await(ctx, "has no CA", func() bool {
		var err error
		i.roots, err = readRoots(file)
		return err == nil
	})
}

// directly is the origin in place of a proxy.
func (b *bench) directly(ctx context.Context, c contender, w work) (*instance, error) {
	in := &instance{contender: c, addr: b.origin.addr, process: b.origin.process}
	if !w.secure {
		return in, nil
	}
	in.addr = b.origin.secured[w.server]
	if w.server == multiplexed {
		in.process = b.origin.h2
	}
	var err error
	in.roots, err = readRoots(b.origin.rootsFile)
	if err == nil && w.carried {
		in.carrier, err = startCarrier(ctx, b, in, w)
	}
	return in, err
}

// threads is two where the proxies have CPUs to themselves. Where all share two
// cores, a second thread costs nghttpx and haproxy half as much CPU again and
// brings no more requests.
func (b *bench) threads() int {
	if b.cpus == "" {
		return 1
	}
	return 2
}

func (i *instance) stop() {
	if i.carrier != nil {
		i.carrier.stop()
	}
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
