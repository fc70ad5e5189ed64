//go:build !linux || race

package socket

// writer has nothing to remember where Write is the connection's own.
type writer struct{}

func (writer) init(*Conn) {}

func (c *Conn) write(p []byte) (int, error) { return c.Conn.Write(p) }

// ask writes at once.
func (c *Conn) ask(p []byte, wrote func(error)) {
	_, err := c.Write(p)
	wrote(err)
}

// Rouse has nothing to do where Fill looks before it waits.
func (*Conn) Rouse() {}
