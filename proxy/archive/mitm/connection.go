package mitm

import (
	"crypto/tls"
	"encoding/pem"
	"net/netip"
	"strings"
	"time"

	"posthouse/proxy/archive/message"
	"posthouse/proxy/flow"
)

// connections is what a flow says of both connections.
func (r *Reader) connections(x *flow.Exchange, client, server map[string]value) {
	x.Client = r.endpoint(client, "peername", "address")
	x.Remote = r.endpoint(server, "peername", "ip_address")
	tcp, secured := moment(r.file.number(server["timestamp_tcp_setup"])), moment(r.file.number(server["timestamp_tls_setup"]))
	if tcp.IsZero() || x.Start.IsZero() {
		return
	}
	ready := tcp
	if !secured.IsZero() {
		ready = secured
	}
	switch {
	case ready.Before(x.Start): // made beforehand, perhaps for this request
	case secured.IsZero():
		x.Timing.Connected = message.Since(x.Start, tcp)
	default:
		x.Timing.Dialed, x.Timing.Connected = message.Since(x.Start, tcp), message.Since(x.Start, secured)
	}
	r.secure(x, client, server, secured)
}

// endpoint is an address of which the file has a name, under one of two names.
func (r *Reader) endpoint(conn map[string]value, names ...string) netip.AddrPort {
	for _, name := range names {
		if p := r.file.items(conn[name], 2); len(p) == 2 {
			return message.Addr(r.text(p[0]), r.file.integer(p[1]))
		}
	}
	return netip.AddrPort{}
}

const (
	maxChain       = 16       // certificates
	maxCertificate = 64 << 10 // bytes of one, in PEM
)

// secure is the TLS of an exchange whose origin had some: mitmproxy opened it.
func (r *Reader) secure(x *flow.Exchange, client, server map[string]value, secured time.Time) {
	if secured.IsZero() || x.Scheme != "https" {
		return
	}
	x.Secure.Outcome = flow.TLSDecrypted
	x.Secure.Client, x.Secure.Origin = r.tls(client), r.tls(server)
	for _, one := range r.file.items(server["certificate_list"], maxChain) {
		if one.size > maxCertificate {
			break
		}
		if block, _ := pem.Decode(r.file.bytes(one, maxCertificate)); block != nil && block.Type == "CERTIFICATE" {
			x.Secure.Chain = append(x.Secure.Chain, block.Bytes)
		}
	}
	x.TLS.Outcome = flow.TLSDecrypted
	x.TLS.Version, x.TLS.ALPN = x.Secure.Client.VersionName(), x.Secure.Client.ALPN
	x.TLS.SNI = r.file.text(client["sni"], 255)
}

// versions are TLS's, by the names that OpenSSL gives them.
var versions = map[string]uint16{"TLSv1": tls.VersionTLS10, "TLSv1.0": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11,
	"TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13, "QUICv1": tls.VersionTLS13, "QUIC": tls.VersionTLS13}

func (r *Reader) tls(conn map[string]value) flow.TLSState {
	name := func(names ...string) string {
		for _, n := range names {
			if text := r.file.text(conn[n], maxScalar); text != "" {
				return text
			}
		}
		return ""
	}
	s := flow.TLSState{Version: versions[name("tls_version")], ALPN: name("alpn", "alpn_proto_negotiated")}
	cipher := name("cipher", "cipher_name")
	for _, suite := range tls.CipherSuites() {
		if suite.Name == cipher || openSSL(suite.Name) == cipher {
			s.Cipher = suite.ID
		}
	}
	return s
}

// openSSL is the name that OpenSSL has for a cipher suite of TLS 1.2.
func openSSL(name string) string {
	name = strings.TrimPrefix(name, "TLS_")
	name = strings.NewReplacer("_WITH_", "-", "AES_128", "AES128", "AES_256", "AES256", "CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305",
		"_CBC", "", "_", "-").Replace(name)
	return strings.TrimPrefix(name, "RSA-")
}

// foreign is what the file tells beside all that.
func (r *Reader) foreign(d map[string]value) []byte {
	rest := map[string]any{}
	for _, name := range [...]string{"id", "marked", "is_replay"} {
		if text := r.file.text(d[name], maxScalar); text != "" {
			rest[name] = text
		}
	}
	if version := r.file.integer(d["version"]); version > 0 {
		rest["version"] = version
	}
	if r.file.boolean(d["intercepted"]) {
		rest["intercepted"] = true
	}
	if d["backup"].kind == '}' {
		rest["modified"] = true
	}
	messages := message.WebSocketMessages{Left: r.limits.Body}
	socket, list := r.file.dict(d["websocket"]), d["messages"]
	if socket["messages"].kind == ']' {
		list = socket["messages"]
		if code := r.file.integer(socket["close_code"]); code != 0 {
			rest["webSocketClose"] = map[string]any{"code": code, "reason": r.file.text(socket["close_reason"], 1<<10),
				"byClient": r.file.boolean(socket["closed_by_client"])}
		}
	}
	if r.text(d["type"]) != "tcp" {
		r.file.list(list, func(one value) bool { r.message(&messages, one); return true })
	}
	return message.Foreign("mitmproxy", rest, &messages)
}

// message is [opcode, from the client, bytes, time, dropped, injected].
func (r *Reader) message(all *message.WebSocketMessages, one value) {
	p := r.file.items(one, 4)
	if len(p) < 4 {
		return
	}
	if all.Missed > 0 || p[2].size > all.Left {
		all.Missed++
		return
	}
	all.Add(r.file.boolean(p[1]), moment(r.file.number(p[3])), r.file.integer(p[0]), r.file.bytes(p[2], all.Left))
}
