package ca

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"strings"
)

// profile is an Apple configuration profile with one root certificate
// (Apple Device Management, CertificateRoot).
const profile = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>PayloadContent</key>
	<array>
		<dict>
			<key>PayloadCertificateFileName</key>
			<string>posthouse-ca.cer</string>
			<key>PayloadContent</key>
			<data>
{{data}}
			</data>
			<key>PayloadDescription</key>
			<string>{{name}}</string>
			<key>PayloadDisplayName</key>
			<string>{{name}}</string>
			<key>PayloadIdentifier</key>
			<string>posthouse.ca.{{id}}.root</string>
			<key>PayloadType</key>
			<string>com.apple.security.root</string>
			<key>PayloadUUID</key>
			<string>{{inner}}</string>
			<key>PayloadVersion</key>
			<integer>1</integer>
		</dict>
	</array>
	<key>PayloadDescription</key>
	<string>{{name}}. SHA-256 {{fingerprint}}</string>
	<key>PayloadDisplayName</key>
	<string>{{name}}</string>
	<key>PayloadIdentifier</key>
	<string>posthouse.ca.{{id}}</string>
	<key>PayloadRemovalDisallowed</key>
	<false/>
	<key>PayloadType</key>
	<string>Configuration</string>
	<key>PayloadUUID</key>
	<string>{{outer}}</string>
	<key>PayloadVersion</key>
	<integer>1</integer>
</dict>
</plist>
`

// MobileConfig is the certificate as a profile for iOS and iPadOS
// (application/x-apple-aspen-config). It is the same for the same CA, so that
// a second installation takes the place of the first.
func (a *Authority) MobileConfig() []byte {
	sum := sha256.Sum256(a.cert.Raw)
	var name bytes.Buffer
	_ = xml.EscapeText(&name, []byte(a.cert.Subject.CommonName)) // a Buffer takes everything
	return []byte(strings.NewReplacer(
		"{{data}}", base64.StdEncoding.EncodeToString(a.cert.Raw),
		"{{name}}", name.String(),
		"{{id}}", fmt.Sprintf("%x", sum[:8]),
		"{{inner}}", uuid("root", sum),
		"{{outer}}", uuid("profile", sum),
		"{{fingerprint}}", a.Fingerprint(),
	).Replace(profile))
}

// uuid makes a UUID of version 8 (RFC 9562 section 5.8) that is always the same
// for the same certificate.
func uuid(what string, sum [32]byte) string {
	u := sha256.Sum256(append([]byte(what), sum[:]...))
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}
