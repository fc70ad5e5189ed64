package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"posthouse/proxy/ca"
	"posthouse/proxy/decrypt"
)

// Decrypt says which tunnels are opened, and how TLS with origins is judged.
// docs/decryption.md explains the patterns.
type Decrypt struct {
	Hosts              []string `toml:"hosts"`               // patterns; none: nothing is decrypted
	Off                bool     `toml:"off"`                 // nothing is decrypted, and the patterns are kept for later
	Except             []string `toml:"except"`              // patterns that stay tunnels all the same
	NeverRecord        []string `toml:"never_record"`        // patterns of hosts that leave rows without contents
	CA                 string   `toml:"ca"`                  // folder of the certificate authority; "": the user's
	ExtraRoots         string   `toml:"extra_roots"`         // PEM file of roots beside the system's; "": none
	Pins               []string `toml:"pins"`                // "HOST SHA256": a certificate trusted for a host
	ClientCertificates []string `toml:"client_certificates"` // "HOST = FILE" or "HOST = FILE | KEY OR PASSWORD FILE"
	InsecureUpstream   bool     `toml:"insecure_upstream"`   // take whatever certificate an origin shows
}

// maxPatterns bounds each list of the table.
const maxPatterns = 1000

// Active reports whether anything is decrypted.
func (d Decrypt) Active() bool { return !d.Off && len(d.Hosts) > 0 }

func (d *Decrypt) clone() Decrypt {
	c := *d
	for _, list := range c.lists() {
		*list.values = slices.Clone(*list.values)
	}
	return c
}

type namedList struct {
	key    string
	values *[]string
}

func (d *Decrypt) lists() []namedList {
	return []namedList{
		{"hosts", &d.Hosts}, {"except", &d.Except}, {"never_record", &d.NeverRecord},
		{"pins", &d.Pins}, {"client_certificates", &d.ClientCertificates},
	}
}

// validate finds what cannot be used, without reading any file.
func (d *Decrypt) validate() error {
	for _, list := range d.lists() {
		if n := len(*list.values); n > maxPatterns {
			return &ValueError{Key: "decrypt." + list.key, Value: strconv.Itoa(n) + " entries", Rule: RuleAtMost, Args: []any{maxPatterns}, Remedy: fmt.Sprintf("at most %d are kept", maxPatterns)}
		}
		for _, text := range *list.values {
			if !plainText(text) {
				return &ValueError{Key: "decrypt." + list.key, Value: strconv.Quote(text), Rule: RuleControls, Remedy: "control characters are not taken"}
			}
		}
	}
	for key, text := range map[string]string{"ca": d.CA, "extra_roots": d.ExtraRoots} {
		if !plainText(text) {
			return &ValueError{Key: "decrypt." + key, Value: strconv.Quote(text), Rule: RuleControls, Remedy: "control characters are not taken"}
		}
	}
	for _, list := range d.lists()[:3] {
		for _, pattern := range *list.values {
			if _, err := decrypt.ParseHosts([]string{pattern}); err != nil {
				return &ValueError{Key: "decrypt." + list.key, Value: strconv.Quote(pattern), Rule: RuleHosts, Remedy: "write a host, *.example.com or *; " + rootText(err)}
			}
		}
	}
	for _, text := range d.Pins {
		if _, err := decrypt.ParsePin(text); err != nil {
			return &ValueError{Key: "decrypt.pins", Value: strconv.Quote(text), Rule: RulePin, Remedy: err.Error()}
		}
	}
	for _, text := range d.ClientCertificates {
		if _, _, _, err := splitCertificate(text); err != nil {
			return &ValueError{Key: "decrypt.client_certificates", Value: strconv.Quote(text), Rule: RuleClientCert, Remedy: err.Error()}
		}
	}
	return nil
}

// CheckHosts says what is wrong with a list of host patterns.
func CheckHosts(patterns []string) error {
	_, err := decrypt.ParseHosts(patterns)
	return err
}

