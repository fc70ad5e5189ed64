//go:build windows || darwin

package process

import (
	"context"
	"net/netip"
	"path/filepath"
	"runtime"
	"time"

	gonet "github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"

	"posthouse/proxy/flow"
)

// findLimit is how long one batch may take.
const findLimit = 2 * time.Second

// listsAll is whether connections of other users' processes are listed as well: one that
// is not there has ended then.
const listsAll = runtime.GOOS == "windows"

// system looks connections up.
type system struct{}

type ends struct{ client, own netip.AddrPort }

// find answers questions, in their order.
func (s *system) find(questions []question) []flow.App {
	apps := make([]flow.App, len(questions))
	ctx, cancel := context.WithTimeout(context.Background(), findLimit)
	defer cancel()
	before := owners(ctx)
	for i, q := range questions {
		switch pid, listed := before[ends{q.client, q.own}]; {
		case pid > 0:
			apps[i] = identify(ctx, pid)
		case !listed && listsAll && before != nil:
			apps[i] = flow.AppEnded
		}
	}
	// Only if the same process still holds the connection is it surely who asked.
	after := owners(ctx)
	for i, q := range questions {
		e := ends{q.client, q.own}
		if before[e] != after[e] {
			apps[i] = flow.App{}
		}
	}
	return apps
}

// owners are the PIDs of the TCP connections of this machine, by both addresses.
func owners(ctx context.Context) map[ends]int32 {
	all, err := gonet.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return nil
	}
	pids := make(map[ends]int32, len(all))
	for _, c := range all {
		pids[ends{address(c.Laddr), address(c.Raddr)}] = c.Pid
	}
	return pids
}

// Listening is the program that listens on a port of this computer, so that no other can at addr; the zero App where
// that cannot be told. An address that is none stands for all.
func Listening(addr netip.Addr, port uint16) flow.App {
	ctx, cancel := context.WithTimeout(context.Background(), findLimit)
	defer cancel()
	all, err := gonet.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return flow.App{}
	}
	for _, c := range all {
		own := address(c.Laddr)
		if c.Laddr.IP == "*" { // as lsof has it
			own = netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(c.Laddr.Port))
		}
		if c.Status == "LISTEN" && c.Pid > 0 && own.Port() == port && inTheWay(own.Addr(), addr) {
			return identify(ctx, c.Pid)
		}
	}
	return flow.App{}
}

func address(a gonet.Addr) netip.AddrPort {
	ip, err := netip.ParseAddr(a.IP)
	if err != nil || a.Port > 65535 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(a.Port))
}

func identify(ctx context.Context, pid int32) flow.App {
	p, err := process.NewProcessWithContext(ctx, pid)
	if err != nil {
		return flow.App{}
	}
	app := flow.App{PID: pid}
	if path, err := p.ExeWithContext(ctx); err == nil && path != "" {
		app.Path, app.Name = path, filepath.Base(path)
	} else if app.Name, err = p.NameWithContext(ctx); err != nil || app.Name == "" {
		return flow.App{}
	}
	return app
}
