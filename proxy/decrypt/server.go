package decrypt

import (
	"crypto/tls"
	"time"
)

// server is how a client is answered for one target and protocol. It is kept so
// that clients can take up earlier sessions: the keys of tickets are its own.
type server struct {
	config *tls.Config
	until  time.Time
}

// Server is the configuration towards a client, for a protocol that the client
// offers or "" for none. It is shared, and must not be changed.
func (t *Target) Server(protocol string) (*tls.Config, error) {
	at := 0
	switch protocol {
	case HTTP2:
		at = 1
	case HTTP1:
		at = 2
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.servers[at]; s != nil && now.Before(s.until) {
		return s.config, nil
	}
	leaf, err := t.policy.minter.Leaf(t.name)
	if err != nil && t.name != t.Host {
		leaf, err = t.policy.minter.Leaf(t.Host) // an SNI that is no name
	}
	if err != nil {
		return nil, err
	}
	s := &server{until: now.Add(leafFor), config: &tls.Config{
		Certificates: []tls.Certificate{*leaf},
		MinVersion:   tls.VersionTLS12,

		DynamicRecordSizingDisabled: true,
	}}
	if protocol != "" {
		s.config.NextProtos = []string{protocol}
	}
	t.servers[at] = s
	return s.config, nil
}

// ProtocolFor is what the client is told when the origin has chosen: the same,
// or HTTP/1.1 from an origin that does not speak ALPN.
func (t *Target) ProtocolFor(chosen string) string {
	if chosen == "" && t.H1 {
		return HTTP1
	}
	return chosen
}

// Fallback is the protocol for a page of Posthouse's own.
func (t *Target) Fallback() string {
	switch {
	case t.H1:
		return HTTP1
	case t.H2:
		return HTTP2
	}
	return ""
}
