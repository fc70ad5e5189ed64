package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/proxytest"
)

// The table is written and read again as it is.
func TestDecryptSettingsAreSaved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "settings.toml")
	c := newController(t, app.Options{Path: path})
	s := c.Settings()
	s.Decrypt = settings.Decrypt{
		Hosts: []string{"*.example.com", "10.0.0.1"}, Except: []string{"bank.example.com"}, NeverRecord: []string{"*"},
		CA:   filepath.Join(dir, "ca"),
		Pins: []string{"a.example " + strings.Repeat("ab", 32)},
	}
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	if again, err := settings.Load(path); err != nil || !again.Equal(s) {
		t.Errorf("read again: %v, %+v", err, again.Decrypt)
	}
	if c.Decryption().CA() == nil {
		t.Error("there is no CA")
	}
	s = c.Settings()
	s.Decrypt.Off = true
	if err := c.Apply(s); err != nil || c.Decryption().CA() != nil {
		t.Errorf("off: %v, and the CA is still offered", err)
	}
	if again, err := settings.Load(path); err != nil || len(again.Decrypt.Hosts) != 2 {
		t.Errorf("off: read again: %v, %+v", err, again.Decrypt)
	}
	if err := c.Decryption().DecryptHost("c.example:443"); err != nil || c.Decryption().CA() == nil ||
		len(c.Settings().Decrypt.Hosts) != 3 {
		t.Errorf("on again for a host: %v, %+v", err, c.Settings().Decrypt)
	}
	s = c.Settings()
	s.Decrypt.Hosts = nil
	if err := c.Apply(s); err != nil || c.Decryption().CA() != nil {
		t.Errorf("%v, and the CA is still offered", err)
	}
}

// What cannot be used changes nothing, and says why.
func TestDecryptSettingsThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.pem")
	if err := os.WriteFile(bad, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*settings.Decrypt)
		key    string
	}{
		"no roots file":     {func(d *settings.Decrypt) { d.ExtraRoots = filepath.Join(dir, "none") }, "decrypt.extra_roots"},
		"roots without one": {func(d *settings.Decrypt) { d.ExtraRoots = bad }, "decrypt.extra_roots"},
		"client certificate": {func(d *settings.Decrypt) { d.ClientCertificates = []string{"a.example = " + bad} },
			"decrypt.client_certificates"},
		"no certificate": {func(d *settings.Decrypt) { d.ClientCertificates = []string{"a.example = " + bad + "x"} },
			"decrypt.client_certificates"},
		"CA in a file": {func(d *settings.Decrypt) { d.CA = filepath.Join(bad, "ca") }, "decrypt.ca"},
	} {
		t.Run(name, func(t *testing.T) {
			ctl := newController(t, app.Options{})
			before := ctl.Settings()
			s := before
			s.Decrypt = settings.Decrypt{Hosts: []string{"*"}, CA: filepath.Join(dir, "ca")}
			c.change(&s.Decrypt)
			var bad *settings.ValueError
			if err := ctl.Apply(s); !errors.As(err, &bad) || bad.Key != c.key {
				t.Errorf("error %v", err)
			}
			if !ctl.Settings().Equal(before) {
				t.Error("the settings changed")
			}
			// Started with them, the proxy says so instead of passing everything undecrypted.
			started := newController(t, app.Options{Settings: &s})
			started.Start()
			if status := await(t, started, app.Failed); !errors.As(status.Err, &bad) {
				t.Errorf("status %+v", status)
			}
		})
	}
}

// The certificate of a client is read from PEM in one file or two.
func TestClientCertificateFiles(t *testing.T) {
	dir := t.TempDir()
	certificate, key := proxytest.PEM(t, proxytest.NewAuthority(t, "CA").Issue(t, nil))
	write := func(name string, content ...[]byte) string {
		path := filepath.Join(dir, name)
		var all []byte
		for _, c := range content {
			all = append(all, c...)
		}
		if err := os.WriteFile(path, all, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	both, alone, second := write("both.pem", certificate, key), write("cert.pem", certificate), write("key.pem", key)
	c := newController(t, app.Options{})
	for text, good := range map[string]bool{
		"a.example = " + both: true, "*.example=" + alone + " | " + second: true, "a.example = " + alone: false,
	} {
		s := c.Settings()
		s.Decrypt = settings.Decrypt{Hosts: []string{"*"}, CA: filepath.Join(dir, "ca"), ClientCertificates: []string{text}}
		if err := c.Apply(s); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What a person chooses at a row is in force and, but for the session's, saved.
func TestHostsAreChosenAtRows(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "settings.toml")
	c := newController(t, app.Options{Path: path, Change: func(s *settings.Settings) { s.Decrypt.CA = filepath.Join(dir, "ca") }})
	steps := []struct {
		do                    func() error
		hosts, except, passed string
	}{
		{func() error { return c.Decryption().DecryptHost("A.example:443") }, "a.example", "", ""},
		{func() error { return c.Decryption().DecryptHost("[::1]:8443") }, "a.example ::1", "", ""},
		{func() error { return c.Decryption().DecryptHost("a.example") }, "a.example ::1", "", ""},
		{func() error { return c.Decryption().PassHost("::1", true) }, "a.example", "::1", ""},
		{func() error { return c.Decryption().PassHost("a.example:443", false) }, "a.example", "::1", "a.example"},
		{func() error { return c.Decryption().DecryptHost("a.example") }, "a.example", "::1", ""},
		{func() error { return c.Decryption().DecryptHost("::1") }, "a.example ::1", "", ""},
	}
	for i, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		saved, err := settings.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		d := saved.Decrypt
		if got := [...]string{strings.Join(d.Hosts, " "), strings.Join(d.Except, " "),
			strings.Join(c.Decryption().SessionPassed(), " ")}; got != [...]string{step.hosts, step.except, step.passed} {
			t.Errorf("step %d: %q", i, got)
		}
	}
	if err := c.Decryption().TrustCertificate("a.example:443", [32]byte{1}); err != nil ||
		!strings.HasPrefix(c.Settings().Decrypt.Pins[0], "a.example 0100") {
		t.Errorf("%v, pins %q", err, c.Settings().Decrypt.Pins)
	}
	before := c.Settings()
	for _, bad := range []string{"", "a b", "*.*", "*:443", "*.com:443", "-a.example", "!a.example", "\u00a0-a.example", "\u3000*:443",
		"a\u00a0*", "a\n"} {
		if c.Decryption().DecryptHost(bad) == nil || c.Decryption().PassHost(bad, true) == nil ||
			c.Decryption().PassHost(bad, false) == nil || c.Decryption().TrustCertificate(bad, [32]byte{2}) == nil {
			t.Errorf("%q was taken, so that %+v", bad, c.Settings().Decrypt)
		}
	}
	if !c.Settings().Equal(before) || len(c.Decryption().SessionPassed()) > 0 {
		t.Errorf("%+v, %q", c.Settings().Decrypt, c.Decryption().SessionPassed())
	}
}
