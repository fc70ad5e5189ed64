package proxy

import (
	"testing"

	"golang.org/x/net/http2"
)

// What a request was is not read from the memory of the next one: a POST behind which a
// GET came is not one to ask again.
func TestHTTP2RequestOutlivesItsSection(t *testing.T) {
	_, client, origin := opened(t, Config{})
	fromOrigin, fromClient := client.frames(), origin.frames()
	client.head(t, 1, true, asked("GET", "/")...)
	until(t, fromClient, "HEADERS 1 GET/")
	origin.head(t, 1, true, ":status", "204")
	until(t, fromOrigin, "HEADERS 1 204")
	client.head(t, 3, true, asked("POST", "/")...)
	client.head(t, 5, true, asked("HEAD", "/")...)
	until(t, fromClient, "HEADERS 5 HEAD/")
	_ = origin.Conn.Close()
	until(t, fromOrigin, "RST_STREAM 3 INTERNAL_ERROR")
}

var _ = http2.ErrCodeNo
