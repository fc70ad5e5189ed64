package outgoing

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strconv"
	"sync"
)

// Speak writes a message of HTTP/1 over conn, whose other end the engine serves as a client's, and
// takes what comes back, until conn is closed. It waits for nothing but conn. upgraded is
// called once where the answer, which has this head, turns the connection into another protocol:
// Speak then reads no more, and early is what has come of that protocol.
func Speak(conn net.Conn, m *Message, upgraded func(head, early []byte)) {
	var writes sync.WaitGroup
	defer writes.Wait()
	writes.Go(func() {
		if m.writeHTTP1(conn) != nil {
			_ = conn.Close() // half a request must not look whole
		}
	})
	r := bufio.NewReaderSize(conn, 32<<10)
	if head, early, is := awaitUpgrade(r); is {
		upgraded(head, early)
		return
	}
	_, _ = io.Copy(io.Discard, r)
}

// chunkSize is how much of a body goes in one chunk, in bytes.
const chunkSize = 16 << 10

// writeHTTP1 writes head and body. The error is conn's, or that of reading the body.
func (m *Message) writeHTTP1(conn io.Writer) error {
	w := bufio.NewWriterSize(conn, 2*chunkSize)
	_, _ = w.Write(m.Head)
	body := m.Body.Open()
	if !m.Chunked() {
		if n, err := io.Copy(w, body); err != nil || n != m.Body.Len() {
			return io.ErrUnexpectedEOF
		}
		return w.Flush()
	}
	piece := make([]byte, chunkSize)
	for left := m.Body.Len(); left > 0; {
		b := piece[:min(left, chunkSize)]
		if _, err := io.ReadFull(body, b); err != nil {
			return err
		}
		left -= int64(len(b))
		_, _ = w.WriteString(strconv.FormatInt(int64(len(b)), 16) + "\r\n")
		_, _ = w.Write(b)
		if _, err := w.WriteString("\r\n"); err != nil {
			return err
		}
	}
	_, _ = w.WriteString("0\r\n")
	_, _ = w.Write(m.Trailer)
	_, _ = w.WriteString("\r\n")
	return w.Flush()
}

// maxHead bounds a response head that is looked at, in bytes: the engine passes no longer one.
const maxHead = 2 << 20

// awaitUpgrade reads response heads until the final one; it reports whether that is a 101.
func awaitUpgrade(r *bufio.Reader) (head, early []byte, is bool) {
	for {
		head, status, ok := readHead(r)
		switch {
		case !ok:
			return nil, nil, false
		case status == "101":
			early, _ = r.Peek(r.Buffered())
			return head, bytes.Clone(early), true
		case status == "" || status[0] != '1':
			return nil, nil, false
		}
	}
}

func readHead(r *bufio.Reader) (head []byte, status string, ok bool) {
	for len(head) < maxHead {
		line, err := r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return nil, "", false
		}
		first, begins := head == nil, len(head) == 0 || head[len(head)-1] == '\n' // else a long line goes on
		if fields := bytes.Fields(line); first && len(fields) > 1 {
			status = string(fields[1])
		}
		head = append(head, line...)
		if !first && begins && (string(line) == "\r\n" || string(line) == "\n") {
			return head, status, true
		}
	}
	return nil, "", false
}
