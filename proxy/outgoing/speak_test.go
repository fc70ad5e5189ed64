package outgoing

import (
	"bufio"
	"strings"
	"testing"
)

// The end of a line that is as long as what is read at a time does not end the head.
func TestALongLineDoesNotEndAHead(t *testing.T) {
	const size = 64
	head := "HTTP/1.1 101 Switching Protocols\r\nX: " + strings.Repeat("x", size-3) + "\r\nUpgrade: websocket\r\n\r\n"
	got, early, is := awaitUpgrade(bufio.NewReaderSize(strings.NewReader(head+"early"), size))
	if string(got) != head || string(early) != "early" || !is {
		t.Errorf("%q, %q, %v", got, early, is)
	}
}
