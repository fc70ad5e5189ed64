package setup

import (
	"strings"
	"time"

	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/app/switches/systemproxy"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// facts is how things stand, as the guide sees it.
type facts struct {
	status    app.Status
	address   string // where programs are to be pointed
	hosts     []string
	authority *app.Authority // nil: there is none that can be used
	broken    error          // why not, if one is there
	system    systemproxy.Phase

	captured bool      // something has passed since the guide was opened
	first    *flow.Row // the first decrypted exchange; nil: none yet
	refused  *flow.Row // the last client that did not take the certificate, since then
	closed   *flow.Row // the last tunnel that was not opened
	stores   []trust.Step
}

// on reports whether anything is decrypted.
func (f *facts) on() bool { return len(f.hosts) > 0 }

// trusted are the kinds of stores that have the certificate.
func (f *facts) trusted() (kinds []trust.Kind) {
	for _, s := range f.stores {
		if s.Skip == nil && s.State == trust.Present {
			kinds = append(kinds, s.Kind)
		}
	}
	return kinds
}

// observer finds the facts. Its methods are for one goroutine at a time.
type observer struct {
	deps   Deps
	since  time.Time
	cursor capture.Cursor
	facts  facts
	watch  *capture.Watcher
	status *app.Watcher
}

// rowsAtOnce bounds how many rows are looked at in one step.
const rowsAtOnce = 512

func observe(d Deps) *observer {
	return &observer{deps: d, since: time.Now(), watch: d.Controller.Store().Watch(), status: d.Controller.Watch()}
}

func (o *observer) close() {
	o.watch.Close()
	o.status.Close()
}

// look brings the facts up to date. It reads what passed since the last look and
// the authority's file, so it is not for the UI goroutine.
func (o *observer) look() facts {
	for more := true; more; {
		b := o.deps.Controller.Store().Changes(o.cursor, rowsAtOnce)
		o.cursor, more = b.Next, b.More
		for i := range b.Rows {
			o.take(&b.Rows[i])
		}
	}
	return o.standing()
}

// standing brings up to date what does not lie in the store.
func (o *observer) standing() facts {
	f := &o.facts
	current := o.deps.Controller.Settings()
	f.status = o.deps.Controller.Status()
	f.address = current.Addrs()[0]
	if f.status.State == app.Running && len(f.status.Addrs) > 0 {
		f.address = f.status.Addrs[0]
	}
	f.hosts = nil
	if current.Decrypt.Active() {
		f.hosts = current.Decrypt.Hosts
	}
	f.authority, f.broken = o.deps.Controller.Decryption().Authority()
	f.system = o.deps.System.Status().Phase
	return *f
}

// take notes what a row tells.
func (o *observer) take(row *flow.Row) {
	f := &o.facts
	if row.Start.After(o.since) && row.Kind != flow.KindLocal {
		f.captured = true
	}
	switch row.TLS.Outcome {
	case flow.TLSDecrypted, flow.TLSBadCertificate:
		if row.Kind == flow.KindTunnel {
			return // its requests have their own rows
		}
		if f.first == nil {
			first := *row
			f.first = &first
		}
		if f.refused != nil && f.refused.Host == tunnelHost(row) {
			f.refused = nil // this one was taken since
		}
	case flow.TLSRefused:
		if row.Start.After(o.since) {
			last := *row
			f.refused = &last
		}
	case flow.TLSNone:
		if row.Kind == flow.KindTunnel && row.TLS.Seen && row.Start.After(o.since) {
			last := *row
			f.closed = &last
		}
	}
}

// tunnelHost is the host of a row with its port, as tunnels have it.
func tunnelHost(row *flow.Row) string {
	if row.Scheme == "https" && !strings.Contains(row.Host[strings.LastIndexByte(row.Host, ']')+1:], ":") {
		return row.Host + ":443"
	}
	return row.Host
}

// bareHost is the host without a port.
func bareHost(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	return strings.Trim(host, "[]")
}
