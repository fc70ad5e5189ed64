package settings

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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
	TLS                string   `toml:"tls"`                 // the ClientHello that origins get: "mirror" or "", "own"
}

// The ClientHello that origins get.
const (
	TLSMirror = "mirror" // the client's
	TLSOwn    = "own"    // Posthouse's
)

// MaxPatterns bounds each list of the table.
const MaxPatterns = 1000

// Active reports whether anything is decrypted.
func (d Decrypt) Active() bool { return !d.Off && len(d.Hosts) > 0 }

func (d *Decrypt) Clone() Decrypt {
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
	if err := oneOf("decrypt.tls", cmp.Or(d.TLS, TLSMirror), TLSMirror, TLSOwn); err != nil {
		return err
	}
	for _, list := range d.lists() {
		if n := len(*list.values); n > MaxPatterns {
			return &ValueError{Key: "decrypt." + list.key, Value: strconv.Itoa(n) + " entries", Rule: RuleAtMost, Args: []any{MaxPatterns},
				Remedy: fmt.Sprintf("at most %d are kept", MaxPatterns)}
		}
		for _, text := range *list.values {
			if !plainText(text) {
				return &ValueError{Key: "decrypt." + list.key, Value: strconv.Quote(text), Rule: RuleControls,
					Remedy: "control characters are not taken"}
			}
		}
	}
	for key, text := range map[string]string{"ca": d.CA, "extra_roots": d.ExtraRoots} {
		if !plainText(text) {
			return &ValueError{Key: "decrypt." + key, Value: strconv.Quote(text), Rule: RuleControls,
				Remedy: "control characters are not taken"}
		}
	}
	for _, list := range d.lists()[:3] {
		for _, pattern := range *list.values {
			if _, err := decrypt.ParseHosts([]string{pattern}); err != nil {
				return &ValueError{Key: "decrypt." + list.key, Value: strconv.Quote(pattern), Rule: RuleHosts,
					Remedy: "write a host, *.example.com or *; " + rootText(err)}
			}
		}
	}
	for _, text := range d.Pins {
		if _, err := decrypt.ParsePin(text); err != nil {
			return &ValueError{Key: "decrypt.pins", Value: strconv.Quote(text), Rule: RulePin, Remedy: err.Error()}
		}
	}
	for _, text := range d.ClientCertificates {
		if _, _, _, err := SplitClientCertificate(text); err != nil {
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

// SplitClientCertificate takes "HOST = FILE | SECOND" apart.
func SplitClientCertificate(text string) (host, file, second string, err error) {
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

// AuthorityDir is the folder of the certificate authority.
func (d *Decrypt) AuthorityDir() string {
	if d.CA != "" {
		return d.CA
	}
	return CADir()
}

// Equal reports whether both say the same.
func (d *Decrypt) Equal(b *Decrypt) bool {
	a := d
	if a.Off != b.Off || a.CA != b.CA || a.ExtraRoots != b.ExtraRoots || a.InsecureUpstream != b.InsecureUpstream || a.TLS != b.TLS {
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
