package socket

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"

	"posthouse/proxy/proxytest/eventually"
)

// What Ask writes arrives, and the Fill behind it waits for the answer, again and again.
func TestAskIsAnswered(t *testing.T) {
	c, peer := pair(t)
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(peer, io.LimitReader(peer, 3*4))
		done <- err
	}()
	for range 3 {
		told := 0
		c.Ask([]byte("ping"), func(err error) {
			if told++; err != nil {
				t.Error(err)
			}
		})
		if err := c.Fill(); err != nil {
			t.Fatal(err)
		}
		if got := c.Buffered(); string(got) != "ping" || told != 1 {
			t.Fatalf("%q; told %d times", got, told)
		}
		c.Discard(4)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// An answer that came before the question is found with what comes behind that, if not before.
func TestAskFindsWhatWasThere(t *testing.T) {
	c, peer := pair(t)
	write(t, peer, "unasked")
	eventually.Holds(t, "it has come", func() bool { return c.Look().Readable })
	c.Ask([]byte("?"), func(error) { write(t, peer, ", and more") })
	for got := 0; got < len("unasked, and more"); got = len(c.Buffered()) {
		if err := c.Fill(); err != nil {
			t.Fatal(err)
		}
	}
}

// A peer that reads nothing before it has all, and a socket that does not take all at once.
func TestAskGoesOnWithALongQuestion(t *testing.T) {
	c, peer := pair(t)
	if err := c.Conn.(*net.TCPConn).SetWriteBuffer(1); err != nil {
		t.Fatal(err)
	}
	question := bytes.Repeat([]byte("q"), 16<<10)
	const count = 64
	done := make(chan error, 1)
	go func() {
		for range count {
			if _, err := io.ReadFull(peer, make([]byte, len(question))); err != nil {
				done <- err
				return
			}
			if _, err := peer.Write([]byte("a")); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for range count {
		told := false
		c.Ask(question, func(err error) { told = err == nil })
		if err := c.Fill(); err != nil || !told {
			t.Fatal(err, told)
		}
		c.Discard(1)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// The write's error is told, and what the peer had sent before is read all the same.
func TestAskTellsThatItCannotWrite(t *testing.T) {
	c, peer := pair(t)
	write(t, peer, "too much")
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	var told error
	c.Ask([]byte("?"), func(err error) { told = err })
	if err := c.Fill(); err != nil || told == nil {
		t.Errorf("told %v, filled %v", told, err)
	}
}

func TestAskIsInterrupted(t *testing.T) {
	c, _ := pair(t)
	var told error
	c.Interrupt()
	c.Ask([]byte("?"), func(err error) { told = err })
	err := c.Fill()
	if !errors.Is(told, os.ErrDeadlineExceeded) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("told %v, filled %v", told, err)
	}
}

// consumed waits until the scheduler knows of what has come to c, so that a wait that begins now is not woken by it.
func consumed(t *testing.T, c *Conn) {
	t.Helper()
	eventually.Holds(t, "the end has come", func() bool { return c.Look().Readable })
	other, behind := pair(t)
	go func() { _, _ = io.WriteString(behind, "!") }()
	if err := other.Fill(); err != nil { // which the system tells of behind it
		t.Fatal(err)
	}
}

// askedAndRoused is what the Fill behind a question of one byte ends with while somebody rouses it.
func askedAndRoused(t *testing.T, c *Conn, peer io.Reader) error {
	t.Helper()
	asked, filled := make(chan struct{}), make(chan error, 1)
	go func() {
		c.Ask([]byte("?"), func(error) { close(asked) })
		filled <- c.Fill()
	}()
	<-asked
	readsOne(t, peer)
	eventually.Holds(t, "Fill ends", func() bool { c.Rouse(); return len(filled) == 1 })
	return <-filled
}

// An end that came before Fill was ready to wait is heard of, from a peer that reads on and says nothing more.
func TestAskIsRousedByAnEnd(t *testing.T) {
	c, peer := pair(t)
	if err := peer.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	consumed(t, c)
	if err := askedAndRoused(t, c, peer); err != io.EOF {
		t.Error(err)
	}
}

// Who has not ended is left alone, and so is what came before an end.
func TestRouseLosesNothing(t *testing.T) {
	c, peer := pair(t)
	c.Rouse()
	write(t, peer, "answer")
	c.Rouse()
	if err := peer.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	consumed(t, c)
	c.Rouse()
	if got := readAll(t, c, len("answer")); got != "answer" {
		t.Errorf("%q", got)
	}
	if err := c.Fill(); err != io.EOF {
		t.Error(err)
	}
	write(t, c, "thanks") // the other way is still open
	if _, err := io.ReadFull(peer, make([]byte, 6)); err != nil {
		t.Error(err)
	}
}

// readsOne reads a byte.
func readsOne(t *testing.T, peer io.Reader) {
	t.Helper()
	if _, err := io.ReadFull(peer, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

func TestAskAllocatesNothing(t *testing.T) {
	c, peer := pair(t)
	question, answer, wrote := []byte("question"), make([]byte, 8), func(error) {}
	go func() { _, _ = io.Copy(peer, peer) }()
	allocs := testing.AllocsPerRun(500, func() {
		c.Ask(question, wrote)
		for len(c.Buffered()) < len(answer) {
			if err := c.Fill(); err != nil {
				t.Fatal(err)
			}
		}
		c.Discard(len(answer))
		c.Release()
	})
	if allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations", allocs)
	}
}
