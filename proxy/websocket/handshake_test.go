package websocket

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// fields are those of lines "Name: value".
func fields(lines ...string) Fields {
	return func(name string) (all []string) {
		for _, line := range lines {
			if n, value, _ := strings.Cut(line, ": "); strings.EqualFold(n, name) {
				all = append(all, value)
			}
		}
		return all
	}
}

const rfcKey, rfcAccept = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" // RFC 6455 section 1.3

func TestAcceptAnswersTheKey(t *testing.T) {
	if got := Accept(rfcKey); got != rfcAccept {
		t.Error(got)
	}
	a, b := NewKey(), NewKey()
	if a == b || !ValidKey(a) || ValidKey("x") || ValidKey("aaaa") {
		t.Errorf("%q, %q", a, b)
	}
}

func TestHandshakes(t *testing.T) {
	request := []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: " + rfcKey, "Sec-WebSocket-Version: 13"}
	answer := []string{"Upgrade: WebSocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + rfcAccept}
	const ext = "Sec-WebSocket-Extensions: "
	for _, c := range []struct {
		name        string
		ask, answer []string
		want        Agreement
		code        flow.ReasonCode
	}{
		{name: "plain"},
		{name: "subprotocol", ask: []string{"Sec-WebSocket-Protocol: a, b"}, answer: []string{"Sec-WebSocket-Protocol: b"},
			want: Agreement{Protocol: "b"}},
		{name: "not that one", ask: []string{"Sec-WebSocket-Protocol: a"}, answer: []string{"Sec-WebSocket-Protocol: A"},
			code: reason.SocketProtocol},
		{name: "compressed", ask: []string{ext + "permessage-deflate; client_max_window_bits"},
			answer: []string{ext + "permessage-deflate"}, want: Agreement{Deflate: &Deflate{}}},
		{name: "all parameters", ask: []string{ext + "permessage-deflate; client_max_window_bits"},
			answer: []string{ext + `permessage-deflate; server_no_context_takeover;client_no_context_takeover; server_max_window_bits="9"` +
				"; client_max_window_bits=10"},
			want: Agreement{Deflate: &Deflate{ServerFresh: true, ClientFresh: true, ClientBits: 10}}},
		{name: "unasked", answer: []string{ext + "permessage-deflate"}, code: reason.SocketUnasked},
		{name: "unasked one of two", ask: []string{ext + "permessage-deflate"}, answer: []string{ext + "permessage-deflate, x"},
			code: reason.SocketUnasked},
		{name: "unspoken", ask: []string{ext + "x-new; a=b"}, answer: []string{ext + "x-new"}, code: reason.SocketUnspoken},
		{name: "twice", ask: []string{ext + "permessage-deflate"}, answer: []string{ext + "permessage-deflate", ext + "permessage-deflate"},
			code: reason.SocketTwice},
		{name: "bits unasked", ask: []string{ext + "permessage-deflate"},
			answer: []string{ext + "permessage-deflate; client_max_window_bits=9"},
			code:   reason.SocketParameter},
		{name: "no bits", ask: []string{ext + "permessage-deflate"}, answer: []string{ext + "permessage-deflate; server_max_window_bits"},
			code: reason.SocketParameter},
		{name: "wrong bits", ask: []string{ext + "permessage-deflate"},
			answer: []string{ext + "permessage-deflate; server_max_window_bits=16"},
			code:   reason.SocketParameter},
		{name: "a parameter twice", ask: []string{ext + "permessage-deflate"},
			answer: []string{ext + "permessage-deflate; server_no_context_takeover; server_no_context_takeover"},
			code:   reason.SocketParameter},
		{name: "another parameter", ask: []string{ext + "permessage-deflate"}, answer: []string{ext + "permessage-deflate; x"},
			code: reason.SocketParameter},
	} {
		a, err := Check(fields(append(request[:4:4], c.ask...)...), fields(append(answer[:3:3], c.answer...)...))
		code := flow.ReasonCode("")
		if err != nil {
			code = reason.Of(err).Code
		}
		if code != c.code || err == nil && !reflect.DeepEqual(a, c.want) {
			t.Errorf("%s: %+v, %v", c.name, a, err)
		}
	}
	for code, lines := range map[flow.ReasonCode][]string{
		reason.SocketUpgrade:    {"Upgrade: h2c", answer[1], answer[2]},
		reason.SocketConnection: {answer[0], "Connection: keep-alive", answer[2]},
		reason.SocketAccept:     {answer[0], answer[1], "Sec-WebSocket-Accept: x" + strings.Repeat("y", 1000)},
	} {
		var fault *Error
		_, err := Check(fields(request...), fields(lines...))
		if !errors.As(err, &fault) || fault.Why.Code != code || len(err.Error()) > 600 {
			t.Errorf("%q: %v", lines, err)
		}
	}
}

func TestWhatAHandshakeLacks(t *testing.T) {
	good := []string{"Connection: keep-alive, Upgrade", "Sec-WebSocket-Key: " + rfcKey, "Sec-WebSocket-Version: 13"}
	if got := Missing(fields(good...)); got != nil {
		t.Errorf("%q", got)
	}
	if got := Missing(fields("Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 8")); !slices.Equal(got,
		[]string{"Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"}) {
		t.Errorf("%q", got)
	}
	if !Asked(fields("Upgrade: foo, WebSocket")) || Asked(fields("Upgrade: websockets")) {
		t.Error("Upgrade is misread")
	}
	if got := Unspoken([]string{"permessage-deflate; a, x-b", "x-c"}); !slices.Equal(got, []string{"x-b", "x-c"}) {
		t.Errorf("%q", got)
	}
	if got := extensions([]string{strings.Repeat("a;", 1000) + strings.Repeat(",b", 1000)}); len(got) > maxExtensions ||
		len(got[0].params) > maxExtensions {
		t.Errorf("%d extensions are kept", len(got))
	}
}
