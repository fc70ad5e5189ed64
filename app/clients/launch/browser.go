package launch

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"path/filepath"
	"runtime"
)

// Family is how a browser is told what to do.
type Family int

const (
	Chromium Family = iota // Chrome, Chromium, Edge, Brave
	Firefox
)

// Browser is one that was found on this computer.
type Browser struct {
	Name   string // as people know it, such as "Google Chrome"
	Family Family
	Path   string // the program; for flatpak the one that it exports

	// A sandbox that sees little of the home folder:
	Snap    string // name of the snap, "" for none
	Flatpak string // its application ID, "" for none
}

// Way is where a browser is to go.
type Way struct {
	Proxy       string            // host:port
	Certificate *x509.Certificate // the CA to trust; nil: none
	URL         string            // the first page; "": the browser's own
	Untrusted   string            // the first page instead, where the browser does not trust the CA; "": URL
	Ended       func()            // called once, when the browser has ended or could not be opened; nil: nothing is called
	Failed      func(error)       // called with an EndedError where a slow start failed after Browse had returned; nil: nothing is called
}

// ErrUntrusted says that the browser was opened and does not trust the CA: for
// Firefox that takes certutil (of NSS), unless the system trusts the CA.
var ErrUntrusted = errors.New("certutil of NSS is not installed: this Firefox trusts the CA only if the system does")

// command is how a browser is run with a profile.
func (b *Browser) command(profile string, w Way, extra []string) []string {
	flags := b.flags(profile, w)
	flags = append(flags, extra...)
	if w.URL != "" {
		flags = append(flags, w.URL)
	}
	if b.Flatpak != "" {
		return append([]string{"flatpak", "run", "--filesystem=" + filepath.Dir(profile), b.Flatpak}, flags...)
	}
	return append([]string{b.Path}, flags...)
}

func (b *Browser) flags(profile string, w Way) []string {
	if b.Family == Firefox {
		flags := []string{"--new-instance", "--no-remote", "--profile", profile}
		if runtime.GOOS == "windows" {
			flags = append(flags, "--wait-for-browser") // else the program that was started ends immediately
		}
		return flags
	}
	flags := []string{
		"--user-data-dir=" + profile,
		"--proxy-server=http://" + w.Proxy,
		"--proxy-bypass-list=<-loopback>", // without it localhost goes directly
	}
	flags = append(flags, calmFlags...)
	if runtime.GOOS == "darwin" {
		flags = append(flags, "--use-mock-keychain") // nor the keychain
	}
	if w.Certificate != nil {
		flags = append(flags, "--ignore-certificate-errors-spki-list="+spki(w.Certificate))
	}
	return flags
}

// spki is the hash of a certificate's key, as Chromium takes it.
func spki(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}
