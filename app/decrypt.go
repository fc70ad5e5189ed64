package app

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"posthouse/app/settings"
	"posthouse/proxy/ca"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/reason"
)

// compilePolicy reads the files that the settings name and compiles them. With unlisted there are programs all of whose
// tunnels are opened, so that an authority is needed whatever hosts are listed. An error
// is a *ValueError.
func compilePolicy(d *settings.Decrypt, unlisted bool) (*decrypt.Policy, *ca.Authority, error) {
	o := decrypt.Options{NeverRecord: d.NeverRecord, Insecure: d.InsecureUpstream, OwnHello: d.TLS == settings.TLSOwn}
	var authority *ca.Authority
	if d.Active() || unlisted {
		o.Hosts = patterns(d)
		var err error
		if authority, err = ca.Open(d.AuthorityDir(), ca.Options{}); err != nil {
			return nil, nil, &settings.ValueError{Key: "decrypt.ca", Value: strconv.Quote(d.AuthorityDir()),
				Rule: settings.RuleReason, Args: []any{err}, Remedy: err.Error()}
		}
		o.Minter = authority
	}
	return compileTable(d, o, authority)
}

// compileOrigins is what of the table concerns origins alone.
func compileOrigins(d *settings.Decrypt) (*decrypt.Policy, error) {
	o := decrypt.Options{NeverRecord: d.NeverRecord, Insecure: d.InsecureUpstream, OwnHello: d.TLS == settings.TLSOwn}
	p, _, err := compileTable(d, o, nil)
	return p, err
}

// compileTable adds to options what of the table concerns origins.
func compileTable(d *settings.Decrypt, o decrypt.Options, authority *ca.Authority) (*decrypt.Policy, *ca.Authority, error) {
	for _, text := range d.Pins {
		pin, err := decrypt.ParsePin(text)
		if err != nil {
			return nil, nil, &settings.ValueError{Key: "decrypt.pins", Value: strconv.Quote(text),
				Rule: settings.RuleReason, Args: []any{err}, Remedy: err.Error()}
		}
		o.Pins = append(o.Pins, pin)
	}
	if d.ExtraRoots != "" {
		text, err := settings.ReadFile(d.ExtraRoots)
		if err != nil {
			return nil, nil, &settings.ValueError{Key: "decrypt.extra_roots", Value: strconv.Quote(d.ExtraRoots),
				Rule: settings.RuleUnreadable, Args: []any{err}, Remedy: "it cannot be read: " + settings.Reason(err)}
		}
		o.ExtraRoots = text
	}
	for _, text := range d.ClientCertificates {
		one, err := readCertificate(text)
		if err != nil {
			return nil, nil, &settings.ValueError{Key: "decrypt.client_certificates", Value: strconv.Quote(text),
				Rule: settings.RuleReason, Args: []any{err}, Remedy: err.Error()}
		}
		o.ClientCertificates = append(o.ClientCertificates, one)
	}
	p, err := decrypt.New(o)
	if errors.Is(err, decrypt.ErrNoRoots) {
		return nil, nil, &settings.ValueError{Key: "decrypt.extra_roots", Value: strconv.Quote(d.ExtraRoots),
			Rule: settings.RuleReason, Args: []any{err}, Remedy: err.Error()}
	}
	if err != nil {
		return nil, nil, &settings.ValueError{Key: "decrypt", Value: "this table", Rule: settings.RuleReason, Args: []any{err},
			Remedy: err.Error()}
	}
	return p, authority, nil
}

// patterns are the hosts to decrypt and the exceptions; the latter alone while no host is
// to be decrypted.
func patterns(d *settings.Decrypt) (all []string) {
	for _, pattern := range d.Hosts {
		if d.Active() || strings.IndexAny(strings.TrimSpace(pattern), "-!") == 0 {
			all = append(all, pattern)
		}
	}
	for _, pattern := range d.Except {
		all = append(all, "-"+strings.TrimLeft(strings.TrimSpace(pattern), "-!"))
	}
	return all
}

