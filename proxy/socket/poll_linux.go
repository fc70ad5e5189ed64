package socket

import "golang.org/x/sys/unix"

// pollEnded is reported once the peer has sent its FIN, even with bytes still unread.
const pollEnded int16 = unix.POLLRDHUP
