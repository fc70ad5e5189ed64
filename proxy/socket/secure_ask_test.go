package socket

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"

	"posthouse/proxy/proxytest/eventually"
)

// However the bytes come, the library is given them up to the end of one record, and then of the next.
func TestRecordEndsWhereItSays(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var r record
		for range 5 {
			size := random.IntN(300)
			whole := append([]byte{23, 3, 3, byte(size >> 8), byte(size)}, make([]byte, size)...)
			behind := make([]byte, random.IntN(20))
			for given := 0; given < len(whole); {
				come := whole[given : given+1+random.IntN(len(whole)-given)]
				if given+len(come) == len(whole) {
					come = append(bytes.Clone(come), behind...)
				}
				n := r.next(come)
				if given += n; n == 0 || given > len(whole) {
					t.Fatalf("%d bytes of %d, in a record of %d", given, len(come), len(whole))
				}
			}
			if r.headed != 0 || r.left != 0 {
				t.Fatalf("behind a record it stands in %+v", r)
			}
		}
	}
}

// countedTLS counts what is asked of the library.
type countedTLS struct {
	*tls.Conn
	reads int
}

func (c *countedTLS) Read(p []byte) (int, error) {
	c.reads++
	return c.Conn.Read(p)
}

// The library is not asked again for what it cannot have.
func TestSecureConnReadsARecordOnce(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			c, peer, _ := securePair(t, version)
			counted := &countedTLS{Conn: c.layer.tls.(*tls.Conn)}
			c.layer.tls = counted
			read := func() {
				write(t, peer, "word")
				if got := readAll(t, c, 4); got != "word" {
					t.Fatalf("%q", got)
				}
			}
			read()
			if !c.Quiet() {
				t.Fatal("there is more than the tickets")
			}
			counted.reads = 0
			for range 3 {
				read()
				if !c.Quiet() {
					t.Fatal("there is more")
				}
			}
			if counted.reads != 3 {
				t.Errorf("%d reads for 3 records", counted.reads)
			}
		})
	}
}

// What came in one piece is read to its end, records that fit and records that do not, and the end behind them.
func TestSecureConnReadsAllThatCameTogether(t *testing.T) {
	c, peer, _ := securePair(t, tls.VersionTLS13)
	var sent []byte
	for _, size := range []int{1, 3000, SmallBuffer, 2, SmallBuffer - 1, 500} {
		piece := bytes.Repeat([]byte{byte(size)}, size)
		sent = append(sent, piece...)
		write(t, peer, string(piece))
	}
	_ = peer.Close()
	eventually.Holds(t, "the end has come", func() bool { return c.Look().Ended })
	var got []byte
	var err error
	for err == nil {
		got = append(got, c.Buffered()...)
		c.Discard(len(c.Buffered()))
		err = c.Fill()
	}
	if err != io.EOF || !bytes.Equal(got, sent) {
		t.Errorf("%d of %d bytes, %v", len(got), len(sent), err)
	}
}

// echo answers each of count questions of size bytes with one word, as the scheduler has it.
func echo(peer net.Conn, count, size int) <-chan error {
	done := make(chan error, 1)
	go func() {
		for range count {
			if _, err := io.ReadFull(peer, make([]byte, size)); err != nil {
				done <- err
				return
			}
			if _, err := peer.Write([]byte("answer")); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	return done
}

func TestSecureAskIsAnswered(t *testing.T) {
	all := map[string]uint16{"TLS 1.0": tls.VersionTLS10, "TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13}
	for name, version := range all {
		for _, size := range []int{1, 200, askLimit, askLimit + 1, 40 << 10} {
			t.Run(name, func(t *testing.T) {
				c, peer, _ := securePair(t, version)
				done := echo(peer, 4, size)
				for range 4 {
					told := 0
					c.Ask(bytes.Repeat([]byte("q"), size), func(err error) {
						if told++; err != nil {
							t.Error(err)
						}
					})
					if got := readAll(t, c, 6); got != "answer" || told != 1 {
						t.Fatalf("%q; told %d times", got, told)
					}
				}
				if c.layer.asked != nil || c.layer.gathered != nil {
					t.Error("records are held behind the answer")
				}
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// What is unread stays, and comes before the answer.
func TestSecureAskKeepsWhatIsUnread(t *testing.T) {
	c, peer, _ := securePair(t, tls.VersionTLS13)
	write(t, peer, "unasked ")
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	done := echo(peer, 1, 1)
	told := false
	c.Ask([]byte("?"), func(err error) { told = err == nil })
	if !told {
		t.Error("it was not written at once")
	}
	for len(c.Buffered()) < len("unasked answer") {
		if err := c.Fill(); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestSecureAskTellsThatItCannotWrite(t *testing.T) {
	c, peer, _ := securePair(t, tls.VersionTLS13)
	write(t, peer, "x")
	readAll(t, c, 1)
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	var told error
	c.Ask([]byte("?"), func(err error) { told = err })
	if told == nil || c.layer.asked != nil {
		t.Errorf("told %v", told)
	}
}

func TestSecureAskIsInterrupted(t *testing.T) {
	c, peer, _ := securePair(t, tls.VersionTLS13)
	write(t, peer, "x")
	readAll(t, c, 1)
	var told error
	c.Interrupt()
	c.Ask([]byte("?"), func(err error) { told = err })
	err := c.Fill()
	if !errors.Is(told, os.ErrDeadlineExceeded) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("told %v, filled %v", told, err)
	}
}

// An end that came before Fill was ready to wait is heard of in TLS, too, with what was said before it.
func TestSecureAskIsRousedByAnEnd(t *testing.T) {
	for _, says := range []bool{false, true} {
		c, peer, under := securePair(t, tls.VersionTLS13)
		write(t, peer, "x")
		readAll(t, c, 1)
		want := ErrTruncated
		end := under.CloseWrite
		if says {
			want, end = io.EOF, func() error { return errors.Join(peer.CloseWrite(), under.CloseWrite()) }
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		consumed(t, c)
		if err := askedAndRoused(t, c, peer); err != want {
			t.Errorf("%v, not %v", err, want)
		}
	}
}

func TestSecureAskAllocatesLittle(t *testing.T) {
	c, peer, _ := securePair(t, tls.VersionTLS13)
	question, wrote := []byte("question"), func(error) {}
	go func() {
		b := make([]byte, len(question))
		for {
			if _, err := io.ReadFull(peer, b); err != nil {
				return
			}
			if _, err := peer.Write(b); err != nil {
				return
			}
		}
	}()
	once := func() {
		c.Ask(question, wrote)
		for len(c.Buffered()) < len(question) {
			if err := c.Fill(); err != nil {
				t.Fatal(err)
			}
		}
		c.Discard(len(question))
		c.Release()
	}
	once()
	// crypto/tls takes something for each record that it reads, here twice: the peer is of this process.
	if allocs := testing.AllocsPerRun(500, once); allocs > 3 && !raceEnabled {
		t.Errorf("%v allocations", allocs)
	}
}

// Who has read all and gives its buffer back gives back that of the records, too.
func TestSecureConnGivesBothBuffersBack(t *testing.T) {
	c, peer, _ := securePair(t, tls.VersionTLS13)
	write(t, peer, "x")
	readAll(t, c, 1)
	c.Release()
	if c.buf != nil || c.layer.under.buf != nil {
		t.Error("a buffer is held")
	}
}
