package socket

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"
)

func TestFillAllocatesNothing(t *testing.T) {
	c, peer := pair(t)
	text := []byte("GET / HTTP/1.1\r\n\r\n")
	allocs := testing.AllocsPerRun(500, func() {
		if _, err := peer.Write(text); err != nil {
			t.Fatal(err)
		}
		for len(c.Buffered()) < len(text) {
			if err := c.Fill(); err != nil {
				t.Fatal(err)
			}
		}
		c.Discard(len(text))
		c.Look()
		c.Release()
	})
	if allocs != 0 && !raceEnabled {
		t.Errorf("%v allocations", allocs)
	}
}

// TestIdleConnectionsHoldNoBuffers has thousands wait together.
func TestIdleConnectionsHoldNoBuffers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows a read holds its buffer while it waits")
	}
	const count = 2000
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	var done sync.WaitGroup
	defer done.Wait()
	before := heap()
	for i := range count {
		peer, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer func() { _ = peer.Close() }()
		conn, err := ln.Accept()
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		c := New(conn)
		// Each has had a buffer before.
		write(t, peer, "x")
		readAll(t, c, 1)
		done.Go(func() {
			defer func() { _ = c.Close() }()
			if err := c.Fill(); err != io.EOF && !IsReset(err) {
				t.Errorf("%v", err)
			}
		})
	}
	// Net's own memory for both ends of a connection is about 1 KiB; buffers would be 8 KiB each.
	var used int64
	eventually.Holds(t, "idle connections give their buffers back", func() bool {
		used = int64(heap()) - int64(before)
		return used < count*4<<10
	})
	t.Logf("%d bytes of heap for each of %d idle connections (both ends)", used/count, count)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // the second one empties the pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkFill(b *testing.B) {
	c, peer := pair(b)
	_, _ = peer.SetDeadline(time.Time{}), c.SetDeadline(time.Time{})
	text := bytes.Repeat([]byte("x"), 1024)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := peer.Write(text); err != nil {
			b.Fatal(err)
		}
		for len(c.Buffered()) < len(text) {
			if err := c.Fill(); err != nil {
				b.Fatal(err)
			}
		}
		c.Discard(len(text))
	}
}
