package reason

// What a WebSocket server did that a client may not go on with.
var (
	SocketUpgrade    = say("socket-upgrade", "The server switched to another protocol than WebSocket: Upgrade says %s.")
	SocketConnection = say("socket-connection", "The server did not say that this connection switches: Connection says %s.")
	SocketAccept     = say("socket-accept", "The server did not answer this handshake: Sec-WebSocket-Accept is %s, and must be %s.")
	SocketProtocol   = say("socket-protocol", "The server chose the subprotocol %s, which was not offered.")
	SocketUnasked    = say("socket-unasked", "The server took the extension %s, which was not offered.")
	SocketUnspoken   = say("socket-unspoken", "The server took the extension %s, which Posthouse does not speak.")
	SocketTwice      = say("socket-twice", "The server took the extension %s twice.")
	SocketParameter  = say("socket-parameter", "The server wants permessage-deflate with %s, which is not possible.")

	SocketLength   = say("socket-length", "The server sent a frame whose length is not written as it must be.")
	SocketOpcode   = say("socket-opcode", "The server sent a frame with the opcode %s, which has no meaning.")
	SocketReserved = say("socket-reserved", "The server sent a frame with reserved bits, which nothing was agreed on for.")
	SocketMasked   = say("socket-masked", "The server sent a masked frame, which clients alone do.")
	SocketControl  = say("socket-control", "The server sent a ping, pong or close in pieces, or longer than 125 bytes.")
	SocketOrder    = say("socket-order", "The server sent the pieces of two messages mixed up.")
	SocketClose    = say("socket-close", "The server sent a close of one byte, which is half a code.")
	SocketDeflate  = say("socket-deflate", "The server sent a compressed message that is damaged at byte %s.")
)

// How a WebSocket connection that Posthouse opened went on.
var (
	SocketEnded = say("socket-ended", "The connection ended without a close.")
	SocketCut   = say("socket-cut", "The connection ended inside a message.")
	SocketQueue = say("socket-queue", "%s messages wait to be sent already, or %s bytes: the server takes no more now")
	SocketLong  = say("socket-long", "a message has at most %s bytes")
	SocketShut  = say("socket-shut", "the connection is closed")
	SocketText  = say("socket-text", "the reason of a close has at most 123 bytes")
)
