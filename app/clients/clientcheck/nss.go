package clientcheck

import (
	"bytes"
	"context"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"

	"posthouse/app/clients/internal/host"
	"posthouse/proxy/bounded"
)

// storeFiles are an NSS database of certificates.
var storeFiles = []string{"cert9.db", "key4.db", "pkcs11.txt"}

// maxStore bounds each copied file, in bytes; a full database has less than one MiB.
const maxStore = 64 << 20

// copyStore copies a database, as far as it is there.
func copyStore(from, to string) bool {
	if !host.IsNSSStore(from) || os.MkdirAll(to, 0o700) != nil {
		return false
	}
	for _, name := range storeFiles {
		if err := bounded.CopyFile(filepath.Join(from, name), filepath.Join(to, name), maxStore); err != nil && !os.IsNotExist(err) {
			return false
		}
	}
	return true
}

// lookIntoNSS looks for the authority in a copy of a database, for a browser that
// cannot be run.
func (c *Checkup) lookIntoNSS(ctx context.Context, r *Result, store string) {
	r.Path = store
	dir := c.folder()
	if !copyStore(store, dir) {
		r.State, r.Reason = Untested, ReasonSealed
		return
	}
	certutil := c.computer.Certutil()
	if certutil == "" {
		r.State, r.Reason = Untested, ReasonTool
		return
	}
	a, err := c.o.Host.Authority()
	if err != nil {
		r.State, r.Reason, r.Said = Untested, ReasonStart, clipped(err.Error())
		return
	}
	ask := func(args ...string) string {
		return run(ctx, c.placed(command{path: certutil, args: append([]string{"-L", "-d", "sql:" + dir}, args...),
			env: c.computer.With("LC_ALL=C")}), versionLimit, nil).stdout
	}
	r.State, r.Reason = Untrusted, ReasonLooked
	for line := range strings.Lines(ask()) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		flags := fields[len(fields)-1]
		name := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), flags))
		ssl, _, _ := strings.Cut(flags, ",")
		if !strings.Contains(ssl, "C") || strings.Count(flags, ",") != 2 {
			continue // not trusted to sign for servers
		}
		for rest := []byte(ask("-n", name, "-a")); ; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if bytes.Equal(block.Bytes, a.Certificate().Raw) {
				r.State = Trusted
				return
			}
		}
	}
}
