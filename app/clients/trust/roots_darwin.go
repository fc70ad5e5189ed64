package trust

import (
	"os"
	"os/exec"
)

// systemRoots are the roots that macOS comes with.
func systemRoots(bundle string) ([][]byte, error) {
	if os.Getenv("SSL_CERT_FILE") == "" {
		out, err := exec.Command("/usr/bin/security", "find-certificate", "-a", "-p", "/System/Library/Keychains/SystemRootCertificates.keychain").Output()
		if err == nil && len(out) <= maxRoots {
			if roots, err := certificates(out); err == nil {
				return roots, nil
			}
		}
	}
	return firstRoots(bundle, "/etc/ssl/cert.pem")
}