// plainText reports whether a text can stand in the settings file as it is.
func plainText(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

func rootText(err error) string {
	for inner := err; ; err = inner {
		if inner = errors.Unwrap(err); inner == nil {
			return err.Error()
		}
	}
}

// splitCertificate takes "HOST = FILE | SECOND" apart.
func splitCertificate(text string) (host, file, second string, err error) {
	host, file, found := strings.Cut(text, "=")
	host = strings.TrimSpace(host)
	file, second, _ = strings.Cut(file, "|")
	file, second = strings.TrimSpace(file), strings.TrimSpace(second)
	if !found || file == "" {
		return "", "", "", errors.New(`write "HOST = FILE", or "HOST = FILE | KEY FILE", or "HOST = FILE.p12 | PASSWORD FILE"`)
	}
	_, err = decrypt.ParseHosts([]string{host})
	return host, file, second, err
}

// policy reads the files that the settings name and compiles them; nil where
// nothing is decrypted and all is recorded. An error is a *ValueError.
func (d *Decrypt) policy() (*decrypt.Policy, *ca.Authority, error) {
	if !d.Active() && len(d.NeverRecord) == 0 {
		return nil, nil, nil
	}
	o := decrypt.Options{NeverRecord: d.NeverRecord, Insecure: d.InsecureUpstream}
	var authority *ca.Authority
	if d.Active() {
		o.Hosts = slices.Clone(d.Hosts)
		for _, pattern := range d.Except {
			o.Hosts = append(o.Hosts, "-"+strings.TrimLeft(strings.TrimSpace(pattern), "-!"))
		}
		var err error
		if authority, err = ca.Open(d.caDir(), ca.Options{}); err != nil {
			return nil, nil, &ValueError{Key: "decrypt.ca", Value: strconv.Quote(d.caDir()), Remedy: err.Error()}
		}
		o.Minter = authority
	}
	for _, text := range d.Pins {
		pin, err := decrypt.ParsePin(text)
		if err != nil {
			return nil, nil, &ValueError{Key: "decrypt.pins", Value: strconv.Quote(text), Remedy: err.Error()}
		}
		o.Pins = append(o.Pins, pin)
	}
	if d.ExtraRoots != "" {
		text, err := readFile(d.ExtraRoots)
		if err != nil {
			return nil, nil, &ValueError{Key: "decrypt.extra_roots", Value: strconv.Quote(d.ExtraRoots), Rule: RuleUnreadable, Args: []any{err}, Remedy: "it cannot be read: " + reason(err)}
		}
		o.ExtraRoots = text
	}
	for _, text := range d.ClientCertificates {
		one, err := readCertificate(text)
		if err != nil {
			return nil, nil, &ValueError{Key: "decrypt.client_certificates", Value: strconv.Quote(text), Remedy: err.Error()}
		}
		o.ClientCertificates = append(o.ClientCertificates, one)
	}
	p, err := decrypt.New(o)
	if errors.Is(err, decrypt.ErrNoRoots) {
		return nil, nil, &ValueError{Key: "decrypt.extra_roots", Value: strconv.Quote(d.ExtraRoots), Remedy: err.Error()}
	}
	if err != nil {
		return nil, nil, &ValueError{Key: "decrypt", Value: "this table", Remedy: err.Error()}
	}
	return p, authority, nil
}

func (d *Decrypt) caDir() string {
	if d.CA != "" {
		return d.CA
	}
	return CADir()
}

func readCertificate(text string) (one decrypt.ClientCertificate, err error) {
	host, file, second, err := splitCertificate(text)
	if err != nil {
		return one, err
	}
	content, err := readFile(file)
	if err != nil {
		return one, fmt.Errorf("%s cannot be read: %s", filepath.Base(file), reason(err))
	}
	var extra []byte
	if second != "" {
		if extra, err = readFile(second); err != nil {
			return one, fmt.Errorf("%s cannot be read: %s", filepath.Base(second), reason(err))
		}
	}
	one.Host = host
	one.Certificate, err = decrypt.ParseClientCertificate(content, extra, strings.TrimRight(string(extra), "\r\n"))
	return one, err
}

// decryption is a policy and what it was made from.
type decryption struct {
	from      Decrypt
	policy    *decrypt.Policy
	authority *ca.Authority
}

// prepare compiles the table unless it is the one in force. Only the
// controller's goroutine calls it.
func (c *Controller) prepare(saved *Decrypt) (*decryption, error) {
	d := c.effective(saved)
	if now := c.decryption.Load(); now != nil && sameDecrypt(&now.from, d) {
		return now, nil
	}
	return c.compile(d)
}

// effective is the table with what holds for this session only.
func (c *Controller) effective(saved *Decrypt) *Decrypt {
	d := saved.clone()
	d.Except = append(d.Except, c.session...)
	return &d
}

func (c *Controller) compile(d *Decrypt) (*decryption, error) {
	policy, authority, err := d.policy()
	if err != nil {
		return nil, err
	}
	if d.InsecureUpstream && policy != nil {
		c.log.Warn("the certificates of origins are NOT checked: anybody between this computer and them can read and alter what is decrypted (insecure_upstream)")
	}
	return &decryption{d.clone(), policy, authority}, nil
}

func sameDecrypt(a, b *Decrypt) bool {
	if a.Off != b.Off || a.CA != b.CA || a.ExtraRoots != b.ExtraRoots || a.InsecureUpstream != b.InsecureUpstream {
		return false
	}
	theirs := b.lists()
	for i, list := range a.lists() {
		if !slices.Equal(*list.values, *theirs[i].values) {
			return false
		}
	}
	return true
}

// Refusals tells, per host, how often clients did not take Posthouse's
// certificate since the proxy was started, the last first.
func (c *Controller) Refusals() []decrypt.HostRefusals {
	var all []decrypt.HostRefusals
	c.ask(func() {
		if c.run != nil {
			all = c.run.server.Refusals()
		}
	})
	return all
}
