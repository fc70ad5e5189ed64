package socket

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"posthouse/proxy/proxytest/eventually"

	"golang.org/x/sys/unix"
)

// relayed is a source peer, our two connections, and a sink peer.
func relayed(t testing.TB) (source *net.TCPConn, src, dst *Conn, sink *net.TCPConn) {
	src, source = pair(t)
	dst, sink = pair(t)
	return source, src, dst, sink
}

type spliced struct {
	total, moved int64
	err          error
}

func startSplice(src, dst *Conn, n int64) <-chan spliced {
	done := make(chan spliced, 1)
	go func() {
		var r spliced
		r.total, r.err = src.Splice(dst, n, func(n int64) { r.moved += n })
		done <- r
	}()
	return done
}

func read(t testing.TB, r io.Reader, n int) string {
	t.Helper()
	b := make([]byte, n)
	if n, err := io.ReadFull(r, b); err != nil {
		t.Fatalf("after %d bytes: %v", n, err)
	}
	return string(b)
}

func TestSpliceMovesExactly(t *testing.T) {
	source, src, dst, sink := relayed(t)
	write(t, source, "hello world")
	got := <-startSplice(src, dst, 5)
	if got != (spliced{5, 5, nil}) || read(t, sink, 5) != "hello" {
		t.Errorf("%+v", got)
	}
	if rest := readAll(t, src, 6); rest != " world" {
		t.Errorf("behind it: %q", rest)
	}
}

func TestSpliceInManyPieces(t *testing.T) {
	source, src, dst, sink := relayed(t)
	done := startSplice(src, dst, 300)
	for range 100 {
		write(t, source, "abc")
		if got := read(t, sink, 3); got != "abc" { // each piece arrives before the next is sent
			t.Fatalf("%q", got)
		}
	}
	if got := <-done; got != (spliced{300, 300, nil}) {
		t.Errorf("%+v", got)
	}
}

func TestSpliceToTheEndLeavesTheOtherDirection(t *testing.T) {
	source, src, dst, sink := relayed(t)
	done := startSplice(src, dst, -1)
	write(t, source, "all")
	_ = source.CloseWrite()
	if got := <-done; got != (spliced{3, 3, nil}) {
		t.Errorf("%+v", got)
	}
	if err := dst.CloseWrite(); err != nil {
		t.Error(err)
	}
	if all, err := io.ReadAll(sink); string(all) != "all" || err != nil {
		t.Errorf("%q %v", all, err)
	}
	back := startSplice(dst, src, -1)
	write(t, sink, "late answer")
	_ = sink.CloseWrite()
	if got := read(t, source, 11); got != "late answer" {
		t.Errorf("%q", got)
	}
	if got := <-back; got.total != 11 || got.err != nil {
		t.Errorf("%+v", got)
	}
}

func TestSpliceOfASourceThatEndsEarly(t *testing.T) {
	source, src, dst, _ := relayed(t)
	write(t, source, "abc")
	_ = source.Close()
	if got := <-startSplice(src, dst, 10); got != (spliced{3, 3, nil}) {
		t.Errorf("%+v", got)
	}
}

func TestSpliceOfASourceThatResets(t *testing.T) {
	source, src, dst, sink := relayed(t)
	done := startSplice(src, dst, -1)
	write(t, source, "abc")
	read(t, sink, 3)
	_ = source.SetLinger(0)
	_ = source.Close()
	if got := <-done; got.total != 3 || !IsReset(got.err) || errors.Is(got.err, ErrWrite) {
		t.Errorf("%+v", got)
	}
}

func TestSpliceToASinkThatResets(t *testing.T) {
	source, src, dst, sink := relayed(t)
	done := startSplice(src, dst, -1)
	_ = sink.SetLinger(0)
	_ = sink.Close()
	go func() { // until writing fails, since our side closes then
		b := make([]byte, 1<<10)
		for {
			if _, err := source.Write(b); err != nil {
				return
			}
		}
	}()
	got := <-done
	if !errors.Is(got.err, ErrWrite) || !IsReset(got.err) {
		t.Errorf("%+v", got)
	}
	_ = src.Abort()
}

