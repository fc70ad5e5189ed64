package sysproxy

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"posthouse/app/desktop/dbus"
	"posthouse/app/desktop/filelock"
)

// A backend is one place where a desktop keeps its proxy settings.
type backend interface {
	// name identifies it in journals and reports.
	name() string
	// read returns every key that bears on the proxy.
	read(ctx context.Context) (snapshot, error)
	// plan is what must be written so that HTTP and HTTPS go to addr, in the
	// order in which it is safe to write.
	plan(before Values, addr string) []Change
	// apply writes and makes sure that it is written.
	apply(ctx context.Context, changes []Change) error
	// ties says which keys stand or fall together.
	ties(v Values) ties
	// summary tells what values mean.
	summary(v Values) Summary
	// off is values with every trace of our own address taken out.
	off(v Values, ours func(hostPort string) bool) Values
	// stamp changes when the settings may have changed; it is cheap.
	stamp() string
}

// snapshot is the state of a backend.
type snapshot struct {
	Values Values
	File   *file         // the whole file, where the backend is one
	Login  *url.Userinfo // of the HTTP proxy, where Values do not tell it
}

func (s snapshot) summary(b backend) Summary {
	sum := b.summary(s.Values)
	if sum.Login == nil && sum.HTTP != "" {
		sum.Login = s.Login
	}
	return sum
}

// file is a file as it was.
type file struct {
	Was  bool   `json:"was"` // false: there was none
	Text []byte `json:"text,omitempty"`
}

// wholeRestorer is a backend that can put its file back byte for byte, where
// nothing but what Posthouse wrote has changed in it.
type wholeRestorer interface {
	restoreWhole(before file, wrote []Change) (done bool, err error)
}

// refuser is a backend that knows of settings that it could not put back; they
// are not changed then.
type refuser interface {
	refuse(before Values) error
}

// ties: somebody who put an address of their own into a group has taken the
// master with it, even where the master still holds what Posthouse wrote.
type ties struct {
	masters []string
	groups  [][]string // the keys of a group are put back together or not at all
	// shortened reports whether now is what the system itself makes of what was
	// written to a key; nil where it keeps every value as it was written.
	shortened func(key string, wrote, now Value) bool
	// vanishing: a key goes with what it belongs to, such as a network service.
	vanishing bool
}

// holds reports whether a key has what was written to it.
func (t ties) holds(wrote Change, now Value) bool {
	return now == wrote.To || t.shortened != nil && t.shortened(wrote.Key, wrote.To, now)
}

// commandLimit bounds a helper program of the desktop.
const commandLimit = 3 * time.Second

// commander runs a helper program of the desktop and returns what it said.
type commander func(ctx context.Context, name string, args ...string) (string, error)

// commandsUnder returns a commander whose programs hold the lock too: when this
// process dies while one still writes, nobody else begins before it has ended.
func commandsUnder(held *filelock.Lock) commander {
	return func(ctx context.Context, name string, args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, commandLimit)
		defer cancel()
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Env = commandEnviron()
		cmd.WaitDelay = time.Second
		inheritLock(cmd, held)
		hideWindow(cmd)
		var out, errs limitedBuffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			return out.String(), &commandError{name: name, args: args, said: strings.TrimSpace(errs.String()), err: err}
		}
		return out.String(), nil
	}
}

type commandError struct {
	name string
	args []string
	said string
	err  error
}

func (e *commandError) Error() string {
	text := e.name + " " + strings.Join(e.args, " ") + ": " + e.err.Error()
	if e.said != "" {
		text += " (" + e.said + ")"
	}
	return text
}

func (e *commandError) Unwrap() error { return e.err }

// limitedBuffer keeps the first megabyte.
type limitedBuffer struct{ strings.Builder }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if room := 1<<20 - b.Len(); room > 0 {
		b.Builder.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// commandEnviron is our environment, with texts in UTF-8 and English, and with a
// bus address in any case: without one, GLib would start a bus that nobody ends.
func commandEnviron() []string {
	address := dbus.Address()
	if address == "" {
		address = dbus.Nowhere
	}
	return append(os.Environ(), "LC_ALL=C.UTF-8", "DBUS_SESSION_BUS_ADDRESS="+address)
}

// reachable turns the address of a listener into one that a client can use.
func reachable(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if err == nil && ip.Is6() && !ip.Is4In6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port), nil
}

// isLoopback reports whether a host is this computer by name or address.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// ownAddress reports whether a host:port is where Posthouse listens.
func ownAddress(addr string) func(string) bool {
	_, port, _ := net.SplitHostPort(addr)
	return func(hostPort string) bool {
		host, p, err := net.SplitHostPort(hostPort)
		return hostPort == addr || err == nil && p == port && isLoopback(host)
	}
}

// extended is a list with those of more that it lacks.
func extended(list []string, more ...string) []string {
	out := append([]string(nil), list...)
	for _, m := range more {
		found := false
		for _, have := range out {
			found = found || strings.EqualFold(have, m)
		}
		if !found {
			out = append(out, m)
		}
	}
	return out
}

// hostPort joins what desktops keep apart; empty where there is no host.
func hostPort(host, port string) string {
	if host == "" {
		return ""
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}

// fileStamp tells files apart that were written or replaced.
func fileStamp(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "none"
	}
	return info.ModTime().String() + " " + fileID(info)
}
