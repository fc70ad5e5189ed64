package socket

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

// A peer that reads slowly makes small writes wait; each byte arrives once, and in order.
func TestWriteWaitsForASlowPeer(t *testing.T) {
	c, peer := pair(t)
	const pieces, size = 2000, 9001 // 18 MB: more than both sockets hold
	sum := sha256.New()
	wrote := make(chan error, 1)
	go func() {
		piece := make([]byte, size)
		for i := range pieces {
			for j := range piece {
				piece[j] = byte(i + j)
			}
			sum.Write(piece)
			if n, err := c.Write(piece); n != size || err != nil {
				wrote <- errors.Join(errors.New("a write ended early"), err)
				return
			}
		}
		wrote <- c.CloseWrite()
	}()
	got := sha256.New()
	n, err := io.Copy(got, peer)
	if err != nil || n != pieces*size {
		t.Fatalf("%d of %d bytes, %v", n, pieces*size, err)
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Sum(nil), sum.Sum(nil)) {
		t.Error("the bytes differ")
	}
}

func TestWriteIsInterrupted(t *testing.T) {
	c, peer := pair(t)
	wrote := make(chan error, 1)
	total := 0
	go func() {
		for {
			n, err := c.Write(make([]byte, 4096))
			total += n
			if err != nil {
				wrote <- err
				return
			}
		}
	}()
	write(t, peer, "go")
	readAll(t, c, 2) // beside the writer
	c.Interrupt()
	if err := <-wrote; !IsInterrupt(err) || IsReset(err) {
		t.Fatalf("%v", err)
	}
	c.Resume()
	_ = c.SetDeadline(time.Now().Add(patience))
	drained := make(chan int64, 1)
	go func() { n, _ := io.Copy(io.Discard, peer); drained <- n }()
	if n, err := c.Write([]byte("end")); n != 3 || err != nil {
		t.Fatalf("after Resume: %d, %v", n, err)
	}
	_ = c.Close()
	if n := <-drained; n != int64(total)+3 {
		t.Errorf("%d bytes were said to be written, %d came", total+3, n)
	}
}

func TestWriteToAPeerThatResets(t *testing.T) {
	c, peer := pair(t)
	_ = peer.SetLinger(0)
	_ = peer.Close()
	eventually.Holds(t, "the reset arrives", func() bool { return c.Look().Broken })
	if _, err := c.Write([]byte("x")); !IsReset(err) || IsInterrupt(err) {
		t.Errorf("%v", err)
	}
	_ = c.Close()
	if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestWriteAllocatesNothing(t *testing.T) {
	c, peer := pair(t)
	_ = c.SetDeadline(time.Time{})
	text := []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	got := make([]byte, len(text))
	allocs := testing.AllocsPerRun(500, func() {
		if _, err := c.Write(text); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(peer, got); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations", allocs)
	}
}
