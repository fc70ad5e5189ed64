package trust

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/windows"
)

// systemRoots are the roots that this user trusts: Windows shows the
// computer's among them.
func systemRoots(bundle string) ([][]byte, error) {
	if roots, err := firstRoots(bundle); err == nil && len(roots) > 0 {
		return roots, nil
	}
	name, err := windows.UTF16PtrFromString("ROOT")
	if err != nil {
		return nil, err
	}
	store, err := windows.CertOpenSystemStore(0, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = windows.CertCloseStore(store, 0) }() // read only
	var roots [][]byte
	var context *windows.CertContext
	for {
		// The call frees the context that it is given.
		context, err = windows.CertEnumCertificatesInStore(store, context)
		if err != nil || context == nil {
			break // CRYPT_E_NOT_FOUND is the end
		}
		roots = append(roots, bytes.Clone(unsafe.Slice(context.EncodedCert, context.Length)))
	}
	if len(roots) == 0 {
		return nil, err
	}
	return roots, nil
}
