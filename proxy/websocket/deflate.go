package websocket

import (
	"bufio"
	"bytes"
	"compress/flate"
	"io"
	"strings"

	"posthouse/proxy/reason"
)

// Deflate is what was agreed of compression (RFC 7692 section 7.1).
type Deflate struct {
	ServerFresh bool // each message of the server's is compressed by itself
	ClientFresh bool // likewise the client's
	// ClientBits is the size of the client's window where it is less than 32 KiB, as a power of
	// two. Such messages are not made here: they are sent as they are, which is allowed.
	ClientBits int
}

// windowSize is how far back compressed bytes refer, at most.
const windowSize = 32 << 10

// blockEnd are the bytes that a sender leaves out at the end of a message; lastBlock ends the
// stream behind them.
const (
	blockEnd  = "\x00\x00\xff\xff"
	lastBlock = "\x01\x00\x00\xff\xff"
)

// inflater undoes the compression of one message after another.
type inflater struct {
	fresh  bool
	window []byte // the last bytes that came, for what refers to them
	src    *bufio.Reader
	flate  io.ReadCloser
}

func newInflater(params *Deflate) *inflater {
	return &inflater{fresh: params.ServerFresh, src: bufio.NewReaderSize(nil, 4<<10), flate: flate.NewReader(strings.NewReader(""))}
}

// open begins a message.
func (i *inflater) open(payload io.Reader) io.Reader {
	i.src.Reset(io.MultiReader(payload, strings.NewReader(blockEnd+lastBlock)))
	if i.fresh {
		i.window = i.window[:0]
	}
	i.reset()
	return i
}

func (i *inflater) reset() {
	_ = i.flate.(flate.Resetter).Reset(i.src, i.window) // it has no other way than to be reset
}

// Read reads what a message is. A stream may end inside it (RFC 7692 section 7.2.3.4): another
// one follows.
func (i *inflater) Read(b []byte) (int, error) {
	for {
		n, err := i.flate.Read(b)
		i.remember(b[:n])
		if err == io.EOF {
			if _, more := i.src.Peek(1); more != nil {
				return n, more
			}
			i.reset()
			err = nil
		}
		if corrupt, is := err.(flate.CorruptInputError); is {
			return n, broken(reason.SocketDeflate, int64(corrupt))
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (i *inflater) remember(b []byte) {
	if b = b[max(0, len(b)-windowSize):]; len(i.window)+len(b) > windowSize {
		keep := windowSize - len(b)
		i.window = append(i.window[:0], i.window[len(i.window)-keep:]...)
	}
	i.window = append(i.window, b...)
}

// deflater compresses one message after another.
type deflater struct {
	fresh bool
	out   bytes.Buffer
	flate *flate.Writer // nil until something is compressed
}

// message is a message compressed; it is good until the next one.
func (d *deflater) message(data []byte) ([]byte, error) {
	d.out.Reset()
	switch {
	case d.flate == nil:
		d.flate, _ = flate.NewWriter(&d.out, flate.DefaultCompression) // the level is a valid one
	case d.fresh:
		d.flate.Reset(&d.out)
	}
	if _, err := d.flate.Write(data); err != nil {
		return nil, err
	}
	if err := d.flate.Flush(); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(d.out.Bytes(), []byte(blockEnd)), nil
}
