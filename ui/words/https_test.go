package words

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/ui/i18n"
)

// Files that cannot be used are explained in Chinese too, down to the reason that
// a library gave: no English words are left but names, commands and paths.
func TestWhatIsWrongWithFilesOfTheHTTPSSettingsIsSaidInChinese(t *testing.T) {
	defer i18n.Set(i18n.English)
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	folder := func(name, text string, mode, folderMode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		file(filepath.Join(name, "ca.pem"), text, mode)
		if err := os.Chmod(path, folderMode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	plain := file("plain", "nothing", 0o600)
	for name, change := range map[string]func(*settings.Decrypt){
		"roots without a certificate": func(d *settings.Decrypt) { d.ExtraRoots = plain },
		"no roots":                    func(d *settings.Decrypt) { d.ExtraRoots = plain + "-none" },
		"no client certificate":       func(d *settings.Decrypt) { d.ClientCertificates = []string{"a.example = " + plain + "-none"} },
		"neither PEM nor PKCS#12":     func(d *settings.Decrypt) { d.ClientCertificates = []string{"a.example = " + plain} },
		"a certificate without key": func(d *settings.Decrypt) {
			d.ClientCertificates = []string{"a.example = " + file("c.pem", block, 0o600)}
		},
		"a folder below a file":    func(d *settings.Decrypt) { d.CA = filepath.Join(plain, "ca") },
		"a damaged CA":             func(d *settings.Decrypt) { d.CA = folder("damaged", block, 0o600, 0o700) },
		"a CA that others read":    func(d *settings.Decrypt) { d.CA = folder("read", block, 0o644, 0o700) },
		"a CA that others replace": func(d *settings.Decrypt) { d.CA = folder("replace", block, 0o600, 0o777) },
	} {
		t.Run(name, func(t *testing.T) {
			s := settings.Default()
			s.Proxy.Port, s.Decrypt.CA, s.Decrypt.Hosts = 0, filepath.Join(t.TempDir(), "ca"), []string{"*"}
			change(&s.Decrypt)
			c := app.New(app.Options{})
			defer func() { _ = c.Close(context.Background()) }()
			err := c.Apply(s)
			if err == nil {
				t.Fatal("it is taken")
			}
			i18n.Set(i18n.Chinese)
			said, _ := ProblemText(err)
			rest := strings.ReplaceAll(said, dir, "")
			for _, name := range []string{"decrypt.extra_roots", "decrypt.client_certificates", "decrypt.ca", "BEGIN CERTIFICATE",
				"CERTIFICATE", "PKCS#12", "a.example", "chmod", "ca.pem",
				"c.pem", "plain-none", "plain", "damaged", "replace", "read", "Posthouse", "this table"} {
				rest = strings.ReplaceAll(rest, name, "")
			}
			if word := regexp.MustCompile(`[A-Za-z]{4,}`).FindString(rest); word != "" {
				t.Errorf("%q is left of %q", word, said)
			}
		})
	}
}
