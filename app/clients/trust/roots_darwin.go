package trust

import (
	"os"
	"os/exec"

	"posthouse/proxy/bounded"
)

// systemRoots are the roots that macOS comes with.
func systemRoots(bundle string) ([][]byte, error) {
	if os.Getenv("SSL_CERT_FILE") == "" {
		out := &bounded.Head{Max: maxRoots}
		cmd := exec.Command(security, "find-certificate", "-a", "-p", "/System/Library/Keychains/SystemRootCertificates.keychain")
		if cmd.Stdout = out; cmd.Run() == nil {
			if roots, err := certificates(out.Bytes()); err == nil {
				return roots, nil
			}
		}
	}
	return firstRoots(bundle, "/etc/ssl/cert.pem")
}
