package socket

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"posthouse/proxy/pace"
)

// A write that waits for its place ends when it is interrupted, and passes whole otherwise.
func TestPace(t *testing.T) {
	c, b := pair(t)
	c.Pace(pace.NewLine(1000))
	done := make(chan error, 1)
	go func() {
		_, err := c.Write(make([]byte, 100_000)) // for 100 s
		done <- err
	}()
	if _, err := io.ReadFull(b, make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	c.Interrupt()
	select {
	case err := <-done:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it still waits")
	}
	c.Resume()
	c.Pace()
	go func() { _, _ = c.Write([]byte("quick")) }()
	if err := b.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(b, 5)); err != nil {
		t.Error(err)
	}
}

// What rests on a connection that is no socket of the system's ends when that is interrupted, too.
func TestRestOnAPipe(t *testing.T) {
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	c := New(a)
	done := make(chan error, 1)
	go func() { done <- c.Rest(time.Hour) }()
	c.Interrupt()
	select {
	case err := <-done:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it still waits")
	}
	c.Resume()
	if err := c.Rest(time.Millisecond); err != nil {
		t.Error(err)
	}
}
