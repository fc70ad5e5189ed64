package main

import (
	"context"
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
)

// peers are the proxies of others.
var peers = []string{"privoxy", "squid", "tinyproxy", "apache", "goproxy", "martian"}

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
	command func(s setup) ([]string, error)
}

// setup is what a contender is started with.
type setup struct {
	bin    string // directory of the programs built for this run
	dir    string // its own directory
	addr   string // where it has to listen
	origin string
	bulk   bool // large bodies follow, not small messages
}

// contenders lists all, in the order of the tables.
func contenders() []contender {
	return []contender{
		{name: direct, blind: true},
		{name: relay, blind: true, command: relayCommand},
		{name: recording, command: posthouse("-record=true", "-events", "none")},
		{name: recordingOff, command: posthouse("-record=false", "-events", "none")},
		{name: eventsOn, command: posthouse("-record=true", "-events", "/dev/null")},
		{name: "privoxy", needs: "privoxy", command: privoxy},
		{name: "squid", needs: "squid", command: squid},
		{name: "tinyproxy", needs: "tinyproxy", hangsUp: true, command: tinyproxy},
		{name: "apache", needs: "apache2", command: apache},
		{name: "goproxy", command: builtPeer("goproxy")},
		{name: "martian", command: builtPeer("martian")},
	}
}

// instance is a contender under way.
type instance struct {
	contender
	addr       string
	answerSize int // bytes of a whole answer with the small file
	*process
}

// start runs c; with direct the origin itself stands in for it.
func (c contender) start(ctx context.Context, b *bench, bulk bool) (*instance, error) {
	if c.name == direct {
		return &instance{contender: c, addr: b.origin.addr, process: b.origin.process}, nil
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
	command, err := c.command(setup{bin: b.bin, dir: dir, addr: addr, origin: b.origin.addr, bulk: bulk})
	if err != nil {
		return nil, err
	}
	// A posthoused of its own: nobody's settings.
	env := []string{"HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_STATE_HOME=" + dir, "XDG_CACHE_HOME=" + dir}
	p, err := startProcess(ctx, "proxy", dir, b.cpus, command, env, addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return &instance{contender: c, addr: addr, process: p}, nil
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
		return append([]string{filepath.Join(s.bin, "posthoused"), "-listen", s.addr}, flags...), nil
	}
}

func builtPeer(name string) func(setup) ([]string, error) {
	return func(s setup) ([]string, error) {
		return []string{filepath.Join(s.bin, name), "-listen", s.addr}, nil
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
