//go:build !linux

package socket

// PeerGone cannot be answered here: a peer that sent its FIN may still wait for an answer.
func (c *Conn) PeerGone() (gone, known bool) { return false, false }
