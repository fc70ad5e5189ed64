package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/process"
)

// BindReason is why an address could not be listened on.
type BindReason uint8

const (
	BindOther      BindReason = iota
	BindInUse                 // another program listens there
	BindPermission            // the system does not let this user listen there
	BindNotLocal              // the address is not one of this computer's
	BindBadAddress            // the text is no address
)

// BindError says which address could not be listened on, and why.
type BindError struct {
	Addr    string
	Reason  BindReason
	Err     error
	Suggest int // a port that is free on the same host, 0 if none was found

	Program flow.App // that listens there, where that can be told
}

func (e *BindError) Error() string {
	try := ""
	if e.Suggest > 0 {
		try = fmt.Sprintf(", or use port %d", e.Suggest)
	}
	switch e.Reason {
	case BindInUse:
		who := "another program"
		if e.Program.Name != "" {
			who = fmt.Sprintf("%s (process %d)", e.Program.Name, e.Program.PID)
		}
		return fmt.Sprintf("cannot listen on %s: %s uses this port. Stop that program%s", e.Addr, who, try)
	case BindPermission:
		return fmt.Sprintf("cannot listen on %s: the system reserves this port. Use one above 1023%s", e.Addr, try)
	case BindNotLocal:
		return fmt.Sprintf("cannot listen on %s: this address is not one of this computer's", e.Addr)
	case BindBadAddress:
		return fmt.Sprintf("cannot listen on %q: write host:port, such as 127.0.0.1:9876", e.Addr)
	}
	return fmt.Sprintf("cannot listen on %s: %v", e.Addr, e.Err)
}

func (e *BindError) Unwrap() error { return e.Err }

// Windows' numbers for what unix calls EADDRINUSE, EADDRNOTAVAIL and EACCES.
const (
	windowsInUse    = syscall.Errno(10048)
	windowsNotLocal = syscall.Errno(10049)
	windowsNoAccess = syscall.Errno(10013)
)

func bindReason(err error) BindReason {
	var addr *net.AddrError
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRINUSE), errors.Is(err, windowsInUse):
		return BindInUse
	case errors.Is(err, fs.ErrPermission), errors.Is(err, windowsNoAccess):
		return BindPermission
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, windowsNotLocal):
		return BindNotLocal
	case errors.As(err, &addr), errors.As(err, &dns):
		return BindBadAddress
	}
	return BindOther
}

// bindTime bounds how long one address may take to resolve and bind.
const bindTime = 5 * time.Second

// bind listens on addr. Keep-alive probes are left to the proxy, which sets
// them where they serve.
func bind(ctx context.Context, addr string) (net.Listener, error) {
	ctx, cancel := context.WithTimeout(ctx, bindTime)
	defer cancel()
	ln, err := proxy.Listen(ctx, addr)
	if err == nil {
		return ln, nil
	}
	bad := &BindError{Addr: addr, Reason: bindReason(err), Err: err}
	if bad.Reason == BindInUse || bad.Reason == BindPermission {
		bad.Suggest = freePort(ctx, addr)
	}
	return nil, bad
}

// blame finds out which program has the port that is wanted, where that is what is wrong. It is for errors that a
// person reads: all processes are looked through.
func blame(err error) error {
	var bad *BindError
	if !errors.As(err, &bad) || bad.Reason != BindInUse {
		return err
	}
	host, text, err2 := net.SplitHostPort(bad.Addr)
	if err2 != nil {
		return err
	}
	if port, err2 := strconv.ParseUint(text, 10, 16); err2 == nil {
		addr, _ := netip.ParseAddr(host) // of a name: any
		bad.Program = process.Listening(addr, uint16(port))
	}
	return err
}

// freePort looks for a port near the wanted one.
func freePort(ctx context.Context, addr string) int {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	if port < 1024 {
		port = 8000 + port - 1
	}
	for next := port + 1; next <= port+50 && next <= 65535; next++ {
		if ln, err := proxy.Listen(ctx, net.JoinHostPort(host, strconv.Itoa(next))); err == nil {
			_ = ln.Close()
			return next
		}
	}
	return 0
}
