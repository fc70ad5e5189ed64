package outgoing

import (
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"

	"posthouse/proxy/http2"
)

// slowBody has bytes that come when they are let.
type slowBody struct{ asked, come chan struct{} }

func (b *slowBody) ReadAt(p []byte, _ int64) (int, error) {
	b.asked <- struct{}{}
	<-b.come
	return len(p), nil
}

// nextFrame reads a frame; its header is zero where none comes.
func nextFrame(from io.Reader) (h http2.Header) {
	head := make([]byte, http2.HeaderSize)
	if _, err := io.ReadFull(from, head); err == nil {
		h = http2.ParseHeader(head)
		_, _ = io.CopyN(io.Discard, from, int64(h.Length))
	}
	return h
}

// A body whose last bytes are being read when the peer ends its side is sent to its end: else that stream would stay
// open there.
func TestABodyIsSentToItsEndBehindTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		body := &slowBody{make(chan struct{}), make(chan struct{})}
		m := &Message{Protocol: HTTP2, Body: Body{Reader: body, Size: 5},
			Fields: ParseFields([]byte(":method: POST\r\n:scheme: https\r\n:authority: a.example\r\n:path: /\r\n"), 0)}
		c := NewStreams(near, m)
		stream, _ := c.Send(m, func(uint32) {})
		var runs sync.WaitGroup
		runs.Go(c.Run)
		defer runs.Wait()
		defer func() { _ = far.Close() }()
		<-body.asked
		answer := http2.Header{Type: http2.Headers, Flags: http2.FlagEndHeaders | http2.FlagEndStream, Stream: stream}
		if _, err := far.Write(answer.Append(nil)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // and it is noted
		body.come <- struct{}{}
		_, _ = io.ReadFull(far, make([]byte, len(http2.Preface)))
		for range 3 { // SETTINGS, WINDOW_UPDATE and HEADERS
			nextFrame(far)
		}
		end := make(chan http2.Header, 1)
		go func() { end <- nextFrame(far) }()
		synctest.Wait()
		select {
		case h := <-end:
			if h.Type != http2.Data || h.Length != 5 || !h.Has(http2.FlagEndStream) {
				t.Errorf("%+v", h)
			}
		default:
			t.Error("the end does not come")
		}
	})
}
