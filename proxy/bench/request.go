package main

import "fmt"

// way is how requests reach the origin.
type way int

const (
	plain    way = iota // absolute-form requests to the proxy
	tunneled            // origin-form requests inside a CONNECT tunnel
)

// requestFor writes a GET request as the way and the contender need it.
func requestFor(in *instance, w way, authority, path string) []byte {
	target := path
	if w == plain {
		target = "http://" + authority + path
	}
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n", target, authority)
}

// reach connects to in, and opens the tunnel where the way asks for it and the
// contender understands it.
func reach(in *instance, w way, authority string) (*client, error) {
	c, err := dial(in.addr)
	if err != nil {
		return nil, err
	}
	if w == tunneled && !in.blind {
		if err := c.openTunnel(authority); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// verify fetches a file and holds it against what it must be, to the byte. It
// returns how long the response was, head and body.
func verify(in *instance, w way, authority, path string, size int64) (int, error) {
	c, err := reach(in, w, authority)
	if err != nil {
		return 0, err
	}
	defer c.close()
	a, err := c.get(requestFor(in, w, authority, path), size)
	if err != nil {
		return 0, err
	}
	if err := c.verifyBody(size); err != nil {
		return 0, fmt.Errorf("wrong body: %w", err)
	}
	return a.head + int(size), nil
}