func TestSpliceIsInterrupted(t *testing.T) {
	for _, side := range []string{"waiting for bytes", "waiting for room"} {
		t.Run(side, func(t *testing.T) {
			source, src, dst, sink := relayed(t)
			done := startSplice(src, dst, -1)
			write(t, source, "abc")
			read(t, sink, 3)
			if side == "waiting for room" {
				b := make([]byte, 1<<20)
				for n := 1; n > 0; { // nothing is read at the sink: fill all there is on the way
					_ = source.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
					n, _ = source.Write(b)
				}
				dst.Interrupt()
			} else {
				src.Interrupt()
			}
			got := <-done
			if !IsInterrupt(got.err) || got.total < 3 || got.total != got.moved ||
				errors.Is(got.err, ErrWrite) != (side == "waiting for room") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestSpliceKeepsBytesUnderBackpressure moves much to a sink that reads in small bites.
func TestSpliceKeepsBytesUnderBackpressure(t *testing.T) {
	source, src, dst, sink := relayed(t)
	const size = 16 << 20
	body := make([]byte, size)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(body)
	done := startSplice(src, dst, size)
	go func() { _, _ = source.Write(body) }()
	sum := sha256.New()
	for left, bite := int64(size), int64(1); left > 0; bite = bite%70_000 + 997 {
		n, err := io.CopyN(sum, sink, min(bite, left))
		if err != nil {
			t.Fatal(err)
		}
		left -= n
	}
	want := sha256.Sum256(body)
	if !bytes.Equal(sum.Sum(nil), want[:]) {
		t.Error("the bytes differ")
	}
	if got := <-done; got != (spliced{size, size, nil}) {
		t.Errorf("%+v", got)
	}
}

func openPipes(t testing.TB) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "pipe:") {
			n++
		}
	}
	return n
}

// TestWaitingSplicesHoldNoPipe has more transfers wait together than pipes are kept.
func TestWaitingSplicesHoldNoPipe(t *testing.T) {
	const count = 200
	dropPipes()
	before := openPipes(t)
	var sources []*net.TCPConn
	var all []<-chan spliced
	for range count {
		source, src, dst, sink := relayed(t)
		all = append(all, startSplice(src, dst, -1))
		write(t, source, "x")
		read(t, sink, 1)
		sources = append(sources, source)
	}
	eventually.Holds(t, "pipes are given back", func() bool { return openPipes(t)-before <= 2*idlePipes })
	for i, source := range sources {
		_ = source.CloseWrite()
		if got := <-all[i]; got != (spliced{1, 1, nil}) {
			t.Errorf("%+v", got)
		}
	}
	if n := openPipes(t) - before; n > 2*idlePipes {
		t.Errorf("%d descriptors of pipes are kept", n)
	}
}

// dropPipes closes the pipes that are kept.
func dropPipes() {
	pipes.Lock()
	defer pipes.Unlock()
	for _, p := range pipes.free {
		closePipe(p)
	}
	pipes.free = nil
}

// withoutDescriptors runs f while the process can open nothing more.
func withoutDescriptors(t *testing.T, f func()) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 3
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
	}()
	dropPipes()
	f()
}

func TestSpliceWithoutDescriptors(t *testing.T) {
	t.Run("from the start", func(t *testing.T) {
		source, src, dst, _ := relayed(t)
		write(t, source, "abc")
		withoutDescriptors(t, func() {
			if _, err := net.Dial("tcp", source.LocalAddr().String()); !IsExhausted(err) {
				t.Fatalf("descriptors are not used up: %v", err)
			}
			if got := <-startSplice(src, dst, 3); got != (spliced{0, 0, ErrNoSplice}) {
				t.Errorf("%+v", got)
			}
		})
		if got := readAll(t, src, 3); got != "abc" {
			t.Errorf("%q", got)
		}
	})
	t.Run("in the middle", func(t *testing.T) {
		source, src, dst, sink := relayed(t)
		done := startSplice(src, dst, 9)
		write(t, source, "abc")
		read(t, sink, 3)
		eventually.Holds(t, "the pipe is given back", func() bool {
			pipes.Lock()
			defer pipes.Unlock()
			return len(pipes.free) == 1
		})
		withoutDescriptors(t, func() {
			write(t, source, "def")
			if got := read(t, sink, 3); got != "def" {
				t.Errorf("%q", got)
			}
		})
		write(t, source, "ghi and more")
		if got := <-done; got != (spliced{9, 9, nil}) || read(t, sink, 3) != "ghi" {
			t.Errorf("%+v", got)
		}
		if rest := readAll(t, src, 9); rest != " and more" {
			t.Errorf("behind it: %q", rest)
		}
	})
}

func BenchmarkSplice(b *testing.B) {
	source, src, dst, sink := relayed(b)
	for _, c := range []interface{ SetDeadline(time.Time) error }{source, src, dst, sink} {
		_ = c.SetDeadline(time.Time{})
	}
	const piece = 1 << 20
	b.SetBytes(piece)
	done := startSplice(src, dst, -1)
	go func() { _, _ = io.Copy(io.Discard, sink) }()
	body := make([]byte, piece)
	for b.Loop() {
		if _, err := source.Write(body); err != nil {
			b.Fatal(err)
		}
	}
	_ = source.CloseWrite()
	<-done
}
