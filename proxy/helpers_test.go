package proxy_test

import (
	"io"
	"net"
	"regexp"
	"strconv"
	"testing"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
)

// silentLong is longer than the proxy waits before it looks at a silent client.
const silentLong = 600 * time.Millisecond

var lengthField = regexp.MustCompile(`(?i)\r\nContent-Length: ([0-9]+)\r\n`)

// contentLength reads the length that a response head announces.
func contentLength(t *testing.T, head string) int {
	t.Helper()
	m := lengthField.FindStringSubmatch(head)
	if m == nil {
		t.Fatalf("no Content-Length in %q", head)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// read reads n bytes, for goroutines beside the test's own.
func read(c net.Conn, n int) ([]byte, error) {
	_ = c.SetReadDeadline(time.Now().Add(proxytest.Deadline))
	b := make([]byte, n)
	n, err := io.ReadFull(c, b)
	return b[:n], err
}

// said is what a row says of an exchange.
func said(r flow.Reason) string { return reason.English(r) }
