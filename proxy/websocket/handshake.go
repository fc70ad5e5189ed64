package websocket

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"strconv"
	"strings"

	"posthouse/proxy/reason"
)

// NewKey is a Sec-WebSocket-Key: 16 random bytes (RFC 6455 section 4.1).
func NewKey() string {
	var key [16]byte
	_, _ = rand.Read(key[:]) // it does not fail
	return base64.StdEncoding.EncodeToString(key[:])
}

// ValidKey reports whether a Sec-WebSocket-Key is one.
func ValidKey(key string) bool {
	b, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(b) == 16
}

// Accept is the Sec-WebSocket-Accept that answers a key (RFC 6455 section 4.2.2).
func Accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Fields are all values of a field, by its name.
type Fields func(name string) []string

func (f Fields) one(name string) string { return strings.Join(f(name), ", ") }

// Lists reports whether a field has a word in its list, in any case.
func (f Fields) Lists(name, word string) bool {
	for _, value := range f(name) {
		for one := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(one), word) {
				return true
			}
		}
	}
	return false
}

// Asked reports whether a request asks for a WebSocket.
func Asked(request Fields) bool { return request.Lists("Upgrade", "websocket") }

// Agreement is what a handshake came to.
type Agreement struct {
	Protocol string   // the subprotocol; "" for none
	Deflate  *Deflate // nil: nothing is compressed
}

// Check says what a request and its 101 agree on. The error, an *Error, is why a client may
// not go on (RFC 6455 section 4.1).
func Check(request, answer Fields) (a Agreement, err error) {
	want, got := Accept(request.one("Sec-WebSocket-Key")), answer.one("Sec-WebSocket-Accept")
	a.Protocol = answer.one("Sec-WebSocket-Protocol")
	switch {
	case !answer.Lists("Upgrade", "websocket"):
		return a, broken(reason.SocketUpgrade, short(answer.one("Upgrade")))
	case !answer.Lists("Connection", "upgrade"):
		return a, broken(reason.SocketConnection, short(answer.one("Connection")))
	case got != want:
		return a, broken(reason.SocketAccept, short(got), want)
	case a.Protocol != "" && !offered(request("Sec-WebSocket-Protocol"), a.Protocol):
		return a, broken(reason.SocketProtocol, short(a.Protocol))
	}
	a.Deflate, err = agreed(request("Sec-WebSocket-Extensions"), answer("Sec-WebSocket-Extensions"))
	return a, err
}

// short bounds what is told of a field, in bytes.
func short(value string) string { return value[:min(len(value), 200)] }

// offered reports whether one of some lists has a subprotocol; its case counts.
func offered(lists []string, protocol string) bool {
	for _, list := range lists {
		for one := range strings.SplitSeq(list, ",") {
			if strings.TrimSpace(one) == protocol {
				return true
			}
		}
	}
	return false
}

const permessageDeflate = "permessage-deflate"

// Unspoken are the names of extensions that are offered, and not spoken here.
func Unspoken(values []string) (names []string) {
	for _, x := range extensions(values) {
		if x.name != permessageDeflate {
			names = append(names, x.name)
		}
	}
	return names
}

// agreed is what a server took of the extensions that a client offers.
func agreed(offers, taken []string) (d *Deflate, err error) {
	all := extensions(offers)
	for _, x := range extensions(taken) {
		var offer *extension
		for i := range all {
			if all[i].name == x.name && (offer == nil || all[i].has("client_max_window_bits")) {
				offer = &all[i]
			}
		}
		switch {
		case offer == nil:
			return nil, broken(reason.SocketUnasked, short(x.name))
		case x.name != permessageDeflate:
			return nil, broken(reason.SocketUnspoken, short(x.name))
		case d != nil:
			return nil, broken(reason.SocketTwice, short(x.name))
		}
		if d, err = x.deflate(offer); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// deflate reads the parameters that a server chose (RFC 7692 section 7.1).
func (x *extension) deflate(offer *extension) (*Deflate, error) {
	d := &Deflate{}
	seen := map[string]bool{}
	for _, p := range x.params {
		bits, err := strconv.Atoi(p.value)
		sized := err == nil && bits >= 8 && bits <= 15 && len(p.value) <= 2
		ok := !seen[p.name]
		seen[p.name] = true
		switch p.name {
		case "server_no_context_takeover":
			ok = ok && !p.valued
			d.ServerFresh = true
		case "client_no_context_takeover":
			ok = ok && !p.valued
			d.ClientFresh = true
		case "server_max_window_bits":
			ok = ok && sized
		case "client_max_window_bits":
			if ok = ok && sized && offer.has(p.name); bits < 15 {
				d.ClientBits = bits
			}
		default:
			ok = false
		}
		if !ok {
			return nil, broken(reason.SocketParameter, short(p.text()))
		}
	}
	return d, nil
}

// extension is one of Sec-WebSocket-Extensions (RFC 6455 section 9.1).
type extension struct {
	name   string
	params []parameter
}

type parameter struct {
	name, value string
	valued      bool
}

func (p *parameter) text() string {
	if p.valued {
		return p.name + "=" + p.value
	}
	return p.name
}

func (x *extension) has(name string) bool {
	for _, p := range x.params {
		if p.name == name {
			return true
		}
	}
	return false
}

// maxExtensions bounds what is read of a list.
const maxExtensions = 32

// extensions reads lists of them. What is no list gives odd names, which nobody has offered.
func extensions(values []string) (all []extension) {
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			name, rest, more := strings.Cut(part, ";")
			x := extension{name: strings.ToLower(strings.TrimSpace(name))}
			for more && len(x.params) < maxExtensions {
				var one string
				one, rest, more = strings.Cut(rest, ";")
				p := parameter{}
				p.name, p.value, p.valued = strings.Cut(one, "=")
				p.name = strings.ToLower(strings.TrimSpace(p.name))
				p.value = strings.Trim(strings.TrimSpace(p.value), `"`)
				x.params = append(x.params, p)
			}
			if (x.name != "" || len(x.params) > 0) && len(all) < maxExtensions {
				all = append(all, x)
			}
		}
	}
	return all
}

// Missing are the names of the fields without which a server refuses a handshake, or that do
// not say what they must (RFC 6455 section 4.2.1).
func Missing(request Fields) (names []string) {
	if !request.Lists("Connection", "upgrade") {
		names = append(names, "Connection")
	}
	if keys := request("Sec-WebSocket-Key"); len(keys) != 1 || !ValidKey(keys[0]) {
		names = append(names, "Sec-WebSocket-Key")
	}
	if versions := request("Sec-WebSocket-Version"); len(versions) != 1 || versions[0] != "13" {
		names = append(names, "Sec-WebSocket-Version")
	}
	return names
}
