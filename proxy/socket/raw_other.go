//go:build !linux || race

package socket

// writer has nothing to remember where Write is the connection's own.
type writer struct{}

func (writer) init(*Conn) {}

func (c *Conn) write(p []byte) (int, error) { return c.Conn.Write(p) }
