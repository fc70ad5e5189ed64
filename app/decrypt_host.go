package app

import (
	"encoding/hex"
	"errors"
	"net"
	"slices"
	"strings"
	"unicode"

	"posthouse/app/settings"
	"posthouse/proxy/decrypt"
)

// maxSession bounds the hosts that are passed through for this session.
const maxSession = settings.MaxPatterns

// everyHost is the pattern of all hosts.
const everyHost = "*"

// hostPattern is the pattern of one row's host, without its port.
func hostPattern(host string) (string, error) {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if strings.Contains(host, "*") || strings.HasPrefix(host, "-") || strings.HasPrefix(host, "!") ||
		strings.IndexFunc(host, unicode.IsSpace) >= 0 {
		return host, errPattern
	}
	_, err := decrypt.ParseHosts([]string{host})
	return host, err
}

// errPattern keeps a host of a row, which the network may call as it likes, from
// being one for others: a tunnel to *.com, whose certificate is trusted.
var errPattern = errors.New("this name would be a pattern for other hosts. If that is what you want, write it in the settings")

// DecryptHost has tunnels to the host of a row opened from now on, and saves that.
// Where decryption was off, the hosts that were kept are decrypted again too, but
// not all hosts: one was asked for.
func (dc *Decryption) DecryptHost(host string) error {
	return dc.changeDecrypt(host, func(d *settings.Decrypt, name string) {
		d.Except = without(d.Except, name)
		dc.session = without(dc.session, name)
		if d.Off {
			d.Off, d.Hosts = false, without(d.Hosts, everyHost)
		}
		if on, err := decrypt.ParseHosts(d.Hosts); err != nil || !on.Match([]byte(name)) {
			d.Hosts = append(without(d.Hosts, "-"+name), name)
		}
	})
}

// PassHost leaves tunnels to the host of a row as they are from now on: always,
// which is saved, or until Posthouse ends.
func (dc *Decryption) PassHost(host string, always bool) error {
	return dc.changeDecrypt(host, func(d *settings.Decrypt, name string) {
		if always {
			d.Hosts = without(d.Hosts, name)
			d.Except = append(without(d.Except, name), name)
		} else if len(dc.session) < maxSession {
			dc.session = append(without(dc.session, name), name)
		}
	})
}

// TrustCertificate pins the certificate with the SHA-256 fingerprint to the host
// of a row, and saves that.
func (dc *Decryption) TrustCertificate(host string, fingerprint [32]byte) error {
	return dc.changeDecrypt(host, func(d *settings.Decrypt, name string) {
		pin := name + " " + hex.EncodeToString(fingerprint[:])
		d.Pins = append(without(d.Pins, pin), pin)
	})
}

func (dc *Decryption) changeDecrypt(host string, change func(d *settings.Decrypt, name string)) error {
	name, err := hostPattern(host)
	if err != nil {
		return err
	}
	return dc.c.Change(func(s *settings.Settings) { change(&s.Decrypt, name) })
}

func without(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return strings.EqualFold(s, name) })
}

// SessionPassed are the hosts that are passed through until Posthouse ends.
func (dc *Decryption) SessionPassed() []string {
	var all []string
	dc.c.ask(func() { all = slices.Clone(dc.session) })
	return all
}