func readCertificate(text string) (one decrypt.ClientCertificate, err error) {
	host, file, second, err := settings.SplitClientCertificate(text)
	if err != nil {
		return one, err
	}
	content, err := settings.ReadFile(file)
	if err != nil {
		return one, unread(file, err)
	}
	var extra []byte
	if second != "" {
		if extra, err = settings.ReadFile(second); err != nil {
			return one, unread(second, err)
		}
	}
	one.Host = host
	one.Certificate, err = decrypt.ParseClientCertificate(content, extra, strings.TrimRight(string(extra), "\r\n"))
	return one, err
}

// unread says which file cannot be read, without its folder.
func unread(file string, err error) error {
	return reason.Wrap(withoutName(err), reason.FileUnread, filepath.Base(file))
}

// withoutName is an error of a file whose name stands beside it already.
func withoutName(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

// Decryption is which tunnels are opened, with which authority, and what clients and
// origins showed there. All methods are safe for concurrent use but those that say
// that the controller's goroutine calls them.
type Decryption struct {
	c       *Controller
	inForce atomic.Pointer[decryption] // compiled from the settings; nil before the first start

	// The controller's goroutine's:
	session  []string      // hosts passed through until Posthouse ends
	disk     chan struct{} // closed when the disk of these files has answered; nil: it was not asked
	unlisted bool          // programs are open all of whose tunnels are opened
}

// Decryption is what concerns the certificate authority and the opened tunnels.
func (c *Controller) Decryption() *Decryption { return &c.decryption }

// decryption is a policy and what it was made from.
type decryption struct {
	from      settings.Decrypt
	unlisted  bool // beside what is listed, an authority was needed for programs
	policy    *decrypt.Policy
	authority *ca.Authority
}

// prepare compiles the table unless it is the one in force. Only the
// controller's goroutine calls it.
func (dc *Decryption) prepare(saved *settings.Decrypt) (*decryption, error) {
	d := dc.effective(saved)
	if now := dc.inForce.Load(); now != nil && now.from.Equal(d) && now.unlisted == dc.needsUnlisted(d) {
		return now, nil
	}
	return dc.compile(d)
}

// needsUnlisted reports whether an authority is needed for programs alone. Where hosts
// are listed there is one anyway, and what it has kept of TLS stays.
func (dc *Decryption) needsUnlisted(d *settings.Decrypt) bool { return dc.unlisted && !d.Active() }

// decryptUnlisted has all tunnels opened of programs that have a listener for themselves,
// or no longer. Only the controller's goroutine calls it; the proxy may run or not.
func (dc *Decryption) decryptUnlisted(on bool) error {
	before := dc.unlisted
	dc.unlisted = on
	s := dc.c.settings.Load()
	d, err := dc.prepare(&s.Decrypt)
	if err != nil {
		dc.unlisted = before
		return err
	}
	if d == dc.inForce.Load() {
		return nil
	}
	dc.inForce.Store(d)
	dc.c.configure(s)
	return nil
}

// effective is the table with what holds for this session only.
func (dc *Decryption) effective(saved *settings.Decrypt) *settings.Decrypt {
	d := saved.Clone()
	d.Except = append(d.Except, dc.session...)
	return &d
}

func (dc *Decryption) compile(d *settings.Decrypt) (*decryption, error) {
	unlisted := dc.needsUnlisted(d)
	if !d.Active() && !unlisted && len(d.NeverRecord) == 0 {
		return &decryption{from: d.Clone()}, nil // nothing is decrypted and all is recorded
	}
	var authority *ca.Authority
	policy, err := within(dc, func() (p *decrypt.Policy, err error) {
		p, a, err := compilePolicy(d, unlisted)
		authority = a
		return p, err
	})
	if err != nil {
		return nil, err
	}
	if d.InsecureUpstream && policy != nil {
		dc.c.log.Warn("the certificates of origins are NOT checked: anybody between this computer and them can read and alter what is " +
			"decrypted (insecure_upstream)")
	}
	return &decryption{d.Clone(), unlisted, policy, authority}, nil
}

// Refusals tells, per host, how often clients did not take Posthouse's
// certificate since the proxy was started, the last first.
func (dc *Decryption) Refusals() []decrypt.HostRefusals {
	var all []decrypt.HostRefusals
	dc.c.ask(func() {
		if dc.c.run != nil {
			all = dc.c.run.server.Refusals()
		}
	})
	return all
}
