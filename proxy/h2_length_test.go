//lint:file-ignore SA1019 x/net is the judge of tests: net/http has no server for one connection

package proxy_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/flow"
)

// A request whose Content-Length cannot be true is malformed and goes no further
// (RFC 9113 section 8.1.1).
func TestH2LengthWithoutItsBody(t *testing.T) {
	for name, c := range map[string]struct {
		lengths []string
		status  string
	}{
		"none":         {nil, "204"},
		"zero":         {[]string{"0"}, "204"},
		"a body lacks": {[]string{"5"}, "400"},
		"no number":    {[]string{"5x"}, "400"},
		"a sign":       {[]string{"+0"}, "400"},
		"empty":        {[]string{""}, "400"},
		"two":          {[]string{"0", "5"}, "400"},
		"a list":       {[]string{"0, 0"}, "400"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan struct{}, 1)
			p := openH2(t, func(w http.ResponseWriter, _ *http.Request) {
				asked <- struct{}{}
				w.WriteHeader(204)
			}, nil)
			at := p.connect()
			_ = at.Net.SetDeadline(time.Now().Add(10 * time.Second))
			conn := tls.Client(at.Net, p.client("h2"))
			fields := [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", "/"}}
			for _, n := range c.lengths {
				fields = append(fields, [2]string{"content-length", n})
			}
			if got := askRaw(t, conn, fields); got != c.status {
				t.Errorf("answered %q, want %s", got, c.status)
			}
			if want := c.status == "204"; (len(asked) == 1) != want {
				t.Errorf("the origin was asked: %v", !want)
			}
			row := p.Row(func(r flow.Row) bool { return r.Scheme == "https" && r.Phase.Final() })
			if want := c.status == "400"; (row.Failure == flow.FailureBadRequest) != want {
				t.Errorf("row %+v", row)
			}
		})
	}
}

// askRaw sends one request without a body, frame by frame, and returns the status.
func askRaw(t *testing.T, conn io.ReadWriter, fields [][2]string) (status string) {
	t.Helper()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, f := range fields {
		_ = encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = framer.WriteSettings()
	if err := framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndStream: true,
		EndHeaders: true}); err != nil {
		t.Fatal(err)
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		switch f := frame.(type) {
		case *http2.MetaHeadersFrame:
			return f.PseudoValue("status")
		case *http2.RSTStreamFrame:
			return f.ErrCode.String()
		}
	}
}
